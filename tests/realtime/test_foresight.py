"""What the stream is handed at each tick: what is new, what was planned anew, and nothing else."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from command import club
from hopper import Hopper

from groovecast.motion.buffer import REACH_FRAMES
from groovecast.wire.moment import Moment
from realtime.dance import Dancer
from realtime.ensemble import Ensemble
from realtime.foresight import Foresight

RATE_HZ, FPS, START_S = 24000, 60, 1000.0
LOOK_AHEAD_S = 0.08


class Counted(Dancer):
    """A dancer that counts how often it is asked for a pose."""

    looked_up = 0

    def show(self, time_s: float, voice: int = 0):  # type: ignore[no-untyped-def]
        self.looked_up += 1
        return super().show(time_s, voice)


class Night:
    """A dancer that hears a club and plans whenever it is due, and what foresight tells of it, tick by tick."""

    def __init__(self, *look_aheads_s: float) -> None:
        self.dancer = Counted(Hopper(), RATE_HZ, START_S)
        self.ensemble = Ensemble(self.dancer)
        self.foresight = Foresight(self.ensemble, FPS, LOOK_AHEAD_S)
        self.look_aheads_s = {LOOK_AHEAD_S, *look_aheads_s}
        self._sound, self._heard, self._tick = club(10, RATE_HZ), 0, 0
        self.now_s = START_S
        self.planned = False

    def ticks(self, count: int, after: int = 0) -> Iterator[list[Moment]]:
        """What is told at each tick, the first `after` more than one tick later."""
        self._tick += after
        for _ in range(count):
            self.now_s = START_S + self._tick / FPS
            until = int((self.now_s - START_S) * RATE_HZ)
            if until > self._heard:
                self.dancer.hear(self._sound[self._heard : until], START_S + self._heard / RATE_HZ)
                self._heard = until
            before = self.dancer.buffer.plan
            while self.dancer.imagine(self.now_s):
                pass
            self.planned = self.dancer.buffer.plan is not before
            yield self.foresight.tick(self.now_s, self.look_aheads_s)
            self._tick += 1


def apart(one: Moment, other: Moment) -> float:
    """How far two poses are from each other."""
    a, b = one.pose, other.pose
    return max(
        float(np.abs(a.root_m - b.root_m).max()), float(np.abs(a.local_quat_wxyz - b.local_quat_wxyz).max())
    )


@pytest.mark.parametrize("look_ahead_s", [0.08, 0.25, 0.5])
def test_what_was_told_last_of_a_moment_is_what_is_danced_when_it_comes(look_ahead_s: float) -> None:
    night, told = Night(look_ahead_s), dict[float, Moment]()
    checked = anew = 0
    for tick, moments in enumerate(night.ticks(4 * FPS)):
        for moment in moments:
            anew += moment.pose.time_s in told and apart(moment, told[moment.pose.time_s]) > 1e-5
            told[moment.pose.time_s] = moment
        coming = [time_s for time_s in told if night.now_s <= time_s < night.now_s + 1 / FPS]
        if tick:
            [time_s] = coming
            assert apart(told[time_s], night.ensemble.moments(time_s)[0]) == 0
            checked += 1
    assert checked == 4 * FPS - 1
    assert (anew > 50) is (look_ahead_s > 0.2)


def test_nothing_nearer_than_the_lead_is_planned_anew_but_what_bends_to_the_plan_s_first_frame() -> None:
    night, told = Night(0.5), dict[float, Moment]()
    lead_s, frame_s = night.dancer.settings.lead_s, 1 / night.dancer.config.fps
    nearest_s, bends = np.inf, 0.0
    for moments in night.ticks(4 * FPS):
        for moment in moments:
            time_s = moment.pose.time_s
            changed = apart(moment, told.get(time_s, moment))
            if changed > 0:
                assert night.planned, "a pose changes with a plan and never otherwise"
                nearest_s = min(nearest_s, time_s - night.now_s)
                if time_s < night.dancer.planned_from_s:
                    bends = max(bends, changed)
            told[time_s] = moment
    # the tick comes up to a sixtieth of a second after the plan was due
    assert lead_s - REACH_FRAMES * frame_s - 1 / FPS < nearest_s
    assert 0 < bends < 0.03, "before its first frame the figure only bends towards the plan"


def test_a_control_changes_nothing_before_the_next_plan() -> None:
    night, other = Night(0.5), Night(0.5)
    for ticks, (mine, theirs) in enumerate(zip(night.ticks(4 * FPS), other.ticks(4 * FPS), strict=True)):
        if ticks == 2 * FPS:
            night.dancer.settings = replace(night.dancer.settings, intensity=2.0, groove=0.0)
        if ticks >= 2 * FPS and night.planned:
            break
        assert [moment.pose.time_s for moment in mine] == [moment.pose.time_s for moment in theirs]
        assert all(apart(one, same) == 0 for one, same in zip(mine, theirs, strict=True))
    assert ticks > 2 * FPS


def test_poses_are_looked_up_only_for_what_is_new_and_what_was_planned_anew() -> None:
    night = Night(0.0, 0.25, 0.5)
    for tick, moments in enumerate(night.ticks(4 * FPS)):
        looked_up, night.dancer.looked_up = night.dancer.looked_up, 0
        if tick == 0:
            assert looked_up == len(moments) == 30, "half a second, filled at once"
        elif not night.planned:
            assert looked_up == 1
            assert len(moments) <= 4, "the newest of each look-ahead"
        else:
            assert looked_up <= 1 + (0.5 - 0.2 + 2 / 30 + 1 / FPS) * FPS + 1


def test_the_poses_of_a_moment_told_again_are_of_the_very_same_time_and_in_order() -> None:
    night, times_s = Night(0.5), set[float]()
    for moments in night.ticks(2 * FPS):
        shown_s = [moment.pose.time_s for moment in moments]
        assert shown_s == sorted(set(shown_s))
        times_s.update(shown_s)
    steps = np.diff(sorted(times_s)) * FPS
    np.testing.assert_allclose(steps, 1, atol=1e-6)


def test_who_comes_to_look_farther_ahead_gets_the_gap_filled() -> None:
    night = Night()
    assert all(len(moments) == 1 for moments in list(night.ticks(60))[1:])
    newest_s = night.now_s + LOOK_AHEAD_S
    night.look_aheads_s.add(0.5)
    [moments] = night.ticks(1)
    fresh_s = [moment.pose.time_s for moment in moments if moment.pose.time_s > newest_s + 1e-6]
    np.testing.assert_allclose(np.diff(fresh_s), 1 / FPS, atol=1e-9)
    assert fresh_s[0] == pytest.approx(newest_s + 1 / FPS) and fresh_s[-1] == pytest.approx(
        night.now_s + 0.5, abs=1 / FPS
    )


@pytest.mark.parametrize("ticks_late", [3, 12, 100])
def test_after_a_stall_what_is_still_to_come_is_told_without_a_hole_and_what_is_over_is_not(
    ticks_late: int,
) -> None:
    night, told = Night(0.25), dict[float, Moment]()
    for moments in night.ticks(60):
        told |= {moment.pose.time_s: moment for moment in moments}
    [moments] = night.ticks(1, after=ticks_late)
    told |= {moment.pose.time_s: moment for moment in moments}
    assert all(moment.pose.time_s > night.now_s - 1 / FPS for moment in moments)
    coming_s = [time_s for time_s in sorted(told) if time_s > night.now_s]
    assert len(coming_s) == 15
    np.testing.assert_allclose(np.diff(coming_s), 1 / FPS, atol=1e-9)


def test_who_looks_less_far_ahead_hears_of_the_beat_as_it_is_known_then() -> None:
    night, told = Night(0.5), dict[float, Moment]()
    better = 0
    for moments in night.ticks(4 * FPS):
        due_s = night.now_s + LOOK_AHEAD_S
        for moment in moments:
            if abs(moment.pose.time_s - due_s) < 1e-6:
                assert moment.beat == night.ensemble.moments(moment.pose.time_s)[0].beat
                better += moment.beat != told[moment.pose.time_s].beat if moment.pose.time_s in told else 0
            told[moment.pose.time_s] = moment
    assert better > 10


def test_a_dance_shown_later_is_told_of_later() -> None:
    night = Night(0.25)
    late = Foresight(night.ensemble, FPS, LOOK_AHEAD_S)
    for _ in night.ticks(2 * FPS):
        moments = late.tick(night.now_s, {LOOK_AHEAD_S, 0.25}, 0.1)
        for moment in moments:
            assert apart(moment, night.ensemble.moments(moment.pose.time_s, 0.1)[0]) == 0
            assert apart(moment, night.ensemble.moments(moment.pose.time_s - 0.1)[0]) == 0


class Turned(Ensemble):
    """An ensemble whose desk moves everybody from a time on."""

    shift_m, from_s, count, dancers = 0.0, np.inf, 0, 1

    @property
    def turns(self) -> int:
        return self.count

    def turn(self, shift_m: float, from_s: float) -> None:
        self.shift_m, self.from_s, self.count = shift_m, from_s, self.count + 1

    def moments(self, shown_s: float, offset_s: float = 0.0) -> tuple[Moment, ...]:
        moved = np.array([self.shift_m * (shown_s >= self.from_s), 0, 0], np.float32)
        return tuple(
            replace(moment, pose=replace(moment.pose, root_m=moment.pose.root_m + moved))
            for moment in super().moments(shown_s, offset_s)
            for _ in range(self.dancers)
        )


@pytest.mark.parametrize("look_ahead_s", [0.08, 0.5])
def test_a_turned_control_is_told_anew_to_who_was_told_ahead(look_ahead_s: float) -> None:
    night, told = Night(look_ahead_s), dict[float, Moment]()
    ensemble = Turned(night.dancer)
    foresight = Foresight(ensemble, FPS, LOOK_AHEAD_S)
    checked = 0
    for tick, _ in enumerate(night.ticks(3 * FPS)):
        if tick > FPS and tick % 7 == 0:
            ensemble.turn(tick / 100, night.now_s + LOOK_AHEAD_S)
        told |= {moment.pose.time_s: moment for moment in foresight.tick(night.now_s, night.look_aheads_s)}
        for time_s in [time_s for time_s in told if time_s <= night.now_s]:
            moment = told.pop(time_s)
            if tick % 7 == 6:  # what was turned since is about later moments
                checked += 1
                assert apart(moment, ensemble.moments(time_s)[0]) < 1e-6 or time_s < ensemble.from_s
    assert checked > 10


def test_a_wild_controller_has_no_more_poses_made_at_a_tick_than_a_picture_has_time_for() -> None:
    night = Night(0.5)
    ensemble = Turned(night.dancer)
    ensemble.dancers = 4
    foresight = Foresight(ensemble, FPS, LOOK_AHEAD_S)
    for tick, _ in enumerate(night.ticks(2 * FPS)):
        ensemble.turn(tick / 100, night.now_s + LOOK_AHEAD_S)
        night.dancer.looked_up = 0
        moments = foresight.tick(night.now_s, night.look_aheads_s)
        assert not tick or len(moments) <= 24 + 3 * ensemble.dancers
