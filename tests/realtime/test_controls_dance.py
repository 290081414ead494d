"""The desk's dance controls with the bundled dancer: each changes the motion as its label says, none with a jump."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from desk_dance import FPS, SKELETON, Seen, Turns, Watch, danced

from groovecast.audio.decode import Audio
from groovecast.wire.desk_messages import Value
from realtime.dance import Dancer
from realtime.engine import ModelGenerator, opened
from realtime.evaluation.songs import club_song
from realtime.settings import BUNDLED_MODEL, DanceWishes
from realtime.shows import model_folder

TURNED_S = 6.0
# What a joint may be accelerated by more than in the same dance left alone; a jump of 2 cm in a frame is 72 m/s2.
JOLT_M_S2 = 60.0

Dance = Callable[..., Seen]


@pytest.fixture(scope="module")
def generator() -> ModelGenerator:
    return opened(model_folder(BUNDLED_MODEL), DanceWishes(engine="cpu", precision="int8"))


@pytest.fixture(scope="module")
def club() -> Audio:
    return club_song((24, 29)).audio


@pytest.fixture(scope="module")
def dance(generator: ModelGenerator, club: Audio) -> Dance:
    """Dance to nine seconds of the bundled track in one style, with what is turned when."""

    def dance(turns: Turns | None = None, style: str = "street", watch: Watch | None = None) -> Seen:
        turns = {0.0: [("style", style)], **(turns or {})}
        return danced(generator, club, turns, watch)

    return dance


@pytest.fixture(scope="module")
def alone(dance: Dance) -> Seen:
    return dance()


def from_the_start(name: str, value: Value, style: str = "street") -> Turns:
    return {0.0: [("style", style), (name, value)]}


def test_the_more_intensity_the_faster_the_body(dance: Dance) -> None:
    speeds = [
        dance(from_the_start("intensity", intensity, "salsa")).speed_m_s()
        for intensity in (0.0, 0.5, 1.0, 1.5, 2.0)
    ]
    assert all(np.diff(speeds) > 0.05), speeds
    assert speeds[-1] > 4 * speeds[0]


def test_the_more_groove_the_deeper_the_hips_sink_into_every_beat(dance: Dance, alone: Seen) -> None:
    depths = [on_the_beat_m(dance(from_the_start("groove", groove))) for groove in (0.0, 2.0)]
    depths.insert(1, on_the_beat_m(alone))
    assert depths[0] < depths[1] / 3 and depths[2] > 1.5 * depths[1], depths


def on_the_beat_m(seen: Seen, from_s: float = 4.0) -> float:
    """How much the hips go up and down once a beat."""
    height = seen.height_m()[int(from_s * FPS) :]
    times_s = from_s + np.arange(len(height)) / FPS
    beat = seen.dancer.clock.beat_at(times_s)
    return float(2 * np.abs(np.mean((height - height.mean()) * np.exp(-2j * np.pi * beat))))


def quick_m2(seen: Seen, joint: str, from_s: float = 4.0) -> float:
    """How much of a joint's way against the hips is quicker than three times a second."""
    way = seen.place_m[int(from_s * FPS) :, SKELETON.index(joint)] - seen.place_m[int(from_s * FPS) :, 0]
    spectrum = np.abs(np.fft.rfft((way - way.mean(axis=0)) * np.hanning(len(way))[:, None], axis=0)) ** 2
    return float(spectrum[np.fft.rfftfreq(len(way), 1 / FPS) > 3.0].sum())


def test_the_smoother_the_less_is_left_of_what_is_quick(dance: Dance, alone: Seen) -> None:
    half, full = (dance(from_the_start("smoothness", share)) for share in (0.5, 1.0))
    for hand in ("leftHand", "rightHand"):
        quick = [quick_m2(seen, hand) for seen in (alone, half, full)]
        assert quick[1] < 0.6 * quick[0] and quick[2] < 0.15 * quick[0], (hand, quick)


def test_a_smooth_dance_is_neither_later_nor_sooner_and_has_no_seams(dance: Dance, alone: Seen) -> None:
    smooth = dance(from_the_start("smoothness", 1.0))
    # the plans themselves are the same, only what is shown of them differs
    way, other = (seen.place_m[4 * FPS :, 13:, :].reshape(-1, 9 * 3) for seen in (alone, smooth))
    shifts = range(-9, 10)
    inner = slice(12, -12)
    alike = [
        np.corrcoef(way[inner].ravel(), np.roll(other, shift, 0)[inner].ravel())[0, 1] for shift in shifts
    ]
    assert abs(shifts[int(np.argmax(alike))]) <= 1
    # and where plans meet it is as smooth as anywhere: a jump there would be as hard as what was smoothed away
    assert smooth.hardest_m_s2(4.0, 7.6) < 0.5 * alone.hardest_m_s2(4.0, 7.6)


