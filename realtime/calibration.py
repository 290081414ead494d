"""The wizard at the desk: how much later a flash is seen than a click is heard, by taps; and sound, by microphone."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from jaxtyping import Float, Float32

from groovecast.wire.desk_messages import CalibrateWish, Calibration
from realtime.calibrate import Recording, round_trips_s
from realtime.desk.dance_wishes import OFFSET
from realtime.desk.desk import Desk
from realtime.desk.kept_file import Scribe

IDLE, CLICK, FLASH, LISTEN, RESULT, REFUSED = "idle", "click", "flash", "loopback", "result", "refused"

# What is shown and heard: a rhythm that is easy to tap along to, and the first beats of it are for getting in.
BEATS, WARM_UP, BEAT_S = 24, 4, 0.6
LEAD_IN_S = 2.0
CHIRPS, CHIRP_S = 10, 0.6
_AFTER_S = 0.55  # so long after the last beat a tap, or a chirp's echo, is waited for
_BOUNCE_S = 0.15  # a tap sooner than this after another is the same finger
_LEAST_TAPS = 10
_FAR_SPREADS = 3.0  # of the usual distance from the middle: a slip of the finger
_LEAST_FAR_S = 0.04
_MOST_SPREAD_S = 0.06  # who taps wider than this did not tap to it
_MOST_OFFSET_S = 0.25  # nearer to the next beat than to this one: nobody knows which was meant
_NORMAL = 1.4826  # from the median distance to a standard deviation
_MEDIAN_ERROR = 1.2533  # how far a median of normal numbers is off, in errors of their mean
_SURE = 2.0  # standard errors: 19 times in 20
_KEPT_TAPS = 400
_MOST_CHIRP_SPREAD_S = 0.01
_LOUDER = "play them louder, or nearer to the microphone, without music"


@dataclass(frozen=True)
class Tapped:
    """How late a person tapped to a rhythm."""

    late_s: float
    spread_s: float  # of one tap
    error_s: float  # of `late_s`: that far off it is, 19 times in 20
    taps: int


def tapped(taps_s: Sequence[float], beats_s: Sequence[float]) -> Tapped:
    """The median of how late taps are after the beats that they belong to, without slips.

    Raises ValueError, in words for the person, for what is no result.
    """
    late_s = _late_s(taps_s, beats_s)
    if len(late_s) < _LEAST_TAPS:
        raise ValueError(
            f"{len(late_s)} taps could be used, {_LEAST_TAPS} are needed: tap along to every beat"
        )
    middle_s, spread_s = _spread(late_s)
    near = np.abs(late_s - middle_s) <= max(_FAR_SPREADS * spread_s, _LEAST_FAR_S)
    late_s = late_s[near]
    middle_s, spread_s = _spread(late_s)
    if len(late_s) < _LEAST_TAPS or spread_s > _MOST_SPREAD_S:
        raise ValueError(
            f"the taps are {1000 * spread_s:.0f} ms apart from each other, {1000 * _MOST_SPREAD_S:.0f} are the most: "
            "tap on the beat, not after it"
        )
    error_s = _SURE * _MEDIAN_ERROR * spread_s / np.sqrt(len(late_s))
    return Tapped(middle_s, spread_s, float(error_s), len(late_s))


def _late_s(taps_s: Sequence[float], beats_s: Sequence[float]) -> Float[np.ndarray, " taps"]:
    """How late each tap is after its beat; the finger's bounces, second taps and the first beats are left out."""
    beats, nearest = np.asarray(beats_s, float), dict[int, float]()
    before_s = -np.inf
    for tap_s in sorted(taps_s):
        if tap_s - before_s < _BOUNCE_S:
            continue
        before_s = tap_s
        beat = int(np.argmin(np.abs(beats - tap_s)))
        late_s = tap_s - float(beats[beat])
        if abs(late_s) <= BEAT_S / 2 and beat >= WARM_UP and abs(late_s) < abs(nearest.get(beat, np.inf)):
            nearest[beat] = late_s
    return np.array([nearest[beat] for beat in sorted(nearest)], float)


def _spread(late_s: Float[np.ndarray, " taps"]) -> tuple[float, float]:
    middle_s = float(np.median(late_s)) if len(late_s) else 0.0
    return middle_s, _NORMAL * float(np.median(np.abs(late_s - middle_s))) if len(late_s) else 0.0


