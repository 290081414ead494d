"""Mirror, place, heading, hands, freeze, blackout and panic do what their labels say, and nothing jumps."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stagecraft_night import AHEAD_S, FPS, SKELETON, START_S, Night, apart_m, places_m, sole_m, steps, swung

from groovecast.motion.pose import Pose
from groovecast.motion.rotation import axis_angle_from_quat, yaw_from_quat
from realtime.crew import Member, crew_at, members_at
from realtime.roles import HIDDEN_M
from realtime.stagecraft import faded

LEFT, RIGHT = SKELETON.index("leftHand"), SKELETON.index("rightHand")
HIPS, BODY = SKELETON.index("hips"), SKELETON.body_joints
REFLECTED = np.array([-1, 1, 1])
# What turns or travels farther from one picture to the next is a jump. Half a turn into the mirror takes 0.4 s.
JUMP_RAD, JUMP_M = math.pi / 12, 0.3


def live(poses: Sequence[Pose]) -> list[Pose]:
    return [swung(pose.time_s) for pose in poses]


def smooth(poses: Sequence[Pose]) -> bool:
    """No joint jumps."""
    metres, radians = steps(poses)
    return bool(metres.max() < JUMP_M and radians.max() < JUMP_RAD)


# -- left is right ------------------------------------------------------------------------------------------


def test_in_the_mirror_the_left_hand_goes_where_the_right_one_would_reflected() -> None:
    night = Night()
    poses = night.seen(3, {1.0: [("mirror", True)]})
    before, after = poses[:60], poses[90:]
    assert max(map(apart_m, before, live(before))) < 1e-6
    for pose, danced in zip(after, live(after), strict=True):
        np.testing.assert_allclose(places_m(pose)[LEFT], places_m(danced)[RIGHT] * REFLECTED, atol=1e-5)
        np.testing.assert_allclose(places_m(pose)[RIGHT], places_m(danced)[LEFT] * REFLECTED, atol=1e-5)
        assert list(pose.contacts) == list(danced.contacts[[2, 3, 0, 1]])
    assert max(map(apart_m, after, live(after))) > 0.3, "which is another dance"


@given(turned_s=st.floats(0.2, 20), back_s=st.floats(0.05, 0.6))
@settings(max_examples=15, deadline=None)
def test_on_the_way_into_the_mirror_nothing_jumps_and_no_foot_slides_on_the_floor(
    turned_s: float, back_s: float
) -> None:
    night = Night()
    night.now_s += turned_s
    poses = night.seen(1.5, {0.1: [("mirror", True)], 0.1 + back_s: [("mirror", False)]})
    assert smooth(poses)
    for pose in poses[::3]:
        share = night.desk.board.number("mirror", pose.time_s)
        assert sole_m(pose.root_m, pose.local_quat_wxyz) > -2e-3
        assert not (0 < share < 1 and pose.contacts.any())


def test_half_way_into_the_mirror_both_feet_are_off_the_floor() -> None:
    night = Night()
    poses = night.seen(1, {0.0: [("mirror", True)]})
    heights = [sole_m(pose.root_m, pose.local_quat_wxyz) for pose in poses]
    assert max(heights) == pytest.approx(0.04, abs=2e-3)
    assert abs(heights[-1]) < 1e-4 and abs(heights[0]) < 1e-4


def armed(degrees: float) -> Pose:
    """An arm turned so far about one axis, all else at rest."""
    quat = np.tile(np.eye(4, dtype=np.float32)[0], (52, 1))
    half = math.radians(degrees) / 2
    quat[LEFT] = math.cos(half), 0, 0, math.sin(half)
    return Pose(0.0, np.zeros(3, np.float32), quat, np.ones(4, bool))


@pytest.mark.parametrize(("begun_degrees", "side"), [(170, 1), (190, -1)])
def test_a_joint_that_comes_to_lie_half_a_turn_away_goes_on_round_the_side_that_was_shorter(
    begun_degrees: float, side: int
) -> None:
    rest, begun = armed(0), armed(begun_degrees)
    way = [faded(armed(degrees), rest, 0.5, (begun, rest)) for degrees in range(155, 206, 2)]
    assert steps(way)[1].max() < 0.2
    middle = faded(begun, rest, 0.5, (begun, rest)).local_quat_wxyz[LEFT]
    assert math.copysign(1, middle[0] * middle[3]) == side


@pytest.mark.parametrize(("control", "there"), [("mirror", True), ("posture", "t-pose")])
def test_an_arm_that_swings_past_half_a_turn_on_the_way_does_not_jump(control: str, there: object) -> None:
    night = Night(dance=lambda at_s: armed(150 + 120 * (at_s - START_S - AHEAD_S)))
    poses = night.seen(1, {0.0: [(control, there)]})  # type: ignore[list-item]
    assert steps(poses)[1].max() < JUMP_RAD


def test_a_dancer_who_is_turned_from_the_others_dances_its_own_way_about_its_own_place() -> None:
    night = Night(Member(1, x_m=1.0, z_m=-0.5, heading_rad=math.pi / 2))
    for pose in night.seen(1):
        x, y, z = places_m(swung(pose.time_s)).T
        np.testing.assert_allclose(places_m(pose), np.stack((1.0 + z, y, -0.5 - x), axis=-1), atol=1e-5)


# -- where it stands ----------------------------------------------------------------------------------------


def test_the_figure_goes_where_it_is_placed() -> None:
    night = Night()
    poses = night.seen(2, {0.5: [("place_x_m", 2.0), ("place_z_m", -1.0)]})
    for pose, danced in zip(poses[80:], live(poses[80:]), strict=True):
        np.testing.assert_allclose(
            places_m(pose) - places_m(danced), np.tile([2.0, 0, -1.0], (52, 1)), atol=1e-5
        )
        assert list(pose.contacts) == list(danced.contacts)
    assert smooth(poses)
    under_way = poses[36:60]
    assert not any(pose.contacts.any() for pose in under_way), "who is carried along stands nowhere"


def test_heading_turns_the_dance_about_the_middle_of_the_stage() -> None:
    night = Night()
    poses = night.seen(2, {0.0: [("heading_deg", 90.0)]})
    for pose, danced in zip(poses[60:], live(poses[60:]), strict=True):
        x, y, z = places_m(danced).T
        np.testing.assert_allclose(places_m(pose), np.stack((z, y, -x), axis=-1), atol=1e-5)
    assert smooth(poses)


def test_who_is_told_of_the_crew_finds_each_figure_where_it_is() -> None:
    night = Night()
    for name, value in (
        ("dancers", 5), ("formation", "wedge"), ("place_x_m", 1.2), ("place_z_m", -0.7), ("heading_deg", 50.0),
        ("dancer3_heading_deg", -20.0), ("dancer4_x_m", 0.4),
    ):  # fmt: skip
        night.desk.turn(name, value, "test")
    night.seen(3)
    told = crew_at(night.desk.board, night.now_s).dancers
    for member, crew in zip(members_at(night.desk.board, night.now_s), told, strict=True):
        still = Pose(
            0.0, np.zeros(3, np.float32), np.tile(np.eye(4, dtype=np.float32)[0], (52, 1)), np.zeros(4, bool)
        )
        pose, _ = night.stagecraft.staged(
            member, lambda at_s, still=still: still, night.desk.board, night.now_s, 0.0
        )
        np.testing.assert_allclose(pose.root_m, crew.place_m, atol=1e-3)
        assert math.degrees(float(yaw_from_quat(pose.local_quat_wxyz[0]))) == pytest.approx(
            crew.heading_deg, abs=0.01
        )


# -- hands --------------------------------------------------------------------------------------------------


def test_hands_are_flat_and_still_or_move_twice_as_much() -> None:
    night = Night()
    flat = night.seen(1, {0.0: [("hands", 0.0)]})[30:]
    for pose in flat:
        np.testing.assert_allclose(pose.local_quat_wxyz[BODY:], np.tile([1, 0, 0, 0], (30, 1)), atol=1e-6)
    twice = night.seen(1, {0.0: [("hands", 2.0)]})[30:]
    for pose, danced in zip(twice, live(twice), strict=True):
        np.testing.assert_allclose(
            axis_angle_from_quat(pose.local_quat_wxyz[BODY:]),
            2 * axis_angle_from_quat(danced.local_quat_wxyz[BODY:]), atol=1e-4,
        )  # fmt: skip
        np.testing.assert_array_equal(pose.local_quat_wxyz[:BODY], danced.local_quat_wxyz[:BODY])


# -- freeze -------------------------------------------------------------------------------------------------


def test_freeze_holds_the_very_pose_and_lets_go_without_a_jump() -> None:
    night = Night()
    poses = night.seen(6, {1.0: [("freeze", True)], 4.0: [("freeze", False)]})
    held = [pose for pose in poses if START_S + 1.0 + AHEAD_S <= pose.time_s < START_S + 4.0 + AHEAD_S - 1e-6]
    assert len(held) == 3 * FPS
    assert max(apart_m(pose, swung(START_S + 1.0 + AHEAD_S)) for pose in held) < 1e-6
    assert smooth(poses)
    free = poses[-60:]
    assert max(map(apart_m, free, live(free))) < 1e-6


def test_who_is_frozen_can_still_be_carried_to_another_place() -> None:
    night = Night()
    poses = night.seen(3, {0.5: [("freeze", True)], 1.5: [("place_x_m", -2.0)]})
    np.testing.assert_allclose(
        places_m(poses[-1]) - places_m(poses[80]), np.tile([-2.0, 0, 0], (52, 1)), atol=1e-5
    )


def test_each_outlet_holds_what_it_shows_itself() -> None:
    night = Night()
    night.seen(1, {0.5: [("freeze", True)]})
    frozen_s = START_S + 0.5 + AHEAD_S
    assert apart_m(night.pose(night.now_s, 0.0), swung(frozen_s)) < 1e-6
    assert apart_m(night.pose(night.now_s, 0.3), swung(frozen_s - 0.3)) < 1e-6
    night.seen(30)
    assert apart_m(night.pose(night.now_s, 0.3), swung(frozen_s - 0.3)) < 1e-6
    assert apart_m(night.pose(night.now_s, 0.31), swung(frozen_s - 0.3)) < 1e-6, (
        "an offset turned now moves nobody"
    )


# -- hidden -------------------------------------------------------------------------------------------------


def test_blackout_hides_the_figure_and_both_its_going_and_its_coming_are_cuts() -> None:
    night = Night()
    poses = night.seen(3, {1.0: [("blackout", True)], 2.0: [("blackout", False)]})
    hidden_s = [pose.time_s for pose in poses if pose.root_m[1] < HIDDEN_M / 2]
    gone_s, back_s = START_S + 1.0 + AHEAD_S, START_S + 2.0 + AHEAD_S
    assert len(hidden_s) == FPS
    assert min(hidden_s) == pytest.approx(gone_s, abs=1e-6)
    for turned_s in (gone_s, back_s):
        cut = [at_s for at_s in night.cuts if 0 <= at_s - turned_s + 1e-6 < 0.1]
        assert len(cut) >= 4, "receivers of 15 pictures a second get one of them"
        night.cuts = [at_s for at_s in night.cuts if at_s not in cut]
    assert not night.cuts
    assert apart_m(poses[-1], swung(poses[-1].time_s)) < 1e-6


# -- panic --------------------------------------------------------------------------------------------------


def test_panic_brings_the_figure_to_stand_where_it_is_and_resume_back_into_the_dance() -> None:
    night = Night()
    poses = night.seen(6, {1.0: [("posture", "standing")], 4.0: [("posture", "dance")]})
    gone = swung(START_S + 1.0 + AHEAD_S)
    still = [pose for pose in poses if START_S + 1.9 + AHEAD_S < pose.time_s < START_S + 4.0 + AHEAD_S]
    for pose in still:
        np.testing.assert_allclose(pose.root_m[[0, 2]], gone.root_m[[0, 2]], atol=1e-6)
        assert (
            abs(float(yaw_from_quat(pose.local_quat_wxyz[0]) - yaw_from_quat(gone.local_quat_wxyz[0]))) < 0.1
        )
        assert pose.contacts.all() and abs(sole_m(pose.root_m, pose.local_quat_wxyz)) < 0.02
        hands = places_m(pose)[[LEFT, RIGHT], 1]
        assert (hands < places_m(pose)[HIPS, 1] + 0.1).all(), "arms hang"
    assert steps(still)[0].max() * FPS < 0.2
    assert smooth(poses)
    back = [pose for pose in poses if pose.time_s > START_S + 4.8 + AHEAD_S]
    assert max(map(apart_m, back, live(back))) < 1e-6


def test_panic_twice_is_a_t_pose() -> None:
    night = Night()
    poses = night.seen(4, {1.0: [("posture", "standing")], 1.3: [("posture", "t-pose")]})
    assert smooth(poses)
    np.testing.assert_allclose(poses[-1].local_quat_wxyz[1:], np.tile([1, 0, 0, 0], (51, 1)), atol=1e-6)
    arms = places_m(poses[-1])
    assert abs(arms[LEFT, 1] - arms[SKELETON.index("leftUpperArm"), 1]) < 0.01
    assert float(np.linalg.norm(arms[LEFT] - arms[RIGHT])) > 1.1


def test_panic_comes_over_a_frozen_figure_too() -> None:
    night = Night()
    poses = night.seen(4, {0.5: [("freeze", True)], 1.5: [("posture", "t-pose")]})
    np.testing.assert_allclose(poses[-1].local_quat_wxyz[1:], np.tile([1, 0, 0, 0], (51, 1)), atol=1e-6)
    assert smooth(poses)


# -- whatever is turned -------------------------------------------------------------------------------------

TURNS = st.sampled_from(
    [
        ("mirror", True), ("mirror", False), ("freeze", True), ("freeze", False), ("posture", "dance"),
        ("posture", "standing"), ("posture", "t-pose"), ("hands", 0.0), ("hands", 2.0), ("place_x_m", 0.8),
        ("place_z_m", -0.7), ("heading_deg", 60.0), ("heading_deg", 0.0),
    ]
)  # fmt: skip


@given(st.lists(st.tuples(st.floats(0, 2.5), TURNS), max_size=12))
@settings(max_examples=40, deadline=None)
def test_whatever_is_turned_whenever_every_pose_is_finite_and_unit_and_none_jumps(
    turned: list[tuple[float, tuple[str, object]]],
) -> None:
    night = Night(Member(3, x_m=1.0, z_m=-0.5, heading_rad=0.4))
    poses = night.seen(3, {at_s: [turn] for at_s, turn in turned})  # type: ignore[list-item]
    for pose in poses:
        assert np.isfinite(pose.root_m).all()
        np.testing.assert_allclose(np.linalg.norm(pose.local_quat_wxyz, axis=-1), 1, atol=1e-5)
    assert smooth(poses)


@given(st.lists(st.tuples(st.floats(0, 1.5), TURNS), max_size=8), st.randoms(use_true_random=False))
@settings(max_examples=8, deadline=None)
def test_what_is_seen_at_a_time_is_the_same_whoever_asks_for_it_when(
    turned: list[tuple[float, tuple[str, object]]], chance: object
) -> None:
    """One is asked for each picture as it leaves, the other for a few, far ahead, in any order and at two offsets."""
    every, some = Night(), Night()
    some.desk = every.desk
    turns = {at_s: [turn] for at_s, turn in turned}
    begin_s, coming, seen = every.now_s, sorted(turns.items()), {}
    for tick in range(100):
        every.now_s = begin_s + tick / FPS
        while coming and coming[0][0] <= tick / FPS:
            for name, value in coming.pop(0)[1]:
                every.desk.turn(name, value, "test")  # type: ignore[arg-type]
        every.desk.tick(every.now_s)
        at_s = every.now_s + AHEAD_S
        seen[at_s] = every.pose(at_s)
        ahead = [at_s + k / FPS for k in (0, 3, 11, 24)]
        chance.shuffle(ahead)  # type: ignore[attr-defined]
        for then_s in ahead:
            some.pose(then_s, chance.choice([0.0, 0.25]))  # type: ignore[attr-defined]
        assert apart_m(some.pose(at_s), seen[at_s]) < 1e-5
