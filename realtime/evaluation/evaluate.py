"""`groovecast evaluate`: one run over the live loop, and every measure beside what it should be as good as."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np

from groovecast.measures.diversity import pair_distance
from groovecast.measures.frechet import normalised
from groovecast.model.manifest import read_manifest
from groovecast.takes.take_cache import CachedTake, read_take_cache
from realtime.dance_settings import DanceSettings
from realtime.engine import ModelGenerator, opened
from realtime.evaluation.aims import verdicts_of
from realtime.evaluation.copying import Learned
from realtime.evaluation.danced import Danced, danced_from_motion
from realtime.evaluation.figures import (
    WARM_S,
    Clips,
    Figures,
    Row,
    Truth,
    carried,
    clips_of,
    row_of,
    with_beats_of,
)
from realtime.evaluation.liveliness import liveliness_of
from realtime.evaluation.long_run import long_run
from realtime.evaluation.reference import CLIP_S, REFERENCE_CLIPS, drawn_clips, shares_danced
from realtime.evaluation.retrieval import Retrieval
from realtime.evaluation.songs import JudgedSong, club_song, our_songs, read_songs
from realtime.evaluation.troupe import Part, danced_together
from realtime.evaluation.wishes import EvaluationWishes
from realtime.generator import Generator
from realtime.settings import DanceWishes
from realtime.shows import Company, model_folder

# The second dance of a song, with another seed and free feet, is this much of it.
_SECOND_SHARE = 0.5
# What a fast model has to keep of a slow one's.
_AGAINST_TEACHER = ("fidk", "fidk_corrected")

Told = Callable[[str], None]


@dataclass(frozen=True)
class Performed:
    """Everybody's dances to the same songs; None where somebody was not asked."""

    model: list[Danced]
    second: list[Danced]
    retrieval: list[Danced] | None
    teacher: list[Danced] | None


class TwoSeeds(msgspec.Struct, frozen=True):
    """How different two dances to one song are, and how different two clips of any songs."""

    divk_between_seeds: float | None
    divk: float | None
    apart_cm: float  # the mean distance of the same joint at the same time, both hips in one place


@dataclass(frozen=True)
class Cast:
    """Who is judged, and who stands beside."""

    generator: Generator
    settings: DanceSettings
    takes: Sequence[CachedTake] | None = None
    teacher: Generator | None = None
    warm_s: float = WARM_S


def evaluated(wishes: EvaluationWishes, company: Company, told: Told) -> tuple[dict[str, Any], list[Danced]]:
    """The report, its keys those of the design, and the dances of the model; `told` hears what is being done."""
    takes = None if wishes.takes is None else read_take_cache(wishes.takes)
    songs = our_songs(wishes.seconds) if wishes.songs is None else read_songs(wishes.songs, wishes.seconds)
    teacher = None if wishes.teacher is None else teacher_of(wishes.teacher, wishes)
    if teacher is not None:
        told(f"the teacher: {teacher.announcement}")
    try:
        cast = Cast(company.engine, company.settings, takes, teacher)
        report, dances = judged(cast, songs, told)
        report["about"] |= _said_of(company.engine)
        if teacher is not None:
            report["about"] |= {f"teacher_{key}": value for key, value in _said_of(teacher).items()}
    finally:
        if teacher is not None:
            teacher.close()
    if wishes.minutes:
        told(f"dancing for {wishes.minutes:g} minutes")
        part = Part(company.engine, company.settings)
        report["long_run"] = msgspec.to_builtins(long_run(club_song(), part, wishes.minutes, takes))
    report["verdicts"] = msgspec.to_builtins(verdicts_of(report))
    return report, dances


def teacher_of(model: str, wishes: EvaluationWishes) -> ModelGenerator:
    """A slower model, reckoned with as the judged one if it can be, else exactly. Raises as `opened` does."""
    folder = model_folder(model)
    has = ("auto", *(one.precision for one in read_manifest(folder).artefacts))
    precision = wishes.precision if wishes.precision in has else "fp32"
    return opened(folder, DanceWishes(engine=wishes.engine, precision=precision))


def _said_of(engine: ModelGenerator) -> dict[str, str | int]:
    """Who danced, on what."""
    return {
        "model": engine.manifest.name, "steps": engine.config.steps, "engine": engine.name,
        "precision": engine.precision,
    }  # fmt: skip


def judged(cast: Cast, songs: Sequence[JudgedSong], told: Told) -> tuple[dict[str, Any], list[Danced]]:
    """Everything but the long run: the report and the model's dances."""
    danced = _danced(songs, cast, told)
    model, second = Row.of(danced.model, cast.warm_s), Row.of(danced.second, cast.warm_s)
    told("measuring")
    shares, truth, ground_truth, learned = shares_danced(danced.model), None, None, None
    if cast.takes is not None:
        truth, real = truth_of(cast.takes, shares, len(model.clips.dance))
        ground_truth = ground_truth_row(cast.takes, shares, real, truth)
        learned = Learned.of(cast.takes, shares)
        ground_truth["memorised"] = msgspec.to_builtins(learned.people())
    figures = row_of(model.dances, model.clips, truth)
    shuffled = with_beats_of(figures, shuffled_music(model.dances)) if len(songs) > 1 else None
    report: dict[str, Any] = msgspec.to_builtins(figures)
    report |= {
        "ground_truth": ground_truth,
        "teacher": _row_or_none(danced.teacher, cast, truth, learned),
        "shuffled_music": msgspec.to_builtins(shuffled),
        "retrieval": _row_or_none(danced.retrieval, cast, truth, learned),
        "without_foot_lock": carried(second.clips, truth),
        "two_seeds": msgspec.to_builtins(_two_seeds(model, second, truth)),
        "energy": msgspec.to_builtins(liveliness_of(model.dances)),
        "memorised": memorised(learned, model.dances),
        "long_run": None,
        "about": {
            "songs": [song.name for song in songs],
            "seconds": round(sum(song.audio.duration_s for song in songs), 1),
            "style": cast.settings.style, "seed": cast.settings.seed,
            "styles_danced": {style: round(share, 3) for style, share in shares.items()},
            "rejected": sum(one.rejected for one in danced.model),
            "misses": sum(one.misses for one in danced.model),
        },
    }  # fmt: skip
    if report["teacher"] is not None:
        report |= {f"{key}_over_teacher": _ratio(report, report["teacher"], key) for key in _AGAINST_TEACHER}
    return report, model.dances


