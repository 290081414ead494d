"""The crew: a canon is as late as it says, unison is the same dance, own dances are others, and nobody leaps."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from crew_stage import FPS, START_S, Bobber, CrewNight, apart, heights, lag_frames
from hypothesis import given, settings
from hypothesis import strategies as st

from groovecast.audio.beat_clock import BeatClock
from groovecast.motion.stretch import in_the_mirror
from groovecast.wire.moment import Moment
from realtime.canon import LONGEST_S, CanonClock
from realtime.crew import Part, crew_at, members_at, places_at
from realtime.crew_budget import CrewBudget
from realtime.crew_call import CrewCall
from realtime.dance_settings import DanceSettings
from realtime.desk.board import Board, Glide
from realtime.desk.controls import FORMATIONS, MOST_DANCERS
from realtime.desk.dance_wishes import settings_at

HALF_A_BAR = 2.0  # beats


def speeding(bpm: float, until_bpm: float, from_s: float, seconds: float) -> Callable[[float], BeatClock]:
    """A beat that goes evenly from one tempo to the other; each moment's clock knows the way up to then."""

    def tempo_of(now_s: float) -> BeatClock:
        times_s = np.append(np.arange(START_S, now_s, 0.1), now_s)
        share = np.clip((times_s - START_S - from_s) / seconds, 0, 1)
        bps = (bpm + share * (until_bpm - bpm)) / 60
        beats = np.concatenate(([0.0], np.cumsum((bps[1:] + bps[:-1]) / 2 * np.diff(times_s))))
        return BeatClock(times_s, beats, float(60 * bps[-1]), 1.0, 0)

    return tempo_of


def test_a_canon_of_half_a_bar_is_half_a_bar() -> None:
    night = CrewNight(3)
    night.desk.turn("canon_beats", HALF_A_BAR, "test")
    told = night.ticks(9)
    first, second, third = (heights(told[dancer])[3 * FPS :] for dancer in range(3))
    assert lag_frames(first, second, 150) == pytest.approx(60, abs=1), "half a bar at 120 is a second"
    assert lag_frames(first, third, 150) == pytest.approx(120, abs=1)
    assert np.abs(first[: -2 * FPS] - third[2 * FPS :]).max() < 1e-4, "and it is the same dance"


def test_a_canon_keeps_to_the_beat_while_the_tempo_changes() -> None:
    night = CrewNight(2, tempo_of=speeding(100, 140, 4.0, 6.0))
    night.desk.turn("canon_beats", HALF_A_BAR, "test")
    told = night.ticks(14)
    times_s = np.array([moment.pose.time_s for moment in told[0]])
    clock = night.dancer.clock
    then_s = np.asarray(clock.time_at(np.asarray(clock.beat_at(times_s)) - HALF_A_BAR))
    first, second = heights(told[0]), heights(told[1])
    late = times_s > START_S + 3
    best = [
        np.abs(np.interp(then_s[late] + frames / FPS, times_s, first) - second[late]).mean()
        for frames in range(-4, 5)
    ]
    assert abs(int(np.argmin(best)) - 4) <= 1 and min(best) < 1e-3
    delay_s = times_s - then_s
    assert delay_s[late][0] == pytest.approx(1.2, abs=0.01)
    assert delay_s[-1] == pytest.approx(120 / 140, abs=0.01)


def test_unison_is_the_same_dance_in_other_places() -> None:
    told = CrewNight(4).ticks(3)
    assert all(apart(one, other) < 1e-6 for one, other in zip(told[0], told[3], strict=True))
    assert len({moment.pose.time_s for moment in told[0]}) == 3 * FPS


def test_dances_of_their_own_are_others_and_each_has_its_style() -> None:
    night = CrewNight(3)
    night.desk.turn("unison", False, "test")
    night.desk.turn("dancer2_style", "salsa", "test")
    told = night.ticks(6)
    likeness = np.corrcoef([heights(told[dancer])[2 * FPS :] for dancer in range(3)])
    assert np.abs(likeness - np.eye(3)).max() < 0.5
    voices = night.dancer.settings.voices
    assert voices[1].blend == (("salsa", 1.0),) and voices[2].blend == voices[0].blend
    assert len({voice.seed for voice in voices}) == 3


def test_two_dancers_with_the_same_seed_do_not_dance_the_same() -> None:
    night = CrewNight(3)
    night.desk.turn("unison", False, "test")
    for name in ("dancer2_seed", "dancer3_seed"):
        night.desk.turn(name, night.desk.value("seed"), "test")
    told = night.ticks(4)
    assert abs(np.corrcoef(heights(told[1])[120:], heights(told[2])[120:])[0, 1]) < 0.6


def fastest(moments: list[Moment]) -> float:
    """The largest change from picture to picture that is no cut."""
    return max(apart(before, after) for before, after in pairwise(moments) if not after.cut)


