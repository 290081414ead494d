"""Recombinations: legs of one take, arms of another, on one beat, and only where it looks right."""

from dataclasses import replace

import numpy as np
from fakes.swaying import swaying

from groovecast.audio.beat import BEATS_PER_BAR
from groovecast.model.config import ModelConfig
from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_from_axis_angle
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.train.checks import Seen
from groovecast.train.pulse import Pulse
from groovecast.train.recombine import recombinations, recombined, why_wrong
from groovecast.train.roster import Casting
from groovecast.train.takes import Take
from groovecast.train.windows import WindowStore

_INDEX = groovecast_skeleton().index


def _take(bpm: float, arms: float = 0.4, split: str = "train") -> Take:
    beats = np.arange(0, 24 * bpm / 60) * 1800 / bpm
    return Take(
        f"made/{bpm}/{arms}", Casting("street", split), swaying(24, bpm, arms), Pulse(beats, bpm, 5.0)
    )


def test_legs_come_from_one_and_hands_from_the_other_on_the_same_beat() -> None:
    lower, upper = _take(100.0, 0.1), _take(105.0, 0.5)
    made = recombined(lower, upper, 1, 2)
    assert made is not None and made.pulse is not None
    begin = 4 * 18
    legs = made.motion.local_quat_wxyz[:, _INDEX("leftUpperLeg")]
    np.testing.assert_array_equal(
        legs, lower.motion.local_quat_wxyz[begin : begin + len(legs), _INDEX("leftUpperLeg")]
    )
    # the other's arm, when its own second bar begins
    arm, there = made.motion.local_quat_wxyz[:, _INDEX("leftUpperArm")], round(8 * 1800 / 105)
    assert abs(np.dot(arm[0], upper.motion.local_quat_wxyz[there, _INDEX("leftUpperArm")])) > 0.999
    assert made.casting == lower.casting and len(made.pulse.beat_frames) == 4 * BEATS_PER_BAR + 1


def test_a_take_that_ends_too_early_gives_nothing() -> None:
    lower, upper = _take(100.0), _take(105.0)
    assert recombined(lower, upper, 7, 0) is None
    assert recombined(replace(lower, pulse=None), upper, 0, 0) is None


def test_calm_dances_go_together() -> None:
    found = recombinations([_take(100.0, 0.3), _take(104.0, 0.4)], 10)
    assert found.tried == len(found.takes) > 0


def test_a_hand_in_the_belly_is_seen() -> None:
    made = recombined(_take(100.0), _take(104.0), 0, 0)
    assert made is not None
    quat = made.motion.local_quat_wxyz.copy()
    quat[:, _INDEX("leftUpperArm")] = quat_from_axis_angle(np.array([0, 0, -1.5]))
    quat[:, _INDEX("leftLowerArm")] = quat_from_axis_angle(np.array([0, 0, -1.6]))
    poked = replace(made, motion=Motion(30.0, made.motion.root_m, quat))
    assert why_wrong(poked, made.motion, 1.0) == "hands in the body"


def test_a_chest_beside_its_feet_and_a_back_bent_over_are_seen() -> None:
    made = recombined(_take(100.0), _take(104.0), 0, 0)
    assert made is not None
    quat = made.motion.local_quat_wxyz.copy()
    quat[:, 0] = quat_from_axis_angle(np.array([0.5, 0, 0]))
    leaning = replace(made, motion=Motion(30.0, made.motion.root_m, quat))
    assert why_wrong(leaning, made.motion, 1.0) in ("out of balance", "bent over")
    assert Seen(leaning.motion).joint("neck")[0, 2] > 0.1


def test_tempi_and_splits_that_differ_are_never_mixed() -> None:
    assert recombinations([_take(100.0), _take(112.0)], 20).tried == 0
    assert recombinations([_take(100.0), _take(104.0, split="test")], 20).tried == 0


def test_the_same_seed_makes_the_same_dances() -> None:
    pair = [_take(100.0, 0.3), _take(104.0, 0.4)]
    first, again = (recombinations(pair, 6, seed=3).takes for _ in range(2))
    assert [take.id for take in first] == [take.id for take in again] != []


def test_recombined_takes_are_a_share_of_what_is_drawn() -> None:
    legs, arms = _take(100.0, 0.3), _take(104.0, 0.4)
    mixed = recombinations([legs, arms], 4).takes
    store = WindowStore([legs], ModelConfig(), (1.0,), recombined=mixed)
    rng = np.random.default_rng(0)
    own = {id(reel) for reel in store.reels}
    share = np.mean([id(store._any_reel(rng)) not in own for _ in range(600)])
    assert 0.1 < share < 0.2
    assert store.draw(rng, 8).motion.shape == (8, 90, 141)
