"""Windows of takes: mirrors, stretches, and music as the ears would have told it."""

import numpy as np
from fakes.stepper import stepping, takes

from groovecast.model.config import ModelConfig
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.train.windows import WindowStore, mirrored, reel_of, stretched

_CONFIG = ModelConfig()


def _places(motion: object) -> np.ndarray:
    skeleton = groovecast_skeleton()
    offset = skeleton.rest_offset_m.astype(np.float64)
    return world_from_local(motion.root_m, motion.local_quat_wxyz, offset, skeleton.parents)[0]  # type: ignore[attr-defined]


def test_a_mirror_swaps_left_and_right_and_nothing_else() -> None:
    skeleton, motion = groovecast_skeleton(), stepping(3, 100)
    there, here = _places(mirrored(motion)), _places(motion)
    for name in skeleton.names[:22]:
        other = name.replace("left", "X").replace("right", "left").replace("X", "right")
        expected = here[:, skeleton.index(other)] * [-1, 1, 1]
        np.testing.assert_allclose(there[:, skeleton.index(name)], expected, atol=1e-6)


def test_a_mirror_of_a_mirror_is_the_motion() -> None:
    motion = stepping(3, 100)
    np.testing.assert_allclose(_places(mirrored(mirrored(motion))), _places(motion), atol=1e-9)


def test_a_stretched_motion_is_longer_and_its_beats_stay_on_the_rests() -> None:
    take = takes(1)[0]
    slow = reel_of(take, 1.25, False, _CONFIG)
    assert abs(len(slow.numbers) - 1.25 * take.motion.frames) < 3
    assert slow.beat is not None
    beat_gap = 1 / np.diff(slow.beat).mean() / 30
    assert abs(beat_gap - 1.25 * 60 / take.pulse.tempo_bpm) < 0.02  # type: ignore[union-attr]
    np.testing.assert_allclose(_places(stretched(take.motion, 1.0)), _places(take.motion), atol=1e-6)


def test_windows_have_the_models_shape_and_a_future_that_was_not_heard() -> None:
    store = WindowStore(takes(3), _CONFIG)
    batch = store.draw(np.random.default_rng(0), 40)
    assert batch.motion.shape == (40, 90, 141) and batch.music.shape == (40, 90, 10)
    assert np.isfinite(batch.motion).all() and np.isfinite(batch.music).all()
    heard = batch.music[..., 9]
    assert (np.diff(heard, axis=1) <= 0).all(), "what is unheard stays unheard"
    assert not batch.music[..., 6][heard == 0].any() and not batch.music[..., 7][heard == 0].any()


def test_the_same_seed_draws_the_same_windows() -> None:
    store = WindowStore(takes(2), _CONFIG, (1.0,))
    first, again = (store.draw(np.random.default_rng(3), 8) for _ in range(2))
    np.testing.assert_array_equal(first.motion, again.motion)
    np.testing.assert_array_equal(first.music, again.music)
