"""How dances keep to the beats of their music: alignment, its lift above chance, and the lag of accents."""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from jaxtyping import Int64

from groovecast.measures import accents
from groovecast.measures.beat_alignment import alignment, alignment_by_chance, lift, motion_beats, music_beats
from groovecast.measures.bootstrap import Interval, bootstrapped, mean_interval
from realtime.evaluation.danced import LIMBS, SHOWN_FPS, Danced

LEAST_BEATS = 4
_EDGE_S = 1.0  # beats this near the ends of a dance have no rest on one side of them
_DRAWS = 100


class AccentFigures(msgspec.Struct, frozen=True):
    """Signed lag of the limbs' rests from the beats, ms; the shares are of all beats."""

    median: float
    iqr: float
    within_70ms: float
    within_70ms_by_chance: float
    beats: int
    missed: int


def on_the_beat(dances: Sequence[Danced]) -> tuple[dict[str, Interval], AccentFigures]:
    """The figures of dances whose beats are known, by name, their intervals over the dances."""
    counts = [len(one.place_m) - 1 for one in dances]
    music = [music_beats(one.beats_s, SHOWN_FPS, count) for one, count in zip(dances, counts, strict=True)]
    motion = [motion_beats(one.place_m.astype(np.float64)) for one in dances]
    triples = list(zip(music, motion, counts, strict=True))
    paired = np.array([alignment(heard, seen) for heard, seen, _ in triples])
    chance = np.array([alignment_by_chance(*triple) for triple in triples])
    found = {
        "bas": mean_interval(paired),
        "bas_by_chance": mean_interval(chance),
        "bas_lift": lift(paired.tolist(), chance.tolist()),
    }
    if len(dances) > 1:
        wrong = np.array(
            [
                np.mean([alignment(other[other < count], seen) for other in _others(music, own, count)])
                for own, (_, seen, count) in enumerate(triples)
            ]
        )
        found["bas_lift_over_wrong_songs"] = mean_interval(paired - wrong)
        found["songs_that_beat_wrong_songs"] = mean_interval((paired > wrong).astype(np.float64))
    lags, figures = _lags(dances)
    for name in ("median", "iqr", "within_70ms"):
        found[f"accent_lag_ms.{name}"] = bootstrapped(len(lags), _lag_of(lags, name), _DRAWS)
    return found, figures


def _others(music: Sequence[np.ndarray], own: int, count: int) -> list[np.ndarray]:
    """The beats of the other songs that fall into a dance of so many frames."""
    return [beats for number, beats in enumerate(music) if number != own and (beats < count).any()]


def _lags(dances: Sequence[Danced]) -> tuple[list[accents.Times], AccentFigures]:
    """The lag of every beat, dance by dance, and what they come to."""
    lags, chance = [], []
    for one in dances:
        found = accents.accents_s(one.place_m.astype(np.float64), LIMBS, SHOWN_FPS)
        inside = one.beats_s[(one.beats_s > _EDGE_S) & (one.beats_s < one.duration_s - _EDGE_S)]
        lags.append(accents.lags_s(found, inside))
        chance.append(accents.share_by_chance(found, inside, one.duration_s))
    whole = accents.accent_lag(np.concatenate(lags), float(np.mean(chance)))
    return lags, AccentFigures(
        round(whole.median, 1), round(whole.iqr, 1), round(whole.within_70ms, 3),
        round(whole.within_70ms_by_chance, 3), whole.beats, whole.missed,
    )  # fmt: skip


def _lag_of(lags: Sequence[accents.Times], name: str) -> Callable[[Int64[np.ndarray, " drawn"]], float]:
    def figure(drawn: Int64[np.ndarray, " drawn"]) -> float:
        lag = accents.accent_lag(np.concatenate([lags[one] for one in drawn]), 0.0)
        return {"median": lag.median, "iqr": lag.iqr, "within_70ms": lag.within_70ms}[name]

    return figure
