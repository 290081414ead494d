"""VMC datagrams: python-osc reads the same numbers, and the receivers that people use would be content."""

import numpy as np
import pytest
from fakes.avatars import OPTIONAL, rest_places
from fakes.vmc_evmc4u import Evmc4u
from fakes.vmc_live_link import LiveLink
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from groovecast.motion.body import Body, body_of, our_body
from groovecast.motion.pose import Pose
from groovecast.motion.rotation import unit
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.wire.vmc import MAX_DATAGRAM_BYTES, VmcEncoder
from groovecast.wire.vmc_presets import GENERIC

SKELETON = groovecast_skeleton()
THIN = body_of("thin", rest_places(0.8, OPTIONAL))
# Unity's HumanBodyBones but the eyes and the jaw, which a dancer does not move
FINGERS = [
    finger + part
    for finger in ("Thumb", "Index", "Middle", "Ring", "Little")
    for part in ("Proximal", "Intermediate", "Distal")
]
SIDED = ["UpperLeg", "LowerLeg", "Foot", "Toes", "Shoulder", "UpperArm", "LowerArm", "Hand", *FINGERS]
UNITY_BONES = {"Hips", "Spine", "Chest", "UpperChest", "Neck", "Head"} | {
    side + part for side in ("Left", "Right") for part in SIDED
}


def whirl(angle_rad: float) -> np.ndarray:
    """Every joint turned so far about the same axis."""
    turned = (np.cos(angle_rad / 2), 0, np.sin(angle_rad / 2), 0)
    return np.tile(np.array(turned, np.float32), (52, 1))


def a_pose(seed: int, time_s: float = 0.0) -> Pose:
    rng = np.random.default_rng(seed)
    quat = unit(rng.normal(size=(52, 4))).astype(np.float32)
    return Pose(time_s, rng.normal(size=3).astype(np.float32), quat, np.zeros(4, bool))


def messages(datagrams: list[bytes]) -> list[OscMessage]:
    return [message for datagram in datagrams for message in OscBundle(datagram)]


def bones(datagrams: list[bytes]) -> dict[str, np.ndarray]:
    found = [message.params for message in messages(datagrams) if message.address == "/VMC/Ext/Bone/Pos"]
    return {params[0]: np.array(params[1:]) for params in found}


def built_by_python_osc(datagram: bytes) -> bytes:
    """The same messages, put into bytes again by another hand."""
    bundled = OscBundle.dgram_is_bundle(datagram)
    built = []
    for message in OscBundle(datagram) if bundled else [OscMessage(datagram)]:
        builder = OscMessageBuilder(message.address)
        for value in message.params:
            builder.add_arg(value)
        built.append(builder.build())
    if not bundled:
        [message] = built
        return bytes(message.dgram)
    bundle = OscBundleBuilder(IMMEDIATELY)
    for message in built:
        bundle.add_content(message)
    return bytes(bundle.build().dgram)


@pytest.mark.parametrize("bundle", ["split", "single", "none"])
@pytest.mark.parametrize("root_form", ["named", "nameless"])
@pytest.mark.parametrize("body", [None, THIN], ids=["our body", "another"])
def test_python_osc_builds_the_same_datagrams_to_the_byte(
    bundle: str, root_form: str, body: Body | None
) -> None:
    preset = GENERIC.with_options({"bundle": bundle, "root_form": root_form, "root": "split", "yaw": "180"})
    encoder = VmcEncoder(preset, body)
    encoder.encode(a_pose(3, time_s=4.0))
    datagrams = encoder.encode(a_pose(3, time_s=5.0))
    assert len(datagrams) == {"split": 4, "single": 1, "none": 4 + (52 if body is None else 46)}[bundle]
    assert datagrams == [built_by_python_osc(datagram) for datagram in datagrams]


def test_python_osc_reads_the_pose_in_unity_s_space() -> None:
    pose = a_pose(4)
    found = bones(VmcEncoder().encode(pose))
    for joint, name in enumerate(SKELETON.unity_names):
        w, x, y, z = pose.local_quat_wxyz[joint] * (1 if pose.local_quat_wxyz[joint, 0] >= 0 else -1)
        np.testing.assert_allclose(found[name][3:], (x, -y, -z, w), atol=1e-6)
        place = pose.root_m if joint == 0 else SKELETON.rest_offset_m[joint]
        np.testing.assert_allclose(found[name][:3], place * (-1, 1, 1), atol=1e-6)


