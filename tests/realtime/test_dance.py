"""The signal path without threads or clocks: what is heard decides what is shown, and nothing else does."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hopper import Hopper

from groovecast.model.imagined import Imagined, imagined
from groovecast.motion.pose import Pose
from groovecast.motion.representation import HEIGHT
from realtime.dance import Dancer
from realtime.dance_settings import DanceSettings

_RATE = 24000
_START_S = 1000.0


def _club(seconds: float, bpm: float = 120.0, loud: float = 0.8) -> np.ndarray:
    """A kick on every beat, hats between, at 24 kHz."""
    time_s = np.arange(int(seconds * _RATE)) / _RATE
    beat = time_s * bpm / 60
    since = (beat % 1) * 60 / bpm
    kick = np.sin(2 * np.pi * (50 * since + 8 * (1 - np.exp(-since * 40)))) * np.exp(-since * 18)
    hat_since = ((beat + 0.5) % 1) * 60 / bpm
    hat = np.random.default_rng(0).standard_normal(len(time_s)) * np.exp(-hat_since * 90) * 0.3
    return (loud * (kick + hat) / 1.3).astype(np.float32)


def _danced(
    sound: np.ndarray,
    generator: Hopper | None = None,
    block: int = 480,
    settings: DanceSettings | None = None,
    watch: Callable[[Dancer, float], None] | None = None,
) -> tuple[list[Pose], Dancer]:
    """Dance to a sound on a fake clock, 60 frames a second."""
    dancer = Dancer(generator or Hopper(), _RATE, _START_S, settings)
    poses, given_samples = [], 0
    for frame in range(int(len(sound) / _RATE * 60)):
        now_s = _START_S + frame / 60
        while (given_samples + block) / _RATE + _START_S <= now_s + 1e-9:
            dancer.hear(sound[given_samples : given_samples + block], _START_S + given_samples / _RATE)
            given_samples += block
        while dancer.imagine(now_s):
            pass
        if watch is not None:
            watch(dancer, now_s)
        poses.append(dancer.show(now_s))
    return poses, dancer


def _same(a: list[Pose], b: list[Pose], until_s: float = np.inf) -> bool:
    return all(
        np.array_equal(x.root_m, y.root_m) and np.array_equal(x.local_quat_wxyz, y.local_quat_wxyz)
        for x, y in zip(a, b, strict=True)
        if x.time_s - _START_S < until_s
    )


def test_the_same_sound_gives_the_same_dance_however_it_is_cut_into_blocks() -> None:
    sound = _club(6)
    assert _same(_danced(sound, block=240)[0], _danced(sound, block=960)[0])


def test_sound_that_has_not_been_heard_changes_nothing_before_it() -> None:
    sound = _club(6)
    other = sound.copy()
    other[4 * _RATE :] = 0
    assert _same(_danced(sound)[0], _danced(other)[0], until_s=4.0)
    assert not _same(_danced(sound)[0], _danced(other)[0])


def test_the_dancer_is_never_late() -> None:
    leads = []

    def watch(dancer: Dancer, now_s: float) -> None:
        leads.append(dancer.buffer.plan.free_frame / 30 + _START_S - now_s)

    _, dancer = _danced(_club(5), watch=watch)
    assert min(leads[30:]) > 0.15
    assert dancer.counts.misses == 0 and dancer.counts.unheard == 0


def test_committed_frames_are_never_changed() -> None:
    seen: dict[int, np.ndarray] = {}

    def watch(dancer: Dancer, now_s: float) -> None:
        plan = dancer.buffer.plan
        for frame in range(plan.first_frame, plan.free_frame):
            quat = plan.shown.local_quat_wxyz[frame - plan.first_frame]
            if frame in seen:
                np.testing.assert_allclose(quat, seen[frame], atol=1e-6)
            seen[frame] = quat

    _danced(_club(4), watch=watch)
    assert len(seen) > 100


def test_a_plan_is_told_the_sound_up_to_its_lead_and_the_beat_beyond() -> None:
    hopper = Hopper()
    _danced(_club(8), hopper)
    music = hopper.music[-1]
    assert music[:34, 9].all() and not music[35:, 9].any()
    assert np.abs(music[35:, :4]).max() > 0.5, "the beat goes on into the future"
    assert not music[35:, 6:8].any(), "onsets do not"


def test_the_told_beat_agrees_with_the_kicks() -> None:
    hopper = Hopper()
    _, dancer = _danced(_club(10, bpm=120), hopper)
    for music in hopper.music[-4:]:
        phase = np.arctan2(music[40:, 0], music[40:, 1]) / (2 * np.pi) % 1
        assert np.allclose(np.diff(phase) % 1, 2.0 / 30, atol=0.01)
    kicks = _START_S + np.arange(20) * 0.5
    beats = np.asarray(dancer.clock.beat_at(kicks))
    assert np.abs(beats[10:] - np.round(beats[10:])).max() < 0.08


def test_history_is_what_was_danced() -> None:
    hopper, plans = Hopper(), []

    def watch(dancer: Dancer, _now_s: float) -> None:
        if len(hopper.histories) > len(plans):
            plans.append(dancer.buffer.plan)

    _danced(_club(6), hopper, settings=DanceSettings(foot_lock=False), watch=watch)
    for plan, history in zip(plans[5:-1], hopper.histories[6:], strict=False):
        rows = np.arange(plan.free_frame - 40, plan.free_frame) - plan.first_frame
        np.testing.assert_allclose(history[:, HEIGHT], plan.danced.root_m[rows, 1], atol=1e-5)
    assert np.std(hopper.histories[-1][:, HEIGHT]) > 0.001


def test_silence_is_stood_out_and_music_is_danced() -> None:
    quiet, _ = _danced(np.zeros(4 * _RATE, np.float32))
    loud, _ = _danced(_club(8))
    assert np.ptp([pose.root_m[1] for pose in quiet[120:]]) < 0.01
    assert np.ptp([pose.root_m[1] for pose in loud[300:]]) > 0.03


class _Faulty(Hopper):
    """Dances for a while, then misbehaves as it is told."""

    def __init__(self, fault: Callable[[np.ndarray], np.ndarray], after: int = 8) -> None:
        super().__init__()
        self._fault, self._after = fault, after

    def plan(self, history: np.ndarray, music: np.ndarray, style: np.ndarray, noise: np.ndarray) -> Imagined:
        plan = super().plan(history, music, style, noise)
        return plan if self.calls < self._after else imagined(self._fault(plan.numbers), self.config.fps)


def _raise(_plan: np.ndarray) -> np.ndarray:
    raise RuntimeError("the engine is gone")


@pytest.mark.parametrize(
    "fault",
    [_raise, lambda plan: plan * np.nan, lambda plan: plan * 1e6, lambda plan: plan + 3.0],
    ids=["raises", "not a number", "explodes", "flies"],
)
def test_a_faulty_generator_never_stops_the_figure_and_never_breaks_it(
    fault: Callable[[np.ndarray], np.ndarray],
) -> None:
    poses, dancer = _danced(_club(8), _Faulty(fault))
    assert dancer.counts.rejected > 10 and dancer.counts.reasons
    hands = np.stack([pose.local_quat_wxyz[16] for pose in poses])
    assert np.isfinite(hands).all()
    settled = hands[-120:]
    assert np.abs(np.diff(settled, axis=0)).max() > 0, "even with nothing to dance, it breathes"
    steps = np.abs(np.diff(hands, axis=0)).max(axis=1)
    assert steps.max() < 0.12, "and it gets there without a jump"


def test_after_a_stall_the_dance_goes_on_from_what_was_shown() -> None:
    sound, dancer = _club(8), Dancer(Hopper(), _RATE, _START_S)
    shown = []
    for frame in range(8 * 60):
        now_s = _START_S + frame / 60
        dancer.hear(sound[frame * 400 : (frame + 1) * 400], now_s)
        stalled = 3.0 < frame / 60 < 5.5
        while not stalled and dancer.imagine(now_s):
            pass
        shown.append(dancer.show(now_s))
    assert dancer.counts.misses > 0
    for before, after in pairwise(shown):
        assert np.abs(after.root_m - before.root_m).max() < 0.04
    assert np.ptp([pose.root_m[1] for pose in shown[-60:]]) > 0.01


class _Stander(Hopper):
    """Stands where it is, so that all that moves is the groove."""

    def plan(self, history: np.ndarray, music: np.ndarray, style: np.ndarray, noise: np.ndarray) -> Imagined:
        return super().plan(history, music * 0, style, noise * 0)


def test_the_hips_are_lowest_on_the_kicks_or_a_little_before() -> None:
    poses, _ = _danced(_club(16, bpm=124), _Stander())
    heights = np.array([pose.root_m[1] for pose in poses])
    lowest = np.flatnonzero((heights[1:-1] <= heights[:-2]) & (heights[1:-1] < heights[2:])) + 1
    kicks = np.arange(8, 15, 60 / 124)
    kicks = np.round(kicks * 124 / 60) * 60 / 124
    lag_ms = [1000 * min((low / 60 - kick for low in lowest), key=abs) for kick in kicks]
    assert -50 < np.median(lag_ms) < 10, lag_ms
    assert np.mean(np.abs(lag_ms) < 70) > 0.9


@pytest.mark.parametrize("bpm", [124.0, 150.0, 160.0])
def test_the_groove_never_jumps_from_plan_to_plan(bpm: float) -> None:
    poses, _ = _danced(_club(14, bpm=bpm), _Stander())
    heights = np.array([pose.root_m[1] for pose in poses[240:]])
    assert np.ptp(heights) > 0.02
    assert np.abs(np.diff(heights)).max() < 0.008


def test_noise_is_a_draw_of_its_own_for_every_frame_and_the_same_for_the_same_frame() -> None:
    hopper = _Noted()
    _danced(_club(2), hopper)
    first, second = hopper.noises[2], hopper.noises[3]
    np.testing.assert_array_equal(first[8:], second[:-8])
    flat = first[:40, :128]
    for lag in range(0, 24, 4):
        alike = np.corrcoef(flat[:-1, : 128 - lag].ravel(), flat[1:, lag:].ravel())[0, 1]
        assert abs(alike) < 0.1, lag


class _Noted(Hopper):
    """Keeps the noise that it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.noises: list[np.ndarray] = []

    def plan(self, history: np.ndarray, music: np.ndarray, style: np.ndarray, noise: np.ndarray) -> Imagined:
        self.noises.append(noise)
        return super().plan(history, music, style, noise)


