"""Our own OSC: python-osc reads the joints where they are, angles put the figure there, and a beat comes once."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Pose
from groovecast.motion.rotation import matrix_from_quat, quat_from_axis_angle, quat_rotate, unit
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.wire.euler import EulerAngles, matrix_from_euler
from groovecast.wire.joint_places import JointPlaces
from groovecast.wire.moment import Moment
from groovecast.wire.osc_pose import OscPoseEncoder, OscProfile, OscSettings, OscSpace

SKELETON = groovecast_skeleton()
ORDERS = ["".join(order) for order in itertools.permutations("xyz")]


def a_moment(seed: int = 0, beat: float | None = 8.25, dancer: int = 0) -> Moment:
    rng = np.random.default_rng(seed)
    quat = unit(rng.normal(size=(52, 4))).astype(np.float32)
    pose = Pose(100.0 + seed / 60, rng.normal(size=3).astype(np.float32), quat, np.zeros(4, bool))
    return Moment(pose, beat, tempo_bpm=128.0, energy=0.75, t_capture_s=99.0, beats_per_bar=4, dancer=dancer)


def said(datagrams: list[bytes]) -> list[OscMessage]:
    return [message for datagram in datagrams for message in OscBundle(datagram)]


def told(datagrams: list[bytes]) -> dict[str, list[float]]:
    return {message.address: message.params for message in said(datagrams)}


def channels(datagrams: list[bytes], name: str) -> np.ndarray:
    """What a Transform gets of one joint's channels: tx ty tz rx ry rz."""
    found = told(datagrams)
    return np.array([found[f"/{name}:{channel}"][0] for channel in ("tx", "ty", "tz", "rx", "ry", "rz")])


def test_generic_tells_where_each_joint_is_in_the_world_and_how_it_is_turned() -> None:
    moment = a_moment(1)
    places, turns = world_from_local(
        moment.pose.root_m, moment.pose.local_quat_wxyz, SKELETON.rest_offset_m, SKELETON.parents
    )
    found = told(OscPoseEncoder(OscSettings(joints=52)).encode(moment))
    assert len(found) == 52 + 4
    for joint, name in enumerate(SKELETON.names):
        x, y, z, qx, qy, qz, qw = found[f"/{name}"]
        np.testing.assert_allclose((x, y, z), places[joint], atol=1e-5)
        sent, meant = np.array((qw, qx, qy, qz)), turns[joint]
        np.testing.assert_allclose(sent * np.sign(sent @ meant), meant, atol=1e-5)


def test_local_tells_rest_offsets_and_the_pose_s_own_rotations() -> None:
    moment = a_moment(2)
    found = told(OscPoseEncoder(OscSettings(space="local", joints=52)).encode(moment))
    for joint, name in enumerate(SKELETON.names):
        meant_m = moment.pose.root_m if joint == 0 else SKELETON.rest_offset_m[joint]
        np.testing.assert_allclose(found[f"/{name}"][:3], meant_m, atol=1e-6)
        turn = found[f"/{name}"][3:]
        sent, meant = np.array((turn[3], *turn[:3])), moment.pose.local_quat_wxyz[joint]
        np.testing.assert_allclose(sent * np.sign(sent @ meant), meant, atol=1e-5)


def test_touchdesigner_s_channels_turn_about_x_then_y_then_z_and_put_the_joint_where_it_is() -> None:
    moment = a_moment(3)
    datagrams = OscPoseEncoder(OscSettings("touchdesigner", "world", 52)).encode(moment)
    places, turns = world_from_local(
        moment.pose.root_m, moment.pose.local_quat_wxyz, SKELETON.rest_offset_m, SKELETON.parents
    )
    for joint, name in enumerate(SKELETON.names):
        found = channels(datagrams, name)
        np.testing.assert_allclose(found[:3], places[joint], atol=1e-5)
        rx, ry, rz = np.radians(found[3:])
        hand = np.array([0.3, -0.2, 0.5])
        # one turn after the other about axes that stand still
        turned = hand
        for axis, angle in (((1, 0, 0), rx), ((0, 1, 0), ry), ((0, 0, 1), rz)):
            turned = quat_rotate(quat_from_axis_angle(np.array(axis) * angle), turned)
        np.testing.assert_allclose(turned, quat_rotate(turns[joint].astype(float), hand), atol=1e-4)


