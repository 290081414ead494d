"""The Python client's clock and play-out, on a fake clock: they follow what is measured, and nobody sees it."""

import math

import numpy as np
from groovecast_client.play_out import PlayOut
from groovecast_client.server_clock import ServerClock
from hypothesis import given
from hypothesis import strategies as st

OFFSET_S = 5000.0


def ping(clock: ServerClock, now_s: float, up_s: float, down_s: float, offset_s: float = OFFSET_S) -> None:
    """A ping that comes back at `now_s`."""
    left_s = now_s - up_s - down_s
    clock.pong(left_s, left_s + up_s + offset_s, left_s + up_s + offset_s, now_s)


def test_the_quickest_of_the_last_sixteen_pings_counts() -> None:
    clock = ServerClock()
    ping(clock, 1.0, 0.010, 0.014)
    for count in range(15):
        ping(clock, 2.0 + count, 0.010, 0.070)
    assert math.isclose(clock.offset_s or 0, OFFSET_S - 0.002, abs_tol=1e-9)
    ping(clock, 20.0, 0.010, 0.070)  # the seventeenth: the first is forgotten
    assert math.isclose(clock.offset_s or 0, OFFSET_S - 0.030, abs_tol=1e-9)
    assert math.isclose(clock.round_trip_s or 0, 0.080, abs_tol=1e-9)


def test_before_a_ping_came_back_the_server_s_own_word_must_do() -> None:
    clock = ServerClock()
    assert clock.at(1.0) is None and clock.measured(1.0) is None and not clock.synced
    clock.guess(5001.0, 1.04)
    assert clock.at(2.04) == 5002.0
    ping(clock, 2.5, 0.01, 0.01)
    assert clock.synced


@given(
    st.lists(st.tuples(st.floats(0.001, 0.2), st.floats(0, 0.3), st.floats(0, 0.3)), min_size=2, max_size=60)
)
def test_the_time_to_show_runs_at_nearly_its_pace_and_never_back(
    pings: list[tuple[float, float, float]],
) -> None:
    clock, now_s = ServerClock(), 10.0
    ping(clock, now_s, 0.05, 0.05)
    before_s = clock.at(now_s)
    assert before_s is not None
    for after_s, up_s, down_s in pings:
        now_s += after_s
        ping(clock, now_s, up_s, down_s)  # none is off by more than half its way: 0.15 s
        shown_s = clock.at(now_s)
        assert shown_s is not None
        assert 0.95 * after_s - 1e-9 <= shown_s - before_s <= 1.05 * after_s + 1e-9
        before_s = shown_s


def test_a_clock_that_is_far_off_jumps_at_once() -> None:
    clock = ServerClock()
    ping(clock, 1.0, 0.05, 0.05)
    clock.at(1.0)
    for count in range(16):
        ping(clock, 2.0 + count, 0.05, 0.05, OFFSET_S + 0.3)
    assert math.isclose(clock.at(20.0) or 0, 20.0 + OFFSET_S + 0.3)


def test_a_small_step_is_made_up_for_in_the_end() -> None:
    clock = ServerClock()
    ping(clock, 1.0, 0.05, 0.05)
    clock.at(1.0)
    ping(clock, 1.1, 0.0, 0.01, OFFSET_S + 0.1)
    shown = [(clock.at(1.1 + tick / 60) or 0) - (1.1 + tick / 60) - OFFSET_S for tick in range(240)]
    assert shown[0] < 0.01 and math.isclose(shown[-1], 0.095, abs_tol=1e-6)


def test_a_nonsense_pong_is_not_believed() -> None:
    clock = ServerClock()
    for stamps in (
        (0.0, math.inf, 0.0, 1.0),
        (1e308, -1e308, 1e308, 1.0),
        (5.0, 1.0, 1.0, 4.0),
        (math.nan, 1, 1, 2),
    ):
        clock.pong(*stamps)
    assert not clock.synced


def test_frames_that_come_in_time_are_shown_in_time() -> None:
    play_out, rng = PlayOut(), np.random.default_rng(0)
    for _ in range(1000):
        play_out.came(0.25 - rng.uniform(0.01, 0.07), 1 / 60)
        assert play_out.at(0.0, False) == 0.0


def test_frames_that_come_late_delay_the_dance_by_what_they_lack() -> None:
    play_out, rng = PlayOut(), np.random.default_rng(0)
    for _ in range(600):
        play_out.came(-rng.uniform(0.01, 0.07), 1 / 60)
    assert math.isclose(play_out.at(0.0, False), 0.07 + 1.5 / 60, abs_tol=0.003)


def test_a_dance_that_runs_is_delayed_so_slowly_that_nobody_sees_it() -> None:
    play_out = PlayOut()
    play_out.came(0.25, 1 / 60)
    assert play_out.at(0.0, True) == 0.0
    for _ in range(60):
        play_out.came(-0.1, 1 / 60)
    steps = [play_out.at(tick / 60, True) for tick in range(300)]
    assert max(np.diff(steps)) <= 0.05 / 60 + 1e-9 and math.isclose(steps[-1], 0.125, abs_tol=1e-6)


def test_one_stall_in_ten_seconds_does_not_delay_the_dance() -> None:
    play_out = PlayOut()
    for frame in range(600):
        play_out.came(-1.0 if 300 <= frame < 305 else 0.2, 1 / 60)
    assert play_out.at(0.0, False) == 0.0
