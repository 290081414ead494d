"""From each track's figures to the table: means by tracker, subset and style, in words and for one line of JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.ears.score import bias_s, scores, unsure_share
from benchmarks.ears.track import Track
from benchmarks.ears.tracker import Tracked

SUBSETS = ("synthetic", "fluidsynth", "drums_alone", "tempo_change", "club", "real", "real_whole")
_MEANS = ("f", "cmlt", "amlt", "ahead_35", "ahead_70", "downbeat_f", "bar_f", "shown_35", "sure")
_COLUMNS = (*_MEANS, "shown_ms", "lock_s", "lock_p90_s", "never", "relock_s", "lost", "cpu_percent", "tracks")


@dataclass(frozen=True)
class Row:
    """The figures of one track."""

    track: str
    style: str
    labels: frozenset[str]
    figures: dict[str, float]


def rows_of(answers: list[tuple[Track, Tracked]]) -> tuple[float, list[Row]]:
    """The tracker's lateness in ms, and each track's figures without it."""
    with_truth = [answer for answer in answers if answer[0].truth is not None]
    judged = [answer for answer in with_truth if "real_whole" not in answer[0].labels]
    late_s = bias_s(judged or with_truth)
    rows = [Row(t.name, t.style, t.labels, scores(t, tracked, late_s)) for t, tracked in with_truth]
    for track, tracked in answers:
        if track.truth is None:
            rows.append(Row(track.name, track.style, track.labels, {"unsure": unsure_share(tracked)}))
    return 1000 * late_s, rows


def summary(rows: Iterable[Row]) -> dict[str, float]:
    """Means; of times the median and the 90th percentile, in which who never locks counts as slower than all."""
    judged = [row.figures for row in rows if "f" in row.figures]
    if not judged:
        return {}
    told = {name: _mean([figures.get(name, np.nan) for figures in judged]) for name in _MEANS}
    told["shown_ms"] = _middle([figures["shown_ms"] for figures in judged], 50)
    locks = [figures["lock_s"] for figures in judged]
    told |= {
        "lock_s": _middle(locks, 50),
        "lock_p90_s": _middle(locks, 90),
        "never": float(np.isinf(locks).sum()),
    }
    again = [figures["relock_s"] for figures in judged if "relock_s" in figures]
    told |= {"relock_s": _middle(again, 50), "lost": float(np.isinf(again).sum()) if again else float("nan")}
    told["cpu_percent"] = _mean([figures["cpu_percent"] for figures in judged])
    return told | {"tracks": float(len(judged))}


def sections(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """All tracks together, then each subset; recordings in one piece stand outside of the whole."""
    told = {"all": summary(row for row in rows if "real_whole" not in row.labels)}
    told |= {subset: summary(row for row in rows if subset in row.labels) for subset in SUBSETS}
    return {name: figures for name, figures in told.items() if figures}


def by(rows: Sequence[Row], what: str) -> dict[str, dict[str, float]]:
    """Steady and clean tracks by `style`, or all rendered ones by `kind`."""
    kinds = (
        "steady",
        "ramp",
        "jump",
        "vinyl",
        "blend",
        "half_drop",
        "breakdown",
        "drumless",
        "mid-song",
        "drums",
    )
    if what == "kind":
        told = {
            kind: summary(row for row in rows if kind in row.labels and "club" not in row.labels)
            for kind in kinds
        }
    else:
        styles = dict.fromkeys(row.style for row in rows if row.labels & {"steady", "real"})
        told = {
            style: summary(
                row
                for row in rows
                if row.style == style and row.labels & {"steady", "real"} and "club" not in row.labels
            )
            for style in styles
        }
    return {name: figures for name, figures in told.items() if figures}


def no_music(rows: Sequence[Row]) -> dict[str, float]:
    """The share of time without trust in a beat, for each sound that is no music and for all of them."""
    shares = {row.track: row.figures["unsure"] for row in rows if "unsure" in row.figures}
    return shares | {"all": _mean(list(shares.values()))} if shares else {}


def print_sections(title: str, told: dict[str, dict[str, float]]) -> None:
    """A table, one row a subset."""
    width = max([len(title), *map(len, told)]) + 1
    print(f"\n{title:{width}}" + "".join(f"{name.replace('_percent', '_%'):>11}" for name in _COLUMNS))
    for name, figures in told.items():
        print(f"{name:{width}}" + "".join(_cell(figures[column]) for column in _COLUMNS))


def _cell(value: float) -> str:
    return f"{'-':>11}" if np.isnan(value) else f"{value:11.3f}" if abs(value) < 10 else f"{value:11.1f}"


def _mean(values: list[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def _middle(values: list[float], percent: float) -> float:
    """A percentile among values of which some are infinite."""
    known = sorted(value for value in values if not np.isnan(value))
    if not known:
        return float("nan")
    # the nearest rank: between a number and infinity nothing can be interpolated
    return float(known[min(len(known) - 1, int(np.ceil(percent / 100 * len(known))) - 1)])


def for_json(told: dict[str, dict[str, float]]) -> dict[str, dict[str, float | None]]:
    """Rounded; JSON knows neither nan nor infinity, both become null."""
    return {
        name: {key: round(value, 4) if np.isfinite(value) else None for key, value in figures.items()}
        for name, figures in told.items()
    }
