"""What the desk stood at when the show ended, so that the next one begins there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from groovecast.wire.desk_messages import Value
from realtime.desk.control import Control
from realtime.desk.dance_wishes import OFFSET, outlet_offset
from realtime.desk.desk import Change, Desk
from realtime.desk.kept_file import Scribe, read_kept, write_kept

_VALUES, _OUTLETS = "values", "outlets"
_ALSO = ("quantise", "fade_s", OFFSET)  # in no cue, and yet the person's
_EVERY_S = 1.0
_BY = "memory"
_MOST_NAMED = 4


@dataclass(frozen=True)
class Asked:
    """What the command line says of the desk: these controls are as asked and not as remembered, or none is."""

    names: frozenset[str] = frozenset()
    fresh: bool = False

    @staticmethod
    def by(words: Iterable[str], fresh: bool) -> "Asked":
        """Of the words of a command line: `--offset-ms 20` names `offset_ms`."""
        options = (word[2:].partition("=")[0] for word in words if word.startswith("--"))
        return Asked(frozenset(option.replace("-", "_") for option in options), fresh)


NOTHING_ASKED = Asked()


class Remembered:
    """All of it belongs to the frame loop; the file is written by the scribe, once a second at the most.

    Of several shows at once each writes only what was turned at its own desk. What the file says of controls that
    there are not is kept in it.
    """

    def __init__(
        self, desk: Desk, outlets: Sequence[str], file: Path | None, scribe: Scribe | None, asked: Asked
    ) -> None:
        self._desk, self._file, self._scribe = desk, file, scribe
        self._outlets = {outlet_offset(number): name for number, name in enumerate(outlets, 1)}
        self._turned: dict[str, Value] = {}  # and not yet written
        self._written_s = -_EVERY_S
        self._failed: list[str] = []  # by the scribe
        self.problems: list[str] = []
        if file is not None and not asked.fresh:
            self._bring_back(file, asked)
        desk.listen(self._note)

    def tick(self, now_s: float) -> None:
        """Once a picture: write down what was turned, if it is time."""
        if self._turned and now_s - self._written_s >= _EVERY_S:
            self._written_s = now_s
            self._write()
        while self._failed:
            problem = self._failed.pop()
            if problem not in self.problems:
                self.problems.append(problem)
                self._desk.say(problem)

    def close(self) -> None:
        """At the end: what is not written yet, is."""
        self._write()

    def _note(self, change: Change) -> None:
        if change.by != _BY and self._keeps(change.name):
            self._turned[change.name] = change.value

    def _keeps(self, name: str) -> bool:
        """What does something of its own when it is turned does not come back: legs are held as they are now."""
        control = self._desk.control(name)
        own = control.in_cues and control.kind != "button" and not self._desk.acts(name)
        return own or name in _ALSO or name in self._outlets

    def _write(self) -> None:
        turned, self._turned = self._turned, {}
        file, scribe, outlets = self._file, self._scribe, self._outlets
        if not turned or file is None or scribe is None:
            return

        def write() -> None:
            content = read_kept(file)[0] or {}
            values, of_outlets = dict(_section(content, _VALUES)), dict(_section(content, _OUTLETS))
            for name, value in turned.items():
                if name in outlets:
                    of_outlets[outlets[name]] = value
                else:
                    values[name] = value
            problem = write_kept(file, {**content, _VALUES: values, _OUTLETS: of_outlets})
            if problem:
                self._failed.append(problem)

        scribe.do(write)

    def _bring_back(self, file: Path, asked: Asked) -> None:
        content, problem = read_kept(file)
        if problem:
            self.problems.append(problem)
        if content is None:
            return
        values, of_outlets, wrong = _section(content, _VALUES), _section(content, _OUTLETS), list[str]()
        for control in self._desk.controls:
            found = values.get(control.name)
            if control.name in self._outlets and not control.start:  # else it was asked for with the outlet
                found = of_outlets.get(self._outlets[control.name])
            if found is None or control.name in asked.names or not self._keeps(control.name):
                continue
            problem = self._stand(control, found)
            wrong += [problem] if problem else []
        if wrong:
            more = f" and {len(wrong) - _MOST_NAMED} more" if len(wrong) > _MOST_NAMED else ""
            self.problems.append(f"{file}: {'; '.join(wrong[:_MOST_NAMED])}{more}: not brought back")

    def _stand(self, control: Control, value: object) -> str:
        try:
            self._desk.stand(control.name, value, _BY)
        except ValueError as why:
            return str(why)
        return ""


def _section(content: dict[str, object], name: str) -> dict[str, object]:
    found = content.get(name)
    return found if isinstance(found, dict) else {}
