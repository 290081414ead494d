"""The recorder's own thread: a disk that takes its time holds up no frame of the show."""

import queue
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from groovecast.wire.moment import Moment
from realtime.outlets.recorder import TakeRecorder

_MOST_WAITING = 600  # moments; ten seconds at 60 a second


class AsideRecorder:
    """A sink that hands each moment to a recorder in another thread.

    What the disk is too slow for is lost and counted, so memory does not grow; the take goes on with what comes next.
    """

    def __init__(self, recorder: TakeRecorder, most_waiting: int = _MOST_WAITING) -> None:
        self._recorder = recorder
        self._lost = 0  # there was no room for them
        self._refused = 0  # after the fault, counted in the recorder's thread
        self._fault: str | None = None
        self._waiting: queue.Queue[Moment | None] = queue.Queue(most_waiting)
        self._thread: threading.Thread | None = None

    @property
    def path(self) -> Path:
        """Where the take will lie."""
        return self._recorder.path

    @property
    def name(self) -> str:
        """What it is and where it goes."""
        return self._recorder.name

    @property
    def frames(self) -> int:
        """How many frames the take has by now."""
        return self._recorder.frames

    @property
    def dropped(self) -> int:
        """How many moments the take lacks."""
        return self._lost + self._refused + self._recorder.dropped

    @property
    def problem(self) -> str | None:
        """One line on why it records no more; None while it does."""
        return self._recorder.problem or self._fault

    def send(self, moment: Moment) -> None:
        """Frame loop. Hand the moment on, or count it as lost; never waits."""
        if self._thread is None:
            # a show that ends without `close` is not held up: what was recorded can be recovered
            name = f"groovecast-take {self.path.name}"
            self._thread = threading.Thread(target=self._record, name=name, daemon=True)
            self._thread.start()
        try:
            self._waiting.put_nowait(moment)
        except queue.Full:
            self._lost += 1

    def close(self) -> None:
        """Frame loop. Wait until all that was handed on is written and the take is finished."""
        if self._thread is None:
            self._recorder.close()
        elif self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    def _record(self) -> None:
        """Recorder's thread. Write what comes until the end is told."""
        while (moment := self._waiting.get()) is not None:
            if self._fault is None:
                self._fault = self._fault_of(partial(self._recorder.send, moment))
            self._refused += self._fault is not None
        self._fault = self._fault_of(self._recorder.close) or self._fault

    def _fault_of(self, act: Callable[[], None]) -> str | None:
        """Recorder's thread. Do it; one line on what nobody foresaw, for the show goes on without its take."""
        try:
            act()
        except Exception as fault:
            said = " ".join(str(fault).split())
            return f"asked to record {self.path}, {type(fault).__name__}: {said}; please report this"
        return None
