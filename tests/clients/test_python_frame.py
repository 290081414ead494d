"""The Python client's codec agrees with the golden vectors, both ways, and no bytes can hurt it."""

import json
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from groovecast_client.frame import (
    Frame,
    NextBeat,
    WireError,
    beat_block,
    contacts_block,
    decode_frame,
    encode_frame,
)
from groovecast_client.messages import Hello, Pong, State, read_text
from groovecast_client.show import Show, Wish
from groovecast_client.skeleton import Skeleton, read_skeleton
from hypothesis import given, settings
from hypothesis import strategies as st

PROTOCOL = Path(__file__).resolve().parents[2] / "protocol"
MESSAGES = {
    path.stem: path.read_bytes()
    for path in sorted((PROTOCOL / "golden").glob("*.bin"))
    if not path.stem.startswith("sound_")  # what a server reads
}
MEANINGS = {name: json.loads((PROTOCOL / "golden" / f"{name}.json").read_text("utf-8")) for name in MESSAGES}
ACCEPTED = [name for name, meaning in MEANINGS.items() if meaning["expect"] == "frame"]
# what they say is ignored, or read as another number, so it cannot be said again
NOT_SAID_AGAIN = {"unknown_flags", "i16_edges"}


def skeleton() -> Skeleton:
    return read_skeleton(json.loads((PROTOCOL / "skeleton.json").read_text("utf-8")))


def test_there_are_golden_vectors_of_both_kinds() -> None:
    assert len(ACCEPTED) > 60 and len(MESSAGES) - len(ACCEPTED) > 12


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_accepted_message_means_what_its_json_says(name: str) -> None:
    want, got = MEANINGS[name]["frame"], decode_frame(MESSAGES[name])
    for field in (
        "seq",
        "revision",
        "dancer",
        "t_capture_s",
        "t_present_s",
        "beat",
        "tempo_bpm",
        "energy",
        "cut",
    ):
        assert getattr(got, field) == want[field], field
    assert got.root_m.tolist() == want["root_m"]
    assert list(got.contacts) == want["contacts"]
    quat = np.array(want["local_quat_wxyz"], np.float32).reshape(-1, 4)
    np.testing.assert_array_equal(got.local_quat_wxyz, quat)
    assert got.i16 == (want["encoding"] == "i16")
    assert [{"type": kind, "hex": content.hex()} for kind, content in got.blocks] == want["blocks"]
    assert (asdict(got.next_beat) if got.next_beat else None) == want["next_beat"]
    places_m = got.contact_places_m
    assert (None if places_m is None else places_m.tolist()) == want["contact_places_m"]


@pytest.mark.parametrize("name", sorted(set(ACCEPTED) - NOT_SAID_AGAIN))
def test_what_the_json_says_is_encoded_to_the_very_bytes(name: str) -> None:
    want = MEANINGS[name]["frame"]
    blocks = []
    for block in want["blocks"]:
        kind, content = block["type"], bytes.fromhex(block["hex"])
        if kind == 1:  # from the numbers, not from the bytes
            kind, content = beat_block(NextBeat(**want["next_beat"]))
        elif kind == 2:
            kind, content = contacts_block(np.array(want["contact_places_m"], np.float32))
        blocks.append((kind, content))
    copied = ("seq", "t_capture_s", "t_present_s", "beat", "tempo_bpm", "energy", "dancer", "revision", "cut")
    frame = Frame(
        root_m=np.array(want["root_m"], np.float32),
        local_quat_wxyz=np.array(want["local_quat_wxyz"], np.float32).reshape(-1, 4),
        contacts=tuple(want["contacts"]),
        i16=want["encoding"] == "i16",
        blocks=tuple(blocks),
        **{name: want[name] for name in copied},
    )
    assert encode_frame(frame) == MESSAGES[name]


@pytest.mark.parametrize("name", sorted(set(MESSAGES) - set(ACCEPTED)))
def test_a_message_that_is_to_be_rejected_is_rejected_in_words(name: str) -> None:
    with pytest.raises(WireError, match="found"):
        decode_frame(MESSAGES[name])


def test_the_joints_are_where_the_golden_poses_have_them() -> None:
    bones = skeleton()
    for name in ("rest_52", "turned_52", "body_22", "joint_00_hips"):
        frame = decode_frame(MESSAGES[name])
        in_unity = json.loads((PROTOCOL / "golden" / f"{name}.unity.json").read_text("utf-8"))
        want = np.array(in_unity["joints_m"]) * (-1, 1, 1)
        np.testing.assert_allclose(bones.joints_m(frame.root_m, frame.local_quat_wxyz), want, atol=1e-5)


