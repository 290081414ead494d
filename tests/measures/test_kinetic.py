"""Kinetic features: known on simple motions, and equal to the definition taken frame by frame."""

import numpy as np
import pytest

from groovecast.measures.kinetic import kinetic_features, kinetic_features_corrected


def _by_the_definition(place: np.ndarray, fps: float, slipped: bool) -> np.ndarray:
    place, dt, numbers = place - place[0, 0], 1 / fps, []
    for joint in range(place.shape[1]):
        track, horizontal, vertical, effort = place[:, joint], 0.0, 0.0, 0.0
        for i in range(1, len(track)):
            steps = [track[k] - track[k - 1] for k in range(i - 2, i + 3) if k >= 1 and k < len(track)]
            v = np.mean(steps, axis=0) / dt
            horizontal += v[0] ** 2 + v[2] ** 2
            vertical += v[1] ** 2
            changes = []
            for k in range(i - 2, i + 3):
                if k >= 1 and k + 1 < len(track):
                    after = (track[k + 1] - track[k]) / dt
                    before = track[k] - track[k - 1] / dt if slipped else (track[k] - track[k - 1]) / dt
                    changes.append((after - before) / dt)
            effort += np.linalg.norm(np.mean(changes, axis=0))
        numbers += [value / (len(track) - 1) for value in (horizontal, vertical, effort)]
    return np.array(numbers)


@pytest.mark.parametrize("frames", [3, 4, 7, 40])
def test_the_features_are_the_definition_taken_frame_by_frame(frames: int) -> None:
    place = np.random.default_rng(1).normal(0, 0.3, (frames, 3, 3)).cumsum(axis=0)
    assert kinetic_features(place) == pytest.approx(_by_the_definition(place, 60.0, slipped=True))
    assert kinetic_features_corrected(place, 30.0) == pytest.approx(
        _by_the_definition(place, 30.0, slipped=False)
    )


def test_constant_velocity_has_its_square_as_energy_and_no_acceleration() -> None:
    velocity = np.array([0.3, 0.5, 0.4])
    place = np.tile(np.arange(50)[:, None, None] / 30 * velocity, (1, 3, 1))
    horizontal, vertical, effort = kinetic_features_corrected(place, 30.0).reshape(3, 3).T
    assert horizontal == pytest.approx([0.25] * 3)
    assert vertical == pytest.approx([0.25] * 3)
    assert effort == pytest.approx([0.0] * 3, abs=1e-9)


def test_constant_acceleration_is_found() -> None:
    time_s = np.arange(60) / 60
    place = np.zeros((60, 1, 3))
    place[:, 0, 1] = 0.5 * 9.81 * time_s**2
    assert kinetic_features_corrected(place, 60.0)[2] == pytest.approx(9.81)


def test_the_published_slip_makes_a_still_joint_accelerate_by_its_distance_from_the_root() -> None:
    place = np.zeros((20, 2, 3))
    place[:, 1] = 0.0, 0.6, 0.8
    features = kinetic_features(place)
    assert features[:5] == pytest.approx([0] * 5)
    assert features[5] == pytest.approx(1.0 * (60 - 1) * 60)
    assert kinetic_features_corrected(place, 60.0)[5] == 0


def test_22_joints_give_66_numbers_wherever_the_root_begins() -> None:
    place = np.random.default_rng(2).normal(0, 0.1, (30, 22, 3)).cumsum(axis=0)
    assert kinetic_features(place).shape == (66,)
    assert kinetic_features(place + np.array([3.0, 1.0, -2.0])) == pytest.approx(kinetic_features(place))


def test_two_frames_are_refused_with_the_mend() -> None:
    with pytest.raises(ValueError, match="2 frames: give 3 or more"):
        kinetic_features(np.zeros((2, 22, 3)))
