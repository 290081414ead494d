"""Whether dances rise and fall with their music: over sections of four bars, and at breakdowns and drops."""

from collections.abc import Sequence

import msgspec
import numpy as np
from jaxtyping import Float

from groovecast.audio.decode import mono
from groovecast.measures.accents import limb_speed
from groovecast.measures.bootstrap import bootstrapped
from groovecast.measures.energy import answer_to_change, loudness_db, mean_over, rank_correlation
from realtime.evaluation.danced import LIMBS, SHOWN_FPS, Danced
from realtime.evaluation.songs import JudgedSong

_SECTION_BARS, _SIDE_BARS, _APART_BARS = 4, 2, 4
_CHANGE_DB = 3.0


class Answer(msgspec.Struct, frozen=True):
    """What a dance did at a change of its music: how many times as lively it was from one bar after it."""

    song: str
    at_s: float
    change: str
    ratio: float
    right: bool


class Liveliness(msgspec.Struct, frozen=True):
    """How motion energy follows music energy."""

    rank_correlation: float | None  # over the sections of all songs, each counted from its song's mean
    interval: tuple[float, float] | None
    by_song: dict[str, float | None]
    sections: int
    right_answers: float | None
    breakdowns_calmed: float | None  # of the breakdowns, from one bar after them
    drops_lifted: float | None
    answers: list[Answer]


def liveliness_of(dances: Sequence[Danced]) -> Liveliness:
    """Of dances to songs whose bars are known."""
    pairs: list[tuple[Float[np.ndarray, " sections"], Float[np.ndarray, " sections"]]] = []
    by_song: dict[str, float | None] = {}
    answers: list[Answer] = []
    for danced in dances:
        if danced.song is None or len(danced.song.downbeats_s) < 2 * _SECTION_BARS:
            continue
        curve = limb_speed(danced.place_m.astype(np.float64), LIMBS, SHOWN_FPS)
        spans = _sections(danced.song, danced.duration_s)
        music = loudness_db(mono(danced.song.audio.samples), danced.song.audio.sample_rate_hz, spans)
        moved = mean_over(curve, SHOWN_FPS, spans)
        by_song[danced.name] = _told(rank_correlation(moved, music))
        pairs.append((moved - moved.mean(), music - music.mean()))
        answers += _answers(danced, curve)

    def over(drawn: np.ndarray) -> float:
        return rank_correlation(*(np.concatenate([pairs[one][side] for one in drawn]) for side in (0, 1)))

    found = bootstrapped(len(pairs), over) if pairs else None
    known = found is not None and np.isfinite(found.value)
    return Liveliness(
        rank_correlation=round(found.value, 3) if found is not None and known else None,
        interval=(round(found.low, 3), round(found.high, 3)) if found is not None and known else None,
        by_song=by_song,
        sections=sum(len(moved) for moved, _ in pairs),
        right_answers=_right(answers, "breakdown", "drop"),
        breakdowns_calmed=_right(answers, "breakdown"),
        drops_lifted=_right(answers, "drop"),
        answers=answers,
    )


def _sections(song: JudgedSong, duration_s: float) -> list[tuple[float, float]]:
    starts = song.downbeats_s[::_SECTION_BARS]
    spans = [(float(start), float(start) + _SECTION_BARS * song.bar_s) for start in starts]
    return [span for span in spans if span[1] <= duration_s + 0.05]


def _answers(danced: Danced, curve: Float[np.ndarray, " frames"]) -> list[Answer]:
    assert danced.song is not None
    answers = []
    for at_s, change in danced.song.changes or _heard_changes(danced.song):
        ratio = answer_to_change(curve, SHOWN_FPS, at_s, danced.song.bar_s)
        if np.isfinite(ratio):
            right = ratio < 1 if change == "breakdown" else ratio > 1
            answers.append(Answer(danced.name, round(at_s, 2), change, round(ratio, 3), bool(right)))
    return answers


def _right(answers: Sequence[Answer], *changes: str) -> float | None:
    """Of the answers to changes of those kinds, the share that were right."""
    found = [answer.right for answer in answers if answer.change in changes]
    return _told(float(np.mean(found))) if found else None


def _heard_changes(song: JudgedSong) -> list[tuple[float, str]]:
    """Downbeats at which the music becomes louder or softer by 3 dB over two bars, the largest of those near."""
    side_s = _SIDE_BARS * song.bar_s
    bars = song.downbeats_s[(song.downbeats_s >= side_s)]
    bars = bars[bars <= song.audio.duration_s - side_s]
    samples, rate_hz = mono(song.audio.samples), song.audio.sample_rate_hz
    before = loudness_db(samples, rate_hz, [(float(at) - side_s, float(at)) for at in bars])
    after = loudness_db(samples, rate_hz, [(float(at), float(at) + side_s) for at in bars])
    step = after - before
    found: list[tuple[float, str]] = []
    for index in np.argsort(-np.abs(step)):
        at_s = float(bars[index])
        near = any(abs(at_s - other) < _APART_BARS * song.bar_s - 0.05 for other, _ in found)
        if abs(step[index]) >= _CHANGE_DB and not near:
            found.append((at_s, "drop" if step[index] > 0 else "breakdown"))
    return sorted(found)


def _told(value: float) -> float | None:
    return round(value, 3) if np.isfinite(value) else None