def test_channels_of_parented_joints_put_the_hand_where_it_is() -> None:
    moment = a_moment(4)
    datagrams = OscPoseEncoder(OscSettings("touchdesigner", "local")).encode(moment)
    places, _ = world_from_local(
        moment.pose.root_m, moment.pose.local_quat_wxyz, SKELETON.rest_offset_m, SKELETON.parents
    )
    transform, joint = np.eye(4), SKELETON.index("leftHand")
    while joint >= 0:
        found = channels(datagrams, SKELETON.names[joint])
        own = np.eye(4)
        own[:3, 3], own[:3, :3] = found[:3], matrix_from_euler("xyz", found[None, 3:])[0]
        transform, joint = own @ transform, SKELETON.parents[joint]
    np.testing.assert_allclose(transform[:3, 3], places[SKELETON.index("leftHand")], atol=1e-4)


@pytest.mark.parametrize("profile", ["generic", "touchdesigner"])
@pytest.mark.parametrize("joints", [22, 52])
def test_python_osc_builds_the_same_bundles_to_the_byte(profile: OscProfile, joints: int) -> None:
    encoder = OscPoseEncoder(OscSettings(profile, joints=joints))
    encoder.passed(a_moment(5, beat=7.9))
    datagrams = encoder.passed(a_moment(6, beat=8.0)) + encoder.encode(a_moment(6, beat=8.0))
    built = []
    for datagram in datagrams:
        bundle = OscBundleBuilder(IMMEDIATELY)
        for message in OscBundle(datagram):
            builder = OscMessageBuilder(message.address)
            for value in message.params:
                builder.add_arg(value)
            bundle.add_content(builder.build())
        built.append(bundle.build().dgram)
    assert datagrams == built
    assert max(map(len, datagrams)) <= 1200


def test_energy_tempo_and_phases_come_with_every_frame() -> None:
    found = told(OscPoseEncoder().encode(a_moment(7, beat=9.25)))
    assert found["/energy"] == [0.75] and found["/tempo"] == [128.0]
    assert found["/phase"] == [0.25] and found["/bar_phase"] == [0.3125]


def test_a_beat_is_told_once_in_the_frame_that_passes_it_and_a_bar_on_its_downbeat() -> None:
    encoder, heard = OscPoseEncoder(), []
    for frame in range(300):
        beat = 2.5 + frame / 30
        heard += [(each.address, *each.params) for each in said(encoder.passed(a_moment(frame, beat=beat)))]
    assert heard == [
        ("/beat", 3, 3),
        ("/beat", 4, 0), ("/bar", 1), ("/beat", 5, 1), ("/beat", 6, 2), ("/beat", 7, 3),
        ("/beat", 8, 0), ("/bar", 2), ("/beat", 9, 1), ("/beat", 10, 2), ("/beat", 11, 3),
        ("/beat", 12, 0), ("/bar", 3),
    ]  # fmt: skip


def test_a_beat_that_is_lost_and_found_again_is_not_made_up_for() -> None:
    encoder = OscPoseEncoder(OscSettings("touchdesigner"))
    heard = []
    for beat in (3.9, None, 6.1, 6.9, 7.1, 5.9, 6.2, float("nan"), 7.5):
        found = told(encoder.passed(a_moment(1, beat=beat)))
        heard.append((found.get("/beat"), found.get("/beat_in_bar")))
    none = (None, None)
    assert heard == [none, none, none, none, ([7], [3]), none, ([6], [2]), none, none]


def test_without_a_beat_tempo_and_phases_are_zero() -> None:
    found = told(OscPoseEncoder().encode(replace(a_moment(1, beat=None), tempo_bpm=0.0)))
    assert [found[f"/{name}"] for name in ("tempo", "phase", "bar_phase")] == [[0.0]] * 3


def test_a_second_dancer_has_addresses_of_its_own_and_leaves_the_beat_to_the_first() -> None:
    encoder = OscPoseEncoder(OscSettings(prefix="/stage"), dancer=1)
    assert not encoder.passed(a_moment(1, 7.9, dancer=1)) and not encoder.passed(a_moment(2, 8.1, dancer=1))
    found = told(encoder.encode(a_moment(1, dancer=1)))
    assert "/stage/dancer2/head" in found and len(found) == 22
    assert all(address.startswith("/stage/dancer2/") for address in found)


