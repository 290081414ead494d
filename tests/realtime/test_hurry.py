"""What is turned is danced as soon as a plan can be in time, and no more plans are made than that takes."""

from dataclasses import replace

import numpy as np
import pytest
from command import club
from hopper import Hopper

from realtime.dance import Dancer
from realtime.dance_settings import DanceSettings
from realtime.ensemble import Ensemble
from realtime.foresight import Foresight
from realtime.keyframes import Wanted

RATE_HZ, START_S, TICK_S = 24_000, 40.0, 1 / 60


class Night:
    """A dancer who hears a club, whose settings a test turns; when plans were made, and from when they are shown."""

    def __init__(self) -> None:
        self.turned = DanceSettings()
        self.dancer = Dancer(Hopper(), RATE_HZ, START_S)
        self.dancer.wishes = lambda at_s: self.turned
        self.foresight = Foresight(Ensemble(self.dancer), 60, 0.08)
        self.plans: list[tuple[float, float]] = []
        self.told: dict[float, float] = {}
        self._sound, self._tick = club(30, RATE_HZ), 0
        self.now_s = START_S

    def turn(self, **what: float) -> None:
        """Somebody turns something."""
        self.turned = replace(self.turned, turns=self.turned.turns + 1, **what)  # type: ignore[arg-type]

    def go_on(self, seconds: float) -> None:
        """The night goes on."""
        for _ in range(round(seconds / TICK_S)):
            first, last = (round(tick * TICK_S * RATE_HZ) for tick in (self._tick, self._tick + 1))
            self.dancer.hear(self._sound[first:last], START_S + first / RATE_HZ)
            self._tick += 1
            self.now_s = START_S + self._tick * TICK_S
            while self.dancer.imagine(self.now_s):
                self.plans.append((self.now_s, self.dancer.planned_from_s))
            for moment in self.foresight.tick(self.now_s, {0.08, 0.5}):
                self.told[moment.pose.time_s] = float(moment.pose.root_m[1])


@pytest.mark.parametrize("after_s", [0.0, 0.05, 0.1, 0.15, 0.2, 0.25])
def test_a_turn_is_planned_within_a_few_pictures_whenever_it_comes(after_s: float) -> None:
    night = Night()
    night.go_on(4.0 + after_s)
    turned_s, before = night.now_s, len(night.plans)
    night.turn(intensity=0.2)
    night.go_on(0.5)
    made_s, shown_s = night.plans[before]
    sooner = 4 / 30 + 0.07  # two plans are not nearer than that to each other
    assert made_s - turned_s < sooner
    assert 0.13 < shown_s - made_s < 0.24, "and it is made as long before it is shown as any other"
    assert shown_s - turned_s < 0.42


def test_a_turn_costs_one_plan_more_and_a_wild_fader_no_more_than_a_reactive_dance() -> None:
    night = Night()
    night.go_on(4.0)
    calm = len(night.plans)
    night.turn(intensity=0.2)
    night.go_on(4.0)
    assert len(night.plans) - calm <= 4.0 * 30 / 8 + 2
    before = len(night.plans)
    for step in range(120):
        night.turn(intensity=step / 120)
        night.go_on(2 * TICK_S)
    assert len(night.plans) - before <= 4.0 * 30 / 4 + 2


def test_a_pose_that_is_wanted_is_as_much_a_turn() -> None:
    night = Night()
    night.go_on(4.05)
    before, turned_s = len(night.plans), night.now_s
    night.dancer.wanted = Wanted()
    night.go_on(0.3)
    assert night.plans[before][0] - turned_s < 0.21


def test_nobody_who_looks_ahead_keeps_what_a_hurried_plan_has_changed() -> None:
    night = Night()
    for step in range(24):
        night.go_on(0.37)
        night.turn(groove=float(step % 2) * 2)
    ended_s = night.now_s
    shown = {time_s: float(night.dancer.show(time_s).root_m[1]) for time_s in night.told if time_s > ended_s}
    assert len(shown) > 20
    off = [abs(night.told[time_s] - height) for time_s, height in shown.items()]
    assert max(off) < 1e-5


def test_a_hurried_plan_joins_without_a_jolt() -> None:
    calm, wild = Night(), Night()
    calm.go_on(12.0)
    for step in range(24):
        wild.go_on(0.5)
        wild.turn(seed=step)

    def hardest(night: Night) -> float:
        times = np.arange(START_S + 2, START_S + 11.5, TICK_S)
        height = [night.told[min(night.told, key=lambda time_s: abs(time_s - one))] for one in times]
        return float(np.abs(np.diff(height, n=2)).max() * 3600)

    assert hardest(wild) < 1.5 * hardest(calm) + 1


def test_what_changes_by_itself_and_shortly_before_a_cue_nothing_is_hurried() -> None:
    for free in ({"intensity": 0.2}, {"intensity": 0.2, "turns": 1, "may_hurry": False}):
        calm, night = Night(), Night()
        for one in (calm, night):
            one.go_on(4.05)
        night.turned = replace(night.turned, **free)  # type: ignore[arg-type]
        for one in (calm, night):
            one.go_on(0.5)
        assert night.plans == calm.plans
