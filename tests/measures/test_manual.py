"""Manual features: known poses and movements answer the right questions with yes."""

import numpy as np
import pytest
from made_clips import SKELETON, standing

from groovecast.measures.manual import FEATURES, body_of, manual_features, manual_features_corrected

# Places in the published order.
_FORWARDS, _ARMS_RISE, _HANDS_APART, _FAST_WRISTS, _FOOT_BEHIND = (0, 1), (4, 5), 8, (12, 13), (14, 15)
_ANKLE_HIGH, _KNEES, _ARMS_OUT, _LYING, _HANDS_LOW, _FAST_ROOT = (
    (16, 17), (19, 20), (23, 24), 28, (29, 30), 31,
)  # fmt: skip


def _yes(features: np.ndarray) -> set[int]:
    return set(np.flatnonzero(features == 1).tolist())


def _moved(joint: str, velocity_m_s: tuple[float, float, float], fps: float, frames: int = 10) -> np.ndarray:
    place = standing(frames)
    place[:, SKELETON.index(joint)] += np.arange(frames)[:, None] / fps * np.array(velocity_m_s)
    return place


def test_there_are_32_questions() -> None:
    assert FEATURES == 32
    assert manual_features(standing(5)).shape == (32,)


def test_a_t_pose_has_its_hands_apart_and_its_arms_out_and_little_else() -> None:
    # behind the plane of hips and toes stand both feet, of which the published code sees the left
    published, corrected = manual_features(standing(5)), manual_features_corrected(standing(5), 30.0)
    assert set(np.flatnonzero(published)) == {_HANDS_APART, *_ARMS_OUT, _FOOT_BEHIND[1]}
    assert set(np.flatnonzero(corrected)) == {_HANDS_APART, *_ARMS_OUT, *_FOOT_BEHIND}


def test_hands_move_forwards_on_both_sides_only_once_corrected() -> None:
    for joint, place, published in (("rightHand", _FORWARDS[0], False), ("leftHand", _FORWARDS[1], True)):
        moved = _moved(joint, (0, 0, 2.0), 60.0)
        assert (place in _yes(manual_features(moved))) == published
        assert place in _yes(manual_features_corrected(moved, 60.0))


def test_one_raised_ankle_is_told_from_the_other() -> None:
    for joint, place in (("rightFoot", _ANKLE_HIGH[0]), ("leftFoot", _ANKLE_HIGH[1])):
        raised = standing(5)
        raised[:, SKELETON.index(joint), 1] += 0.4
        assert {place} == _yes(manual_features(raised)) & set(_ANKLE_HIGH)


def test_a_bent_knee_is_one_that_turns_by_more_than_70_degrees() -> None:
    for degrees, bent in ((60, False), (80, True)):
        place = standing(5)
        turn = np.radians(degrees)
        for joint in ("rightFoot", "rightToes"):
            place[:, SKELETON.index(joint)] = place[:, SKELETON.index("rightLowerLeg")]
        place[:, SKELETON.index("rightFoot")] += 0.4 * np.array([0, -np.cos(turn), -np.sin(turn)])
        assert (_KNEES[0] in _yes(manual_features(place))) == bent


def test_hands_near_the_floor_are_low_and_a_level_back_lies() -> None:
    place = standing(5)
    place[:, SKELETON.index("leftHand"), 1] = 0.1
    assert _HANDS_LOW[1] in _yes(manual_features(place))
    fallen = standing(5)[..., [0, 2, 1]]
    assert _LYING in _yes(manual_features(fallen))


def test_the_published_speeds_are_those_of_120_frames_a_second() -> None:
    walked = np.arange(10)[:, None, None] / 60 * np.array([0.4, 0, 0])
    slow, fast = standing(10) + walked, standing(10) + 2 * walked
    assert _FAST_ROOT in _yes(manual_features(slow))
    assert _FAST_ROOT not in _yes(manual_features_corrected(slow, 60.0))
    assert _FAST_ROOT in _yes(manual_features_corrected(fast, 60.0))


def test_the_published_code_forgets_the_hand_that_rises() -> None:
    rising = _moved("rightHand", (0, 0.8, 0), 60.0)
    assert _FAST_WRISTS[0] in _yes(manual_features(rising))
    assert _ARMS_RISE[0] not in _yes(manual_features(rising))
    assert _ARMS_RISE[0] in _yes(manual_features_corrected(rising, 60.0))
    assert _ARMS_RISE[1] not in _yes(manual_features_corrected(rising, 60.0))


def test_a_mirrored_dance_answers_for_the_other_side() -> None:
    place = standing(40) + np.random.default_rng(3).normal(0, 0.02, (40, 22, 3)).cumsum(axis=0)
    swap = [
        SKELETON.names.index(name.replace("left", "?").replace("right", "left").replace("?", "right"))
        for name in SKELETON.names[:22]
    ]
    straight = manual_features_corrected(place, 30.0)
    mirrored = manual_features_corrected(place[:, swap] * np.array([-1, 1, 1]), 30.0)
    pairs = ((0, 1), (2, 3), (4, 5), (6, 7), (10, 11), (12, 13), (14, 15), (16, 17), (19, 20))
    for right, left in (*pairs, (21, 22), (23, 24), (25, 26), (29, 30)):
        assert (straight[right], straight[left]) == pytest.approx((mirrored[left], mirrored[right])), right
    for middle in (8, 9, 18, 28, 31):
        assert straight[middle] == pytest.approx(mirrored[middle]), middle
    assert straight[:26].any()


def test_the_body_is_measured_over_the_clip() -> None:
    body = body_of(standing(3))
    assert (body.humerus_m, body.shoulders_m, body.hips_m) == pytest.approx((0.27, 0.34, 0.18), abs=1e-6)


def test_too_few_joints_are_refused_with_the_mend() -> None:
    with pytest.raises(ValueError, match="5 frames of 21 joints"):
        manual_features(standing(5)[:, :21])
