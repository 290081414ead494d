"""Which beat begins the bar, and how many beats a bar has: a small hidden Markov model over the beats passed."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

METRES = (4, 3, 2)  # beats to the bar; the commonest first
_PRIOR = (0.80, 0.14, 0.06)
_SWITCH = 0.004  # how often, a beat, a bar begins somewhere else: an added beat, another song
_LEAST, _MOST = 0.06, 0.9  # a beat is never surer than this to begin a bar, or not to
_TRUST = 0.5  # neighbouring answers of the ear are alike: each is less than a whole witness
_HOLD = 1.5  # so many times likelier another bar must be before it is shown


@dataclass(frozen=True)
class Bar:
    """The bar as believed: its length, and the place in it of the beat heard last."""

    beats: int
    place: int
    share: float  # of belief


class BarFinder:
    """Belief over metre and place in the bar, moved on beat by beat."""

    def __init__(self) -> None:
        self._metre = np.repeat(METRES, METRES)
        self._place = np.concatenate([np.arange(beats) for beats in METRES])
        self._start = np.repeat(np.array(_PRIOR) / METRES, METRES)
        ends = np.cumsum(METRES)
        self._before = np.arange(len(self._place)) - 1
        self._before[ends - METRES] = ends - 1
        self.belief: Float[np.ndarray, " states"] = self._start.copy()
        self._shown = 0
        self.bar = Bar(METRES[0], 0, float(self._start[0]))

    def hear(self, downbeat: float, beat: float) -> Bar:
        """One beat is over: how likely the ear found a downbeat there, and a beat at all. Returns the bar."""
        moved = self.belief[self._before]
        belief = (1 - _SWITCH) * moved + _SWITCH * self._start
        chance = float(np.clip(downbeat / max(beat, 1e-3), _LEAST, _MOST))
        trust = _TRUST * min(1.0, beat / 0.3)
        # the odds against what such a beat says on average, so that each metre is judged alike
        likely = np.where(self._place == 0, chance, (1 - chance) / 2.2) ** trust
        belief *= likely
        self.belief = belief / belief.sum()
        self._shown = int(np.flatnonzero(self._before == self._shown)[0])
        best = int(np.argmax(self.belief))
        if self.belief[best] > _HOLD * self.belief[self._shown]:
            self._shown = best
        self.bar = Bar(
            int(self._metre[self._shown]), int(self._place[self._shown]), float(self.belief[self._shown])
        )
        return self.bar

    def slip(self) -> None:
        """The beats were found to be others: where the bar begins is open again, its length less so."""
        spread = np.add.reduceat(self.belief, np.cumsum((0, *METRES[:-1])))
        self.belief = np.repeat(spread / METRES, METRES)
