"""What must be reached: a report with known figures yields the known verdicts, and what nobody measured has none."""

import copy
from typing import Any

import pytest

from realtime.evaluation.aims import figure_at, verdicts_of
from realtime.evaluation.table import aims_of

_GOOD: dict[str, Any] = {
    "accent_lag_ms": {"median": -20.0, "iqr": 70.0, "within_70ms": 0.6},
    "intervals": {"bas_lift": [0.01, 0.03]},
    "songs_that_beat_wrong_songs": 0.8,
    "fidk": 10.0, "fidk_over_teacher": 1.1, "fidk_held_out": 20.0, "fsr": 0.03, "jerk_ratio": 1.05,
    "divk": 8.0, "divg": 6.5, "seam_jerk_ratio": 1.0,
    "without_foot_lock": {"fsr": 0.045},
    "two_seeds": {"apart_cm": 18.0},
    "long_run": {
        "minutes": 10.2, "fidk_ratio": 1.0, "fidk_corrected_ratio": 1.1, "longest_stillness_s": 2.0,
        "height_change_mm": -5.0, "tilt_change_degrees": 0.5,
    },
    "energy": {"rank_correlation": 0.5, "breakdowns_calmed": 1.0, "drops_lifted": 1.0},
    "ground_truth": {"fsr": 0.03, "divk": 8.5, "divg": 6.0},
    "retrieval": {
        "accent_lag_ms": {"iqr": 90.0, "within_70ms": 0.55}, "seam_jerk_ratio": 1.1, "fidk": 9.5, "fidk_held_out": 40.0,
    },
}  # fmt: skip


_OF_TEN_MINUTES = {f"long_run.{name}" for name in _GOOD["long_run"] if name != "minutes"}


def _with(key: str, value: float | None) -> dict[str, Any]:
    """The good report with one figure changed."""
    report = copy.deepcopy(_GOOD)
    *rooms, last = key.split(".")
    inside: Any = report
    for name in rooms:
        inside = inside[name]
    if isinstance(inside, list):
        inside[int(last)] = value
    else:
        inside[last] = value
    return report


def test_a_report_in_which_all_is_well_meets_every_aim() -> None:
    assert {verdict.met for verdict in verdicts_of(_GOOD)} == {True}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("accent_lag_ms.median", -51.0),
        ("accent_lag_ms.median", 11.0),
        ("intervals.bas_lift.0", -0.001),
        ("songs_that_beat_wrong_songs", 0.79),
        ("fidk_over_teacher", 1.11),
        ("fsr", 0.031),
        ("without_foot_lock.fsr", 0.046),
        ("jerk_ratio", 0.89),
        ("jerk_ratio", 1.11),
        ("divk", 7.2),
        ("divg", 7.0),
        ("two_seeds.apart_cm", 9.0),
        ("long_run.fidk_ratio", 1.2),
        ("long_run.longest_stillness_s", 2.1),
        ("long_run.height_change_mm", 21.0),
        ("long_run.tilt_change_degrees", -2.1),
        ("energy.rank_correlation", 0.49),
        ("energy.breakdowns_calmed", 0.5),
        ("energy.drops_lifted", 0.5),
        ("seam_jerk_ratio", 1.2),
        ("fidk", 10.5),
        ("fidk_held_out", 44.1),
    ],
)
def test_a_figure_out_of_its_bounds_misses_its_aim_and_no_other(key: str, value: float) -> None:
    missed = [verdict for verdict in verdicts_of(_with(key, value)) if not verdict.met]
    assert [verdict.key for verdict in missed] == [key]
    assert missed[0].figure == value


def test_an_aim_whose_bound_is_another_row_s_figure_moves_with_it() -> None:
    kept = {verdict.key: verdict for verdict in verdicts_of(_with("ground_truth.fsr", 0.02))}
    assert (kept["fsr"].most, kept["fsr"].met) == (0.02, False)
    assert (kept["without_foot_lock.fsr"].most, kept["without_foot_lock.fsr"].met) == (0.03, False)


@pytest.mark.parametrize(
    ("row", "open_keys"),
    [
        ("ground_truth", {"fsr", "without_foot_lock.fsr", "divk", "divg"}),
        ("retrieval", {"accent_lag_ms.iqr", "accent_lag_ms.within_70ms", "seam_jerk_ratio", "fidk", "fidk_held_out"}),
        ("long_run", _OF_TEN_MINUTES),
        ("fidk_over_teacher", {"fidk_over_teacher"}),
    ],
)  # fmt: skip
def test_what_was_not_measured_is_neither_met_nor_missed(row: str, open_keys: set[str]) -> None:
    verdicts = verdicts_of(_with(row, None))
    assert {verdict.key for verdict in verdicts if verdict.met is None} == open_keys
    assert all(verdict.met is not False for verdict in verdicts)


def test_two_minutes_do_not_answer_for_ten() -> None:
    verdicts = verdicts_of(_with("long_run.minutes", 2.0))
    assert {verdict.key for verdict in verdicts if verdict.met is None} == _OF_TEN_MINUTES


def test_every_aim_s_key_leads_to_its_figure() -> None:
    for verdict in verdicts_of(_GOOD):
        assert figure_at(_GOOD, verdict.key) == verdict.figure is not None
    assert figure_at(_GOOD, "energy.no.such") is None
    assert figure_at({"fidk": float("nan")}, "fidk") is None


def test_a_person_reads_what_was_missed() -> None:
    report = _with("energy.drops_lifted", 0.5) | {"teacher": None}
    verdicts = [
        {name: getattr(verdict, name) for name in verdict.__struct_fields__}
        for verdict in verdicts_of(report)
    ]
    table = aims_of(report | {"verdicts": verdicts})
    said = list(table.columns[5].cells)
    assert (said.count("MISSED"), said.count("met")) == (1, len(verdicts) - 1)