def test_a_frame_is_whole_and_ends_as_receivers_expect() -> None:
    datagrams = VmcEncoder().encode(a_pose(6))
    said = messages(datagrams)
    assert [message.address for message in said[-3:]] == ["/VMC/Ext/Blend/Apply", "/VMC/Ext/OK", "/VMC/Ext/T"]
    assert said[0].address == "/VMC/Ext/Root/Pos" and said[0].params == ["root", 0, 0, 0, 0, 0, 0, 1]
    assert set(bones(datagrams)) == UNITY_BONES
    assert said[1].params[0] == "Hips" and len(said) == 1 + 52 + 3
    order = [message.params[0] for message in said[1:53]]
    assert order == list(SKELETON.unity_names), "parents before children"


@settings(deadline=None)
@given(st.integers(400, 1500))
def test_no_datagram_is_longer_than_asked_and_all_are_immediate(max_bytes: int) -> None:
    datagrams = VmcEncoder(max_bytes=max_bytes).encode(a_pose(7))
    assert max(map(len, datagrams)) <= max_bytes
    assert {datagram[:16] for datagram in datagrams} == {b"#bundle\0" + bytes(7) + b"\1"}
    assert set(bones(datagrams)) == UNITY_BONES


def test_by_default_a_frame_is_four_datagrams_of_1200_bytes_at_most() -> None:
    datagrams = VmcEncoder().encode(a_pose(8))
    assert len(datagrams) == 4 and max(map(len, datagrams)) <= MAX_DATAGRAM_BYTES == 1200


def test_no_bone_below_the_hips_sits_on_its_parent() -> None:
    found = bones(VmcEncoder().encode(a_pose(9)))
    assert min(np.linalg.norm(values[:3]) for values in found.values()) > 0.001


@settings(deadline=None)
@given(
    hnp.arrays(np.float32, (4, 52, 4), elements=st.floats(-2, 2, width=32), fill=st.just(0.25)),
    st.lists(st.booleans(), min_size=4, max_size=4),
)
@example(np.stack((whirl(0.0), whirl(2.5), whirl(5.0), whirl(7.5))), [False] * 4)
@pytest.mark.parametrize("body", [None, THIN], ids=["our body", "another"])
def test_rotations_are_of_unit_length_and_never_change_sign(
    body: Body | None, quats: np.ndarray, flips: list[bool]
) -> None:
    encoder, before = VmcEncoder(GENERIC.with_options({"yaw": "180"}), body), None
    for quat, flip in zip(quats, flips, strict=True):
        pose = Pose(0.0, np.ones(3, np.float32), -quat if flip else quat, np.zeros(4, bool))
        now = np.array([values[3:] for values in bones(encoder.encode(pose)).values()])
        np.testing.assert_allclose(np.linalg.norm(now, axis=1), 1, atol=1e-5)
        if before is not None:
            assert (np.sum(now * before, axis=1) >= -1e-6).all()
        before = now


def test_a_strict_receiver_takes_every_datagram_in_any_order() -> None:
    receiver, encoder = Evmc4u(our_body()), VmcEncoder()
    for frame in range(3):
        for datagram in reversed(encoder.encode(a_pose(frame, frame / 60))):
            receiver.receive(datagram)
    assert receiver.stopped is None and receiver.calibrated


def test_a_receiver_that_waits_for_apply_gets_one_frame_each_time() -> None:
    receiver, encoder = LiveLink(root_with_a_name=True), VmcEncoder()
    for frame in range(3):
        for datagram in encoder.encode(a_pose(frame, frame / 60)):
            receiver.receive(datagram)
    assert len(receiver.frames) == 3


def test_time_is_counted_from_the_first_pose() -> None:
    encoder = VmcEncoder()
    times = [
        messages(encoder.encode(a_pose(1, time_s)))[-1].params[0] for time_s in (1e6, 1e6 + 0.5, 1e6 + 2)
    ]
    assert times == [0.0, 0.5, 2.0]


def test_a_body_without_fingers_keeps_its_fingers_at_rest() -> None:
    pose = a_pose(11)
    body = Pose(pose.time_s, pose.root_m, pose.local_quat_wxyz[:22], pose.contacts)
    found = bones(VmcEncoder().encode(body))
    assert set(found) == UNITY_BONES
    np.testing.assert_allclose(found["LeftIndexProximal"][3:], (0, 0, 0, 1), atol=0)


@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_a_pose_that_is_not_finite_never_leaves(poison: float) -> None:
    encoder = VmcEncoder()
    pose = a_pose(12)
    pose.local_quat_wxyz[7, 1] = poison
    with pytest.raises(ValueError, match="not finite"):
        encoder.encode(pose)
    assert np.isfinite(np.concatenate(list(bones(encoder.encode(a_pose(13))).values()))).all()
