"""Sound files: the good, and one helpful line for the bad."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from groovecast.audio.decode import load_audio, mono

TONE = (0.5 * np.sin(np.arange(8000) / 10)).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [8000, 44100, 96000, 192000])
@pytest.mark.parametrize("channels", [1, 2, 6, 8])
def test_any_usual_rate_and_number_of_channels_is_loaded(tmp_path: Path, rate_hz: int, channels: int) -> None:
    path = tmp_path / "song.wav"
    soundfile.write(path, np.repeat(TONE[:, None], channels, axis=1), rate_hz, subtype="FLOAT")
    audio = load_audio(path)
    assert audio.samples.shape == (8000, channels)
    assert audio.samples.dtype == np.float32
    assert audio.sample_rate_hz == rate_hz
    assert audio.duration_s == pytest.approx(8000 / rate_hz)
    np.testing.assert_allclose(mono(audio.samples), TONE, atol=1e-6)


@pytest.mark.parametrize("samples", [np.zeros(4000, np.float32), np.sign(TONE)])
def test_silence_and_clipping_are_sound(tmp_path: Path, samples: np.ndarray) -> None:
    path = tmp_path / "song.flac"
    soundfile.write(path, samples, 44100)
    assert len(load_audio(path).samples) == len(samples)


def test_broken_samples_become_silence_and_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    soundfile.write(path, np.array([0.1, np.nan, 0.2, np.inf], np.float32), 44100, subtype="FLOAT")
    audio = load_audio(path)
    assert audio.replaced_samples == 2
    np.testing.assert_allclose(audio.samples[:, 0], [0.1, 0, 0.2, 0])


def test_a_truncated_mp3_is_loaded_as_far_as_it_goes_and_without_a_word(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "song.mp3"
    soundfile.write(path, np.tile(TONE, 10), 44100, format="MP3")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert 20000 < len(load_audio(path).samples) < 80000
    os.write(2, b"heard again")
    assert capfd.readouterr() == ("", "heard again")


def test_an_mp3_of_a_few_bytes_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    soundfile.write(path, TONE, 44100, format="MP3")
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(ValueError, match=r"^asked to hear song\.mp3, .*: .*$"):
        load_audio(path)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "asked to hear song.wav, the file is empty: copy or download it again"),
        (
            b"Dear diary,\n" * 40,
            "asked to hear song.wav, its bytes are no WAV, FLAC, OGG, MP3 or AIFF: convert",
        ),
    ],
)
def test_a_file_without_sound_is_refused_in_one_line(tmp_path: Path, content: bytes, line: str) -> None:
    path = tmp_path / "song.wav"
    path.write_bytes(content)
    with pytest.raises(ValueError) as refused:
        load_audio(path)
    assert str(refused.value).startswith(line)
    assert "\n" not in str(refused.value)


def test_a_header_without_samples_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    soundfile.write(path, np.zeros(0, np.float32), 44100)
    with pytest.raises(ValueError, match="holds no sound"):
        load_audio(path)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no such file"):
        load_audio(tmp_path / "none.wav")
    with pytest.raises(IsADirectoryError, match="it is a folder"):
        load_audio(tmp_path)


@pytest.mark.parametrize(("rate_hz", "channels", "line"), [(4000, 1, "4000 Hz"), (44100, 9, "9 channels")])
def test_what_the_ears_cannot_use_is_refused(tmp_path: Path, rate_hz: int, channels: int, line: str) -> None:
    path = tmp_path / "song.wav"
    soundfile.write(path, np.zeros((100, channels), np.float32), rate_hz)
    with pytest.raises(ValueError, match=line):
        load_audio(path)
