"""What a performer keeps from one night to the next: the set list, where everything stood, and the offsets measured."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from groovecast.wire.desk_messages import ToDesk
from realtime.calibration import Calibrator
from realtime.dance import Dancer
from realtime.desk.cues import CueDesk, Poses
from realtime.desk.desk import Desk
from realtime.desk.kept_file import Scribe
from realtime.desk.remembered import NOTHING_ASKED, Asked, Remembered
from realtime.desk.set_list_file import SetListFile

SET_LIST, DESK = "setlist.json", "desk.json"


@dataclass(frozen=True)
class Keeping:
    """Where it is kept, and what of it this show is not to begin with."""

    folder: Path | None = None  # None: all is as at the first start, and nothing is kept
    outlets: tuple[str, ...] = ()
    asked: Asked = NOTHING_ASKED


class DeskBook:
    """All of it belongs to the frame loop."""

    def __init__(
        self,
        desk: Desk,
        dancer: Dancer,
        poses: Poses,
        keeping: Keeping,
        now: Callable[[], float],
    ) -> None:
        folder, self._scribe = keeping.folder, Scribe()
        file = folder and folder / DESK
        self._remembered = Remembered(desk, keeping.outlets, file, self._scribe, keeping.asked)
        listed = SetListFile(folder and folder / SET_LIST, self._scribe)
        self.cues = CueDesk(desk, listed, lambda: dancer.clock, now, poses)
        self.calibrator = Calibrator(desk, now, self._scribe)
        for problem in (*self._remembered.problems, *self.cues.problems):
            print(f"groovecast: {problem}", file=sys.stderr)

    def publish(self, tell: Callable[[ToDesk], None]) -> None:
        """Tell it what changes."""
        self.cues.listen(tell)
        self.calibrator.listen(tell)

    def greeting(self) -> Iterable[ToDesk]:
        """What a new desk must know."""
        yield from self.cues.greeting()
        yield self.calibrator.message

    def tick(self, now_s: float) -> None:
        """Once a picture, before what is due begins."""
        self.cues.tick(now_s)
        self.calibrator.tick(now_s)
        self._remembered.tick(now_s)

    def close(self) -> None:
        """At the end: all is written."""
        self._remembered.close()
        self._scribe.close()
