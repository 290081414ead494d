"""Our own ears under test: beats as they announce them, and what a dancer would have seen every 10 ms."""

from dataclasses import dataclass
from resource import RUSAGE_SELF, getrusage

import numpy as np

from benchmarks.ears.track import Track
from benchmarks.ears.tracker import Shown, Tracked
from groovecast.audio.decode import Audio
from realtime.listener import Listener, beats_of

CAPTURE_LATENCY_S = 0.02  # of a sound card with two blocks of 10 ms: what sounds now is heard so much later


@dataclass(frozen=True)
class Ours:
    """The listener of the show."""

    looks: bool = True  # whether music is heard a second time, to see what a dancer would show
    name: str = "ours"

    def track(self, track: Track) -> Tracked:
        """Once as the show announces beats, whose cost is measured, and once to see what is shown."""
        if track.truth is None:  # there are no beats to be right about, only trust
            return Tracked(np.zeros(0), None, np.zeros((0, 2)), shown_live(track))
        before_s = _busy_s()
        report = beats_of(Audio(track.samples[:, None], track.rate_hz))
        busy_s = _busy_s() - before_s
        return Tracked(
            np.array(report.beats),
            np.array(report.downbeats),
            np.array(report.predicted).reshape(-1, 2),
            shown_live(track) if self.looks else None,
            100 * busy_s / track.seconds,
        )


def shown_live(track: Track) -> Shown:
    """The beat at each moment, from the sound that has come through the sound card by then."""
    listener = Listener(track.rate_hz)
    block = track.rate_hz // 100
    rows = []
    for first in range(0, len(track.samples) - block + 1, block):
        listener.listen(track.samples[first : first + block], first / track.rate_hz)
        now_s = (first + block) / track.rate_hz + CAPTURE_LATENCY_S
        clock = listener.clock
        rows.append((now_s, float(clock.beat_at(now_s)), clock.tempo_bpm, clock.confidence))
    return Shown(*np.array(rows).T)


def _busy_s() -> float:
    used = getrusage(RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
