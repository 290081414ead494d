"""The trackers that ours is compared with find a plain beat, and say nothing of the future that they cannot know."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.ears.aubio import Aubio
from benchmarks.ears.btrack import BTrack
from benchmarks.ears.catalogue import RATE_HZ
from benchmarks.ears.compose import Section, compose
from benchmarks.ears.grid import Grid
from benchmarks.ears.ours import Ours
from benchmarks.ears.plp import Plp
from benchmarks.ears.rival_files import RivalFiles, rivals
from benchmarks.ears.score import bias_s, scores, unsure_share
from benchmarks.ears.style import Style
from benchmarks.ears.synth import own_sound
from benchmarks.ears.track import Track, Truth
from benchmarks.ears.tracker import AHEAD_S, Tracker


def _tune(seconds: float = 16.0) -> Track:
    """Kick on the beat, hat between, a bass: 120 a minute."""
    pattern = {"kick": "X...X...X...X...", "hat": "..x...x...x...x."}
    style = Style((120, 120), (pattern,), ("R...R...R...R...",), ("L...............",), loose=0)
    rng, grid = np.random.default_rng(0), Grid(0.3 + 0.5 * np.arange(40), 4)
    piece = compose(style, grid, [Section(4, frozenset({"drums", "bass"}))] * 9, seconds, rng)
    beats = grid.beats_s[grid.beats_s < seconds]
    truth = Truth(beats, beats[::4], ((0, seconds),))
    return Track("tune", "house", frozenset(), own_sound(piece, RATE_HZ, rng), RATE_HZ, truth)


@pytest.mark.parametrize("tracker", [BTrack(), Plp()], ids=lambda tracker: tracker.name)
def test_a_baseline_finds_and_foretells_a_plain_beat(tracker: Tracker) -> None:
    track = _tune()
    tracked = tracker.track(track)
    figures = scores(track, tracked, bias_s([(track, tracked)]))
    assert figures["f"] > 0.85 and figures["ahead_70"] > 0.8
    assert np.isnan(figures["downbeat_f"]) and figures["cpu_percent"] > 0
    assert np.all(tracked.announced_s[:, 1] - tracked.announced_s[:, 0] >= AHEAD_S - 1e-6)


def test_our_ears_are_heard_once_more_to_see_what_is_shown_unless_in_a_hurry() -> None:
    track = _tune(9.0)
    whole, fast = Ours().track(track), Ours(looks=False).track(track)
    assert whole.shown is not None and fast.shown is None
    assert np.array_equal(whole.beats_s, fast.beats_s)
    assert len(whole.shown.time_s) == 900 and np.all(np.diff(whole.shown.beat) >= 0)


def test_trust_in_silence_is_asked_without_a_beat_to_be_found() -> None:
    silence = Track("silence", "no music", frozenset(), np.zeros(2 * RATE_HZ, np.float32), RATE_HZ, None)
    tracked = Ours(looks=False).track(silence)
    assert not len(tracked.beats_s) and unsure_share(tracked) == 1


@pytest.mark.skipif(not Aubio.found(), reason="aubiotrack is not installed")
def test_aubio_is_asked_as_a_program_of_its_own() -> None:
    track = _tune()
    tracked = Aubio().track(track)
    assert scores(track, tracked)["f"] > 0.3 and tracked.downbeats_s is None
    assert np.all(np.diff(tracked.beats_s) > 0.2) and tracked.cpu_percent > 0


@pytest.mark.parametrize("tracker", [BTrack(), Plp()], ids=lambda tracker: tracker.name)
def test_a_baseline_knows_nothing_of_what_comes_later(tracker: Tracker) -> None:
    whole, cut_s = _tune(), 10.0
    noisy = whole.samples.copy()
    noisy[round(cut_s * RATE_HZ) :] = np.random.default_rng(1).standard_normal(
        len(noisy) - round(cut_s * RATE_HZ)
    )
    other = Track("other", "house", frozenset(), noisy, RATE_HZ, whole.truth)
    first, second = tracker.track(whole), tracker.track(other)
    # a hop of slack: one that is half filled at the cut may differ
    for a, b in ((first.beats_s, second.beats_s), (first.announced_s[:, 0], second.announced_s[:, 0])):
        assert a[a < cut_s - 0.03] == pytest.approx(b[b < cut_s - 0.03])


def test_an_answer_from_elsewhere_is_read_and_continued(tmp_path: Path) -> None:
    track, folder = _tune(), tmp_path / "somebody"
    folder.mkdir()
    assert track.truth is not None
    (folder / "tune.json").write_text(json.dumps({"beats": track.truth.beats_s.tolist(), "cpu_percent": 3}))
    (rival,) = rivals(tmp_path)
    figures = scores(track, rival.track(track))
    assert rival.name == "somebody" and figures["f"] == 1 and figures["ahead_35"] > 0.95
    assert figures["cpu_percent"] == 3 and not RivalFiles("x", tmp_path).heard(track)


def test_a_folder_without_answers_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="run their scripts first"):
        rivals(tmp_path)
