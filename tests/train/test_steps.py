"""The bars of a salsa: quick, quick, slow is found again in made-up steps, and grids that fit nobody are refused."""

import numpy as np
import pytest
from fakes.stepper import stepping
from fakes.swaying import swaying

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_from_axis_angle
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.train.grids import grids_of, judged, settled
from groovecast.train.pulse import Pulse
from groovecast.train.steps import landings, step_beats, step_tempo


def _salsa(bpm: float, seconds: float = 24.0, first_s: float = 0.4) -> Motion:
    """One foot and then the other swings forward and is set down on one, two and three; nobody steps on four."""
    skeleton = groovecast_skeleton()
    time_s = np.arange(int(seconds * 30)) / 30
    beat = (time_s - first_s) * bpm / 60
    turns = np.zeros((len(time_s), skeleton.body_joints, 3))
    # steps of two bars: which beat each ends on, and with which foot
    for number, ends in enumerate((0, 1, 2, 4, 5, 6)):
        side = "left" if number % 2 == 0 else "right"
        ago = (beat - ends + 1) % 8  # 0 when the step begins, 1 when the foot is set down
        lift = np.where(ago < 1, np.sin(np.pi * np.clip(ago, 0, 1) ** 2), 0)
        turns[:, skeleton.index(f"{side}UpperLeg"), 0] -= 0.5 * lift
        turns[:, skeleton.index(f"{side}LowerLeg"), 0] += 0.6 * lift
    root = np.tile([0.0, skeleton.hips_height_m, 0.0], (len(time_s), 1))
    return Motion(30.0, root, quat_from_axis_angle(turns))


@pytest.mark.parametrize("bpm", [163.0, 175.0, 188.0])
def test_the_tempo_of_a_salsa_is_found_among_its_neighbours(bpm: float) -> None:
    tempo, salience = step_tempo([_salsa(bpm)], 155.0, 197.0)
    assert abs(tempo - bpm) < 1.5
    assert salience > 1.3


def test_bars_begin_where_the_steps_do() -> None:
    motion = _salsa(170.0)
    beats = step_beats([motion], 170.0) / 30
    true = np.arange(0.4, 24, 240 / 170)
    ones = beats[::4]
    inner = ones[(ones > 2) & (ones < 22)]
    assert len(inner) > 10
    assert np.median(np.abs(inner[:, None] - true).min(axis=1)) < 0.1
    assert (np.diff(beats) > 0).all()


def test_partners_are_heard_together() -> None:
    leader = _salsa(170.0)
    still = Motion(30.0, leader.root_m, np.tile(leader.local_quat_wxyz[:1], (leader.frames, 1, 1)))
    alone, together = step_beats([leader], 170.0)[::4], step_beats([leader, still], 170.0)[::4]
    gaps = np.abs(alone[2:-2, None] - together).min(axis=1)
    assert np.median(gaps) < 3


def test_who_stands_lands_nowhere() -> None:
    assert landings(_salsa(170.0)).max() > 2
    assert landings(swaying(6)).max() < 0.01


def test_a_grid_settles_on_the_rests_and_says_how_many_it_hits() -> None:
    motion = stepping(20, 100.0, first_beat_s=0.31)
    late = Pulse(np.arange(0.37, 19, 0.6) * 30, 100.0, 5.0)
    before, after = judged(motion, late), judged(motion, settled(motion, late))
    assert after.pulse is not None
    assert abs(after.pulse.beat_frames[3] / 30 - (0.31 + 3 * 0.6)) < 0.03
    assert after.hit > 0.9 > 0.5 > after.chance and after.hit >= before.hit


def _wandering(seconds: int) -> Motion:
    """Arms and legs that go from here to there at no pace at all."""
    rng, skeleton = np.random.default_rng(4), groovecast_skeleton()
    times = np.arange(seconds * 30) / 30
    turns = np.zeros((len(times), skeleton.body_joints, 3))
    for name in ("leftUpperArm", "rightUpperArm", "leftUpperLeg", "rightUpperLeg"):
        for axis in range(3):
            knots = np.cumsum(rng.uniform(0.15, 1.5, 4 * seconds))
            turns[:, skeleton.index(name), axis] = np.interp(times, knots, rng.uniform(-0.7, 0.7, len(knots)))
    root = np.tile([0.0, skeleton.hips_height_m, 0.0], (len(times), 1))
    return Motion(30.0, root, quat_from_axis_angle(turns))


def test_a_dance_with_a_pulse_is_given_it_and_one_without_is_unknown_with_a_reason() -> None:
    (steady,) = grids_of([stepping(24, 104.0)], "street")
    assert steady.pulse is not None and abs(steady.pulse.tempo_bpm - 104) < 1
    (lost,) = grids_of([_wandering(40)], "street")
    assert lost.pulse is None and lost.told.startswith("unknown: ")
    (walked,) = grids_of([stepping(10, 104.0)], "move")
    assert walked.pulse is None


def test_a_part_of_a_take_keeps_its_beats_and_its_ones() -> None:
    whole = Pulse(np.arange(3.0, 600, 18.0), 100.0, 5.0)
    part = whole.within(200, 400)
    frames = np.arange(0, 200, dtype=np.float64)
    apart = whole.beat_at(frames + 200) - part.beat_at(frames)
    np.testing.assert_allclose(apart, apart[0], atol=1e-9)
    assert apart[0] % 4 == 0 and len(part.beat_frames) < 20
