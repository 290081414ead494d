"""The timeline: each client is due each moment once, and once more when it was planned anew."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groovecast.motion.pose import Pose
from groovecast.wire.frame import Frame, decode_frame
from groovecast.wire.moment import Moment
from realtime.timeline import Timeline, View

FPS = 60
FULL = ("f32", 52, ())


def moment(time_s: float, height_m: float = 0.9, **more: object) -> Moment:
    quat = np.tile(np.array([1, 0, 0, 0], np.float32), (52, 1))
    pose = Pose(time_s, np.array([0, height_m, 0], np.float32), quat, np.zeros(4, bool))
    return Moment(pose, 1.5, 120.0, 0.5, time_s - 0.1, **more)  # type: ignore[arg-type]


def frames_in(content: bytes) -> Iterator[Frame]:
    """The pose frames in the bytes of some WebSocket messages."""
    while content:
        assert content[:2] == b"\x82\x7e", "whole, binary, not masked, with two bytes of length"
        end = 4 + int.from_bytes(content[2:4], "big")
        yield decode_frame(content[4:end])
        content = content[end:]


@dataclass
class Reader:
    """A client that keeps what it gets, as PROTOCOL.md says."""

    look_ahead_s: float = 0.5
    every: int = 1
    next_seq: int = 0
    changes: int = 0
    kept: dict[int, Frame] = field(default_factory=dict)
    came: list[tuple[int, int]] = field(default_factory=list)  # seq and revision

    @property
    def view(self) -> View:
        return View(FULL, self.look_ahead_s, self.every, self.next_seq, self.changes)  # type: ignore[arg-type]

    def read(self, timeline: Timeline, now_s: float, room: int = 100) -> list[Frame]:
        """What is due, as many pieces of it as there is room for."""
        delivery = timeline.delivery(self.view, now_s)
        new: list[Frame] = []
        for content, next_seq in delivery.pieces[:room]:
            new += frames_in(content)
            self.next_seq = next_seq
        if room >= len(delivery.pieces):
            self.changes = delivery.changes
        for frame in new:
            self.came.append((frame.seq, frame.revision))
            if frame.seq not in self.kept or self.kept[frame.seq].revision <= frame.revision:
                self.kept[frame.seq] = frame
        return new


def test_a_moment_planned_anew_goes_to_those_who_had_it_one_revision_higher_and_at_the_same_time() -> None:
    timeline, far, near = Timeline(), Reader(0.5), Reader(0.08)
    for tick in range(1, 20):
        timeline.put(moment(tick / FPS))
    assert (len(far.read(timeline, 0.0)), len(near.read(timeline, 0.0))) == (19, 4)
    timeline.put(moment(10 / FPS + 1e-9, 0.8))
    [again] = far.read(timeline, 0.0)
    assert (again.seq, again.revision, again.pose.time_s) == (9, 1, 10 / FPS)
    assert again.pose.root_m[1] == np.float32(0.8)
    assert far.read(timeline, 0.0) == near.read(timeline, 0.0) == []
    first = [frame for frame in near.read(timeline, 0.1) if frame.seq == 9]
    assert [(frame.revision, frame.pose.root_m[1]) for frame in first] == [(1, np.float32(0.8))]
    assert near.read(timeline, 0.1) == []


def test_who_looks_no_farther_ahead_than_plans_are_made_gets_each_moment_once() -> None:
    timeline, near = Timeline(), Reader(0.1)
    timeline.put(moment(0.05))
    assert len(near.read(timeline, 0.0)) == 1
    timeline.put(moment(0.05, 0.7))
    assert near.read(timeline, 0.0) == []
    near.look_ahead_s = 0.11
    assert near.read(timeline, 0.0) == [], "nor later"
    timeline.put(moment(0.05, 0.6))
    assert [frame.revision for frame in near.read(timeline, 0.0)] == [2]


@pytest.mark.parametrize("metres", [0.0, 5e-6])
def test_a_moment_told_with_a_pose_that_no_wire_can_tell_apart_is_not_sent_again(metres: float) -> None:
    timeline, far, near = Timeline(), Reader(0.5), Reader(0.0)
    timeline.put(moment(0.4))
    assert len(far.read(timeline, 0.0)) == 1
    timeline.put(replace(moment(0.4, 0.9 + metres), beat=7.25))
    assert far.read(timeline, 0.0) == []
    [late] = near.read(timeline, 0.4)
    assert (late.revision, late.beat) == (0, 7.25), "who has not had it hears what is known now"


@pytest.mark.parametrize("other", [{"cut": True}, {"contacts": np.array([1, 0, 0, 0], bool)}])
def test_a_foot_put_down_and_a_cut_are_told_even_if_nothing_moved(other: dict[str, object]) -> None:
    timeline, far = Timeline(), Reader(0.5)
    before = moment(0.4)
    timeline.put(before)
    far.read(timeline, 0.0)
    changed = (
        replace(before, cut=True) if "cut" in other else replace(before, pose=replace(before.pose, **other))
    )  # type: ignore[arg-type]
    timeline.put(changed)
    assert [frame.revision for frame in far.read(timeline, 0.0)] == [1]


def test_the_revision_stays_at_255() -> None:
    timeline, far = Timeline(), Reader()
    for height in range(300):
        timeline.put(moment(0.4, 1 + height / 100))
        [frame] = far.read(timeline, 0.0)
        assert frame.revision == min(height, 255)


def test_two_dancers_at_one_time_are_two_moments() -> None:
    timeline, far = Timeline(), Reader()
    for dancer in (0, 1):
        timeline.put(moment(0.4, dancer=dancer))
    assert [(frame.dancer, frame.seq) for frame in far.read(timeline, 0.0)] == [(0, 0), (1, 1)]
    timeline.put(moment(0.4, 0.7, dancer=1))
    assert [(frame.dancer, frame.revision) for frame in far.read(timeline, 0.0)] == [(1, 1)]


def test_what_is_over_is_forgotten_and_a_sender_that_runs_ahead_fills_no_memory() -> None:
    timeline = Timeline()
    for tick in range(5000):
        timeline.put(moment(tick / FPS))
    assert timeline.next_seq - timeline.first_seq == 4096
    timeline.forget(4999 / FPS)
    assert timeline.first_seq == timeline.next_seq == 5000
    assert Reader().read(timeline, 1000.0) == []


def test_what_is_over_is_not_sent_again_however_it_is_told() -> None:
    timeline, far = Timeline(), Reader(0.5)
    for time_s in (0.1, 0.2):
        timeline.put(moment(time_s))
    assert len(far.read(timeline, 0.0)) == 2
    timeline.forget(0.15)
    timeline.put(moment(0.1, 0.7))
    assert far.read(timeline, 0.15) == [] and timeline.next_seq == 2
    timeline.put(moment(0.1, dancer=1))
    assert [frame.dancer for frame in far.read(timeline, 0.15)] == [1], "another dancer's is another"


def test_many_frames_are_handed_over_in_pieces_of_some_kilobytes() -> None:
    timeline = Timeline()
    for tick in range(1, 31):
        timeline.put(moment(tick / FPS))
    pieces = timeline.delivery(Reader().view, 0.0).pieces
    assert [len(content) // 892 for content, _ in pieces] == [9, 9, 9, 3]
    assert [next_seq for _, next_seq in pieces] == [9, 18, 27, 30]


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("go on"), st.integers(1, 9)),
        st.tuples(st.just("plan"), st.integers(0, 40)),
        st.tuples(st.just("room"), st.integers(0, 3)),
        st.tuples(st.just("look"), st.sampled_from([0.0, 0.05, 0.08, 0.25, 0.5])),
    ),
    max_size=60,
)


@given(ACTS, st.sampled_from([1, 2, 4]))
def test_whatever_happens_a_client_with_room_has_the_newest_of_all_that_is_soon_and_nothing_twice(
    acts: list[tuple[str, float]], every: int
) -> None:
    timeline, reader = Timeline(), Reader(0.25, every)
    heights: dict[int, float] = {}  # of each seq
    now, made, room, lost, clean, always_far = 0, 0, 100, 0, True, True
    for act, amount in acts:
        if act == "go on":
            now += int(amount)
        elif act == "plan":
            for seq in range(max(now + 5, int(amount)), made):
                heights[seq] = 0.5 + 0.001 * len(heights) + 0.01 * amount
                timeline.put(moment((seq + 1) / FPS, heights[seq]))
        elif act == "room":
            room = int(amount) if amount < 3 else 100
            clean &= room == 100
        else:
            reader.look_ahead_s = amount
            always_far &= amount > 0.1
        while made < now + 31:
            heights[made] = 0.9
            timeline.put(moment((made + 1) / FPS, 0.9))
            made += 1
        now_s = now / FPS
        reader.read(timeline, now_s, room)
        if room == 100:
            for seq in range(now, made):
                soon = (seq + 1) / FPS <= now_s + reader.look_ahead_s
                if soon and seq % every == 0 and always_far:
                    assert reader.kept[seq].pose.root_m[1] == np.float32(heights[seq])
        timeline.forget(now_s)
        first = timeline.first_seq
        lost += sum(seq % every == 0 for seq in range(reader.next_seq, first))
        reader.next_seq = max(reader.next_seq, first)
    had = {seq for seq, _ in reader.came}
    assert len([seq for seq in range(0, timeline.first_seq, every) if seq not in had]) == lost
    assert all(seq % every == 0 for seq in had)
    if clean:
        assert len(reader.came) == len(set(reader.came)), "each revision comes once"
