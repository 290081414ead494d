"""The pose frame goes out and comes back, and nothing that comes in can hurt."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from groovecast.motion.pose import Pose
from groovecast.motion.rotation import unit
from groovecast.wire.blocks import NextBeat, beat_block, contacts_block
from groovecast.wire.errors import WireError
from groovecast.wire.frame import HEADER_BYTES, Frame, decode_frame, encode_frame

seconds = st.floats(0, 1e7)
small = st.floats(-1000, 1000, width=32)
beats = st.builds(
    NextBeat,
    next_beat_s=seconds,
    period_s=st.floats(0.125, 4, width=32),
    beats_per_bar=st.integers(0, 255),
    confidence=st.integers(0, 255).map(lambda steps: steps / 255),
    bar_position=st.integers(0, 65535),
)
feet = hnp.arrays(np.float32, (4, 3), elements=small)
unknown_blocks = st.tuples(st.integers(3, 65535), st.binary(max_size=40))
blocks = st.lists(beats.map(beat_block) | feet.map(contacts_block) | unknown_blocks, max_size=3).map(tuple)


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    joints = draw(st.sampled_from([0, 1, 22, 52, 255]))
    parts = draw(hnp.arrays(np.float32, (joints, 4), elements=st.floats(-1, 1, width=32), fill=st.just(0.5)))
    return Frame(
        pose=Pose(
            time_s=draw(seconds),
            root_m=np.array(draw(st.tuples(small, small, small)), np.float32),
            local_quat_wxyz=unit(parts),
            contacts=draw(hnp.arrays(bool, 4)),
        ),
        seq=draw(st.integers(0, 2**32 - 1)),
        t_capture_s=draw(seconds),
        beat=draw(st.none() | st.floats(-1e6, 1e6)),
        tempo_bpm=draw(st.floats(0, 400, width=32)),
        energy=draw(st.floats(0, 1, width=32)),
        dancer=draw(st.integers(0, 255)),
        cut=draw(st.booleans()),
        revision=draw(st.integers(0, 255)),
        blocks=draw(blocks),
    )


def a_frame(joints: int = 52) -> Frame:
    quat = np.tile(np.array([1, 0, 0, 0], np.float32), (joints, 1))
    return Frame(Pose(2.0, np.array([0, 0.96, 0], np.float32), quat, np.zeros(4, bool)), 1, 1.5)


def assert_same(got: Frame, sent: Frame, quat_error: float) -> None:
    assert got.pose.time_s == sent.pose.time_s
    np.testing.assert_array_equal(got.pose.root_m, sent.pose.root_m)
    np.testing.assert_array_equal(got.pose.contacts, sent.pose.contacts)
    np.testing.assert_allclose(got.pose.local_quat_wxyz, sent.pose.local_quat_wxyz, atol=quat_error, rtol=0)
    for name in ("seq", "t_capture_s", "beat", "tempo_bpm", "energy", "dancer", "cut", "revision", "blocks"):
        assert getattr(got, name) == getattr(sent, name), name


@settings(deadline=None)
@given(frames())
def test_a_float_frame_comes_back_to_the_bit(frame: Frame) -> None:
    assert_same(decode_frame(encode_frame(frame)), frame, quat_error=0)


@settings(deadline=None)
@given(frames())
def test_a_frame_of_16_bits_comes_back_within_one_step(frame: Frame) -> None:
    assert_same(decode_frame(encode_frame(frame, "i16")), frame, quat_error=0.51 / 32767)


def test_16_bits_turn_a_joint_by_less_than_a_hundredth_of_a_degree() -> None:
    quat = unit(np.random.default_rng(0).normal(size=(255, 4))).astype(np.float32)
    frame = Frame(Pose(0.0, np.zeros(3, np.float32), quat, np.zeros(4, bool)), 0, 0.0)
    got = unit(decode_frame(encode_frame(frame, "i16")).pose.local_quat_wxyz.astype(np.float64))
    apart = np.minimum(np.linalg.norm(got - quat, axis=1), np.linalg.norm(got + quat, axis=1))
    assert np.degrees(2 * 2 * np.arcsin(apart / 2)).max() < 0.01


@settings(deadline=None)
@given(frames(), st.integers(0, 255))
def test_the_body_alone_is_the_first_joints(frame: Frame, joints: int) -> None:
    got = decode_frame(encode_frame(frame, joints=joints)).pose.local_quat_wxyz
    np.testing.assert_array_equal(got, frame.pose.local_quat_wxyz[:joints])


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_frame_or_a_wire_error(message: bytes) -> None:
    for candidate in (message, b"GC\x01\x01" + message):
        with suppress(WireError):
            decode_frame(candidate)


@settings(deadline=None)
@given(frames(), st.data())
def test_a_damaged_frame_is_a_frame_or_a_wire_error(frame: Frame, data: st.DataObject) -> None:
    message = bytearray(encode_frame(frame, data.draw(st.sampled_from(["f32", "i16"]))))
    for _ in range(data.draw(st.integers(0, 4))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    del message[data.draw(st.integers(0, len(message))) :]
    try:
        got = decode_frame(bytes(message))
    except WireError:
        return
    assert np.isfinite(got.pose.local_quat_wxyz).all() and np.isfinite(got.pose.root_m).all()


@settings(deadline=None)
@given(frames(), st.data())
def test_what_is_cut_short_within_header_or_joints_is_refused(frame: Frame, data: st.DataObject) -> None:
    message = encode_frame(frame)
    end = HEADER_BYTES + 16 * len(frame.pose.local_quat_wxyz)
    with pytest.raises(WireError):
        decode_frame(message[: data.draw(st.integers(0, end - 1))])


@given(beats, feet)
def test_a_beat_and_feet_come_back_as_they_were(beat: NextBeat, places_m: np.ndarray) -> None:
    frame = replace(a_frame(), blocks=(beat_block(beat), (99, b"?"), contacts_block(places_m)))
    got = decode_frame(encode_frame(frame, "i16"))
    assert got.next_beat == beat
    np.testing.assert_array_equal(got.contact_places_m, places_m)
    assert a_frame().next_beat is None and a_frame().contact_places_m is None


def test_a_beat_or_feet_that_do_not_fit_never_leave() -> None:
    beat = NextBeat(1.0, 0.5, 4, 1.0, 0)
    for bad in (
        replace(beat, period_s=np.inf),
        replace(beat, next_beat_s=np.nan),
        replace(beat, beats_per_bar=256),
        replace(beat, bar_position=-1),
    ):
        with pytest.raises(ValueError, match="asked to send a beat"):
            beat_block(bad)
    with pytest.raises(ValueError, match="asked to send feet"):
        contacts_block(np.full((4, 3), np.nan, np.float32))
    with pytest.raises(ValueError, match="a beat block has 16 bytes, found 3"):
        encode_frame(replace(a_frame(), blocks=((1, b"bad"),)))


def test_the_revision_stays_at_its_highest() -> None:
    assert decode_frame(encode_frame(replace(a_frame(), revision=1000))).revision == 255


def test_the_sequence_wraps_to_zero() -> None:
    frame = a_frame()
    wrapped = Frame(frame.pose, 2**32, 1.5)
    assert decode_frame(encode_frame(wrapped)).seq == 0


def test_sizes_are_those_of_the_protocol_page() -> None:
    assert len(encode_frame(a_frame())) == 888
    assert len(encode_frame(a_frame(), "i16")) == 472


@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_a_number_that_is_not_finite_never_leaves(poison: float) -> None:
    for frame in (a_frame(), a_frame(), Frame(a_frame().pose, 0, float(poison))):
        frame.pose.local_quat_wxyz[3, 2] = poison
        with pytest.raises(ValueError, match="not finite"):
            encode_frame(frame)


def test_what_does_not_fit_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="256 joints, a frame holds 255"):
        encode_frame(a_frame(256))
    with pytest.raises(ValueError, match="does not fit"):
        encode_frame(Frame(a_frame().pose, 0, 0.0, dancer=256))
    with pytest.raises(ValueError, match="does not fit"):
        encode_frame(Frame(a_frame().pose, 0, 0.0, tempo_bpm=1e300))
    with pytest.raises(ValueError, match="a block holds"):
        encode_frame(Frame(a_frame().pose, 0, 0.0, blocks=((3, bytes(70000)),)))
    with pytest.raises(ValueError, match="asked for encoding 'f64'"):
        encode_frame(a_frame(), "f64")  # type: ignore[arg-type]
