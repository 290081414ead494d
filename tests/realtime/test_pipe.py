"""Standard input: whatever a program writes there is heard whole, in time, and to its end."""

import io
import os
import struct
import subprocess
import sys
import threading
import wave
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile
from command import club
from hypothesis import given
from hypothesis import strategies as st

from realtime.clock import FakeClock, MonotonicClock
from realtime.pipe import PcmFormat, PipeSource
from realtime.sources import Source

RATE = 8000
MONO = PcmFormat("s16le", RATE, 1)


class Ear:
    """Keeps what it hears, and knows when so many samples have come."""

    def __init__(self, enough: int = 1 << 60) -> None:
        self.blocks: list[np.ndarray] = []
        self.times_s: list[float] = []
        self.samples, self.enough, self.full = 0, enough, threading.Event()

    def __call__(self, block: np.ndarray, time_s: float) -> None:
        self.blocks.append(block.copy())
        self.times_s.append(time_s)
        self.samples += len(block)
        if self.samples >= self.enough:
            self.full.set()

    @property
    def sound(self) -> np.ndarray:
        return np.concatenate([np.zeros(0, np.float32), *self.blocks])


def heard_from(written: bytes, raw: PcmFormat = MONO) -> tuple[PipeSource, Ear]:
    """A pipe into which that is written as fast as it takes it, heard to the end on a clock that obeys."""
    out, into = os.pipe()

    def write() -> None:
        with suppress(BrokenPipeError), os.fdopen(into, "wb") as pipe:
            pipe.write(written)

    writer, ear = threading.Thread(target=write), Ear()
    writer.start()
    try:
        source = PipeSource(out, raw, FakeClock())
        source.start(ear)
        thread = source._thread
        assert thread is not None
        thread.join(20)
        source.stop()
    finally:
        os.close(out)
        writer.join()
    return source, ear


def wav(samples: np.ndarray, rate_hz: int = RATE, subtype: str = "PCM_16") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, subtype=subtype, format="WAV")
    return file.getvalue()


def ramp(count: int) -> np.ndarray:
    return (np.arange(count) % 2000 - 1000).astype(np.int16)


@given(st.binary(min_size=1, max_size=3000), st.sampled_from([1, 2, 5, 8]))
def test_raw_samples_are_heard_whole_and_their_channels_count_alike(pcm: bytes, channels: int) -> None:
    _, ear = heard_from(pcm, PcmFormat("s16le", RATE, channels))
    whole = len(pcm) // (2 * channels) * channels
    expected = np.frombuffer(pcm, "<i2", whole).reshape(-1, channels).mean(axis=1) / 32768
    np.testing.assert_allclose(ear.sound, expected, atol=2e-7)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "FLOAT"])
def test_a_wav_stream_says_itself_how_it_is_written(subtype: str) -> None:
    sound = np.random.default_rng(0).uniform(-1, 1, (4000, 2)).astype(np.float32)
    source, ear = heard_from(wav(sound, 44100, subtype))
    assert (source.sample_rate_hz, source.format.channels) == (44100, 2)
    np.testing.assert_allclose(ear.sound, sound.mean(axis=1), atol=4e-5)


def test_a_wav_stream_of_unknown_length_ends_where_the_writer_ends() -> None:
    whole = bytearray(wav(ramp(3000)))
    whole[40:44] = struct.pack("<I", 0xFFFFFFFF)  # as ffmpeg writes into a pipe
    assert len(heard_from(bytes(whole))[1].sound) == 3000


def test_what_follows_the_sound_of_a_wav_stream_is_not_heard() -> None:
    note = b"LIST" + struct.pack("<I", 4000) + b"\x7f" * 4000
    assert len(heard_from(wav(ramp(3000)) + note)[1].sound) == 3000


def test_it_is_over_when_the_writer_is() -> None:
    source, ear = heard_from(ramp(900).tobytes())
    assert isinstance(source, Source)
    assert source.ended_s is not None and not source.connected and source.trouble == ""
    assert source.blocks == len(ear.blocks) > 0


def test_a_writer_faster_than_sound_has_to_wait() -> None:
    source, ear = heard_from(ramp(30 * RATE).tobytes())
    lead_s = 2.0  # of what a pipe may hold, at 8 kHz
    assert source.ended_s == pytest.approx(30 - lead_s, abs=0.03)
    paced_s = np.array(ear.times_s[500:])
    assert np.all(np.diff(paced_s) > 0)
    assert paced_s[-1] == pytest.approx(30 - lead_s, abs=0.05)


def test_a_writer_that_pauses_is_heard_as_silence() -> None:
    out, into = os.pipe()
    os.write(into, np.full(80, 9999, "<i2").tobytes())
    ear = Ear(enough=RATE)
    source = PipeSource(out, MONO, MonotonicClock())
    source.start(ear)
    assert ear.full.wait(10)
    os.close(into)
    source.stop()
    os.close(out)
    assert np.count_nonzero(ear.sound) == 80
    gaps_s = np.array(ear.times_s[1:]) - (np.array(ear.times_s) + [len(b) / RATE for b in ear.blocks])[:-1]
    assert np.abs(gaps_s).max() < 0.01


