"""What is danced when the music stops or the signal is lost: standing at ease, sooner, later or not at all."""

from collections.abc import Callable

import numpy as np
import pytest
from command import club
from desk_dance import FPS, Seen, Turns, danced
from hopper import Hopper

from groovecast.audio.decode import Audio
from groovecast.wire.desk_messages import Value
from realtime.dance import Dancer

RATE_HZ = 24000
STOPS_S, SECONDS = 6.0, 16.0
HOPS_M, STILL_M = 0.02, 0.008


def stopped() -> Audio:
    """Six seconds of a beat, and silence."""
    sound = np.zeros(int(SECONDS * RATE_HZ), np.float32)
    sound[: int(STOPS_S * RATE_HZ)] = club(STOPS_S, RATE_HZ)
    return Audio(sound[:, None], RATE_HZ)


def playing(seconds: float = SECONDS) -> Audio:
    return Audio(club(seconds, RATE_HZ)[:, None], RATE_HZ)


def hopped_m(seen: Seen, from_s: float, seconds: float = 2.0) -> float:
    """How much the hips went up and down in that stretch."""
    return float(np.ptp(seen.height_m()[int(from_s * FPS) : int((from_s + seconds) * FPS)]))


def turned(**values: Value) -> Turns:
    return {0.0: list(values.items())}


def without_signal(turns: Turns, until_s: float = np.inf) -> Seen:
    return danced(Hopper(), playing(), turns, lost_s=(STOPS_S, until_s))


def in_silence(turns: Turns) -> Seen:
    return danced(Hopper(), stopped(), turns)


both = pytest.mark.parametrize("dance", [in_silence, without_signal], ids=["silence", "signal lost"])


@both
def test_the_figure_comes_to_stand_when_there_is_nothing_to_dance_to(dance: object) -> None:
    seen = dance(turned())  # type: ignore[operator]
    assert hopped_m(seen, 4) > HOPS_M
    assert hopped_m(seen, 14) < STILL_M


@both
def test_it_dances_through_as_much_silence_as_it_is_told_and_stands_then(dance: object) -> None:
    seen = dance(turned(idle_after_s=4.0))  # type: ignore[operator]
    assert hopped_m(seen, 8) > 0.7 * hopped_m(seen, 4)
    assert hopped_m(seen, 14) < hopped_m(seen, 4) / 3
    longer = dance(turned(idle_after_s=30.0))  # type: ignore[operator]
    assert hopped_m(longer, 14) > hopped_m(longer, 4) / 2


@both
def test_who_does_not_stand_in_silence_dances_on_freely(dance: object) -> None:
    seen = dance(turned(idle_on_silence=False))  # type: ignore[operator]
    assert hopped_m(seen, 14) > 0.5 * hopped_m(seen, 4)


def test_who_does_not_stand_in_silence_dances_before_there_is_any_sound() -> None:
    nothing = Audio(np.zeros((8 * RATE_HZ, 1), np.float32), RATE_HZ)
    assert hopped_m(danced(Hopper(), nothing, turned(idle_on_silence=False)), 5) > HOPS_M
    assert hopped_m(danced(Hopper(), nothing, turned(idle_after_s=30.0)), 5) < STILL_M


def test_through_a_break_of_two_seconds_the_beat_is_kept_in_mind() -> None:
    sound = club(12, RATE_HZ)
    sound[6 * RATE_HZ : 8 * RATE_HZ] = 0
    trusts: dict[float, list[float]] = {0.0: [], 5.0: []}
    for after_s, trust in trusts.items():
        danced(
            Hopper(), Audio(sound[:, None], RATE_HZ), turned(idle_after_s=after_s),
            lambda dancer, now_s, trust=trust: trust.append(dancer.mood.trust if 7 < now_s < 8 else 1.0),
        )  # fmt: skip
    assert min(trusts[0.0]) == 0
    assert min(trusts[5.0]) > 0.6


def test_a_signal_that_comes_back_is_danced_to_again_on_the_beat() -> None:
    seen = without_signal(turned(), until_s=10.0)
    assert hopped_m(seen, 14) > HOPS_M
    phase = np.asarray(seen.dancer.clock.phase_at(np.arange(14, 16, 0.5)))
    assert np.abs((phase + 0.5) % 1 - 0.5).max() < 0.1
    assert seen.dancer.mood.trust > 0.9


def test_a_device_that_hiccups_for_less_than_half_a_second_is_heard_whole_afterwards() -> None:
    heard: list[tuple[float, ...]] = []
    for hiccup in (False, True):
        dancer, sound = Dancer(Hopper(), RATE_HZ, 0.0), club(8, RATE_HZ)
        waiting: list[tuple[np.ndarray, float]] = []
        for frame in range(8 * 100):
            now_s = (frame + 1) / 100
            waiting.append((sound[frame * 240 : (frame + 1) * 240], frame / 100))
            if not (hiccup and 5.0 < now_s < 5.4):
                for block in waiting:
                    dancer.hear(*block)
                waiting.clear()
            dancer.imagine(now_s)
        clock = dancer.clock
        heard.append((float(clock.beat_at(8.0)), clock.tempo_bpm, clock.confidence, dancer.heard_until_s))
    assert heard[0] == pytest.approx(heard[1], abs=1e-6)
    assert heard[0][2] > 0.8


def trusts_of(late_s: Callable[[float], float]) -> list[float]:
    """How sure the beat is, plan by plan, from 6.9 s on, with each block coming so late."""
    dancer, sound = Dancer(Hopper(), RATE_HZ, 0.0), club(10, RATE_HZ)
    trusts, given = [], 0
    for hop in range(10 * 100):
        now_s = (hop + 1) / 100
        while given < hop + 1 and given / 100 + 0.01 + late_s(given / 100) <= now_s + 1e-9:
            dancer.hear(sound[given * 240 : (given + 1) * 240], given / 100)
            given += 1
        if dancer.imagine(now_s) and now_s > 6.9:
            trusts.append(dancer.mood.trust)
    return trusts


def test_after_a_longer_hiccup_the_beat_is_there_at_once() -> None:
    trusts = trusts_of(lambda at_s: 7.0 - at_s if 6.0 < at_s < 7.0 else 0.0)
    assert len(trusts) > 8 and min(trusts[1:]) > 0.8


def test_a_source_that_is_always_late_is_heard_all_the_same() -> None:
    assert min(trusts_of(lambda at_s: 0.9)) > 0.8
