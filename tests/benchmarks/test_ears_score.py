"""The referee on answers whose figures are known without it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.ears.report import rows_of, sections
from benchmarks.ears.score import bias_s, locked_after_s, matched_errors_s, scores, unsure_share
from benchmarks.ears.track import Track, Truth
from benchmarks.ears.tracker import AHEAD_S, Shown, Tracked, extrapolated, periods_of

_BEATS = 0.5 + 0.5 * np.arange(58)
_SURE = np.ones(3000)


def _track(**truth: object) -> Track:
    told = {"beats_s": _BEATS, "downbeats_s": _BEATS[::4], "scored_s": ((0.0, 30.0),), "sound_from_s": 0.5}
    return Track(
        "x", "house", frozenset({"synthetic"}), np.zeros(0, np.float32), 44100, Truth(**(told | truth))
    )  # type: ignore[arg-type]


def _tracked(beats_s: np.ndarray, early_s: float = 0.25, shown: Shown | None = None) -> Tracked:
    announced_s = np.stack((beats_s - early_s, beats_s), axis=1)
    return Tracked(beats_s, beats_s[::4], announced_s, shown)


def test_who_is_right_has_one_everywhere() -> None:
    figures = scores(_track(), _tracked(_BEATS))
    for name in ("f", "cmlt", "amlt", "ahead_35", "ahead_70", "downbeat_f", "bar_f"):
        assert figures[name] == 1, name
    assert figures["lock_s"] == 0


def test_half_the_tempo_is_right_at_another_level_only() -> None:
    figures = scores(_track(), _tracked(_BEATS[::2]))
    assert figures["cmlt"] == 0 and figures["amlt"] == 1
    assert figures["f"] == pytest.approx(2 / 3, abs=0.02)
    assert figures["lock_s"] == np.inf


def test_the_off_beat_has_no_hit_and_another_level() -> None:
    figures = scores(_track(), _tracked(_BEATS + 0.25))
    assert figures["f"] == figures["cmlt"] == figures["ahead_70"] == 0
    assert figures["amlt"] == pytest.approx(1, abs=0.03)


def test_late_by_100_ms_misses_all_until_the_lateness_is_taken_off() -> None:
    late = _tracked(_BEATS + 0.09)
    assert scores(_track(), late)["f"] == 0
    late_s = bias_s([(_track(), late)])
    assert late_s == pytest.approx(0.09)
    assert scores(_track(), late, late_s)["f"] == 1


def test_one_lateness_is_taken_off_all_tracks_together() -> None:
    answers = [(_track(), _tracked(_BEATS + late_s)) for late_s in (0.01, 0.02, 0.03)]
    assert bias_s(answers) == pytest.approx(0.02)


def test_a_beat_foretold_too_late_is_not_foretold() -> None:
    assert scores(_track(), _tracked(_BEATS, early_s=AHEAD_S - 0.01))["ahead_70"] == 0


def test_50_ms_off_is_foretold_within_70_and_not_within_35() -> None:
    figures = scores(_track(), _tracked(_BEATS + 0.05))
    assert figures["ahead_35"] == 0 and figures["ahead_70"] == 1


def test_who_announces_twice_as_many_is_half_right() -> None:
    twice = np.sort(np.concatenate((_BEATS, _BEATS + 0.25)))
    assert scores(_track(), _tracked(twice))["ahead_70"] == pytest.approx(0.5, abs=0.02)


def test_the_first_five_seconds_are_not_scored() -> None:
    wrong_at_first = np.concatenate((np.arange(0.1, 4.9, 0.13), _BEATS[_BEATS > 4.9]))
    assert scores(_track(), _tracked(wrong_at_first))["f"] == 1


def test_nobody_is_judged_where_nothing_is_scored() -> None:
    heard = _BEATS[(_BEATS < 12) | (_BEATS > 18)]
    track = _track(scored_s=((0.0, 11.9), (18.1, 30.0)))
    assert scores(track, _tracked(heard))["f"] == 1
    assert scores(_track(), _tracked(heard))["f"] < 0.9


def test_silence_scores_nothing_and_breaks_nothing() -> None:
    nothing = Tracked(np.zeros(0), np.zeros(0), np.zeros((0, 2)))
    figures = scores(_track(), nothing)
    assert figures["f"] == figures["cmlt"] == figures["amlt"] == figures["ahead_35"] == 0
    assert bias_s([(_track(), nothing)]) == 0


def test_a_lock_is_four_right_beats_in_a_row_and_no_other_between() -> None:
    assert locked_after_s(_BEATS, _BEATS[6:], 0.5) == pytest.approx(3.0)
    assert locked_after_s(_BEATS, np.sort(np.concatenate((_BEATS, _BEATS + 0.25))), 0.5) == np.inf
    gappy = np.delete(_BEATS, [2, 5, 8])
    assert locked_after_s(_BEATS, gappy, 0.5) == pytest.approx(_BEATS[9] - 0.5)


def test_after_a_jump_the_lock_is_counted_from_the_jump() -> None:
    beats = np.concatenate((0.5 + 0.5 * np.arange(29), 15 + 0.4 * np.arange(37)))
    heard = np.delete(beats, [29, 30, 31])
    figures = scores(_track(beats_s=beats, jump_s=15.0), _tracked(heard))
    assert figures["relock_s"] == pytest.approx(1.2)
    assert figures["lock_s"] == 0


@given(st.floats(-0.2, 0.2).filter(lambda late_s: abs(abs(late_s) - 0.035) > 1e-6))
def test_what_is_shown_late_is_late_by_as_much(late_s: float) -> None:
    time_s = np.arange(3000) / 100
    shown = Shown(time_s, (time_s - late_s - 0.5) / 0.5, np.full(3000, 120.0), _SURE)
    figures = scores(_track(), _tracked(_BEATS, shown=shown))
    assert figures["shown_ms"] == pytest.approx(1000 * late_s, abs=1e-6)
    assert figures["shown_35"] == (abs(late_s) <= 0.035)
    assert figures["sure"] == 1


def test_without_trust_nothing_is_shown() -> None:
    time_s = np.arange(3000) / 100
    shown = Shown(time_s, time_s / 0.5, np.full(3000, 120.0), np.where(time_s < 15, 0.29, 0.3))
    tracked = _tracked(_BEATS, shown=shown)
    judged = _BEATS[(_BEATS >= 5) & (_BEATS < 30)]
    assert scores(_track(), tracked)["sure"] == pytest.approx(np.mean(judged > 15), abs=0.02)
    assert unsure_share(tracked) == pytest.approx(0.5)


@given(st.lists(st.floats(0, 30), max_size=30), st.lists(st.floats(0, 30), max_size=30))
def test_no_beat_is_matched_twice(found: list[float], true: list[float]) -> None:
    errors = matched_errors_s(np.sort(found), np.sort(true))
    assert len(errors) <= min(len(found), len(true))
    assert np.all(np.abs(errors) <= 0.07 + 1e-9)


@given(st.floats(0.3, 1.2), st.floats(0, 0.3))
def test_a_steady_beat_is_foretold_just_in_time_and_once(period_s: float, said_late_s: float) -> None:
    beats = 1 + period_s * np.arange(20)
    found = [(x + said_late_s, x, period_s) for x in beats]
    said = extrapolated(found, 60.0, 0.01)
    assert np.all(said[:, 1] - said[:, 0] >= AHEAD_S)
    assert np.all(np.diff(said[:, 1]) > 0.5 * period_s)
    assert np.abs((said[:, 1] - 1) / period_s - np.round((said[:, 1] - 1) / period_s)).max() < 1e-6


def test_the_period_is_the_median_of_the_last_four_gaps() -> None:
    assert periods_of(np.array([0, 1, 2, 3, 4, 4.1])).tolist() == [0.5, 1, 1, 1, 1, 1]


def test_the_table_keeps_whole_recordings_apart() -> None:
    whole = Track("y", "real", frozenset({"real_whole"}), np.zeros(0, np.float32), 44100, _track().truth)
    none = Track("z", "no music", frozenset({"no_music"}), np.zeros(0, np.float32), 44100, None)
    wrong, silent = _tracked(_BEATS + 0.2), Tracked(np.zeros(0), None, np.zeros((0, 2)))
    late_ms, rows = rows_of([(_track(), _tracked(_BEATS)), (whole, wrong), (none, silent)])
    told = sections(rows)
    assert late_ms == pytest.approx(0) and told["all"]["f"] == 1 and told["real_whole"]["f"] == 0
