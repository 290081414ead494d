"""How many dances of their own this machine can plan in time: measured once before the show, and then kept to."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from groovecast.audio.beat_clock import ShownBeats
from groovecast.model.imagined import imagined
from groovecast.model.sampling import MOST_UNROLLED
from realtime.dance_settings import DanceSettings
from realtime.desk.controls import MOST_DANCERS
from realtime.figure import Circumstances, Figure
from realtime.generator import CrewGenerator, Generator
from realtime.rehearsal import Rehearsing

# Of the time in which plans must be made this much is theirs; the rest is for the ears, the page, and other programs.
_SHARE = 0.6
# With the usual look-ahead, what is made within this is in time for clients that look 0.08 s ahead.
USUAL_WINDOW_S = 0.12
# Where not all dances fit into one plan, each is planned every second time.
_TURNS = 2
# What disturbs a try is gone in the next; what it takes beyond the quickest is in the share above.
_ROUNDS, _UNCOUNTED = 3, 1


@dataclass(frozen=True)
class CrewBudget:
    """What one more dance costs a plan, once several are planned."""

    dance_s: float = 0.0  # not measured: nothing

    def at_once(self, window_s: float = USUAL_WINDOW_S) -> int:
        """So many dances are planned together within that time; one always is."""
        if self.dance_s <= 0:
            return MOST_DANCERS
        return max(1, min(MOST_DANCERS, int(_SHARE * window_s / self.dance_s)))

    @property
    def own(self) -> int:
        """So many of the crew can have a dance of their own."""
        return min(MOST_DANCERS, _TURNS * self.at_once())

    def in_words(self, asked: int) -> str:
        """What those get who want more, and the mend."""
        return (
            f"asked for {asked} dances of their own, {self.own} are planned in time on this machine "
            f"({1000 * self.dance_s:.0f} ms each): the others dance the same, mirrored or two beats later; "
            "turn unison on, or choose a faster engine (groovecast doctor)"
        )


def measured(generator: Generator, now: Callable[[], float]) -> CrewBudget:
    """Dance thread. What a dance costs, for nobody, by the clock that is given; the quickest try counts.

    The engine's part is that of one dancer in a full batch; what is made of its answer comes on top.
    """
    if not isinstance(generator, Rehearsing):
        return CrewBudget()
    config = generator.config
    first = config.history_frames
    figure, under = Figure(config, first), Circumstances(first, ShownBeats().clock, DanceSettings(), 0.0)
    past = figure.past(first)
    music = np.zeros((config.window_frames, 10), np.float32)
    still = np.repeat(figure.ask(past, music, 0, first).history[-1:], config.plan_frames, axis=0)
    plan = imagined(still, config.fps)
    batch = generator.batch if isinstance(generator, CrewGenerator) else 1
    calls = config.steps if config.steps > MOST_UNROLLED else 1
    took_s = []
    for _ in range(_UNCOUNTED + _ROUNDS):
        begin_s = now()
        generator.warm()
        planned_s = now()
        figure.ask(past, music, 0, first)
        with suppress(ValueError):  # what no body can do costs as much
            figure.take(plan, past, under)
        took_s.append(calls * (planned_s - begin_s) / batch + now() - planned_s)
    return CrewBudget(min(took_s[_UNCOUNTED:]))
