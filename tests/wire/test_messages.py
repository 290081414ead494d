"""The text messages say what the protocol page lists, and no text can hurt."""

import hashlib
import json
import re
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groovecast.motion.pose import Pose
from groovecast.wire.errors import WireError
from groovecast.wire.frame import Frame
from groovecast.wire.messages import (
    FromClient,
    FromServer,
    Notice,
    Ping,
    Set,
    Song,
    Subscribe,
    Transport,
    decode_from_client,
    decode_from_server,
    encode_text,
    pose_text,
    skeleton_text,
)
from groovecast.wire.song import song_samples

PAGE = (Path(__file__).resolve().parents[2] / "protocol" / "PROTOCOL.md").read_text("utf-8")


@pytest.mark.parametrize("message", (*FromServer.__args__, *FromClient.__args__))
def test_every_message_and_every_field_stands_on_the_protocol_page(message: type[msgspec.Struct]) -> None:
    kind = message.__struct_config__.tag
    row = re.search(rf"^\| `{kind}` \|(.*)\|$", PAGE, re.MULTILINE)
    assert row is not None, kind
    for field in message.__struct_fields__:
        assert re.search(rf"\b{field}\b", row[1]), f"{kind}.{field}"


@pytest.mark.parametrize(
    "message",
    [
        Ping(t0=1.5),
        Subscribe(fps=30),
        Set(name="playing", value=True),
        Song(title="ö", sample_rate_hz=24000, samples=9),
    ],
)
def test_what_a_client_says_is_understood(message: FromClient) -> None:
    assert decode_from_client(encode_text(message)) == message


def test_type_comes_first_and_unknown_fields_are_ignored() -> None:
    assert encode_text(Notice(text="mind the gap")) == '{"type":"notice","text":"mind the gap","code":null}'
    assert decode_from_client('{"type":"ping","t0":2,"mood":"good"}') == Ping(t0=2.0)


@settings(deadline=None)
@given(st.text(max_size=60) | st.from_regex(r'\{"type":"(ping|set|song|subscribe)",[^}]{0,30}\}'))
def test_any_text_is_a_message_or_a_wire_error(text: str) -> None:
    with suppress(WireError):
        decode_from_client(text)


@settings(deadline=None)
@given(st.binary(max_size=64).flatmap(lambda tail: st.sampled_from([tail, b"GCPC" + tail])))
def test_any_bytes_are_song_samples_or_a_wire_error(message: bytes) -> None:
    try:
        first, pcm = song_samples(message)
    except WireError:
        return
    assert message == b"GCPC" + first.to_bytes(4, "little") + pcm and len(pcm) % 2 == 0


def test_the_skeleton_message_is_the_shipped_file_and_its_hash() -> None:
    file = Path(__file__).resolve().parents[2] / "protocol" / "skeleton.json"
    text, digest = skeleton_text()
    said = json.loads(text)
    assert digest == hashlib.sha256(file.read_bytes()).hexdigest()
    assert said == {"type": "skeleton", **json.loads(file.read_bytes()), "hash": digest}
    assert len(said["joints"]) == 52


def test_a_pose_as_text_is_the_pose() -> None:
    rng = np.random.default_rng(1)
    quat = rng.normal(size=(52, 4)).astype(np.float32)
    quat /= np.linalg.norm(quat, axis=1, keepdims=True)
    pose = Pose(12.25, np.array([0.1, 0.9, -2], np.float32), quat, np.array([True, False, False, True]))
    frame = Frame(pose, seq=9, t_capture_s=12.0, beat=5.5, tempo_bpm=120.0, energy=0.5, cut=True)
    said = json.loads(encode_text(pose_text(frame, joints=22)))
    assert (said["seq"], said["t_present_s"], said["beat"], said["cut"]) == (9, 12.25, 5.5, True)
    np.testing.assert_allclose(said["local_quat_wxyz"], quat[:22], atol=1e-5)
    np.testing.assert_allclose(said["root_m"], pose.root_m, atol=1e-5)
    assert said["contacts"] == [True, False, False, True]


def test_what_a_server_says_is_read_back() -> None:
    message = Transport(playing=True, title="x", position_s=1.0, at_s=2.0, duration_s=3.0)
    assert decode_from_server(encode_text(message)) == message
    with pytest.raises(WireError, match="does not know"):
        decode_from_server('{"type":"weather"}')