def test_what_a_device_gets_wrong_for_a_moment_is_not_heard_for_ever() -> None:
    sound = _club(8)
    sound[2 * _RATE : 2 * _RATE + 100] = np.nan
    poses, dancer = _danced(sound)
    assert np.isfinite(dancer.mood.energy) and dancer.mood.energy > 0.1
    assert np.isfinite([pose.root_m for pose in poses]).all()


def test_without_groove_a_stander_stands() -> None:
    poses, _ = _danced(_club(8), _Stander(), settings=DanceSettings(groove=0.0))
    assert np.ptp([pose.root_m[1] for pose in poses[240:]]) < 0.005


def test_two_seeds_are_two_dances_and_one_seed_is_one() -> None:
    sound = _club(5)
    first, again = (_danced(sound, settings=DanceSettings(seed=5))[0] for _ in range(2))
    other, _ = _danced(sound, settings=DanceSettings(seed=6))
    assert _same(first, again) and not _same(first, other)


def test_a_pose_has_all_its_joints_and_unit_rotations() -> None:
    poses, _ = _danced(_club(3))
    for pose in poses:
        assert pose.local_quat_wxyz.shape == (52, 4)
        np.testing.assert_allclose(np.linalg.norm(pose.local_quat_wxyz, axis=-1), 1, atol=1e-4)