def test_smoothness_is_turned_up_and_down_without_a_jump_and_is_gone_at_nought(
    dance: Dance, alone: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    # planned when it would have been planned anyway, or it is another dance from then on
    monkeypatch.setattr("realtime.dance._HURRIED_FRAMES", 10**6)
    seen = dance({4.0: [("smoothness", 1.0)], 5.5: [("smoothness", 0.0)]})
    assert seen.apart_m(alone)[4 * FPS : 6 * FPS].max() > 0.01
    assert seen.hardest_m_s2(3.5, 8.5) < alone.hardest_m_s2(3.5, 8.5) + JOLT_M_S2
    assert seen.apart_m(alone)[: 4 * FPS].max() == 0
    assert seen.apart_m(alone)[int(8.5 * FPS) :].max() < 1e-3


@pytest.mark.parametrize("press", [("seed", 77), ("reroll", True)], ids=["seed", "reroll"])
def test_another_seed_is_another_dance_within_a_stride_and_look_ahead_and_without_a_jump(
    dance: Dance, alone: Seen, press: tuple[str, Value]
) -> None:
    seen = dance({TURNED_S: [press]})
    apart = seen.apart_m(alone)
    first = int(np.argmax(apart > 0)) / FPS - TURNED_S
    assert 0.1 < first < 0.2 + 8 / 30 + 3 / FPS
    assert apart[int((TURNED_S + 1.5) * FPS) :].mean() > 0.05
    # another dance is joined before its time, and has harder movements of its own
    assert seen.hardest_m_s2(TURNED_S) < alone.hardest_m_s2(TURNED_S) + 1.25 * JOLT_M_S2


def test_without_foot_lock_planted_feet_slide_and_with_it_they_stand(dance: Dance, alone: Seen) -> None:
    free = dance(from_the_start("foot_lock", False))

    def slid_m_s(seen: Seen) -> float:
        toes = seen.place_m[4 * FPS :, [SKELETON.index("leftToes"), SKELETON.index("rightToes")]]
        speed = np.linalg.norm(np.diff(toes[..., [0, 2]], axis=0), axis=-1) * FPS
        return float(speed[toes[1:, :, 1] < 0.04].mean())

    assert slid_m_s(free) > 1.3 * slid_m_s(alone)


def test_half_of_two_styles_lies_between_them_and_is_reached_without_a_jump(
    dance: Dance, alone: Seen
) -> None:
    salsa = dance(style="salsa")
    both: dict[str, Value] = {"style_b": "salsa", "style_blend": 0.5}
    half = dance({TURNED_S - 2: list(both.items())})
    assert half.hardest_m_s2(3.5) < max(alone.hardest_m_s2(3.5), salsa.hardest_m_s2(3.5)) + JOLT_M_S2


def test_one_plan_in_half_of_two_styles_is_nearer_to_each_than_they_are_to_each_other(
    generator: ModelGenerator, dance: Dance
) -> None:
    asked: list[tuple[np.ndarray, ...]] = []
    plan_all = generator.plan_all

    def noted(asks: list) -> list:  # type: ignore[type-arg]
        asked.extend((ask.history, ask.music, ask.noise, ask.style) for ask in asks)
        return plan_all(asks)

    generator.plan_all = noted  # type: ignore[method-assign, assignment]
    dance({0.1: [("style_b", "salsa"), ("style_blend", 0.5)]})
    generator.plan_all = plan_all  # type: ignore[method-assign]
    styles = generator.config.styles
    for history, music, noise, style in asked[20:30]:
        assert style[styles.index("salsa")] == pytest.approx(0.5)
        assert style[styles.index("street")] == pytest.approx(0.5)
        one, other = (
            np.eye(len(style), dtype=np.float32)[styles.index(name)] for name in ("salsa", "street")
        )
        a, half, b = (generator.plan(history, music, word, noise).numbers for word in (one, style, other))
        apart = [float(np.abs(x - y).mean()) for x, y in ((a, half), (half, b), (a, b))]
        assert max(apart[:2]) < apart[2]


@pytest.mark.parametrize("turned", [("look_ahead_ms", 140), ("look_ahead_ms", 600), ("reactive", True)])
def test_look_ahead_and_reactive_are_turned_without_a_gap_or_a_jump(
    dance: Dance, alone: Seen, turned: tuple[str, Value]
) -> None:
    frames: list[tuple[int, int]] = []

    def watch(dancer: Dancer, _now_s: float) -> None:
        plan = dancer.buffer.plan
        frames.append((plan.free_frame - dancer.settings.stride_frames, plan.free_frame))

    back: tuple[str, Value] = (turned[0], 200 if turned[0] == "look_ahead_ms" else False)
    seen = dance({4.0: [turned], TURNED_S: [back]}, watch=watch)
    assert all(after[0] == before[1] for before, after in pairwise(frames))
    assert seen.dancer.counts.misses == 0
    assert seen.hardest_m_s2(3.5) < alone.hardest_m_s2(3.5) + JOLT_M_S2