class Calibrator:
    """Frame loop, but `hear`. One round at a time: clicks, flashes, or chirps that the show's input hears."""

    def __init__(self, desk: Desk, now: Callable[[], float], scribe: Scribe) -> None:
        self._desk, self._now, self._scribe = desk, now, scribe
        # of the sound that is heard now; None: a song is danced to, and nothing is heard; a show says it
        self.rate_hz: Callable[[], int | None] = lambda: None
        self._stage = IDLE
        self._beats_s: tuple[float, ...] = ()
        self._taps_s: list[float] = []
        self._clicked: Tapped | None = None
        self._picture_s: float | None = None  # how much later than the sound it is seen
        self._sound_s: float | None = None  # how long sound takes from the page back into the input
        self._listening = False
        self._blocks: deque[tuple[Float32[np.ndarray, " samples"], float]] = deque()
        self._measured: deque[float | str] = deque()  # by the scribe
        self._message = Calibration(stage=IDLE)
        self._target = OFFSET
        self._listeners: list[Callable[[Calibration], None]] = []

    def listen(self, listener: Callable[[Calibration], None]) -> None:
        """Tell it how it goes."""
        self._listeners.append(listener)

    @property
    def message(self) -> Calibration:
        """How it goes."""
        return self._message

    # -- audio thread ---------------------------------------------------------------------------------------

    def hear(self, block: Float32[np.ndarray, " samples"], first_sample_time_s: float) -> None:
        """Audio thread. Keep a block while chirps are waited for; never waits."""
        if self._listening:
            self._blocks.append((block.copy(), first_sample_time_s))

    # -- frame loop -----------------------------------------------------------------------------------------

    def take_tap(self, at_s: float) -> bool:
        """A tap, from wherever: whether it is for the wizard and no longer for the beat."""
        if self._stage not in (CLICK, FLASH):
            return False
        if len(self._taps_s) < _KEPT_TAPS and self._beats_s[0] - BEAT_S < at_s:
            self._taps_s.append(at_s)
            self._tell(msgspec.structs.replace(self._message, heard=len(self._taps_s)))
        return True

    def ask(self, said: CalibrateWish) -> None:
        """Do what a desk asks. Raises ValueError, in words for the person."""
        match said.do:
            case "start":
                self._start(said.target)
            case "stop":
                self._stop()
            case "taps":
                for at_s in said.at_s:
                    self.take_tap(at_s)
            case "loopback":
                self._listen()
            case "keep":
                self._keep()

    def tick(self, now_s: float) -> None:
        """Once a picture: what has been measured meanwhile, and whether a round is over."""
        while self._measured:
            self._take(self._measured.popleft())
        if not self._beats_s or now_s < self._beats_s[-1] + _AFTER_S:
            return
        match self._stage:
            case "click":
                self._end_clicks()
            case "flash":
                self._end_flashes()
            case "loopback" if self._listening:
                self._end_chirps()

    def _start(self, target: str) -> None:
        if target != OFFSET and not (target.endswith(OFFSET) and target.startswith("out")):
            raise ValueError(f"asked to calibrate {target[:40]}: give {OFFSET}, or that of an outlet")
        self._desk.control(target)
        self._target, self._clicked, self._picture_s = target, None, None
        self._begin(CLICK, "Tap along to the clicks.")

    def _begin(self, stage: str, text: str) -> None:
        self._taps_s = []
        begin_s = self._now() + LEAD_IN_S
        self._beats_s = tuple(round(begin_s + BEAT_S * beat, 6) for beat in range(BEATS))
        self._tell(Calibration(stage=stage, text=text, at_s=self._beats_s))

    def _stop(self) -> None:
        self._listening = False
        self._blocks.clear()
        self._beats_s = ()
        self._tell(Calibration(stage=IDLE))

    def _end_clicks(self) -> None:
        try:
            self._clicked = tapped(self._taps_s, self._beats_s)
        except ValueError as why:
            return self._refuse(str(why))
        self._begin(FLASH, "Now tap along to the flashes. There is no sound.")

    def _end_flashes(self) -> None:
        assert self._clicked is not None
        try:
            seen = tapped(self._taps_s, self._beats_s)
        except ValueError as why:
            return self._refuse(str(why))
        late_s = seen.late_s - self._clicked.late_s
        if abs(late_s) > _MOST_OFFSET_S:
            most = f"{1000 * _MOST_OFFSET_S:.0f}"
            return self._refuse(
                f"the taps say {1000 * late_s:.0f} ms, more than {most} is no result: try once more"
            )
        self._picture_s = late_s
        self._result(float(np.hypot(seen.error_s, self._clicked.error_s)))

    def _listen(self) -> None:
        if self.rate_hz() is None:
            raise ValueError(
                "asked to listen for the clicks, a song is danced to and nothing is heard: choose a device, "
                "or send this page's microphone"
            )
        self._blocks.clear()
        self._listening = True
        begin_s = self._now() + LEAD_IN_S
        self._beats_s = tuple(round(begin_s + CHIRP_S * chirp, 6) for chirp in range(CHIRPS))
        self._tell(Calibration(stage=LISTEN, text="Listening for the clicks.", at_s=self._beats_s))

    def _end_chirps(self) -> None:
        self._listening = False
        blocks, rate_hz, played_s = list(self._blocks), self.rate_hz(), np.array(self._beats_s)
        self._blocks.clear()
        self._beats_s = ()
        if rate_hz is None:
            return self._refuse("the input has gone: choose one and try again")
        self._scribe.do(lambda: self._measured.append(_sound_or_refusal(blocks, rate_hz, played_s)))

    def _take(self, measured: float | str) -> None:
        if self._stage != LISTEN:  # it was stopped meanwhile
            return
        if isinstance(measured, str):
            return self._refuse(measured)
        self._sound_s = measured
        self._result(0.0)

    def _result(self, error_s: float) -> None:
        """What would be set: the picture is to be shown earlier by as much as it is seen, and its sound heard, late."""
        self._beats_s = ()
        parts, sound_s = list[str](), self._sound_s if self.rate_hz() is not None else None
        if self._picture_s is not None:
            parts.append(f"the picture is seen {_ms(self._picture_s)} than the click is heard")
        if sound_s is not None:
            parts.append(f"a click comes into the input {1000 * sound_s:.0f} ms after it is played")
        offset_s = -(self._picture_s or 0.0) - (sound_s or 0.0)
        control = self._desk.control(self._target)
        offset_ms = float(control.read(1000 * offset_s))
        text = "; ".join(parts)
        self._tell(
            Calibration(
                stage=RESULT,
                text=f"{text[:1].upper()}{text[1:]}.",
                offset_ms=round(offset_ms, 1),
                spread_ms=round(1000 * error_s, 1),
            )
        )

    def _keep(self) -> None:
        offset_ms = self._message.offset_ms
        if self._stage != RESULT or offset_ms is None:
            raise ValueError("asked to keep what was measured, nothing has been: start the wizard first")
        self._desk.turn(self._target, offset_ms, "calibration")
        self._stop()

    def _refuse(self, text: str) -> None:
        self._beats_s = ()
        self._tell(Calibration(stage=REFUSED, text=f"{text[:1].upper()}{text[1:]}."))

    def _tell(self, message: Calibration) -> None:
        self._stage, self._message = message.stage, msgspec.structs.replace(message, target=self._target)
        for listener in self._listeners:
            listener(self._message)


def _sound_or_refusal(
    blocks: Sequence[tuple[Float32[np.ndarray, " samples"], float]],
    rate_hz: int,
    played_s: Float[np.ndarray, " chirps"],
) -> float | str:
    """How long after it was played a chirp was captured, or why nobody can say."""
    samples = np.concatenate([np.zeros(0, np.float32), *(block for block, _ in blocks)])
    times_s = np.concatenate(
        [np.zeros(0), *(at_s + np.arange(len(block)) / rate_hz for block, at_s in blocks)]
    )
    trips_s = round_trips_s(Recording(samples, times_s, rate_hz), played_s)
    if len(trips_s) < max(3, len(played_s) // 2):
        return f"{len(trips_s)} of {len(played_s)} clicks were heard: {_LOUDER}"
    middle_s, spread_s = _spread(trips_s)
    if spread_s > _MOST_CHIRP_SPREAD_S:
        return f"the clicks were heard {1000 * spread_s:.0f} ms apart from each other: {_LOUDER}"
    return middle_s


def _ms(late_s: float) -> str:
    return f"{1000 * abs(late_s):.0f} ms {'later' if late_s >= 0 else 'earlier'}"
