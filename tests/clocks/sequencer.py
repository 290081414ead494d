"""A fake sequencer: the MIDI clock of a song with tempo changes, jitter, bunches and losses, on paper."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from groovecast.wire.midi import TICKS_PER_BEAT, MidiEvent, MidiTime


@dataclass
class Sequencer:
    """Plays from `start_s` on; each tempo of the list from its beat on."""

    tempos: list[tuple[float, float]]  # from beat, beats a minute
    start_s: float = 10.0
    jitter_s: float = 0.0  # standard deviation
    bunch_s: float = 0.0  # ticks are delivered at multiples of this only
    lost: range = field(default_factory=lambda: range(0))  # ticks that never arrive
    seed: int = 0

    def time_of(self, beat: float) -> float:
        """When a beat truly is."""
        at_s, before = self.start_s, self.tempos[0]
        for from_beat, bpm in [*self.tempos[1:], (np.inf, 0.0)]:
            until = min(beat, from_beat)
            at_s += (until - before[0]) * 60 / before[1]
            if beat <= from_beat:
                break
            before = (from_beat, bpm)
        return at_s

    def said(
        self, beats: float, first: MidiEvent | None = MidiTime.START
    ) -> Iterator[tuple[float, MidiEvent]]:
        """When what arrives, from the start to that beat."""
        rng, arrived_s = np.random.default_rng(self.seed), self.start_s - 0.001
        if first is not None:
            yield arrived_s, first
        for tick in range(round(beats * TICKS_PER_BEAT)):
            time_s = self.time_of(tick / TICKS_PER_BEAT) + self.jitter_s * rng.standard_normal()
            if self.bunch_s:
                time_s = np.ceil(time_s / self.bunch_s) * self.bunch_s
            arrived_s = max(arrived_s, time_s)
            if tick not in self.lost:
                yield arrived_s, MidiTime.TICK
