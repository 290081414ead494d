"""The report as a table for people: a measure a line, and beside the model what it should be as good as."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

_ROWS = ("ground_truth", "teacher", "shuffled_music", "retrieval")
_MEASURES = (
    "fidk", "fidk_corrected", "fidk_held_out", "fidg", "fidg_corrected", "divk", "divk_corrected", "divg",
    "divg_corrected", "bas", "bas_by_chance", "bas_lift", "bas_lift_over_wrong_songs",
    "songs_that_beat_wrong_songs", "accent_lag_ms.median", "accent_lag_ms.iqr", "accent_lag_ms.within_70ms",
    "accent_lag_ms.within_70ms_by_chance", "pfc", "fsr", "fsr_corrected", "jerk_p95_m_s3", "jerk_ratio",
    "seam_jerk_ratio", "longest_stillness_s", "energy.rank_correlation", "energy.right_answers",
    "memorised.median_m", "memorised.copied_share",
)  # fmt: skip
_ASIDE = ("without_foot_lock", "two_seeds", "long_run", "about")


def table_of(report: Mapping[str, Any]) -> Table:
    """The figures, the model's with their 95 % intervals."""
    columns = [("model", report), *((name.replace("_", " "), report.get(name)) for name in _ROWS)]
    present = [(name, row) for name, row in columns if row is not None]
    table = Table("", "model", "95 %", *(name for name, _ in present[1:]), box=None)
    for measure in _MEASURES:
        low_high = report.get("intervals", {}).get(measure)
        if measure == "energy.rank_correlation":
            low_high = report.get("energy", {}).get("interval")
        if measure.startswith("memorised."):
            of_memory = (report.get("memorised") or {}).get("intervals", {})
            low_high = of_memory.get(measure.removeprefix("memorised."))
        interval = "" if low_high is None else f"{low_high[0]:.4g} to {low_high[1]:.4g}"
        told = [_told(row, measure) for _, row in present]
        table.add_row(measure, told[0], interval, *told[1:])
    return table


def aims_of(report: Mapping[str, Any]) -> Table:
    """What must be reached and what was, a line each."""
    table = Table("must reach", "key", "figure", "at least", "at most", "", box=None)
    for verdict in report.get("verdicts", []):
        figures = [
            "" if verdict[name] is None else f"{verdict[name]:.4g}" for name in ("figure", "least", "most")
        ]
        met = {True: "met", False: "MISSED", None: "not measured"}[verdict["met"]]
        table.add_row(verdict["aim"], verdict["key"], *figures, met)
    return table


def lines_of(report: Mapping[str, Any]) -> list[str]:
    """What does not fit into the table, a line each."""
    lines = []
    for name in _ASIDE:
        if report.get(name):
            figures = ", ".join(f"{key} {value}" for key, value in report[name].items())
            lines.append(f"{name.replace('_', ' ')}: {figures}")
    for answer in report.get("energy", {}).get("answers", []):
        verdict = "as it should" if answer["right"] else "WRONG"
        lines.append(
            f"{answer['song']}, {answer['change']} at {answer['at_s']} s: energy x {answer['ratio']}, {verdict}"
        )
    return lines


def _told(row: Mapping[str, Any], measure: str) -> str:
    value: Any = row
    for key in measure.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return "" if value is None else f"{value:.4g}"