def test_a_burst_after_a_pause_does_not_go_back_in_time() -> None:
    out, into = os.pipe()
    os.write(into, np.full(80, 9999, "<i2").tobytes())
    clock, paused, ear = MonotonicClock(), threading.Event(), Ear()

    def hear(block: np.ndarray, time_s: float) -> None:
        ear(block, time_s)
        if not block.any():
            paused.set()

    source = PipeSource(out, MONO, clock)
    source.start(hear)
    assert paused.wait(10)
    os.write(into, np.full(RATE, 9999, "<i2").tobytes())  # a second at once: most is older than the silence
    for _ in range(10):
        clock.sleep_until_s(clock.now_s() + 0.02)
        os.write(into, np.full(RATE // 50, 9999, "<i2").tobytes())
    os.close(into)
    thread = source._thread
    assert thread is not None
    thread.join(10)
    source.stop()
    os.close(out)
    counted_s = ear.times_s[0]
    for block, time_s in zip(ear.blocks, ear.times_s, strict=True):
        assert time_s > counted_s - 0.08, "the listener would begin anew"
        counted_s = max(counted_s, time_s) + len(block) / RATE
    assert source.ended_s is not None
    assert counted_s == pytest.approx(source.ended_s, abs=0.08), (
        "and the sound is as late as before, not later"
    )


def test_a_show_that_is_over_waits_for_no_writer() -> None:
    out, into = os.pipe()
    os.write(into, ramp(100).tobytes())
    source = PipeSource(out, MONO, MonotonicClock())
    source.start(Ear())
    with pytest.raises(ValueError, match="runs already"):
        source.start(Ear())
    source.stop()
    assert source._thread is None
    os.close(into)
    os.close(out)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (b"", "it ended before any sound: check the program before the pipe"),
        (wav(ramp(9))[:30], "its WAV header breaks off: write it again"),
        (wav(ramp(9), subtype="PCM_U8"), "WAV of kind 1 with 8 bits: send 16, 24 or 32 bits"),
        (b"RIFF\0\0\0\0WAVEdata\0\0\0\0", "its WAV header says no format"),
        (wav(np.zeros((9, 9), np.int16)), "9 channels: 1 to 8 can be heard"),
        (wav(ramp(9), 4000), "4000 Hz: 8000 to 192000 Hz can be heard"),
    ],
)
def test_what_cannot_be_heard_is_one_line_with_the_mend(written: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        heard_from(written)
    assert "\n" not in str(caught.value)


def stdin_show(*words: str) -> list[str]:
    return [
        sys.executable, "-m", "realtime.cli", "live", "--stdin", *words, "--no-browser", "--port", "0", "--json",
    ]  # fmt: skip


def raw(tmp_path: Path, music: np.ndarray) -> tuple[Path, tuple[str, ...]]:
    path = tmp_path / "song.raw"
    stereo = np.stack((music, music), axis=1)
    path.write_bytes(stereo.astype("<f4").tobytes())
    return path, ("--rate", "44100", "--channels", "2", "--format", "f32le")


def wave_file(tmp_path: Path, music: np.ndarray) -> tuple[Path, tuple[str, ...]]:
    path = tmp_path / "song.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 44100, 0, "NONE", ""))
        file.writeframes((music * 32767).astype("<i2").tobytes())
    return path, ()


@pytest.mark.parametrize("written", [raw, wave_file])
def test_the_command_dances_to_what_a_second_process_writes_and_ends_with_it(
    tmp_path: Path, written: Callable[[Path, np.ndarray], tuple[Path, tuple[str, ...]]]
) -> None:
    path, words = written(tmp_path, club(9, bpm=126))
    with subprocess.Popen(["cat", str(path)], stdout=subprocess.PIPE) as writer:
        done = subprocess.run(
            stdin_show(*words), stdin=writer.stdout, capture_output=True, timeout=60, check=False
        )
    assert done.returncode == 0, done.stderr
    report = msgspec.json.decode(done.stdout)
    # 9 s and the afterglow, less what the pipe held back at the start and the frames a busy machine left out
    assert 7 < report["duration_s"] < 13
    assert report["tempo_bpm"] == pytest.approx(126, abs=2)
    assert (report["audio_overruns"], report["lost_samples"]) == (0, 0)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--channels", "3-4"), "--channels 3-4 of standard input: give how many it has"),
        (("--device", "mixer"), "asked for --stdin and --loopback or --device: choose one"),
        (("--rate", "100"), "asked to hear 100 Hz"),
    ],
)
def test_wishes_that_contradict_each_other_are_one_line(words: tuple[str, ...], says: str) -> None:
    done = subprocess.run(
        stdin_show(*words), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode in (1, 2)
    assert says in done.stderr and done.stderr.count("\n") == 1
