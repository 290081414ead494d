"""A receiver may see the dance at its own time: it is the same dance, only later or earlier."""

import asyncio
from pathlib import Path

import numpy as np
from command import club
from hopper import Hopper

from groovecast.audio.decode import Audio
from groovecast.wire.moment import Moment
from realtime.clock import MonotonicClock
from realtime.live import Show
from realtime.outlets.sink import OffsetSink
from realtime.server import ServerSettings
from realtime.sources import FileSource

RATE_HZ = 24000
LATE_S, EARLY_S = 0.2, -0.4


class Album:
    """An outlet with an offset that keeps what it is handed."""

    name, dropped, problem = "album", 0, None

    def __init__(self, offset_s: float) -> None:
        self.offset_s = offset_s
        self.heights_m: dict[int, float] = {}

    def send(self, moment: Moment) -> None:
        """Keep the height of the hips, by the tick at which the dance is meant."""
        self.heights_m[round((moment.pose.time_s - self.offset_s) * 60)] = float(moment.pose.root_m[1])

    def close(self) -> None:
        """Nothing to let go of."""


def test_a_receiver_that_is_late_or_early_is_shown_the_same_dance(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<title>dance</title>")
    prompt, late, early = albums = Album(0.0), Album(LATE_S), Album(EARLY_S)
    assert isinstance(prompt, OffsetSink)
    clock = MonotonicClock()
    source = FileSource(Audio(club(20, RATE_HZ)[:, None], RATE_HZ), clock, title="club")
    show = Show(
        Hopper(), source, clock, model="hopper", engine="fake", server=ServerSettings(port=0),
        page_dir=tmp_path, sinks=albums,
    )  # fmt: skip
    asyncio.run(show.run(4.0))
    for other in (late, early):
        both = sorted(set(prompt.heights_m) & set(other.heights_m))
        assert len(both) > 60
        apart_m = np.array([abs(prompt.heights_m[tick] - other.heights_m[tick]) for tick in both])
        # a machine that stands still for a moment misses a plan, and what was shown early is then corrected
        assert np.quantile(apart_m, 0.8) < 1e-6
    assert np.ptp(list(prompt.heights_m.values())) > 0.005, "it hopped"


def test_without_an_offset_an_outlet_is_handed_what_is_due() -> None:
    class Plain(Album):
        def __init__(self) -> None:
            super().__init__(0.0)
            del self.offset_s

    assert not isinstance(Plain(), OffsetSink)
