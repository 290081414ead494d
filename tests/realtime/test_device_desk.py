"""Another device is chosen while the show goes on: the real command on a real sound service, and one that fails."""

import time
from pathlib import Path

import msgspec
import pytest
from command import Stage, club, song_file
from fakes.sound_card import SoundCard, sound_card
from websockets.sync.client import ClientConnection, connect

__all__ = ["sound_card"]  # a fixture


def until(line: ClientConnection, kind: str, wanted: object = None, field: str = "name") -> dict[str, object]:
    """The next message of a kind, or the next whose field is the one that is wanted."""
    end_s = time.monotonic() + 20
    while time.monotonic() < end_s:
        said = line.recv(timeout=10)
        if isinstance(said, str):
            message: dict[str, object] = msgspec.json.decode(said)
            if message["type"] == kind and wanted in (None, message.get(field)):
                return message
    raise AssertionError(f"no {kind} {wanted} in 20 s")


def devices_of(line: ClientConnection) -> dict[str, object]:
    """The device control, once it is there."""
    while True:
        for control in until(line, "controls")["controls"]:  # type: ignore[attr-defined]
            if control["name"] == "device":
                found: dict[str, object] = control
                return found


@pytest.mark.sound
def test_a_song_makes_room_for_a_device_and_comes_back(sound_card: SoundCard, tmp_path: Path) -> None:
    music = song_file(tmp_path / "club.wav", club(20, 48000, 150.0), 48000)
    with Stage("demo", "--seconds", "40", env=sound_card.env) as stage:
        with connect(f"ws://127.0.0.1:{stage.port}/ws", proxy=None) as line:
            line.send('{"type":"subscribe","fps":30}')
            line.send('{"type":"desk"}')
            control = devices_of(line)
            assert control["value"] == "the song"
            [name] = [one for one in control["choices"] if sound_card.input_name in one]  # type: ignore[attr-defined]
            line.send(msgspec.json.encode({"type": "set", "name": "device", "value": name}).decode())
            heard = until(line, "transport", 0.0, "duration_s")  # after that of a song that makes room
            assert heard["title"] in name
            player = sound_card.play(music)
            tempo_bpm, end_s = 0.0, time.monotonic() + 14
            while abs(tempo_bpm - 150) > 3 and time.monotonic() < end_s:
                tempo_bpm = float(str(until(line, "state")["tempo_bpm"]))
            player.terminate()
            player.wait(10)
            assert tempo_bpm == pytest.approx(150, abs=3), "it dances to what the device hears"
            line.send('{"type":"set","name":"device","value":"the song"}')
            again = until(line, "transport", "Groovecast demo", "title")
            assert again["duration_s"] > 60 and again["playing"]
            line.send('{"type":"set","name":"device","value":"a kazoo"}')
            assert "asked to set device to 'a kazoo'" in str(until(line, "notice")["text"])
        stage.process.terminate()
        assert stage.end().status == 0
