"""A real sound device, opened by the real command: a song is played into it, and poses come out of the socket."""

import struct
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile
from command import Stage, song_file
from fakes.sound_card import SoundCard, sound_card
from websockets.sync.client import ClientConnection, connect

import groovecast.demo
from groovecast.wire.messages import BINARY_SUBPROTOCOL

__all__ = ["sound_card"]  # a fixture
TEMPO_BPM = 126.0
SECONDS = 10


def poses(line: ClientConnection, seconds: float) -> Iterator[float]:
    """When each pose that comes within so many seconds is to be seen."""
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        said = line.recv(timeout=10)
        if isinstance(said, bytes):
            yield struct.unpack_from("<d", said, 24)[0]


@pytest.mark.sound
def test_what_is_played_into_a_device_is_danced_to(sound_card: SoundCard, tmp_path: Path) -> None:
    music, rate_hz = soundfile.read(Path(groovecast.demo.__path__[0]) / "club.ogg")
    excerpt = song_file(tmp_path / "excerpt.wav", music[40 * rate_hz : (40 + SECONDS) * rate_hz], rate_hz)
    words = ("live", "--device", sound_card.input_name, "--seconds", str(SECONDS + 1), "--json")
    with Stage(*words, env=sound_card.env) as stage:
        url = f"ws://127.0.0.1:{stage.port}/ws"
        with connect(url, subprotocols=[BINARY_SUBPROTOCOL], proxy=None) as line:  # type: ignore[list-item]
            player = sound_card.play(excerpt)
            shown_s = list(poses(line, SECONDS - 1))
            player.terminate()
            player.wait(10)
        done = stage.end()
    assert done.status == 0, done
    report = msgspec.json.decode(done.out)
    assert report["tempo_bpm"] == pytest.approx(TEMPO_BPM, abs=2)
    assert report["audio_overruns"] == 0
    assert report["rejected"] == 0
    assert len(shown_s) >= 0.9 * 60 * (SECONDS - 1)
    assert all(later > sooner for sooner, later in pairwise(shown_s))
    assert np.ptp(shown_s) == pytest.approx(SECONDS - 1, abs=0.5)