@pytest.mark.parametrize(
    "turns", [[("unison", False), ("unison", True)], [("canon_beats", 2), ("canon_beats", 0.25)]]
)
def test_nobody_leaps_when_parts_change(turns: list[tuple[str, object]]) -> None:
    night = CrewNight(3)
    usual = fastest(night.ticks(4)[0])
    for name, value in turns * 2:
        night.desk.turn(name, value, "test")
        told = night.ticks(1.7)
        assert max(fastest(told[dancer]) for dancer in told) < 1.3 * usual


def test_from_one_part_to_another_there_is_a_fade_and_it_begins_where_it_was() -> None:
    night = CrewNight(3)
    night.ticks(1.5)
    night.desk.turn("unison", False, "test")
    shares: list[float] = []
    twins = 0
    for _ in range(2 * FPS):
        dances = len(night.dancer.figures)
        night.tick()
        if len(night.dancer.figures) > dances:
            first, second = (night.dancer.show(night.now_s, voice) for voice in (0, 1))
            assert np.array_equal(first.local_quat_wxyz, second.local_quat_wxyz), (
                "a new dance goes on from the first"
            )
            assert np.array_equal(first.root_m, second.root_m)
            twins += 1
        parts = dict(night.ensemble._roles.parts(2, night.now_s))
        assert sum(parts.values()) == pytest.approx(1)
        shares.append(parts.get(Part(2), 0.0))
    assert twins == 1 and (shares[0], shares[-1]) == (0, 1)
    assert 0 < np.diff(shares).max() < 0.05


def test_who_leaves_is_hidden_and_then_not_told_of_and_who_comes_is_a_cut() -> None:
    night = CrewNight(4)
    night.ticks(1.5)
    night.desk.turn("dancers", 2, "test")
    told = night.ticks(3)
    hidden = [moment for moment in told[3] if moment.pose.root_m[1] < -50]
    assert 0.8 < len(hidden) / FPS < 1.2 and all(moment.cut for moment in hidden)
    assert told[3][-1] in hidden and night.tick()[-1].dancer == 1
    night.desk.turn("dancers", 4, "test")
    told = night.ticks(1.5)
    assert told[3][0].cut and not told[3][4].cut and told[3][0].pose.root_m[1] > 0


def test_more_dances_than_the_machine_can_plan_are_shared_mirrored_and_said_once() -> None:
    night = CrewNight(5, budget=CrewBudget(0.6 * 0.12 / 1.5))
    assert night.budget.own == 2
    said: list[str] = []
    night.desk.on_say(said.append)
    call = CrewCall(night.desk, lambda: night.budget, lambda crew: None)
    night.desk.turn("unison", False, "test")
    for _ in range(3 * FPS):
        moments = night.tick()
        call.tick(night.now_s, 120.0)
    assert len(night.dancer.settings.voices) == 2
    third, _, fifth = members_at(night.desk.board, night.now_s, night.budget.own)[2:]
    assert (third.part, fifth.part) == (Part(0, mirrored=True), Part(0, beats_late=2.0))
    mirrored = replace(moments[2], pose=in_the_mirror(moments[2].pose))
    assert apart(moments[0], mirrored) < 1e-6
    assert len(said) == 1 and said[0].startswith("asked for 5 dances of their own, 2 are planned in time")


def test_dances_that_do_not_fit_into_one_plan_take_turns_and_none_runs_out() -> None:
    night = CrewNight(4, budget=CrewBudget(0.6 * 0.12 / 2.5))
    assert (night.budget.at_once(), night.budget.own) == (2, 4)
    night.desk.turn("unison", False, "test")
    night.ticks(1.0)
    for _ in range(4 * FPS):
        before = len(night.generator.asked)
        night.tick()
        assert len(night.generator.asked) - before in (0, 2)
        now_frame = (night.now_s - START_S) * 30
        assert all(plan.free_frame >= now_frame for plan in night.dancer.plans), "each is renewed in time"
    assert night.dancer.counts.misses == 0
    assert {plan.free_frame % 16 for plan in night.dancer.plans} == {
        night.dancer.plans[0].free_frame % 16
    } | {(night.dancer.plans[0].free_frame + 8) % 16}


def test_one_dance_that_no_body_can_do_costs_the_others_nothing() -> None:
    class Second(Bobber):
        count = 0

        def plan(self, history, music, style, noise):  # type: ignore[no-untyped-def]
            plan = super().plan(history, music, style, noise)
            self.count += 1
            return replace(plan, root_m=plan.root_m * np.nan) if self.count % 2 == 0 else plan

    night = CrewNight(2, Second())
    night.desk.turn("unison", False, "test")
    told = night.ticks(4)
    assert night.dancer.counts.rejected > 5
    assert np.ptp(heights(told[0])[2 * FPS :]) > 0.02, "the first dances on"


# -- where they stand ---------------------------------------------------------------------------------------


def board_of(count: float, formation: str, spacing_m: float = 1.5) -> Board:
    night = CrewNight(1)
    values = dict(night.desk.board.values) | {
        "dancers": count,
        "formation": formation,
        "spacing_m": spacing_m,
    }
    return Board(values)


