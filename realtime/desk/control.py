"""One thing that a performer can turn: its name, its range, and what of foreign values it takes."""

import math

import msgspec

from groovecast.wire.desk_messages import ControlOnDesk, Kind, Value

_ON = 0.5  # a share or number from which on a switch is on and a button is pressed


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """A control, as every desk is told it. A button stands at nothing: it is pressed."""

    name: str
    kind: Kind
    group: str
    says: str  # what it does, in one short sentence for the person
    start: Value = False
    least: float = 0.0
    most: float = 1.0
    step: float = 0.0  # 0: any number between
    unit: str = ""
    choices: tuple[str, ...] = ()
    in_cues: bool = True  # whether a cue, and the next start, bring it back
    glide_s: float = 0.0  # how long a turn takes to be there, so that nothing jumps

    def read(self, value: object) -> Value:
        """The value as this control takes it: numbers are clamped and rounded to the step.

        Raises ValueError, in one line, for what it cannot be.
        """
        if self.kind == "choice":
            return self._choice(value)
        number = self._number(value)
        if self.kind in ("switch", "button"):
            return number >= _ON
        if self.step:
            number = self.least + round((number - self.least) / self.step) * self.step
        number = min(max(number, self.least), self.most)
        return int(number) if self.step and float(self.step).is_integer() else number

    def clamps(self, value: object) -> bool:
        """Whether that is a number beyond what it takes."""
        if self.kind != "number" or isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return not self.least <= value <= self.most

    def from_share(self, share: float) -> Value:
        """The value at a share of the way, 0 to 1. Raises ValueError for what is no number."""
        if isinstance(share, bool) or not isinstance(share, int | float) or not math.isfinite(share):
            raise self._refusal(share, "a number from 0 to 1")
        share = min(max(float(share), 0.0), 1.0)
        if self.kind == "choice":
            return self.choices[round(share * (len(self.choices) - 1))] if self.choices else ""
        if self.kind == "number":
            return self.read(self.least + share * (self.most - self.least))
        return share >= _ON

    def share_of(self, value: Value) -> float:
        """Where a value of this control is on the way from its least to its most, 0 to 1."""
        if self.kind == "choice":
            last = len(self.choices) - 1
            return self.choices.index(str(value)) / last if last > 0 and value in self.choices else 0.0
        number = float(value) if not isinstance(value, str) else 0.0
        if self.kind == "number":
            return (number - self.least) / (self.most - self.least)
        return 1.0 if number >= _ON else 0.0

    def on_desk(self, value: Value) -> ControlOnDesk:
        """As desks are told of it."""
        return ControlOnDesk(
            name=self.name,
            kind=self.kind,
            group=self.group,
            says=self.says,
            least=self.least,
            most=self.most,
            step=self.step,
            unit=self.unit,
            choices=self.choices,
            in_cues=self.in_cues,
            start=self.start,
            value=value,
        )

    def _choice(self, value: object) -> str:
        if isinstance(value, str):
            if value in self.choices:
                return value
        elif isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(self.choices):
            return self.choices[value]
        raise self._refusal(value, f"one of {', '.join(self.choices) or 'none so far'}")

    def _number(self, value: object) -> float:
        if isinstance(value, int | float):
            try:
                number = float(value)
            except OverflowError:  # a whole number with hundreds of digits
                number = math.inf
            if math.isfinite(number) and (self.kind != "number" or not isinstance(value, bool)):
                return number
        wanted = {"switch": "true or false", "button": "true"}.get(self.kind, "")
        raise self._refusal(value, wanted or f"a number from {self.least:g} to {self.most:g}")

    def _refusal(self, value: object, wanted: str) -> ValueError:
        shown = repr(value)
        shown = shown if len(shown) <= 40 else f"{shown[:40]}..."
        return ValueError(f"asked to set {self.name} to {shown}: give {wanted}")
