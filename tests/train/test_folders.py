"""A folder of somebody's dances with their songs becomes takes that know their music, by one command."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fakes.bouncer import bouncing
from mixamo import write_mixamo

from groovecast.audio.decode import Audio
from groovecast.model.conditions import MusicFrames
from groovecast.model.config import ModelConfig
from groovecast.takes.finedance import finedance_from_motion
from groovecast.takes.smpl import smpl_from_motion, write_smpl
from groovecast.takes.vrma import write_vrma
from groovecast.train.cli import app
from groovecast.train.folders import Pair, pairs_in, read_folder, splits_of
from groovecast.train.heard import music_within, pulse_of_music, stretched_music
from groovecast.train.ledger import Outcome
from groovecast.train.takes import Take, load_takes, save_takes
from groovecast.train.windows import WindowStore

CLUB = Path(__file__).resolve().parents[2] / "groovecast" / "demo" / "club.ogg"


def counted(seconds: float, bpm: float = 120.0, sure_from_s: float = 1.0, downbeat: int = 2) -> MusicFrames:
    """What ears would say of a metronome; unsure at first, when they also count otherwise."""
    time_s = np.arange(round(seconds * 30)) / 30
    sure = time_s >= sure_from_s
    beat = np.where(sure, time_s * bpm / 60 + 7, 0.3 * time_s)
    even = np.full(len(beat), 0.5)
    tempo = np.full(len(beat), bpm)
    return MusicFrames(
        beat, (beat - downbeat) / 4, tempo, 1.0 * sure, even, even, even, np.ones(len(beat), bool)
    )


class Ears:
    """Hear a metronome in everything, and count how often they had to."""

    def __init__(self) -> None:
        self.songs = 0

    def __call__(self, audio: Audio) -> MusicFrames:
        self.songs += 1
        return counted(audio.duration_s)


def _command(*words: str) -> None:
    app(["takes", *words], exit_on_error=False, print_error=False, result_action="return_value")


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _song(path: Path, seconds: float = 6.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros(round(seconds * 8000), np.float32), 8000)


def _read(folder: Path, music: Path | None = None) -> tuple[dict[str, Take], list[Outcome], Ears]:
    ears, outcomes = Ears(), list[Outcome]()
    found = list(read_folder(folder, music, ears, outcomes.append))
    return {take.id.rpartition("@")[0].split("/", 1)[1]: take for take in found}, outcomes, ears


@pytest.fixture
def brought(tmp_path: Path) -> Path:
    """AIST++, FineDance, Motorica and VRMA, all in one folder."""
    folder = tmp_path / "brought"
    (folder / "motions").mkdir(parents=True)
    write_smpl(
        folder / "motions" / "gBR_sBM_cAll_d04_mBR0_ch01.pkl", smpl_from_motion(bouncing(5.0, fps=60.0))
    )
    write_smpl(
        folder / "motions" / "gJB_sBM_cAll_d07_mJB2_ch03.pkl", smpl_from_motion(bouncing(5.0, fps=60.0))
    )
    np.save(folder / "motions" / "001.npy", finedance_from_motion(bouncing(7.0)))
    write_mixamo(folder / "motions" / "kthstreet_gPO_sFM_cAll_d01_mPO_ch01.bvh", bouncing(5.0, fps=120.0))
    (folder / "salsa").mkdir()
    write_vrma(folder / "salsa" / "mine.vrma", bouncing(5.0))
    _song(folder / "music" / "mBR0.wav")
    _song(folder / "music" / "mJB2.wav")
    _song(folder / "music" / "1.wav")
    _song(folder / "music" / "kthstreet_gPO_sFM_cAll_d01_mPO_ch01.wav")
    return folder


def test_every_motion_finds_its_song(brought: Path) -> None:
    songs = {pair.motion.stem: pair.song.name if pair.song else None for pair in pairs_in(brought)}
    assert songs == {
        "gBR_sBM_cAll_d04_mBR0_ch01": "mBR0.wav",
        "gJB_sBM_cAll_d07_mJB2_ch03": "mJB2.wav",
        "001": "1.wav",
        "kthstreet_gPO_sFM_cAll_d01_mPO_ch01": "kthstreet_gPO_sFM_cAll_d01_mPO_ch01.wav",
        "mine": None,
    }


def test_takes_know_style_split_beats_and_music(brought: Path) -> None:
    takes, outcomes, ears = _read(brought)
    assert not [outcome for outcome in outcomes if outcome.reason] and ears.songs == 4
    assert {name.split("/")[1][:3]: (take.casting.style, take.casting.split) for name, take in takes.items()} == {
        "gBR": ("break", "test"), "gJB": ("modern", "train"), "001": ("street", "train"),
        "kth": ("street", "train"), "min": ("salsa", "train"),
    }  # fmt: skip
    aist = takes["motions/gBR_sBM_cAll_d04_mBR0_ch01"]
    assert aist.pulse is not None and aist.music is not None
    assert aist.pulse.tempo_bpm == 120 and len(aist.music.beat) == aist.motion.frames == 150
    assert takes["salsa/mine"].music is None
    told = {outcome.id.split("/")[-1]: outcome.beats for outcome in outcomes}
    assert told["mine"].startswith("no music; ") and told["001"].startswith("120.0 bpm, ")


def test_a_song_is_heard_once_however_often_it_is_danced_to(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        write_smpl(
            tmp_path / f"gBR_sBM_cAll_d04_mBR1_ch0{number}.pkl", smpl_from_motion(bouncing(4.0, fps=60.0))
        )
    _song(tmp_path / "songs" / "mBR1.wav")
    takes, _, ears = _read(tmp_path, tmp_path / "songs")
    assert len(takes) == 3 and ears.songs == 1


def test_what_cannot_be_read_or_is_too_short_is_left_out_with_its_reason(brought: Path) -> None:
    (brought / "bad.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    write_vrma(brought / "short.vrma", bouncing(2.0))
    (brought / "music" / "1.wav").write_bytes(b"no sound")
    takes, outcomes, _ = _read(brought)
    assert len(takes) == 4
    reasons = {outcome.id.split("/")[-1]: outcome.reason for outcome in outcomes if outcome.reason}
    assert "no WAV" in str(reasons["001"])
    assert "os.system" in str(reasons["bad"]) and reasons["short"] == "shorter than 3.5 s"


def test_a_song_of_every_ten_is_held_out_whole(tmp_path: Path) -> None:
    for number in range(20):
        for dancer in ("a", "b"):
            (tmp_path / f"{dancer}").mkdir(exist_ok=True)
            (tmp_path / dancer / f"{number:03d}.npy").touch()
    splits = splits_of(pairs_in(tmp_path))
    assert [group for group, split in splits.items() if split == "test"] == ["009", "019"]


@pytest.mark.parametrize(("songs", "held_out"), [(1, []), (2, ["1.wav"]), (9, ["8.wav"]), (11, ["9.wav"])])
def test_of_few_songs_the_last_is_held_out(songs: int, held_out: list[str], tmp_path: Path) -> None:
    pairs = [Pair(tmp_path / f"{number}.npy", tmp_path / f"{number:x}.wav") for number in range(songs)]
    assert [Path(group).name for group, split in splits_of(pairs).items() if split == "test"] == held_out


def test_each_dancer_is_paired_with_the_song_beside_them(tmp_path: Path) -> None:
    for dancer in ("ann", "bob"):
        write_vrma(_made(tmp_path / dancer / "01.vrma"), bouncing(1.0))
        _song(tmp_path / dancer / "01.wav")
    paired = pairs_in(tmp_path)
    assert [pair.song for pair in paired] == [tmp_path / dancer / "01.wav" for dancer in ("ann", "bob")]
    assert paired[0].group != paired[1].group, "they are two songs"


def test_songs_that_lie_apart_are_found_at_the_same_place(tmp_path: Path) -> None:
    for dancer in ("ann", "bob"):
        write_vrma(_made(tmp_path / "moved" / dancer / "01.vrma"), bouncing(1.0))
        _song(tmp_path / "songs" / dancer / "01.wav")
    paired = pairs_in(tmp_path / "moved", tmp_path / "songs")
    assert [pair.song for pair in paired] == [
        tmp_path / "songs" / dancer / "01.wav" for dancer in ("ann", "bob")
    ]


def test_a_motion_that_two_songs_elsewhere_are_named_after_is_left_out(tmp_path: Path) -> None:
    write_vrma(_made(tmp_path / "carl" / "01.vrma"), bouncing(5.0))
    write_vrma(tmp_path / "carl" / "other.vrma", bouncing(5.0))
    for dancer in ("ann", "bob"):
        _song(tmp_path / dancer / "01.wav")
    takes, outcomes, ears = _read(tmp_path)
    assert list(takes) == ["carl/other"] and ears.songs == 0
    assert "both ann/01.wav and bob/01.wav are called so" in str(outcomes[0].reason or outcomes[1].reason)


def test_the_way_to_the_source_says_nothing_of_the_style(tmp_path: Path) -> None:
    write_vrma(_made(tmp_path / "salsa" / "mine" / "one.vrma"), bouncing(5.0))
    write_vrma(_made(tmp_path / "salsa" / "mine" / "Modern" / "two.vrma"), bouncing(5.0))
    takes, _, _ = _read(tmp_path / "salsa" / "mine")
    assert {name: take.casting.style for name, take in takes.items()} == {
        "one": "move",
        "Modern/two": "modern",
    }


def test_one_damaged_file_does_not_stop_the_folder(tmp_path: Path) -> None:
    write_vrma(tmp_path / "good.vrma", bouncing(5.0))
    for name, content in (
        ("a.npy", b"PK\x03\x04xx"),
        ("b.npy", b""),
        ("c.bvh", b"\xff\xfe"),
        ("d.vrma", b"glTF"),
        ("e.pkl", b"\x80"),
    ):
        (tmp_path / name).write_bytes(content)
    takes, outcomes, _ = _read(tmp_path)
    assert list(takes) == ["good"] and sum(bool(outcome.reason) for outcome in outcomes) == 5


def test_a_folder_without_motion_or_with_other_songs_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no \.npz, \.pkl"):
        pairs_in(tmp_path)
    write_vrma(tmp_path / "mine.vrma", bouncing(1.0))
    _song(tmp_path / "songs" / "another.wav")
    with pytest.raises(ValueError, match=r"found 1 songs and none of mine\.vrma"):
        pairs_in(tmp_path, tmp_path / "songs")


def test_beats_before_the_ears_were_sure_are_counted_back_and_bars_begin_on_ones() -> None:
    pulse = pulse_of_music(counted(10.0, sure_from_s=3.0))
    assert pulse is not None
    # beats are each half second, numbered 7 at the start; 10, 14, .. begin a bar
    np.testing.assert_allclose(pulse.beat_frames[:3], [45, 60, 75], atol=1e-6)
    np.testing.assert_allclose(np.diff(pulse.beat_frames), 15, atol=1e-6)


def test_a_song_that_is_rarely_sure_has_no_pulse() -> None:
    assert pulse_of_music(counted(10.0, sure_from_s=7.0)) is None


def _waltz(seconds: float) -> MusicFrames:
    music = counted(seconds, sure_from_s=0.0)
    return replace(music, bar=(music.beat - 2) / 3)


def test_a_waltz_has_no_pulse_of_four() -> None:
    assert pulse_of_music(counted(10.0, sure_from_s=0.0)) is not None
    assert pulse_of_music(_waltz(10.0)) is None


def test_the_bars_of_a_waltz_stay_bars_of_three() -> None:
    waltz = _waltz(4.0)
    slow, part = stretched_music(waltz, 1.25, 149), music_within(waltz, 90, 180)
    np.testing.assert_allclose(slow.bar, (slow.beat - 2) / 3, atol=1e-9)
    np.testing.assert_allclose(part.bar, (part.beat - 2) / 3, atol=1e-9)


def test_music_that_has_ended_is_not_heard() -> None:
    part = music_within(counted(4.0), 90, 180)
    assert part.heard[:30].all() and not part.heard[30:].any()
    assert not part.trust[30:].any() and not part.onset[30:].any() and not part.energy[30:].any()
    np.testing.assert_allclose(np.diff(part.beat), 2 / 30, atol=1e-9)


def test_a_stretched_song_is_slower_and_its_beats_stay_with_the_dance() -> None:
    music = counted(4.0, sure_from_s=0.0)
    slow = stretched_music(music, 1.25, 149)
    np.testing.assert_allclose(slow.beat, music.beat[0] + np.arange(149) / 1.25 * 2 / 30, atol=1e-9)
    np.testing.assert_allclose(slow.bar, (slow.beat - 2) / 4, atol=1e-9)
    np.testing.assert_allclose(slow.tempo_bpm, 96, atol=1e-9)
    whole = stretched_music(music, 1.0, 120)
    for name, values in vars(music).items():
        np.testing.assert_allclose(getattr(whole, name), values, atol=1e-9)


def test_the_music_of_takes_comes_back_from_their_cache(brought: Path, tmp_path: Path) -> None:
    found = list(_read(brought)[0].values())
    save_takes(tmp_path / "takes.npz", found)
    for before, after in zip(found, load_takes(tmp_path / "takes.npz"), strict=True):
        assert (before.music is None) == (after.music is None)
        if before.music and after.music:
            for name, values in vars(before.music).items():
                np.testing.assert_allclose(getattr(after.music, name), values, atol=1e-5)


def test_one_command_hears_a_song_and_writes_takes_on_its_beats(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, songs = tmp_path / "takes", tmp_path / "songs"
    source.mkdir()
    songs.mkdir()
    write_vrma(source / "club.vrma", bouncing(14.0, bpm=126.0, first_s=0.1))
    with soundfile.SoundFile(CLUB) as file:
        rate, heard = file.samplerate, file.read(15 * file.samplerate, dtype="float32")
    soundfile.write(songs / "club.wav", heard, rate)
    out = tmp_path / "cache" / "takes.npz"
    _command("--source", str(source), "--music", str(songs), "--out", str(out))
    assert "1 takes, 0.2 minutes, 1 with beats" in capsys.readouterr().out
    (take,) = load_takes(out)
    assert take.pulse is not None and take.music is not None
    beats_s = np.array(json.loads(CLUB.with_suffix(".json").read_text())["beats_s"])
    found_s = take.pulse.beat_frames / 30
    off_s = np.abs(found_s[:, None] - beats_s).min(axis=1)
    assert abs(take.pulse.tempo_bpm - 126) < 1 and np.median(off_s) < 0.03 and off_s.max() < 0.07
    assert take.music.trust[-60:].min() > 0.9 and take.music.onset.max() > 0.5
    told = re.search(r"bpm, (\d+)% of beats rested on", out.with_suffix(".md").read_text())
    assert told and int(told[1]) > 90, "the dance and its song are one"


def test_training_is_told_the_song_and_not_an_imagined_one(brought: Path) -> None:
    takes, _, _ = _read(brought)
    song = [take for take in takes.values() if take.music is not None]
    batch = WindowStore(song, ModelConfig(), (1.0,)).draw(np.random.default_rng(0), 60)
    heard, onset, trust = batch.music[..., 9] == 1, batch.music[..., 6], batch.music[..., 5]
    assert (onset[heard] == 0.5).mean() > 0.9, "but where a window ends in silence"
    assert not onset[~heard].any() and set(np.unique(onset)) == {0.0, 0.5}
    assert (trust[:, -1] > 0).any() and trust[:, 0].min() == 0, "before the ears were sure there is no trust"


def test_archives_have_no_music(tmp_path: Path) -> None:
    (tmp_path / "a.npz").touch()
    with pytest.raises(ValueError, match="leave out --music"):
        _command("--source", str(tmp_path), "--music", str(tmp_path), "--out", "x.npz")


def test_a_folder_whose_takes_are_all_left_out_writes_nothing(tmp_path: Path) -> None:
    write_vrma(tmp_path / "short.vrma", bouncing(1.0))
    with pytest.raises(
        ValueError, match=r"all 1 are left out; the first: .*short: left out, shorter than 3\.5 s"
    ):
        _command("--source", str(tmp_path), "--out", str(tmp_path / "x.npz"))
    assert not (tmp_path / "x.npz").exists()


@pytest.mark.shared
def test_a_real_take_of_aist_is_brought_in(beside: Callable[[str], Path], tmp_path: Path) -> None:
    name = "gBR_sBM_cAll_d04_mBR0_ch01.pkl"
    (tmp_path / name).symlink_to(beside(f"data/formats/{name}"))
    _song(tmp_path / "mBR0.wav", 12.0)
    takes, outcomes, _ = _read(tmp_path)
    assert not outcomes[0].reason
    (take,) = takes.values()
    assert take.casting.style == "break" and take.motion.frames == 360 and take.pulse is not None
