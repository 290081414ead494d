"""A take for each who dances, all as long as the first: laid over one another they are the show."""

from dataclasses import replace
from pathlib import Path

from groovecast.wire.moment import Moment
from realtime.outlets.aside import AsideRecorder
from realtime.outlets.recorder import TakeRecorder

_AWAY_S = 0.5  # whoever is not told of for so long is away


def path_of(path: Path, dancer: int) -> Path:
    """Where the take of a dancer, counted from 0, lies: `dance.glb`, `dance-2.glb` ..."""
    return path if dancer == 0 else path.with_name(f"{path.stem}-{dancer + 1}{path.suffix}")


class CrewTakes:
    """A sink that keeps everybody. Who comes later is under the floor until then, and after leaving stays there."""

    def __init__(self, path: Path | str, dancers: int = 1, *, in_real_time: bool = True) -> None:
        """Opens as many takes as dance at first. Raises ValueError, FileNotFoundError or OSError with the mend."""
        self._path, self.aside = Path(path), in_real_time  # aside: a slow disk costs frames, not time
        self._takes: dict[int, TakeRecorder | AsideRecorder] = {}
        self._last: dict[int, Moment] = {}
        self._fault: str | None = None  # why a take could not be begun
        self._lost: set[int] = set()  # whose
        self._missed = 0
        try:
            for dancer in range(dancers):
                self._begin(dancer, None)
        except Exception:
            self.close()
            raise

    @property
    def name(self) -> str:
        """What it is and where it goes."""
        return f"take {self._path}"

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where the takes will lie, the first dancer's first."""
        return tuple(self._takes[dancer].path for dancer in sorted(self._takes))

    @property
    def frames(self) -> int:
        """How many frames the first take has by now."""
        return self._takes[0].frames

    @property
    def dropped(self) -> int:
        """How many moments the takes lack."""
        return self._missed + sum(take.dropped for take in self._takes.values())

    @property
    def problem(self) -> str | None:
        """One line on why not everybody is recorded any more; None while all are."""
        problems = (take.problem for take in self._takes.values())
        return next((problem for problem in problems if problem is not None), self._fault)

    def send(self, moment: Moment) -> None:
        """Frame loop. Keep the moment in its dancer's take; never waits while a show runs."""
        dancer = moment.dancer
        if dancer in self._lost:
            self._missed += 1
            return
        if dancer not in self._takes:
            try:
                self._begin(dancer, moment.pose.time_s - self._takes[0].frames / TakeRecorder.FPS)
            except (OSError, ValueError) as why:
                self._lost.add(dancer)
                self._missed += 1
                self._fault = str(why)
                return
        self._takes[dancer].send(moment)
        self._last[dancer] = moment
        if dancer == 0:
            self._keep_those_away(moment.pose.time_s, _AWAY_S)

    def close(self) -> None:
        """Finish all takes, where the first one ends."""
        if 0 in self._last:
            self._keep_those_away(self._last[0].pose.time_s, 0.0)
        for take in self._takes.values():
            take.close()

    def _keep_those_away(self, time_s: float, for_s: float) -> None:
        """Their takes go on with what was told of them last, so that all stay together."""
        for dancer, last in self._last.items():
            if dancer and time_s - last.pose.time_s > for_s:
                self._last[dancer] = replace(last, pose=replace(last.pose, time_s=time_s))
                self._takes[dancer].send(self._last[dancer])

    def _begin(self, dancer: int, since_s: float | None) -> None:
        recorder = TakeRecorder(path_of(self._path, dancer), dancer=dancer, since_s=since_s)
        self._takes[dancer] = AsideRecorder(recorder) if self.aside else recorder