@pytest.mark.parametrize(("space", "like"), [("world", "/leftHand"), ("local", "/leftIndexProximal")])
def test_a_body_without_fingers_keeps_its_fingers_at_rest(space: OscSpace, like: str) -> None:
    whole = a_moment(8)
    pose = Pose(0.0, whole.pose.root_m, whole.pose.local_quat_wxyz[:22], whole.pose.contacts)
    encoder = OscPoseEncoder(OscSettings(space=space, joints=52))
    found = told(encoder.encode(Moment(pose, None, 0.0, 0.0, 0.0)))
    np.testing.assert_allclose(found["/leftIndexDistal"][3:], found[like][3:], atol=1e-6)
    assert (found["/leftIndexDistal"][3:] == [0, 0, 0, 1]) == (space == "local")


@pytest.mark.parametrize("profile", ["generic", "touchdesigner"])
def test_a_moment_that_is_not_finite_never_leaves_and_spoils_no_later_one(profile: OscProfile) -> None:
    encoder, poisoned = OscPoseEncoder(OscSettings(profile)), a_moment(9)
    poisoned.pose.local_quat_wxyz[4, 2] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        encoder.encode(poisoned)
    assert np.isfinite(
        [value for message in said(encoder.encode(a_moment(9))) for value in message.params]
    ).all()


def test_quaternions_and_angles_never_jump_while_the_figure_turns_round_and_round() -> None:
    encoders = OscPoseEncoder(), OscPoseEncoder(OscSettings("touchdesigner"))
    before: list[np.ndarray] | None = None
    for frame in range(240):
        quat = np.tile(np.array([1, 0, 0, 0], np.float32), (52, 1))
        quat[0] = quat_from_axis_angle(np.array([0, frame * 0.1, 0], np.float32))
        quat[0] *= -1 if frame % 7 == 3 else 1
        moment = Moment(
            Pose(frame / 60, np.zeros(3, np.float32), quat, np.zeros(4, bool)), None, 0.0, 0.0, 0.0
        )
        now = [
            np.array([message.params[3:] for message in said(encoders[0].encode(moment))[:22]]),
            np.array([message.params[0] for message in said(encoders[1].encode(moment))[: 22 * 6]]),
        ]
        if before is not None:
            assert np.abs(now[0] - before[0]).max() < 0.06
            assert np.abs(now[1] - before[1]).max() < 6
        before = now


@pytest.mark.parametrize("order", ORDERS)
@given(quats=hnp.arrays(np.float64, (5, 4), elements=st.floats(-1, 1), fill=st.nothing()))
def test_angles_in_any_order_say_the_very_rotation(order: str, quats: np.ndarray) -> None:
    quats[np.linalg.norm(quats, axis=1) < 1e-3] = (1, 0, 0, 0)
    matrix = matrix_from_quat(unit(quats))
    np.testing.assert_allclose(matrix_from_euler(order, EulerAngles(order, 5).of(matrix)), matrix, atol=1e-4)


@pytest.mark.parametrize("order", ORDERS)
@given(
    first=hnp.arrays(np.float64, (4, 3), elements=st.floats(-180, 180), fill=st.nothing()),
    locked=st.sampled_from([90.0, -90.0]),
)
def test_angles_say_it_too_where_two_of_them_turn_about_one_axis(
    order: str, first: np.ndarray, locked: float
) -> None:
    angles = EulerAngles(order, 4)
    angles.of(matrix_from_euler(order, first))
    first[:, "xyz".index(order[1])] = locked
    matrix = matrix_from_euler(order, first)
    np.testing.assert_allclose(matrix_from_euler(order, angles.of(matrix)), matrix, atol=1e-6)


@pytest.mark.parametrize("joints", [22, 52])
def test_places_by_depth_are_those_of_the_plain_forward_kinematics(joints: int) -> None:
    pose = a_moment(10).pose
    places, turns = world_from_local(
        pose.root_m, pose.local_quat_wxyz[:joints], SKELETON.rest_offset_m, SKELETON.parents
    )
    found = JointPlaces(SKELETON, joints).world(pose)
    np.testing.assert_allclose(found[:, :3, 3], places, atol=1e-5)
    np.testing.assert_allclose(found[:, :3, :3], matrix_from_quat(turns), atol=1e-5)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"profile": "resolume"}, "there are generic, touchdesigner"),
        ({"space": "screen"}, "there are world, local"),
        ({"joints": 30}, "give 22, or 52"),
        ({"prefix": "stage"}, "such as /groovecast"),
        ({"prefix": "/a b"}, "such as /groovecast"),
        ({"prefix": "/stage/"}, "such as /groovecast"),  # no address has an empty step: OSC 1.0
        ({"prefix": "/ü"}, "plain letters"),
    ],
)
def test_settings_that_make_no_sense_are_refused_with_the_mend(wrong: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        OscSettings(**wrong)  # type: ignore[arg-type]
