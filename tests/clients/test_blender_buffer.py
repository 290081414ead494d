"""Blender's add-on keeps the server's clock and shows each pose at its time, whatever the network does to it."""

from typing import Any

import numpy as np
import pytest
from clients.blender_add_on import part
from clients.light_show import FPS, dance, joints_of, source_speed, speeds
from fakes.bouncer import apart_rad
from hypothesis import given
from hypothesis import strategies as st

from groovecast.motion.rotation import quat_multiply, slerp, unit

wire, turning, stream = part("wire"), part("turning"), part("stream")
server_clock, pose_buffer = part("server_clock"), part("pose_buffer")


# -- time ---------------------------------------------------------------------------------------------------


def test_the_clock_follows_the_shortest_ping_and_never_jumps() -> None:
    clock, random = server_clock.ServerClock(), np.random.default_rng(5)
    assert clock.server_s(0.0) is None
    before, worst = None, 0.0
    for tick in range(3600):
        now = tick / 60
        if tick % 30 == 0:
            there, back = random.uniform(0.01, 0.07, 2)
            clock.heard(now - there - back, now - back + 700, now - back + 700, now)
        server = clock.server_s(now)
        if before is not None:
            assert 0.95 / 60 - 1e-9 <= server - before <= 1.05 / 60 + 1e-9
        before = server
        if tick > 600:
            worst = max(worst, abs(server - now - 700))
    assert worst < 0.02, "half of what the two ways differ"


def test_a_clock_that_is_a_quarter_of_a_second_off_is_put_right_at_once() -> None:
    clock = server_clock.ServerClock()
    clock.heard(0.0, 10.1, 10.1, 0.2)
    assert clock.server_s(1.0) == pytest.approx(11.0)
    clock.forget()
    assert clock.server_s(1.1) is None
    clock.heard(1.1, 50.2, 50.2, 1.3)
    assert clock.server_s(2.0) == pytest.approx(51.0)


# -- the buffer ---------------------------------------------------------------------------------------------


def frame(time_s: float, x: float | None = None, **more: Any) -> Any:
    """Joint 0 turns 1 rad a second about Y, and goes 1 m a second along X."""
    x = time_s if x is None else x
    quat = (float(np.cos(x / 2)), 0.0, float(np.sin(x / 2)), 0.0)
    return wire.Frame(time_s, time_s, (x, 1.0, 0.0), (quat, (1.0, 0.0, 0.0, 0.0)), **more)


def angle(pose: Any) -> float:
    w, _, y, _ = pose.local_quat_wxyz[0]
    return float(2 * np.arctan2(y, w))


def test_between_two_poses_it_is_between_them_whatever_order_they_came_in() -> None:
    buffer = pose_buffer.PoseBuffer()
    assert buffer.at(0.0) is None
    for time_s in (0.2, 0.0, 0.3, 0.1):
        buffer.add(frame(time_s))
    for time_s in (0.0, 0.04, 0.1, 0.15, 0.29, 0.3):
        shown = buffer.at(time_s)
        assert shown.root_m[0] == pytest.approx(time_s) and angle(shown) == pytest.approx(time_s)
    assert (buffer.counts.received, buffer.counts.late, buffer.counts.starved) == (4, 0, 0)


def test_a_moment_planned_anew_replaces_the_old_one_and_an_older_plan_does_not() -> None:
    buffer = pose_buffer.PoseBuffer()
    buffer.add(frame(0.0))
    buffer.add(frame(1.0, x=5.0, revision=2))
    buffer.add(frame(1.0 + 4e-7, x=9.0, revision=1))
    assert buffer.at(1.0).root_m[0] == 5.0
    buffer.add(frame(2.0, x=1.0, revision=2))
    buffer.add(frame(2.0, x=2.0, revision=2))
    assert buffer.at(2.0).root_m[0] == 2.0


def test_a_cut_is_not_blended_over() -> None:
    buffer = pose_buffer.PoseBuffer()
    for each in (frame(0.0, x=0.0), frame(1.0, x=0.0), frame(2.0, x=8.0, cut=True), frame(3.0, x=8.0)):
        buffer.add(each)
    shown = [buffer.at(float(time_s)).root_m[0] for time_s in np.arange(0, 3, 0.1)]
    assert set(np.round(shown, 9)) == {0.0, 8.0}


