"""What a model must reach, held against a report: each aim with its figure, and whether it was met."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

# "Visibly different": joints a hand's breadth apart on average, hips in one place.
_APART_CM = 10.0
# "No drift": what the last minute's mean height and tilt may be off the first one's. A slope would be the steeper the
# shorter the dance.
_HEIGHT_MM, _TILT_DEGREES = 20.0, 2.0
_LONG_MIN = 9.5  # "10 minutes": a whole number of turns of a song comes near it
_MATCHED = 1.1  # a distance that is no more than so many times another

Report = Mapping[str, Any]


class Verdict(msgspec.Struct, frozen=True):
    """An aim, the key of its figure in the report, the figure, its bounds, and whether they hold.

    `met` is null where it was not measured: no takes, no teacher, no long run, too few songs.
    """

    aim: str
    key: str
    figure: float | None
    least: float | None
    most: float | None
    met: bool | None


@dataclass(frozen=True)
class _Of:
    """A bound that is so many times another figure of the report."""

    key: str
    times: float = 1.0


_Bound = float | _Of | None


@dataclass(frozen=True)
class _Aim:
    aim: str
    key: str
    least: _Bound = None
    most: _Bound = None


_AIMS = (
    _Aim("accents fall on the beat: median, ms", "accent_lag_ms.median", -50.0, 10.0),
    _Aim("accents fall on the beat: spread, ms", "accent_lag_ms.iqr", most=80.0),
    _Aim("accents fall on the beat: beats within 70 ms", "accent_lag_ms.within_70ms", 0.55),
    _Aim("above shifted music, with its whole interval", "intervals.bas_lift.0", 1e-4),
    _Aim("songs that beat wrong songs", "songs_that_beat_wrong_songs", 0.8),
    _Aim("as good as the teacher", "fidk_over_teacher", most=1.1),
    _Aim("feet skate no more than people's", "fsr", most=_Of("ground_truth.fsr")),
    _Aim("nor much more without the foot lock", "without_foot_lock.fsr", most=_Of("ground_truth.fsr", 1.5)),
    _Aim("as smooth as people", "jerk_ratio", 0.9, 1.1),
    _Aim("as varied as people: how it moves", "divk", _Of("ground_truth.divk", 0.85), _Of("ground_truth.divk", 1.15)),
    _Aim("as varied as people: how it stands", "divg", _Of("ground_truth.divg", 0.85), _Of("ground_truth.divg", 1.15)),
    _Aim("two seeds, two dances: joints apart, cm", "two_seeds.apart_cm", _APART_CM),
    _Aim("the tenth minute as good as the first", "long_run.fidk_ratio", most=1.1),
    _Aim("the same, corrected", "long_run.fidk_corrected_ratio", most=1.1),
    _Aim("never still for long, s", "long_run.longest_stillness_s", most=2.0),
    _Aim("no drift of height in ten minutes, mm", "long_run.height_change_mm", -_HEIGHT_MM, _HEIGHT_MM),
    _Aim("no drift of tilt, degrees", "long_run.tilt_change_degrees", -_TILT_DEGREES, _TILT_DEGREES),
    _Aim("energy follows the music's", "energy.rank_correlation", 0.5),
    _Aim("a breakdown calms it", "energy.breakdowns_calmed", 1.0),
    _Aim("a drop lifts it within one bar", "energy.drops_lifted", 1.0),
    _Aim("beats retrieval: spread of accents, ms", "accent_lag_ms.iqr", most=_Of("retrieval.accent_lag_ms.iqr")),
    _Aim(
        "beats retrieval: beats within 70 ms",
        "accent_lag_ms.within_70ms", _Of("retrieval.accent_lag_ms.within_70ms"),
    ),
    _Aim("beats retrieval: seams", "seam_jerk_ratio", most=_Of("retrieval.seam_jerk_ratio")),
    _Aim("matches retrieval, which copies what it is held against", "fidk", most=_Of("retrieval.fidk", _MATCHED)),
    _Aim("matches retrieval on held-out takes", "fidk_held_out", most=_Of("retrieval.fidk_held_out", _MATCHED)),
)  # fmt: skip


def verdicts_of(report: Report) -> list[Verdict]:
    """Every aim and what became of it; what is asked of ten minutes no shorter dance answers."""
    if (figure_at(report, "long_run.minutes") or 0.0) < _LONG_MIN:
        report = {**report, "long_run": None}
    return [_verdict(aim, report) for aim in _AIMS]


def figure_at(report: Report, key: str) -> float | None:
    """The number at a key such as `energy.rank_correlation` or `intervals.bas_lift.0`; None where there is none."""
    found: Any = report
    for name in key.split("."):
        if isinstance(found, Mapping):
            found = found.get(name)
        else:
            found = found[int(name)] if isinstance(found, list | tuple) else None
    return float(found) if isinstance(found, int | float) and np.isfinite(found) else None


def _verdict(aim: _Aim, report: Report) -> Verdict:
    figure = figure_at(report, aim.key)
    wanted = [_number(bound, report) for bound in (aim.least, aim.most) if bound is not None]
    least, most = _number(aim.least, report), _number(aim.most, report)
    met = None
    if figure is not None and None not in wanted:
        met = (least is None or figure >= least) and (most is None or figure <= most)
    return Verdict(aim.aim, aim.key, figure, least, most, met)


def _number(bound: _Bound, report: Report) -> float | None:
    if not isinstance(bound, _Of):
        return bound
    other = figure_at(report, bound.key)
    return None if other is None else round(bound.times * other, 4)
