"""Turned on and on: a fader is followed and not held up by each turn, and nothing is taken back or piled up."""

import numpy as np
import pytest

from realtime.desk.board import Glide
from realtime.desk.controls import show_controls, stage_controls
from realtime.desk.desk import Change, Desk

AHEAD_S, FPS = 0.08, 60


class Hand:
    """A desk whose time a test sets, and what it told."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.desk = Desk([*stage_controls(), *show_controls()], lambda: self.now_s, AHEAD_S)
        self.told: list[Change] = []
        self.desk.listen(self.told.append)

    def shown(self, name: str = "place_x_m") -> float:
        """Where a control is in the next picture that leaves."""
        return self.desk.board.number(name, self.now_s + AHEAD_S)

    def depth(self, name: str) -> int:
        """How many changes wait one behind the other."""
        depth, on_its_way = 0, self.desk.board.glides.get(name)
        while isinstance(on_its_way, Glide):
            depth, on_its_way = depth + 1, on_its_way.before  # type: ignore[assignment]
        return depth


def test_a_fader_that_is_moved_on_and_on_is_followed_without_a_halt() -> None:
    hand, shown = Hand(), []
    for tick in range(3 * FPS):
        hand.now_s += 1 / FPS
        if tick < 2 * FPS:
            hand.desk.turn("place_x_m", 3 * tick / (2 * FPS), "page 1")
        hand.desk.tick(hand.now_s)
        shown.append(hand.shown())
    speed = np.diff(shown) * FPS
    assert abs(float(np.median(speed[60:118])) - 1.5) < 0.05, "as fast as the hand"
    assert (3 - shown[2 * FPS]) / 1.5 < 0.4, "and less than 0.4 s behind"
    assert np.abs(np.diff(speed)).max() < 0.4 and np.abs(shown[-1] - 3 * (2 * FPS - 1) / (2 * FPS)) < 1e-6


def test_who_says_the_same_again_and_again_arrives_as_soon_as_who_says_it_once() -> None:
    once, often = Hand(), Hand()
    for tick in range(FPS):
        for hand in (once, often):
            hand.now_s += 1 / FPS
            if hand is often or tick == 0:
                hand.desk.turn("place_x_m", 2.0, "page 1")
            hand.desk.tick(hand.now_s)
        assert often.shown() == once.shown()
    assert once.shown() == 2.0


@pytest.mark.parametrize("after_ticks", range(4, 18, 2))
def test_no_value_leaves_its_range_however_fast_it_was_when_it_was_turned(after_ticks: int) -> None:
    hand = Hand()
    for tick in range(FPS):
        hand.now_s += 1 / FPS
        hand.desk.turn("size", 4.0 if tick < after_ticks else 3.9, "page 1")
        hand.desk.tick(hand.now_s)
        assert 0.25 <= hand.shown("size") <= 4.0
    assert hand.shown("size") == 3.9


def test_a_tick_that_was_due_before_a_turn_does_not_take_it_back() -> None:
    hand = Hand()
    hand.desk.turn("place_x_m", 1.0, "page 1")
    hand.desk.tick(hand.now_s)
    hand.now_s += 0.03
    hand.desk.turn("place_x_m", 2.0, "page 2")
    hand.desk.tick(hand.now_s - 0.01)
    assert hand.desk.value("place_x_m") == 2.0
    assert [(change.value, change.by) for change in hand.told] == [(1.0, "page 1"), (2.0, "page 2")]


def test_a_thousand_turns_a_second_do_not_pile_up() -> None:
    hand = Hand()
    for number in range(3000):
        hand.now_s += 0.001
        hand.desk.turn("place_x_m", number % 7 / 2, "osc")
        hand.desk.turn("blackout", number % 2 == 0, "osc")
        if number % 17 == 0:
            hand.desk.tick(hand.now_s)
        assert hand.depth("place_x_m") <= 8 and hand.depth("blackout") <= 8


def test_what_is_turned_begins_with_the_next_picture_that_leaves_and_not_in_those_that_have() -> None:
    hand = Hand()
    hand.desk.turn("blackout", True, "page 1")
    hand.desk.turn("place_x_m", 2.0, "page 1")
    board = hand.desk.board
    for ahead_s in (0.0, AHEAD_S - 1e-6):
        assert not board.switch("blackout", hand.now_s + ahead_s)
        assert board.number("place_x_m", hand.now_s + ahead_s) == 0
    assert board.switch("blackout", hand.now_s + AHEAD_S)
    assert hand.desk.value("blackout") is True, "and stands on the desk at once"