def test_without_poses_it_moves_on_for_a_tenth_of_a_second_holds_and_blends_back() -> None:
    buffer, shown = pose_buffer.PoseBuffer(), []
    for tick in range(12):
        buffer.add(frame(tick / 60))
    times = np.arange(0, 2, 1 / 60)
    for time_s in times:
        if time_s >= 1.0:
            buffer.add(frame(float(time_s) + 0.05))
        shown.append(buffer.at(float(time_s)).root_m[0])
    x, last = np.array(shown), 11 / 60
    assert buffer.counts.starved == 1
    held = (times > last + 0.1) & (times < 1.0)
    np.testing.assert_allclose(x[held], last + 0.1, atol=1e-6)
    np.testing.assert_allclose(x[times <= last + 0.1], times[times <= last + 0.1], atol=1e-6)
    np.testing.assert_allclose(x[times > 1.2], times[times > 1.2], atol=1e-6)
    assert 0.15 / 60 < np.diff(x)[times[1:] > 1.05].max() < 12 / 60, "it comes back over some frames"


def test_poses_that_come_after_their_time_are_counted() -> None:
    buffer = pose_buffer.PoseBuffer()
    for tick in range(30):
        buffer.add(frame(tick / 60))
    buffer.at(0.3)
    buffer.add(frame(0.29))
    assert buffer.counts.late == 1


def test_another_session_keeps_what_is_shown_and_blends_into_the_dance() -> None:
    buffer = pose_buffer.PoseBuffer()
    for tick in range(30):
        buffer.add(frame(tick / 60))
    held = buffer.at(0.4).root_m[0]
    buffer.forget()
    assert buffer.at(70.0).root_m[0] == held
    for tick in range(60):
        buffer.add(frame(8 + tick / 60, x=3.0))
    shown = [buffer.at(8 + tick / 120).root_m[0] for tick in range(60)]
    assert shown[0] == pytest.approx(held, abs=1e-3) and shown[-1] == pytest.approx(3.0)
    assert np.abs(np.diff(shown)).max() < 0.4


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(0, 3), st.booleans(), st.booleans()), max_size=60))
def test_whatever_comes_and_is_asked_the_pose_is_whole(steps: list[tuple[float, int, bool, bool]]) -> None:
    buffer = pose_buffer.PoseBuffer()
    for time_s, revision, cut, asked in steps:
        buffer.add(frame(time_s, revision=revision, cut=cut))
        shown = buffer.at(time_s) if asked else None
        if shown is not None:
            assert np.linalg.norm(shown.local_quat_wxyz, axis=-1) == pytest.approx(1.0, abs=1e-6)


def test_through_a_rough_network_it_shows_sixty_frames_a_second_without_a_jump() -> None:
    random, buffer, clock = np.random.default_rng(7), pose_buffer.PoseBuffer(), server_clock.ServerClock()
    arrivals = []
    for tick in range(20 * FPS):
        if random.random() >= 0.02:
            sent_s = tick / FPS - stream.LOOK_AHEAD_S
            arrivals.append((sent_s + random.uniform(0.01, 0.07), tick / FPS))
    arrivals.sort()
    times, shown, coming = [], [], 0
    for tick in range(19 * FPS):
        now = tick / FPS
        if tick % 60 == 0 or (tick < 50 and tick % 6 == 0):
            there, back = random.uniform(0.01, 0.07, 2)
            clock.heard(now - there - back, now - back, now - back, now)
        while coming < len(arrivals) and arrivals[coming][0] <= now:
            pose = dance(arrivals[coming][1])
            quats = tuple(map(tuple, pose.local_quat_wxyz.tolist()))
            buffer.add(wire.Frame(pose.time_s, 0.0, tuple(pose.root_m.tolist()), quats))
            coming += 1
        pose = buffer.at(clock.server_s(now))
        if pose is not None and tick > 5:
            times.append(now)
            shown.append(pose)
    places = joints_of(np.array([p.root_m for p in shown]), np.array([p.local_quat_wxyz for p in shown]))
    assert len(shown) >= 18.9 * FPS
    assert speeds(np.array(times), places).max() < 1.2 * source_speed()
    assert (buffer.counts.late, buffer.counts.starved) == (0, 0)


@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.booleans())
def test_rotations_turn_as_ours_do_the_short_way_round(seed: int, share: float, flipped: bool) -> None:
    a, b = unit(np.random.default_rng(seed).normal(0, 1, (2, 4)))
    there = tuple((-b if flipped else b).tolist())
    for mine, ours in (
        (turning.slerp(tuple(a.tolist()), there, share), slerp(a, b, share)),
        (turning.multiply(tuple(a.tolist()), there), quat_multiply(a, b)),
        (turning.unit(tuple((3 * a).tolist())), a),
    ):
        assert apart_rad(np.array(mine), ours) < 1e-6
    assert turning.unit((0.0, 0.0, 0.0, 0.0)) == turning.ONE
