"""A warm generator begins from the plan before: its own, moved on to the same frames, or else the last frame danced."""

import msgspec
import numpy as np
import pytest
from hopper import Hopper

from groovecast.model.imagined import Imagined
from realtime.dance import Dancer
from realtime.dance_settings import DanceSettings
from realtime.warm_start import PlanBefore, begun_from

_RATE = 24000
_STRIDE = DanceSettings().stride_frames


class WarmHopper(Hopper):
    """Hops, and keeps what it was told of the plan before."""

    def __init__(self, raises_at: int = -1) -> None:
        super().__init__()
        self.config = msgspec.structs.replace(self.config, warm=True)
        self.befores: list[np.ndarray] = []
        self.plans: list[np.ndarray] = []
        self.raises_at = raises_at

    def plan(
        self,
        history: np.ndarray,
        music: np.ndarray,
        style: np.ndarray,
        noise: np.ndarray,
        before: np.ndarray | None = None,
    ) -> Imagined:
        assert before is not None
        self.befores.append(before)
        plan = super().plan(history, music, style, noise)
        self.plans.append(plan.numbers)
        if self.calls == self.raises_at:
            raise RuntimeError("the engine is gone")
        return plan


def _danced(generator: Hopper, seconds: float, stalled_s: tuple[float, float] = (9.0, 9.0)) -> Dancer:
    """Dance to noise on a fake clock; nothing is planned between the two times of a stall."""
    sound = 0.3 * np.random.default_rng(0).standard_normal(int(seconds * _RATE)).astype(np.float32)
    dancer = Dancer(generator, _RATE, 0.0)
    for frame in range(int(seconds * 60)):
        now_s = frame / 60
        dancer.hear(sound[frame * 400 : (frame + 1) * 400], now_s)
        while not stalled_s[0] < now_s < stalled_s[1] and dancer.imagine(now_s):
            pass
    return dancer


def _held(frame: np.ndarray) -> np.ndarray:
    return np.repeat(frame[None], 50, axis=0)


def test_a_plan_begins_from_the_one_before_moved_on_by_the_stride_and_held_at_its_end() -> None:
    hopper = WarmHopper()
    dancer = _danced(hopper, 3.0)
    assert dancer.counts.updates > 8 and not dancer.counts.rejected
    np.testing.assert_array_equal(hopper.befores[0], _held(hopper.histories[0][-1]))
    for plan, before in zip(hopper.plans[:-1], hopper.befores[1:], strict=True):
        np.testing.assert_array_equal(before[:-_STRIDE], plan[_STRIDE:])
        np.testing.assert_array_equal(before[-_STRIDE:], _held(plan[-1])[:_STRIDE])


@pytest.mark.parametrize(("stall_s", "remembered"), [(0.8, True), (2.5, False)])
def test_after_a_stall_what_is_left_of_the_plan_is_begun_from_or_else_the_last_frame_danced(
    stall_s: float, remembered: bool
) -> None:
    hopper = WarmHopper()
    dancer = _danced(hopper, 4.5, stalled_s=(1.5, 1.5 + stall_s))
    assert dancer.counts.misses > 0 and not dancer.counts.rejected
    moved = [
        next((by for by in range(_STRIDE, 50, _STRIDE) if np.array_equal(before[:-by], plan[by:])), None)
        for plan, before in zip(hopper.plans[:-1], hopper.befores[1:], strict=True)
    ]
    after = next(number for number, by in enumerate(moved) if by != _STRIDE)
    assert moved[after + 1 :] == [_STRIDE] * (len(moved) - after - 1)
    if remembered:
        assert moved[after] is not None and moved[after] > 2 * _STRIDE
    else:
        np.testing.assert_array_equal(hopper.befores[after + 1], _held(hopper.histories[after + 1][-1]))


def test_a_plan_that_was_refused_is_not_begun_from() -> None:
    hopper = WarmHopper(raises_at=4)
    dancer = _danced(hopper, 3.0)
    assert dancer.counts.rejected == 1
    np.testing.assert_array_equal(hopper.befores[4], _held(hopper.histories[4][-1]))
    np.testing.assert_array_equal(hopper.befores[5][:-_STRIDE], hopper.plans[4][_STRIDE:])


def test_the_same_sound_gives_the_same_befores() -> None:
    one, other = WarmHopper(), WarmHopper()
    _danced(one, 2.0), _danced(other, 2.0)
    np.testing.assert_array_equal(one.befores, other.befores)


def test_a_generator_that_is_not_warm_is_told_of_no_plan_before() -> None:
    dancer = _danced(Hopper(), 1.0)  # a Hopper takes four arguments
    assert dancer.counts.updates > 1 and not dancer.counts.rejected


def test_a_plan_says_nothing_of_frames_beyond_its_end() -> None:
    history = np.full((40, 141), 7, np.float32)
    numbers = np.repeat(np.arange(50, dtype=np.float32)[:, None], 141, axis=1)
    last = PlanBefore(100, numbers)
    assert begun_from(last, history, 149, 50)[:, 0].tolist() == [49.0] * 50
    assert begun_from(last, history, 150, 50)[:, 0].tolist() == [7.0] * 50
    assert begun_from(last, history, 110, 50)[:, 0].tolist() == [*range(10, 50), *[49.0] * 10]
