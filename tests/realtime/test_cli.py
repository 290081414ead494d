"""The command line: what each verb prints, and that --json is one object and nothing else."""

import json
import socket
from pathlib import Path

import msgspec
import pytest
from command import club, need_portaudio, song_file, told

from groovecast.takes.bvh import motion_from_bvh, read_bvh
from realtime.cli import main

PLAY_KEYS = {
    "duration_s", "frames", "fps", "realtime_factor", "tempo_bpm", "model", "engine", "misses", "recorded",
    "engine_device", "precision",
}  # fmt: skip
VERBS = ("demo", "play", "live", "beats", "devices", "doctor")


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return song_file(tmp_path_factory.mktemp("songs") / "club.wav", club(12, bpm=126))


def test_play_prints_one_json_object_and_the_take_is_the_song_long(song: Path, tmp_path: Path) -> None:
    take = tmp_path / "take.bvh"
    done = told("play", str(song), "--offline", "--record", str(take), "--json")
    assert (done.status, done.err.count("\n")) == (0, 1) and done.err.startswith("engine ")
    report = json.loads(done.out)
    assert set(report) >= PLAY_KEYS
    assert (report["duration_s"], report["frames"], report["fps"]) == (12, 720, 60)
    assert report["tempo_bpm"] == pytest.approx(126, abs=1)
    assert report["recorded"] == str(take)
    assert report["misses"] == 0
    assert report["realtime_factor"] > 0
    motion = motion_from_bvh(read_bvh(take))
    assert motion.frames == pytest.approx(360, abs=1)
    assert [path.name for path in tmp_path.iterdir()] == ["take.bvh"]


def test_the_same_song_and_seed_give_the_same_take(tmp_path: Path) -> None:
    song, takes = (
        song_file(tmp_path / "song.wav", club(2)),
        [tmp_path / f"{name}.bvh" for name in "abc"],
    )
    for take, seed in zip(takes, ("7", "7", "8"), strict=True):
        assert main(["play", str(song), "--offline", "--seed", seed, "--record", str(take)]) == 0
    first, again, other = (take.read_bytes() for take in takes)
    assert first == again
    assert first != other


def test_play_without_json_is_one_line_for_people_and_one_of_the_engine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["play", str(song_file(tmp_path / "song.wav", club(1))), "--offline"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("1.0 s, 60 frames, ")
    assert out.count("\n") == err.count("\n") == 1
    assert err.startswith("engine ") and " ms a plan" in err


def test_beats_prints_where_they_were_announced(song: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["beats", str(song), "--json"]) == 0
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert set(report) >= {"tempo_bpm", "beats", "downbeats", "predicted", "locked_after_s"}
    assert err == ""
    assert report["tempo_bpm"] == pytest.approx(126, abs=1)
    assert 0 < report["locked_after_s"] < 10
    assert report["beats"] == sorted(report["beats"])
    assert set(report["downbeats"]) <= set(report["beats"])
    assert all(beat_s - announced_s >= 0.199 for announced_s, beat_s in report["predicted"])


def test_beats_of_silence_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = song_file(tmp_path / "silence.wav", 0 * club(3))
    assert main(["beats", str(path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["beats"], report["tempo_bpm"], report["locked_after_s"]) == ([], 0, None)


def test_the_doctor_lists_checks_with_what_was_found_and_the_mend(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["doctor", "--json", "--port", str(port)]) == 0
    out, err = capsys.readouterr()
    checks = {check["name"]: check for check in json.loads(out)["checks"]}
    assert err == ""
    assert all(set(check) == {"name", "ok", "found", "mend"} for check in checks.values())
    assert checks["model"]["ok"] and checks["page"]["ok"]
    assert not checks["port"]["ok"] and "--port" in checks["port"]["mend"]
    assert all(check["mend"] for check in checks.values() if not check["ok"])


def test_the_doctor_reports_a_port_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--port", "70000"]) == 0
    out, err = capsys.readouterr()
    assert "NO  port" in out and "--port N" in out
    assert err == ""


def test_devices_are_a_list_of_names(capsys: pytest.CaptureFixture[str]) -> None:
    need_portaudio()
    assert main(["devices", "--json"]) == 0
    devices = msgspec.json.decode(capsys.readouterr().out)["devices"]
    assert all({"name", "host_api", "channels"} <= set(device) for device in devices)


@pytest.mark.parametrize("words", [[], ["--help"]])
def test_help_names_every_verb(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert all(verb in out for verb in VERBS)
    assert err == ""


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--help"]) == 0
    assert f"groovecast {verb}" in capsys.readouterr().out