def _ratio(row: dict[str, Any], other: dict[str, Any], key: str) -> float | None:
    return round(row[key] / other[key], 4) if row[key] is not None and other[key] else None


def _danced(songs: Sequence[JudgedSong], cast: Cast, told: Told) -> Performed:
    found: dict[str, list[Danced]] = {"model": [], "second": [], "retrieval": [], "teacher": []}
    settings, other = cast.settings, replace(cast.settings, seed=cast.settings.seed + 1, foot_lock=False)
    for number, song in enumerate(songs):
        # half of what is judged: standing up takes as long as ever
        judged_s = max(_SECOND_SHARE * (song.audio.duration_s - cast.warm_s), CLIP_S)
        until_s = cast.warm_s + judged_s + 0.1  # a clip needs its last frame
        parts = {"model": Part(cast.generator, settings), "second": Part(cast.generator, other, until_s)}
        if cast.takes is not None:
            parts["retrieval"] = Part(Retrieval(cast.takes, cast.generator.config, seed=number + 1), settings)
        if cast.teacher is not None:
            parts["teacher"] = Part(cast.teacher, settings)
        told(f"song {number + 1} of {len(songs)}, {song.name}: {', '.join(parts)} dance")
        for name, danced in zip(parts, danced_together(song, list(parts.values())), strict=True):
            found[name].append(danced)
    return Performed(found["model"], found["second"], found["retrieval"] or None, found["teacher"] or None)


def truth_of(takes: Sequence[CachedTake], shares: dict[str, float], clips: int) -> tuple[Truth, Clips]:
    """What to hold rows against, and the ground truth's own clips, as many as the model has."""
    trained = drawn_clips([take for take in takes if not take.held_out], shares, REFERENCE_CLIPS)
    held_out = drawn_clips([take for take in takes if take.held_out], shares, clips)
    if len(trained) < 2 or len(held_out) < 2:
        raise ValueError(
            f"asked for ground truth of {', '.join(shares)}, the cache has {len(trained)} clips to train on and "
            f"{len(held_out)} held out: give a cache with both"
        )
    known = [
        clips_of([clip.danced for clip in drawn], np.array([clip.take for clip in drawn]))
        for drawn in (trained, held_out)
    ]
    return Truth(known[0], known[1]), known[1]


def ground_truth_row(
    takes: Sequence[CachedTake], shares: dict[str, float], clips: Clips, truth: Truth
) -> dict[str, Any]:
    """The ground truth's row: held-out takes of what was danced, with their own beats."""
    whole = [
        danced_from_motion(take.id, take.motion, take.beats_s)
        for take in takes
        if take.held_out and take.style in shares
    ]
    return dict(msgspec.to_builtins(row_of(whole, clips, truth)))


def memorised(learned: Learned | None, dances: Sequence[Danced]) -> dict[str, Any] | None:
    """How much of the dances was copied; None where nobody knows what was learned from."""
    return None if learned is None else dict(msgspec.to_builtins(learned.copied(dances)))


def _row_or_none(
    dances: Sequence[Danced] | None, cast: Cast, truth: Truth | None, learned: Learned | None
) -> dict[str, Any] | None:
    if dances is None:
        return None
    row = Row.of(dances, cast.warm_s)
    figures: Figures = row_of(row.dances, row.clips, truth)
    return dict(msgspec.to_builtins(figures)) | {
        "energy": msgspec.to_builtins(liveliness_of(row.dances)),
        "memorised": memorised(learned, row.dances),
    }


def shuffled_music(dances: Sequence[Danced]) -> list[Danced]:
    """Each dance with the beats of the next song instead of its own."""
    others = [*dances[1:], *dances[:1]]
    return [
        replace(one, beats_s=other.beats_s[other.beats_s < one.duration_s])
        for one, other in zip(dances, others, strict=True)
    ]


def _two_seeds(model: Row, second: Row, truth: Truth | None) -> TwoSeeds:
    apart, ours, theirs = [], [], []
    for number, (one, other) in enumerate(zip(model.dances, second.dances, strict=True)):
        frames = min(len(one.place_m), len(other.place_m))
        against = [danced.place_m[:frames] - danced.place_m[:frames, :1] for danced in (one, other)]
        apart.append(float(np.linalg.norm(against[0] - against[1], axis=-1).mean()))
        rows = second.clips.kinetic[second.clips.dance == number]
        theirs.append(rows)
        ours.append(model.clips.kinetic[model.clips.dance == number][: len(rows)])
    between = divk = None
    if truth is not None:
        _, first, last = normalised(truth.reference.kinetic, np.concatenate(ours), np.concatenate(theirs))
        between = round(pair_distance(first, last), 3)
        divk = round(
            float(np.mean([pair_distance(first, np.roll(first, k, axis=0)) for k in range(1, len(first))])), 3
        )
    return TwoSeeds(between, divk, round(100 * float(np.mean(apart)), 1))
