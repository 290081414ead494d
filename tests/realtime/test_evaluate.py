"""The referee: known takes get known figures, a troupe dances as each would alone, and the report has its keys."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from command import club, song_file
from fakes.swinging import swinging, swinging_take
from hopper import Hopper

from groovecast.audio.decode import Audio
from groovecast.measures.accents import accent_lag, accents_s, lags_s
from groovecast.model.conditions import MusicFrames, channels_from_music
from groovecast.model.config import ModelConfig
from groovecast.motion.representation import motion_from_numbers
from groovecast.motion.resampled import at_fps
from groovecast.takes.fact_motion import fact_from_motion
from groovecast.takes.smpl import smpl_from_motion, write_smpl
from groovecast.takes.vrma import write_vrma
from realtime.cli import main
from realtime.dance_settings import DanceSettings
from realtime.evaluation.aims import figure_at, verdicts_of
from realtime.evaluation.anybodys import read_motion
from realtime.evaluation.danced import LIMBS, SHOWN_FPS, Danced, danced_from_motion, keep
from realtime.evaluation.evaluate import Cast, judged, shuffled_music
from realtime.evaluation.liveliness import liveliness_of
from realtime.evaluation.long_run import long_run
from realtime.evaluation.reference import drawn_clips, shares_danced
from realtime.evaluation.retrieval import Retrieval
from realtime.evaluation.songs import JudgedSong, read_song, read_songs
from realtime.evaluation.table import lines_of, table_of
from realtime.evaluation.troupe import Part, danced_together
from realtime.performance import Performance

_RATE_HZ = 24000
_KEYS = {"fidk", "fidg", "divk", "divg", "bas", "bas_lift", "pfc", "fsr", "jerk_ratio", "accent_lag_ms"}
_ROWS = ("ground_truth", "teacher", "shuffled_music", "retrieval")


def _song(name: str, seconds: float, bpm: float = 120.0) -> JudgedSong:
    beats = np.arange(0, seconds - 1e-9, 60 / bpm)
    return JudgedSong(name, Audio(club(seconds, _RATE_HZ, bpm)[:, None], _RATE_HZ), beats, beats[::4])


def _met(report: dict[str, Any]) -> dict[str, bool | None]:
    """Whether each aim is met, by the key of its figure; None: it is not found."""
    return {verdict.key: verdict.met for verdict in verdicts_of(report)}


def _keys(room: str) -> set[str]:
    """The keys of the aims whose figures stand there in the report."""
    keys = {verdict.key for verdict in verdicts_of({}) if verdict.key.startswith(room)}
    assert keys
    return keys


def test_a_troupe_dances_as_each_would_alone() -> None:
    song, settings = _song("club", 4.0), DanceSettings(seed=5)
    together = danced_together(song, [Part(Hopper(), DanceSettings()), Part(Hopper(), settings)])[1]
    alone = Performance(song.audio, Hopper(), settings)
    roots = np.stack([moment.pose.root_m for moment in alone.moments()])
    assert together.place_m[:, 0].tolist() == roots.astype(np.float64).astype(np.float32).tolist()
    assert np.ptp(roots[:, 1]) > 0.01


def test_a_member_that_leaves_early_is_judged_until_then() -> None:
    song = _song("club", 3.0)
    whole, part = danced_together(
        song, [Part(Hopper(), DanceSettings()), Part(Hopper(), DanceSettings(), until_s=1.5)]
    )
    assert (whole.duration_s, part.duration_s) == (3.0, 1.5)
    assert part.place_m.tolist() == whole.place_m[:90].tolist()
    assert part.beats_s.tolist() == [0.0, 0.5, 1.0]


def test_the_report_has_the_keys_of_the_design_in_every_row() -> None:
    songs = [_song("one", 8.0), _song("two", 8.0, 100.0)]
    takes = [
        swinging_take(f"{style} {number}", style, number == 0, 0.4 + 0.1 * number, 0.5 + 0.1 * number)
        for style in ("salsa", "street", "modern")
        for number in range(3)
    ]
    cast = Cast(Hopper(), DanceSettings(), takes, Hopper(), warm_s=1.0)
    report, dances = judged(cast, songs, lambda _: None)
    assert set(report) >= _KEYS | set(_ROWS)
    for row in _ROWS:
        assert set(report[row]) >= _KEYS
        assert report[row]["fidk"] >= 0
    assert [danced.name for danced in dances] == ["one", "two"]
    assert report["ground_truth"]["jerk_ratio"] == pytest.approx(1.0)
    assert report["teacher"]["fidk"] == report["fidk"]  # the same hopper, the same seed
    assert report["shuffled_music"]["fidk"] == report["fidk"]
    assert report["shuffled_music"]["bas"] != report["bas"]
    assert report["retrieval"]["fidk_corrected"] < report["fidk_corrected"]
    # it looks up what it dances; the hopper never learned
    assert report["retrieval"]["memorised"]["median_m"] < report["memorised"]["median_m"]
    assert report["ground_truth"]["memorised"]["median_m"] == report["memorised"]["held_out_median_m"]
    assert report["fidk_over_teacher"] == 1.0
    assert report["about"]["rejected"] == 0
    assert set(report["about"]["styles_danced"]) <= {"salsa", "street", "modern"}
    low, high = report["intervals"]["bas"]
    assert low <= report["bas"] <= high
    assert json.loads(json.dumps(report))["long_run"] is None
    # too short for sections of four bars, for breakdowns and drops; all other aims find their figures and bounds
    assert {key for key, met in _met(report).items() if met is None} == _keys("energy.") | _keys("long_run.")
    assert len(table_of(report).rows) > 20
    assert any(line.startswith("without foot lock: fsr ") for line in lines_of(report))


def test_without_takes_what_needs_them_is_left_open() -> None:
    report, _ = judged(Cast(Hopper(), DanceSettings(), warm_s=2.0), [_song("one", 7.2)], lambda _: None)
    assert [report[row] for row in _ROWS] == [None] * 4
    assert (report["fidk"], report["divk"], report["jerk_ratio"]) == (None, None, None)
    assert report["pfc"] >= 0


def test_a_long_dance_goes_round_and_round_and_hops_as_high_at_its_end() -> None:
    takes = [swinging_take(style, style, False) for style in ("salsa", "street", "modern")]
    found = long_run(_song("loop", 8.0), Part(Hopper(), DanceSettings()), 0.27, takes, warm_s=0.5)
    assert found.minutes == pytest.approx(16 / 60, abs=0.01)
    assert found.height_m[0] == pytest.approx(found.height_m[1], abs=0.01)
    assert abs(found.tilt_degrees_per_min) < 1
    assert found.height_change_mm == pytest.approx(1000 * (found.height_m[1] - found.height_m[0]), abs=0.2)
    assert len(found.fidk_by_turn) == 2
    report = {"long_run": msgspec.to_builtins(found)}
    assert all(figure_at(report, key) is not None for key in _keys("long_run."))
    assert found.fidk_ratio == pytest.approx(found.fidk_by_turn[1] / found.fidk_by_turn[0], abs=1e-3)


def _lag(danced: Danced) -> float:
    beats = danced.beats_s[(danced.beats_s > 1) & (danced.beats_s < danced.duration_s - 1)]
    rests = accents_s(danced.place_m.astype(np.float64), LIMBS, SHOWN_FPS)
    return accent_lag(lags_s(rests, beats), 0.0).median


@pytest.mark.parametrize("bpm", [110.0, 132.0])
def test_retrieval_plays_its_clip_at_the_music_s_tempo_and_on_its_beat(bpm: float) -> None:
    config = ModelConfig()
    engine = Retrieval([swinging_take("street", "street", False)], config)
    style = np.zeros(len(config.styles) + 1, np.float32)
    style[config.styles.index("street")] = 1
    kept, window = [], np.arange(-config.history_frames, config.plan_frames)
    for first in range(0, 600, 8):
        beat = (first + window) / 30 * bpm / 60
        steady, none = np.ones(len(beat)), np.zeros(len(beat))
        music = channels_from_music(
            MusicFrames(beat, beat / 4, bpm * steady, steady, none, 0.5 * steady, 0.5 * steady, none > 0)
        )
        history = np.zeros((config.history_frames, 141), np.float32)
        plan = engine.plan(history, music, style, np.zeros((config.plan_frames, 141), np.float32))
        kept.append(plan.numbers[:8])
    motion, _ = motion_from_numbers(np.concatenate(kept), 30.0)
    danced = danced_from_motion("retrieved", motion, np.arange(0, 20, 60 / bpm))
    assert _lag(danced) == pytest.approx(0, abs=12)


def test_retrieval_without_training_takes_is_refused() -> None:
    with pytest.raises(ValueError, match="no training take"):
        Retrieval([swinging_take("street", "street", True)], ModelConfig())


def test_the_reference_has_the_shares_that_were_danced() -> None:
    takes = [swinging_take("long", "salsa", False), swinging_take("short", "street", False)]
    clips = drawn_clips(takes, {"salsa": 0.25, "street": 0.75}, 40)
    assert [sum(clip.take == take for clip in clips) for take in (0, 1)] == [10, 30]
    assert {len(clip.danced.place_m) for clip in clips} == {300}
    alone = drawn_clips(takes, {"salsa": 0.5, "indian": 0.5}, 40)
    assert len(alone) == 40


def test_standing_at_ease_is_no_style_that_was_danced() -> None:
    danced = danced_from_motion("a", swinging(6.0, 0.5), np.zeros(0))
    mixed = replace(danced, styles=(("salsa", 0.3), ("street", 0.1), ("idle", 0.6)))
    assert shares_danced([mixed]) == pytest.approx({"salsa": 0.75, "street": 0.25})


def test_shuffled_music_is_the_next_song_s() -> None:
    one, two = (
        danced_from_motion(name, swinging(6.0, 0.5), np.arange(0, 9, step))
        for name, step in (("one", 0.5), ("two", 0.7))
    )
    shuffled = shuffled_music([one, two])
    assert shuffled[0].beats_s.tolist() == two.beats_s[two.beats_s < one.duration_s].tolist()
    assert shuffled[1].beats_s.tolist() == one.beats_s[one.beats_s < two.duration_s].tolist()


def test_a_dance_that_is_lively_where_its_music_is_loud_follows_it() -> None:
    level = np.repeat([0.1, 0.8, 0.2, 1.0], 8 * _RATE_HZ)  # 4 bars of 2 s each
    song = _song("steps", 32.0)
    song = replace(song, audio=Audio(song.audio.samples * level[:, None], _RATE_HZ))
    calm, wild = (swinging(8.0, 0.5, swing=size).local_quat_wxyz for size in (0.1, 0.9))
    whole = swinging(32.0, 0.5)
    lively = replace(whole, local_quat_wxyz=np.concatenate((calm, wild, calm, wild)))
    found = liveliness_of([replace(danced_from_motion("steps", lively, song.beats_s), song=song)])
    assert found.rank_correlation is not None
    assert found.rank_correlation > 0.7
    assert [(answer.at_s, answer.change) for answer in found.answers] == [
        (8.0, "drop"), (16.0, "breakdown"), (24.0, "drop"),
    ]  # fmt: skip
    assert (found.right_answers, found.breakdowns_calmed, found.drops_lifted) == (1.0, 1.0, 1.0)
    report = {"energy": msgspec.to_builtins(found)}
    assert all(_met(report)[key] for key in _keys("energy."))
    against = replace(whole, local_quat_wxyz=np.concatenate((wild, calm, wild, calm)))
    wrong = liveliness_of([replace(danced_from_motion("steps", against, song.beats_s), song=song)])
    assert (wrong.right_answers, wrong.breakdowns_calmed, wrong.drops_lifted) == (0.0, 0.0, 0.0)
    assert wrong.rank_correlation is not None
    assert wrong.rank_correlation < 0


def test_a_song_is_cut_and_repeated_with_its_beats() -> None:
    song = replace(_song("club", 8.0), changes=((5.0, "drop"),))
    cut = song.cut(2.0, 6.0)
    assert cut.audio.duration_s == 4.0
    assert cut.beats_s.tolist() == np.arange(0, 4, 0.5).tolist()
    assert (cut.downbeats_s.tolist(), cut.changes) == ([0.0, 2.0], ((3.0, "drop"),))
    again = cut.round_and_round(7.0)
    assert again.audio.duration_s == 8.0
    assert again.beats_s == pytest.approx(np.arange(0, 8, 0.5))
    assert [at for at, _ in again.changes] == [3.0, 7.0]


def test_a_song_has_the_beats_that_stand_beside_it(tmp_path: Path) -> None:
    path = song_file(tmp_path / "club.wav", club(3.0))
    sections = [{"name": "intro", "start_s": 0.0}, {"name": "drop", "start_s": 2.0}]
    path.with_suffix(".json").write_text(
        json.dumps({"beats_s": [0.0, 0.5, 1.0, 1.5, 2.0], "sections": sections})
    )
    song = read_song(path)
    assert (song.beats_s[-1], song.downbeats_s.tolist(), song.changes) == (2.0, [0.0, 2.0], ((2.0, "drop"),))
    path.with_suffix(".json").write_text("{")
    with pytest.raises(ValueError, match=r"asked for the beats of club\.wav"):
        read_song(path)


def test_a_folder_without_songs_is_refused_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no sound file is there: give one of \.flac"):
        read_songs(tmp_path, 60.0)


def _anybodys(folder: Path, late_s: float, seconds: float = 14.0) -> list[str]:
    for name in ("motion", "music"):
        (folder / name).mkdir()
    for take, bpm in (("a", 120.0), ("b", 100.0)):
        motion = swinging(seconds, 60 / bpm, late_s)
        np.savez(
            folder / "motion" / f"{take}.npz",
            fps=motion.fps, root_m=motion.root_m, local_quat_wxyz=motion.local_quat_wxyz,
        )  # fmt: skip
        song = song_file(folder / "music" / f"{take}.wav", club(seconds, bpm=bpm))
        beats = np.arange(0, seconds, 60 / bpm).tolist()
        song.with_suffix(".json").write_text(json.dumps({"beats_s": beats}))
    return ["evaluate", "--motion", str(folder / "motion"), "--music", str(folder / "music")]


@pytest.mark.parametrize(("late_ms", "within"), [(0, 1.0), (100, 0.0)])
def test_anybody_s_takes_are_as_late_as_they_were_made(
    late_ms: int, within: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*_anybodys(tmp_path, late_ms / 1000), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report) >= _KEYS | set(_ROWS)
    assert report["accent_lag_ms"]["median"] == pytest.approx(late_ms, abs=5)
    assert report["accent_lag_ms"]["within_70ms"] == within
    assert report["shuffled_music"]["accent_lag_ms"]["within_70ms"] < 0.6
    assert report["about"]["takes"] == ["a", "b"]
    assert report["fsr"] == 0


@pytest.mark.parametrize("begin_s", [0.0, 3.3])
def test_a_kept_dance_is_judged_again_to_the_part_of_its_song(
    begin_s: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = _anybodys(tmp_path, 0.0)
    for name, bpm in (("a", 120.0), ("b", 100.0)):
        danced = danced_from_motion(name, swinging(14.0, 60 / bpm), np.arange(0, 14, 60 / bpm))
        keep(danced.from_s(1.1).from_s(begin_s), tmp_path / "motion")
    assert main([*words, "--json", "--keep", str(tmp_path / "again")]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["accent_lag_ms"]["median"] == pytest.approx(0, abs=5)
    assert report["accent_lag_ms"]["within_70ms"] == 1.0
    with np.load(tmp_path / "again" / "a.npz") as again:
        assert float(again["begin_s"]) == pytest.approx(1.1 + begin_s)


def test_takes_of_every_kind_are_read_and_stand_on_the_floor(tmp_path: Path) -> None:
    motion = at_fps(swinging(2.0, 0.5), 60.0)
    lifted = replace(motion, root_m=motion.root_m + np.array([0, 0.3, 0], np.float32))
    write_smpl(tmp_path / "a.pkl", smpl_from_motion(lifted))
    np.save(tmp_path / "b.npy", fact_from_motion(lifted))
    write_vrma(tmp_path / "c.vrma", lifted)
    np.savez(tmp_path / "d.npz", fps=60.0, root_m=lifted.root_m, local_quat_wxyz=lifted.local_quat_wxyz)
    for path in sorted(tmp_path.iterdir()):
        found = read_motion(path)
        assert found.root_m[:, 1] == pytest.approx(motion.root_m[0, 1], abs=0.02), path.name
        assert found.duration_s == pytest.approx(2.0, abs=0.05), path.name
    kept = keep(danced_from_motion("kept", swinging(2.0, 0.5), np.zeros(0)), tmp_path / "kept")
    assert read_motion(kept).local_quat_wxyz == pytest.approx(motion.local_quat_wxyz, abs=1e-5)
    np.save(tmp_path / "e.npy", np.zeros((5, 7)))
    with pytest.raises(ValueError, match="give rows of 151, 219, 225, 315, 319 numbers"):
        read_motion(tmp_path / "e.npy")
    np.savez(tmp_path / "f.npz", fps=60.0)
    with pytest.raises(ValueError, match="lacks fps, root_m or local_quat_wxyz"):
        read_motion(tmp_path / "f.npz")


def test_pictures_that_nothing_can_draw_are_refused_before_the_dance(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = _anybodys(tmp_path, 0.0, 6.0)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    kept = tmp_path / "kept"
    assert main([*words, "--keep", str(kept), "--pictures", str(tmp_path / "seen")]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert 'asked for --pictures, matplotlib is missing: pip install "groovecast[train]"' in err
    assert not kept.exists()  # nothing was danced for it


def test_pictures_of_each_take_are_drawn_and_the_table_is_for_people(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*_anybodys(tmp_path, 0.0, 6.0), "--pictures", str(tmp_path / "seen")]) == 0
    drawn = sorted(path.name for path in (tmp_path / "seen").iterdir())
    assert drawn == [f"{take}_{what}" for take in "ab" for what in ("feet.png", "moving.gif", "strip.png")]
    assert all(path.stat().st_size > 10_000 for path in (tmp_path / "seen").iterdir())
    assert "accent_lag_ms.median" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--motion", "here"], "asked for one of --motion and --music: give both"),
        (["--seconds", "5"], "asked for --seconds 5: give 20 to 600"),
        (["--minutes", "1"], "asked for --minutes 1: give 2 to 60"),
    ],
)
def test_a_wish_that_cannot_be_is_one_line(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", *words]) in (1, 2)
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_a_take_without_music_of_its_name_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = _anybodys(tmp_path, 0.0, 6.0)
    (tmp_path / "music" / "b.wav").unlink()
    assert main(words) == 1
    assert "has no b with .flac" in capsys.readouterr().err