def test_numbers_that_do_not_fit_are_refused_before_they_are_sent() -> None:
    frame = decode_frame(MESSAGES["rest_52"])
    for bad in ({"revision": 256}, {"dancer": -1}, {"tempo_bpm": 1e300}, {"t_present_s": float("nan")}):
        with pytest.raises(ValueError, match="asked to send"):
            encode_frame(replace(frame, **bad))


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda tail: b"GC\x01\x01" + tail))
@settings(max_examples=300)
def test_any_bytes_are_a_frame_or_a_wire_error(message: bytes) -> None:
    with suppress(WireError):
        decode_frame(message)


@given(st.sampled_from(sorted(MESSAGES.values())), st.data())
@settings(max_examples=300)
def test_a_spoilt_golden_message_is_a_frame_that_can_be_shown_or_a_wire_error(
    message: bytes, data: st.DataObject
) -> None:
    spoilt = bytearray(message)
    for _ in range(data.draw(st.integers(1, 4))):
        if spoilt:
            spoilt[data.draw(st.integers(0, len(spoilt) - 1))] = data.draw(st.integers(0, 255))
    spoilt = spoilt[: data.draw(st.integers(0, len(spoilt)))] if data.draw(st.booleans()) else spoilt
    show = Show()
    show.hear(json.dumps({"type": "pong", "t0": 0.0, "t1": 1234.5, "t2": 1234.5}), 0.0)
    heard = show.hear(bytes(spoilt), 0.0)
    assert (heard is None) == (show.counts.rejected == 1)
    for dancer in show.dancers:
        pose = show.pose_at(0.1, dancer)
        if pose is not None:
            assert np.isfinite(pose.local_quat_wxyz).all() and np.isfinite(pose.root_m).all()


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_fields = st.sampled_from(
    [
        "now_s",
        "session",
        "fps",
        "t0",
        "t1",
        "t2",
        "joints",
        "text",
        "code",
        "section",
        "blocks",
        "dropped_here",
    ]
)


@given(
    st.text()
    | _json.map(json.dumps)
    | st.builds(
        lambda kind, rest: json.dumps({"type": kind, **rest}),
        st.sampled_from(["hello", "subscribed", "skeleton", "pong", "transport", "state", "notice", "sing"]),
        st.dictionaries(_fields, _json, max_size=6),
    )
)
@settings(max_examples=300)
def test_any_text_is_a_message_or_nothing_or_a_wire_error(text: str) -> None:
    with suppress(WireError):
        read_text(text)


def test_deep_and_endless_texts_are_wire_errors() -> None:
    for text in (
        "[" * 100_000,
        '{"type":"pong","t0":1' + "0" * 400 + "}",
        '{"type":"pong","t0":NaN}',
        "9" * 5000,
    ):
        with pytest.raises(WireError):
            read_text(text)


def test_what_a_future_server_adds_is_passed_over() -> None:
    assert read_text('{"type":"sing","loud":true}') is None
    hello = read_text('{"type":"hello","version":"9","session":"s","now_s":3,"fps":60,"moons":[2]}')
    assert isinstance(hello, Hello) and hello.gets.fps == 60 and hello.gets.blocks == ()
    state = read_text('{"type":"state","tempo_bpm":120,"section":{"scene":"drop"},"dropped_here":2}')
    assert isinstance(state, State) and (state.scene, state.dropped_here, state.beats_per_bar) == (
        "drop",
        2,
        4,
    )
    assert read_text('{"type":"pong","t0":1,"t1":2,"t2":3}') == Pong(1, 2, 3)


def test_a_wish_leaves_out_what_it_does_not_ask_for() -> None:
    assert json.loads(Wish(None, None, None, None, None).text()) == {"type": "subscribe"}
    assert json.loads(Wish().text()) == {
        "type": "subscribe", "fps": 60, "look_ahead_s": 0.25, "encoding": "f32", "joints": 52,
        "blocks": ["beat", "contacts"],
    }  # fmt: skip


@pytest.mark.parametrize(
    "joints",
    [None, [], [{"name": "hips", "parent": "tail", "offset_m": [0, 0, 0]}], [{"name": "hips", "parent": None}], [3],
     [{"name": "hips", "parent": None, "offset_m": [0, 0, "x"]}],
     [{"name": "hips", "parent": None, "offset_m": [0, 0, 1e999]}],
     [{"name": "hips", "parent": None, "offset_m": [0, 1, 0]}, {"name": "a", "parent": "a", "offset_m": [0, 0, 0]}]],
)  # fmt: skip
def test_a_skeleton_that_is_none_is_a_wire_error(joints: object) -> None:
    with pytest.raises(WireError):
        read_skeleton({"joints": joints})
