"""The Python client's jitter buffer on a fake clock: what is lost, late, overtaken or planned anew makes no jump."""

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from clients.rough_network import Roughness
from groovecast_client.between import kept
from groovecast_client.frame import Frame, NextBeat
from groovecast_client.jitter_buffer import BLEND_S, JitterBuffer, Pose, danced
from hypothesis import given, settings
from hypothesis import strategies as st

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.rotation import quat_from_axis_angle
from groovecast.motion.skeleton import groovecast_skeleton

FPS = 60
START_S = 5000.0
SPEED_LIMIT = 1.2  # of the source's p99.9: more would be seen as a jump
LOOK_AHEAD_S, FIRM_S = 0.25, 0.2  # when frames are sent, and up to when they are planned anew
PLAN_S = 8 / 30
SHOW_S = 6.0

Stance = Callable[[float], tuple[np.ndarray, np.ndarray]]


def dance(time_s: float, aside: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Where the hips are and how the joints are turned; `aside` bends all of them another way."""
    since_s, joints = time_s - START_S, np.arange(52)
    phase = 2 * np.pi * 1.3 * since_s + 0.7 * joints
    size = np.where(joints < 22, 0.25, 0.12)[:, None]
    turns = size * np.stack((np.sin(phase) + aside, 0.6 * np.cos(1.3 * phase), np.sin(0.7 * phase)), -1)
    root = np.array([0.4 * np.sin(0.9 * since_s), 0.92 + 0.03 * np.sin(7 * since_s), 0.2 * aside])
    return root, quat_from_axis_angle(turns)


def frame(number: int, stance: Stance = dance, **more: object) -> Frame:
    """The frame of that number; its sound was heard 0.3 s before."""
    time_s = START_S + number / FPS
    root, quat = (part.astype(np.float32) for part in stance(time_s))
    about = {"t_capture_s": time_s - 0.3, "beat": 2 * time_s, "tempo_bpm": 120.0, **more}
    return Frame(number, t_present_s=time_s, root_m=root, local_quat_wxyz=quat, **about)  # type: ignore[arg-type]


def shown(buffer: JitterBuffer, number: float) -> Pose:
    """The pose at the moment of that frame."""
    pose = buffer.pose_at(START_S + number / FPS)
    assert pose is not None
    return pose


def joints_m(root: np.ndarray, quat: np.ndarray) -> np.ndarray:
    bones = groovecast_skeleton()
    offset_m = bones.rest_offset_m.astype(float)
    return world_from_local(np.asarray(root, float), np.asarray(quat, float), offset_m, bones.parents)[0]


def speeds(stances: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """How fast each joint goes from one to the next, m/s."""
    roots, quats = zip(*stances, strict=True)
    return np.linalg.norm(np.diff(joints_m(np.stack(roots), np.stack(quats)), axis=0), axis=-1) * FPS


def stances(poses: list[Pose]) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(pose.root_m, pose.local_quat_wxyz) for pose in poses]


# --- a whole network


@dataclass(frozen=True)
class Sent:
    """A message as it leaves the server."""

    at_s: float
    frame: Frame


def plainly(seconds: float) -> Iterator[Sent]:
    """A dance that is never planned anew."""
    for number in range(round(seconds * FPS)):
        yield Sent(START_S + number / FPS - LOOK_AHEAD_S, frame(number))


@cache
def _bends() -> np.ndarray:
    return np.random.default_rng(3).choice((-1.0, 1.0), 4096) * 0.4


def planned(time_s: float, plans: int) -> tuple[np.ndarray, np.ndarray]:
    """The dance as the last of so many plans has it: each bends it another way from its first moment on."""
    since_s = time_s - START_S - PLAN_S * np.arange(1, plans + 1)
    share = np.clip(since_s / 0.4, 0, 1)
    rise = share * share * (3 - 2 * share)
    bends = np.diff(_bends()[: plans + 1], prepend=0.0)[1:]
    return dance(time_s, float((bends * rise).sum()))


def anew(seconds: float, look_ahead_s: float = LOOK_AHEAD_S) -> Iterator[Sent]:
    """A dance that is planned anew four times a second: what was sent too early is sent again."""
    latest: dict[int, Frame] = {}
    for tick in range(round(seconds * FPS)):
        now_s = START_S + tick / FPS - look_ahead_s
        plans = max(0, int((now_s + FIRM_S - START_S) / PLAN_S + 1e-9))
        heard = {"t_capture_s": START_S + plans * PLAN_S - 0.4}

        def stance(time_s: float, plans: int = plans) -> tuple[np.ndarray, np.ndarray]:
            return planned(time_s, plans)

        for number, known in list(latest.items()):
            if known.t_present_s >= now_s + FIRM_S and known.t_capture_s < heard["t_capture_s"] - 1e-9:
                latest[number] = frame(number, stance, revision=known.revision + 1, **heard)
                yield Sent(now_s, latest[number])
        latest[tick] = frame(tick, stance, **heard)
        latest.pop(tick - FPS, None)
        yield Sent(now_s, latest[tick])


def far_ahead(seconds: float) -> Iterator[Sent]:
    """The same for a client that asked for as much as it may: much is sent again."""
    return anew(seconds, 0.5)


def watched(sent: Iterator[Sent], rough: Roughness, phase: float = 0.37) -> tuple[list[Pose], JitterBuffer]:
    """What a client shows of it, sixty times a second, behind that network."""
    chance, buffer, poses = random.Random(rough.seed), JitterBuffer(), []
    coming: list[tuple[float, int, Frame]] = []
    for count, one in enumerate(sent):
        late_s = rough.delay_s + chance.uniform(-rough.jitter_s, rough.jitter_s)
        if chance.random() >= rough.loss:
            heapq.heappush(coming, (one.at_s + late_s, count, one.frame))
    end_s = max(one[2].t_present_s for one in coming)
    now_s = START_S + phase / FPS
    while now_s < end_s:
        while coming and coming[0][0] <= now_s:
            arrived_s, _, came = heapq.heappop(coming)
            buffer.push(came, arrived_s)
        pose = buffer.pose_at(now_s)
        if pose is not None:
            poses.append(pose)
        now_s += 1 / FPS
    return poses, buffer


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("sent", [plainly, anew, far_ahead])
def test_no_jump_is_seen_through_a_network_that_jitters_and_loses(
    sent: Callable[[float], Iterator[Sent]], seed: int
) -> None:
    latest = {one.frame.seq: one.frame for one in sent(SHOW_S)}
    source = speeds([(one.root_m, one.local_quat_wxyz) for _, one in sorted(latest.items())])
    limit = np.percentile(source, 99.9)
    poses, buffer = watched(sent(SHOW_S), Roughness(seed=seed))
    fast = speeds(stances(poses))
    assert np.percentile(fast, 99.9) <= SPEED_LIMIT * limit
    assert fast.max() <= SPEED_LIMIT * limit, (fast.max() / limit, np.argwhere(fast > SPEED_LIMIT * limit))
    assert len(poses) >= SHOW_S * FPS - 2
    assert not any(pose.held for pose in poses) and buffer.counts.starved == buffer.counts.late == 0
    assert buffer.delay_s == 0


def test_what_is_shown_through_that_network_is_the_dance_itself() -> None:
    poses, _ = watched(plainly(SHOW_S), Roughness())
    ways = stances(poses), [dance(pose.time_s) for pose in poses]
    shown_m, danced_m = (joints_m(*map(np.stack, zip(*way, strict=True))) for way in ways)
    off_m = shown_m - danced_m
    assert np.linalg.norm(off_m, axis=-1).max() < 0.02  # lost frames and the curve between frames, together


def test_a_look_ahead_that_is_too_short_is_made_up_for_without_a_jump() -> None:
    def at_once(seconds: float) -> Iterator[Sent]:
        for one in plainly(seconds):
            yield replace(one, at_s=one.frame.t_present_s)

    source = speeds([dance(START_S + number / FPS) for number in range(720)])
    poses, buffer = watched(at_once(12.0), Roughness())
    assert 0.07 < buffer.delay_s < 0.12
    steady = speeds(stances(poses[4 * FPS :]))
    assert steady.max() <= SPEED_LIMIT * np.percentile(source, 99.9)


# --- one thing at a time


def test_a_pose_between_two_frames_lies_between_them() -> None:
    buffer = JitterBuffer()
    for number in range(10):
        buffer.push(frame(number))
    pose = shown(buffer, 4.5)
    want = dance(START_S + 4.5 / FPS)
    np.testing.assert_allclose(joints_m(pose.root_m, pose.local_quat_wxyz), joints_m(*want), atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(pose.local_quat_wxyz, axis=-1), 1, atol=1e-6)


@settings(max_examples=20)
@given(st.permutations(range(12)), st.sets(st.integers(0, 11)))
def test_the_order_in_which_frames_come_and_copies_of_them_change_nothing(
    order: list[int], twice: set[int]
) -> None:
    in_order, other = JitterBuffer(), JitterBuffer()
    for number in range(12):
        in_order.push(frame(number))
    for number in order + [number for number in order if number in twice]:
        other.push(frame(number))
    for number in (0.2, 3.5, 10.9):
        one, two = shown(in_order, number), shown(other, number)
        np.testing.assert_array_equal(one.local_quat_wxyz, two.local_quat_wxyz)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3)), max_size=60), st.integers(0, 99))
def test_whatever_comes_a_pose_is_finite_and_time_goes_on(came: list[tuple[int, int]], seed: int) -> None:
    buffer, chance, now = JitterBuffer(), random.Random(seed), 0.0
    for number, revision in came:
        buffer.push(frame(number, revision=revision, cut=chance.random() < 0.1), START_S + now / FPS)
        now += chance.uniform(0, 3)
        pose = shown(buffer, now)
        assert np.isfinite(pose.local_quat_wxyz).all() and np.isfinite(pose.root_m).all()
        np.testing.assert_allclose(np.linalg.norm(pose.local_quat_wxyz, axis=-1), 1, atol=1e-5)
    assert buffer.counts.received == len(came)


def test_q_and_minus_q_are_the_same_turn() -> None:
    plain, signed = JitterBuffer(), JitterBuffer()
    for number in range(6):
        one = frame(number)
        plain.push(one)
        signed.push(replace(one, local_quat_wxyz=one.local_quat_wxyz * (-1) ** number))
    one, two = shown(plain, 2.5).local_quat_wxyz, shown(signed, 2.5).local_quat_wxyz
    assert np.abs(np.abs((one * two).sum(-1)) - 1).max() < 1e-6


def test_a_moment_planned_anew_takes_the_place_of_the_old_one_and_a_lower_revision_does_not() -> None:
    buffer = JitterBuffer()
    for number in range(6):
        buffer.push(frame(number, revision=1))
    buffer.push(
        replace(frame(4, lambda time_s: dance(time_s, 0.5), revision=2), t_present_s=START_S + 4 / FPS + 4e-7)
    )
    buffer.push(frame(4, revision=0))
    assert shown(buffer, 4).root_m[2] == pytest.approx(0.1, abs=1e-5)
    assert (buffer.counts.revised, buffer.counts.waiting) == (1, 4)


def test_a_frame_whose_newer_version_was_lost_is_left_out() -> None:
    frames = [frame(number, t_capture_s=9.0, revision=1) for number in range(8)]
    for lost in (3, 4, 7):
        frames[lost] = frame(lost, lambda time_s: dance(time_s, 0.5), t_capture_s=8.0)
    line = [one.frame.seq for one in danced([kept(one) for one in frames])]
    # nothing newer comes after the last one: it is all that is known
    assert line == [0, 1, 2, 5, 6, 7]


def test_what_a_new_plan_shows_alike_is_not_left_out() -> None:
    frames = [frame(number, t_capture_s=9.0 if number in (2, 9) else 8.0) for number in range(10)]
    assert len(danced([kept(one) for one in frames])) == 10


def test_a_cut_is_not_blended_over() -> None:
    buffer = JitterBuffer()
    for number in range(5):
        buffer.push(frame(number))
    for number in range(5, 10):
        buffer.push(frame(number, lambda time_s: dance(time_s, 2.0), cut=number == 5))
    for number in (3.0, 4.0, 4.9):
        assert abs(shown(buffer, number).root_m[2]) < 1e-5
    assert shown(buffer, 5.1).root_m[2] == pytest.approx(0.4, abs=1e-5)


def test_a_cut_ends_a_blend() -> None:
    buffer = JitterBuffer()
    buffer.push(frame(0))
    shown(buffer, 30)
    for number in range(28, 50):
        buffer.push(frame(number, lambda time_s: dance(time_s, 2.0), cut=number == 33))
    assert shown(buffer, 31).root_m[2] < 0.3
    assert shown(buffer, 33).root_m[2] == pytest.approx(0.4, abs=1e-5)


def test_when_nothing_comes_the_figure_goes_on_a_little_then_holds_then_blends_back() -> None:
    def straight(time_s: float) -> tuple[np.ndarray, np.ndarray]:
        return np.array([time_s - START_S, 1.0, 0.0]), np.tile([1.0, 0, 0, 0], (52, 1))  # 1 m/s

    buffer = JitterBuffer()
    for number in range(10):
        buffer.push(frame(number, straight))
    places = [shown(buffer, number).root_m[0] for number in range(7, 60)]
    assert np.diff(places[:5]) == pytest.approx(1 / FPS, abs=1e-6)
    assert places[-1] - 9 / FPS == pytest.approx(0.1, abs=1e-5)  # 100 ms of way, no more
    assert max(np.diff(places)) < 1.01 / FPS and min(np.diff(places)) > -1e-6
    assert shown(buffer, 60).held and buffer.counts.starved == 1
    for number in range(58, 90):
        buffer.push(frame(number, straight))
    back = [shown(buffer, 60 + tick / 4) for tick in range(1, 80)]
    assert not any(pose.held for pose in back[1:])
    steps = np.abs(np.diff([places[-1], *(pose.root_m[0] for pose in back)]))
    gap_m = 60 / FPS - places[-1]
    assert steps.max() < 1.5 * gap_m / BLEND_S / (4 * FPS) + 1.1 / (
        4 * FPS
    )  # the blend's steepest, and the dance
    done = [pose for pose in back if pose.time_s > START_S + 60 / FPS + BLEND_S]
    assert all(pose.root_m[0] == pytest.approx(pose.time_s - START_S, abs=1e-4) for pose in done)
    assert buffer.counts.late == 3 and buffer.counts.starved == 1


def test_a_late_frame_is_counted_and_not_shown() -> None:
    buffer = JitterBuffer()
    for number in (0, 1, 3, 4, 5):
        buffer.push(frame(number))
    before = shown(buffer, 3.5)
    buffer.push(frame(2))
    assert buffer.counts.late == 1
    np.testing.assert_array_equal(shown(buffer, 3.5).root_m, before.root_m)


def test_another_dance_is_blended_into_from_where_the_figure_stood() -> None:
    buffer = JitterBuffer()
    for number in range(20):
        buffer.push(frame(number))
    stood = shown(buffer, 10)
    buffer.forget()
    waits = shown(buffer, 11)
    assert waits.held and waits.beat is None
    for number in range(0, 40):
        buffer.push(frame(number, lambda time_s: dance(time_s, 1.0)))
    poses = [shown(buffer, 12 + tick) for tick in range(14)]
    fast = speeds(stances([stood, *poses]))
    assert fast[0].max() < 2 and fast.max() < 12
    assert poses[-1].root_m[2] == pytest.approx(0.2, abs=1e-3)


def test_a_clock_that_jumps_makes_the_figure_blend_and_a_program_that_draws_seldom_does_not() -> None:
    for epoch, at_once in ((1, 10), (0, 50)):
        buffer = JitterBuffer()
        for number in range(100):
            buffer.push(frame(number, lambda time_s: dance(time_s, time_s - START_S)))
        shown(buffer, 10)
        places = [buffer.pose_at(START_S + number / FPS, epoch) for number in (50, 55, 60)]
        assert [place is not None and place.root_m[2] for place in places][::2] == pytest.approx(
            [0.2 * at_once / FPS, 0.2], abs=1e-3
        )


def test_the_beat_goes_on_between_frames_and_ends_when_nobody_knows_it_any_more() -> None:
    buffer, coming = JitterBuffer(), NextBeat(START_S + 1 / FPS, 0.5, 4, 1.0, 3)
    one = frame(0)
    object.__setattr__(one, "next_beat", coming)
    buffer.push(one)
    assert shown(buffer, 0.5).beat == pytest.approx(2 * START_S + 1 / FPS)
    assert shown(buffer, 0.5).next_beat == coming
    later = shown(buffer, 1.5).next_beat
    assert later == replace(coming, next_beat_s=coming.next_beat_s + 0.5, bar_position=0)
    assert shown(buffer, 200).beat is None and shown(buffer, 200).next_beat is None


def test_a_wished_delay_shows_the_dance_that_much_later() -> None:
    buffer, later = JitterBuffer(), JitterBuffer(0.1)
    for number in range(60):
        buffer.push(frame(number))
        later.push(frame(number))
    np.testing.assert_allclose(shown(buffer, 20).root_m, shown(later, 26).root_m, atol=1e-6)


def test_a_buffer_that_nobody_looks_at_does_not_grow() -> None:
    buffer = JitterBuffer()
    one = frame(0)
    for number in range(1200):
        buffer.push(replace(one, t_present_s=START_S + number / FPS))
    assert buffer.counts.waiting <= 512
    buffer.push(replace(one, t_present_s=START_S + 1e6), START_S)
    assert shown(buffer, 1200).time_s == START_S + 20
