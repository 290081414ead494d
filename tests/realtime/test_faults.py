"""Whatever is wrong, a person reads one line with the mend, and nothing is half-written; odd sound is danced to."""

import json
import os
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from command import RATE_HZ, Told, club, need_portaudio, song_file, told

from groovecast.share import shared_path
from groovecast.takes.bvh import motion_from_bvh, read_bvh
from realtime.cli import main
from realtime.settings import BUNDLED_MODEL

Tell = Callable[..., Told]


@pytest.fixture
def tell(capfd: pytest.CaptureFixture[str]) -> Tell:
    """The command within this process, which is faster; what the C libraries say is heard too."""

    def run(*words: str) -> Told:
        status = main(list(words))
        said = capfd.readouterr()
        return Told(status, said.out, said.err)

    return run


def refused(told: Told, status: int, *parts: str) -> None:
    """One line on standard error, nothing else anywhere."""
    assert told.status == status, told
    assert told.out == ""
    assert told.err.startswith("groovecast: ") and told.err.endswith("\n")
    assert told.err.count("\n") == 1, told.err
    for part in parts:
        assert part in told.err


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return song_file(tmp_path / "song.wav", club(0.5))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A copy of the bundled model, to be spoilt."""
    return Path(shutil.copytree(shared_path("models", BUNDLED_MODEL), tmp_path / "copy"))


def mp3(path: Path, keep_bytes: int | float) -> Path:
    """The beginning of an MP3: that many bytes, or that share of it."""
    whole = song_file(path, club(4)).read_bytes()
    path.write_bytes(whole[: keep_bytes if isinstance(keep_bytes, int) else int(len(whole) * keep_bytes)])
    return path


# -- bad sound ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.wav", b"", "the file is empty: copy or download it again"),
        ("letter.wav", b"Dear diary,\n" * 99, "its bytes are no WAV, FLAC, OGG, MP3 or AIFF: convert it"),
        ("absent.wav", None, "there is no such file: check the path"),
    ],
)
@pytest.mark.parametrize("verb", [("play", "--offline"), ("play", "--port=0", "--no-browser"), ("beats",)])
def test_a_file_that_is_no_song_is_one_line_and_no_take(
    tell: Tell, tmp_path: Path, name: str, content: bytes | None, says: str, verb: tuple[str, ...]
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    take = ["--record", str(tmp_path / "take.bvh")] if verb[0] == "play" else []
    refused(
        tell(verb[0], str(tmp_path / name), *verb[1:], *take, "--json"), 1, f"asked to hear {name}, ", says
    )
    assert not list(tmp_path.glob("*.bvh"))


def test_a_text_renamed_to_a_song_is_refused_by_the_command_itself(tmp_path: Path) -> None:
    (tmp_path / "song.wav").write_text("Dear diary,\n" * 99)
    take = tmp_path / "take.bvh"
    refused(told("play", str(tmp_path / "song.wav"), "--offline", "--record", str(take)), 1, "convert it")
    assert [path.name for path in tmp_path.iterdir()] == ["song.wav"]


def test_the_first_bytes_of_an_mp3_are_no_song(tell: Tell, tmp_path: Path) -> None:
    path = mp3(tmp_path / "song.mp3", keep_bytes=20)
    refused(tell("play", str(path), "--offline"), 1, "asked to hear song.mp3, ", ": ")


def test_half_an_mp3_is_danced_as_far_as_it_goes(tell: Tell, tmp_path: Path) -> None:
    path, take = mp3(tmp_path / "song.mp3", keep_bytes=0.5), tmp_path / "take.bvh"
    done = tell("play", str(path), "--offline", "--record", str(take), "--json")
    assert (done.status, done.err.count("\n")) == (0, 1) and done.err.startswith("engine ")
    assert 1 < json.loads(done.out)["duration_s"] < 3
    assert motion_from_bvh(read_bvh(take)).frames >= 30


# -- bad models ---------------------------------------------------------------------------------------------


def test_a_model_with_one_byte_changed_is_refused(tell: Tell, song: Path, model: Path) -> None:
    file = max(model.iterdir(), key=lambda path: path.stat().st_size)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    asked = ("play", str(song), "--offline", "--model", str(model), "--record", str(song.parent / "take.bvh"))
    refused(tell(*asked), 1, "model 'copy'", "hash", "the file has changed, install the model again")
    assert not list(song.parent.glob("*.bvh"))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda path: path.unlink(), "manifest.json is missing there: name a model folder"),
        (lambda path: path.write_bytes(path.read_bytes()[:99]), "truncated): install it again"),
        (lambda path: path.write_text("{}"), "missing required field `name`): install it again"),
    ],
    ids=["missing", "cut", "empty"],
)
def test_a_model_without_a_whole_manifest_is_refused(
    tell: Tell, song: Path, model: Path, spoil: Callable[[Path], object], says: str
) -> None:
    spoil(model / "manifest.json")
    said = tell("play", str(song), "--offline", "--model", str(model))
    refused(said, 1, "asked for model 'copy', ", says)


def test_a_model_that_nobody_knows_is_refused(tell: Tell, song: Path) -> None:
    refused(
        tell("play", str(song), "--offline", "--model", "nijinsky"),
        1,
        "model 'nijinsky'",
        BUNDLED_MODEL,
        ": ",
    )


# -- bad wishes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "status", "says"),
    [
        (("--style", "polka"), 1, "asked for style 'polka', the model knows auto, "),
        (("--intensity", "9"), 1, "asked for intensity 9.0: give 0 to 2"),
        (("--intensity", "nan"), 1, "asked for intensity nan: give 0 to 2"),
        (("--intensity", "loud"), 2, "--intensity"),
        (("--seed", "-5"), 1, "asked for seed -5: give 0 or more"),
        (("--record", "nowhere/take.bvh"), 1, "there is no folder nowhere; make it first"),
        (("--record", "take.mov"), 1, "its ending is '.mov'; end it in .bvh"),
        (("--faster",), 2, "--faster"),
    ],
)
def test_a_wish_that_cannot_be_met_is_one_line(
    tell: Tell, song: Path, monkeypatch: pytest.MonkeyPatch, wish: tuple[str, ...], status: int, says: str
) -> None:
    monkeypatch.chdir(song.parent)
    refused(tell("play", str(song), "--offline", *wish), status, says)
    assert [path.name for path in song.parent.iterdir()] == [song.name]


@pytest.mark.parametrize("target", ["what:0ever", "127.0.0.1:0", "127.0.0.1:70000", "a receiver"])
def test_a_vmc_target_that_is_none_is_one_line(tell: Tell, song: Path, target: str) -> None:
    take = song.parent / "take.bvh"
    asked = ("play", str(song), "--no-browser", "--port=0", "--vmc", target, "--record", str(take))
    refused(tell(*asked), 1, f"asked for target {target!r}: give HOST:PORT, for instance 127.0.0.1:39539")
    assert [path.name for path in song.parent.iterdir()] == [song.name]


def test_a_fault_after_the_take_was_opened_leaves_no_take(tell: Tell, song: Path) -> None:
    take = song.parent / "take.bvh"
    refused(
        tell("play", str(song), "--no-browser", "--host", "0.0.0.0", "--record", str(take)), 1, "--token WORD"
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        asked = ("play", str(song), "--no-browser", "--port", port, "--record", str(take))
        refused(tell(*asked), 1, f":{port}, another program listens there: choose another port with --port N")
    assert [path.name for path in song.parent.iterdir()] == [song.name]


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_does_not_exist_is_one_line(tell: Tell, song: Path, port: str) -> None:
    refused(tell("play", str(song), f"--port={port}", "--no-browser"), 1, f"asked for port {port}: give")


@pytest.mark.parametrize("words", [("waltz",), ("play",), ("beats",), ("play", "a.wav", "b.wav")])
def test_words_that_are_no_command_are_bad_arguments(tell: Tell, words: tuple[str, ...]) -> None:
    refused(tell(*words), 2, "groovecast --help")


# -- no sound card ------------------------------------------------------------------------------------------


def test_a_device_that_is_not_there_is_one_line() -> None:
    need_portaudio()
    said = told("live", "--device", "gramophone", "--no-browser", "--port", "0")
    refused(said, 1, "asked for device 'gramophone', devices found: ", "`groovecast devices`")


@pytest.fixture
def deaf(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine on which the PortAudio library cannot be found."""
    if not sys.platform.startswith("linux"):
        pytest.skip("elsewhere PortAudio comes with the sounddevice wheel")
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(
        "import ctypes.util as u\nu.find_library = lambda name, found=u.find_library: "
        "None if 'portaudio' in name else found(name)\n"
    )
    paths = [str(hidden), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


@pytest.mark.parametrize("words", [("live", "--no-browser", "--port", "0"), ("devices", "--json")])
def test_a_machine_without_portaudio_is_told_what_to_install(
    deaf: dict[str, str], words: tuple[str, ...]
) -> None:
    refused(told(*words, env=deaf), 1, "PortAudio library was not found", "apt install libportaudio2")


def test_the_doctor_examines_a_machine_without_portaudio(deaf: dict[str, str]) -> None:
    said = told("doctor", "--json", "--port", "0", env=deaf)
    checks = {check["name"]: check for check in json.loads(said.out)["checks"]}
    assert (said.status, said.err, checks["model"]["ok"]) == (0, "", True)
    assert not checks["sound"]["ok"]
    assert "libportaudio2" in checks["sound"]["mend"]


# -- odd sound ----------------------------------------------------------------------------------------------

_NOISE = np.sign(np.random.default_rng(0).standard_normal((RATE_HZ, 2))).astype(np.float32)


@pytest.mark.parametrize(
    ("samples", "rate_hz"),
    [
        (np.zeros((RATE_HZ, 2), np.float32), RATE_HZ),
        (_NOISE, RATE_HZ),
        (club(1), RATE_HZ),
        (club(1, 8000), 8000),
        (club(1, 96000), 96000),
        (np.repeat(club(1)[:, None], 6, axis=1), RATE_HZ),
        (club(0.3), RATE_HZ),
    ],
    ids=["silence", "clipping noise", "mono", "8 kHz", "96 kHz", "5.1", "0.3 s"],
)
def test_odd_sound_is_danced_to(tell: Tell, tmp_path: Path, samples: np.ndarray, rate_hz: int) -> None:
    path, take = song_file(tmp_path / "song.wav", samples, rate_hz), tmp_path / "take.bvh"
    done = tell("play", str(path), "--offline", "--record", str(take), "--json")
    assert (done.status, done.err.count("\n")) == (0, 1) and done.err.startswith("engine ")
    report, motion = json.loads(done.out), motion_from_bvh(read_bvh(take))
    assert report["duration_s"] == pytest.approx(len(samples) / rate_hz, abs=0.001)
    assert report["frames"] == round(60 * report["duration_s"])
    assert motion.frames == pytest.approx(30 * report["duration_s"], abs=1)
    assert np.isfinite(motion.local_quat_wxyz).all() and np.isfinite(motion.root_m).all()
    assert np.abs(motion.root_m[:, 1]).max() < 2