@pytest.mark.parametrize("formation", FORMATIONS)
def test_neighbours_are_a_spacing_apart_in_any_formation(formation: str) -> None:
    board = board_of(2, formation)
    for count in range(1, MOST_DANCERS + 1):
        places = np.array(places_at(replace(board, values={**board.values, "dancers": count}), 0.0))
        assert len(places) == count
        if count == 1:
            assert np.abs(places).max() == 0
            continue
        gaps = np.linalg.norm(places[:, None] - places[None], axis=-1) + 99 * np.eye(count)
        assert gaps.min() >= 1.5 * 0.999
        assert gaps.min() <= 1.5 * 1.26
        assert places[0, 1] >= places[:, 1].max() - 1e-9, "nobody stands before the first"


def test_from_one_formation_to_another_and_from_few_to_many_everybody_walks() -> None:
    board = board_of(5, "line")
    board = replace(
        board,
        glides={"formation": Glide(0.0, 1.5, "line", "circle"), "dancers": Glide(2.0, 3.0, 5, 9)},
        values={**board.values, "formation": "circle", "dancers": 9},
    )
    before = places_at(board, -0.1)
    assert before == places_at(board_of(5, "line"), 0.0)
    for tick in range(200):
        after = places_at(board, tick / FPS)
        steps = [math.dist(a, b) for a, b in zip(before, after, strict=False)]
        assert max(steps) < 0.15
        before = after
    assert before == places_at(board_of(9, "circle"), 0.0)


def test_clients_are_told_where_everybody_is_seen_when_the_stage_turns_the_crew() -> None:
    night = CrewNight(3)
    night.desk.turn("heading_deg", 90, "test")
    night.desk.turn("place_z_m", 2, "test")
    night.desk.turn("dancer2_x_m", 0.5, "test")
    crew = crew_at(night.desk.board, night.now_s + 9).dancers
    assert [dancer.name for dancer in crew] == ["dancer 1", "dancer 2", "dancer 3"]
    assert crew[0].place_m == (0, 0, 2) and crew[1].heading_deg == 90
    assert crew[1].place_m == pytest.approx((0, 0, 2 - 1.5 - 0.5), abs=1e-3), "its left is turned away"
    assert crew[2].place_m == pytest.approx((0, 0, 2 + 1.5), abs=1e-3)


def test_the_crew_is_told_when_it_changes_and_not_when_nothing_does() -> None:
    night, told = CrewNight(2), list[object]()
    call = CrewCall(night.desk, CrewBudget, told.append)
    for second in range(4):
        for _ in range(FPS):
            night.tick()
            call.tick(night.now_s, 120.0)
        if second == 0:
            assert len(told) == 1
        if second == 1:
            assert len(told) == 1
            night.desk.turn("spacing_m", 3, "test")
    assert 5 <= len(told) <= 40
    assert told[-1] == crew_at(night.desk.board, night.now_s)


# -- how late they are --------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.05, 1.0), st.floats(40, 220), st.floats(0, 0.9)), min_size=1, max_size=30),
    st.sampled_from([0.25, 1.0, 2.0, 7.5]),
)
def test_a_delay_never_leaps_whatever_the_clock_does(
    news: list[tuple[float, float, float]], beats: float
) -> None:
    """Each piece of news: for so long the clock runs at this tempo, after a leap of so many beats in a millisecond."""
    canon, now_s, before = CanonClock(), 100.0, None
    times_s, counts = [99.0], [0.0]
    for seconds, bpm, leap in news:
        leap_s = max(now_s, times_s[-1]) + 0.2  # beyond what was noted
        times_s += [leap_s, leap_s + 0.001]
        counts += [counts[-1] + (leap_s - times_s[-3]) * bpm / 60, 0.0]
        counts[-1] = counts[-2] + leap + 0.001
        clock = BeatClock(np.array(times_s), np.array(counts), bpm, 1.0, 0)
        end_s = leap_s + seconds
        while now_s < end_s:
            canon.follow(clock, now_s + 0.1)
            then_s = now_s - canon.delay_s(beats, now_s)
            if before is not None:
                assert then_s >= before - 1e-9, "nobody dances backwards"
                # from 30 to 300 beats a minute is ten times as fast, and no clock is told otherwise
                assert then_s - before <= 10.1 / FPS
            before, now_s = then_s, now_s + 1 / FPS
    assert canon.delay_s(beats, now_s) <= LONGEST_S


def test_a_canon_later_than_what_is_kept_is_as_late_as_that() -> None:
    canon = CanonClock()
    canon.follow(BeatClock(np.zeros(1), np.zeros(1), 60.0, 1.0, 0), 100.0)
    assert canon.delay_s(2, 100.0) == pytest.approx(2.0)
    assert canon.delay_s(240, 100.0) == LONGEST_S
    assert settings_at(CrewNight(1).desk.board, 0.0, DanceSettings()).kept_s > LONGEST_S
