"""The desk's beat: each button moves it as its label says, in the body, and never makes the count run backwards."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from command import club
from desk_dance import FPS, Seen, Turns, danced
from hopper import Hopper

from groovecast.audio.beat_clock import BeatClock
from groovecast.audio.decode import Audio
from groovecast.model.imagined import Imagined
from groovecast.wire.desk_messages import Value
from realtime.dance import Dancer

RATE_HZ, BPM = 24000, 126.0
BEAT_S = 60 / BPM
PRESSED_S = 6.0


class Stander(Hopper):
    """Stands where it is, so that all that moves is the groove: the hips are lowest on the beat."""

    def plan(self, history: np.ndarray, music: np.ndarray, style: np.ndarray, noise: np.ndarray) -> Imagined:
        return super().plan(history, music * 0, style, noise * 0)


def stood(
    turns: Turns | None = None, seconds: float = 11.0, clocks: list[tuple[float, BeatClock]] | None = None
) -> Seen:
    """The groove under a beat at 126, and the beat clock after each plan."""

    def keep(dancer: Dancer, now_s: float) -> None:
        if clocks is not None and now_s > PRESSED_S - 2:
            clocks.append((now_s, dancer.clock))

    return danced(Stander(), Audio(club(seconds, RATE_HZ, BPM)[:, None], RATE_HZ), turns, keep)


def lowest_s(seen: Seen, from_s: float = 8.5) -> np.ndarray:
    """When the hips were lowest, to a fraction of a frame."""
    height = seen.height_m()
    low = np.flatnonzero((height[1:-1] < height[:-2]) & (height[1:-1] <= height[2:])) + 1
    low = low[(low > from_s * FPS) & (height[low] < height[int(from_s * FPS) :].mean())]
    before, at, after = height[low - 1], height[low], height[low + 1]
    return np.asarray(low + (before - after) / (2 * (before - 2 * at + after))) / FPS


def later_ms(seen: Seen, than: Seen) -> float:
    """How much later its hips are lowest, within half a beat."""
    off = lowest_s(seen)[:, None] - lowest_s(than)[None]
    return float(1000 * np.median((off + BEAT_S / 2) % BEAT_S - BEAT_S / 2))


@pytest.fixture(scope="module")
def as_heard() -> Seen:
    return stood()


def presses(name: str, count: int = 1, at_s: float = PRESSED_S) -> dict[float, list[tuple[str, Value]]]:
    return {at_s: [(name, True)] * count}


@pytest.mark.parametrize(("button", "moved_ms"), [("nudge_later", 50.0), ("nudge_earlier", -50.0)])
def test_five_nudges_move_the_hips_fifty_milliseconds(as_heard: Seen, button: str, moved_ms: float) -> None:
    assert later_ms(stood(presses(button, 5)), as_heard) == pytest.approx(moved_ms, abs=6)


def test_counted_half_as_fast_the_hips_sink_half_as_often_and_twice_as_fast_as_often_again() -> None:
    halved = presses("half", at_s=4.0)
    for turns, every_s in ((halved, 2 * BEAT_S), (halved | presses("double"), BEAT_S)):
        assert np.median(np.diff(lowest_s(stood(turns, 13)))) == pytest.approx(every_s, rel=0.03)


def test_taps_move_the_hips_to_where_they_are() -> None:
    taps_s = PRESSED_S + 0.2 + np.arange(6) * 60 / 97
    seen = stood({float(at_s): [("tap", True)] for at_s in taps_s}, 13)
    low_s = lowest_s(seen, 10.5)
    assert np.median(np.diff(low_s)) == pytest.approx(60 / 97, rel=0.03)
    away = ((low_s - taps_s[0]) * 97 / 60 + 0.5) % 1 - 0.5
    assert np.abs(away).max() < 0.12


def test_who_asks_for_the_tracker_gets_it_though_somebody_taps() -> None:
    taps: dict[float, Sequence[tuple[str, Value]]] = {
        PRESSED_S + number * 60 / 97: [("tap", True)] for number in range(6)
    }
    heard = stood({**taps, 0.0: [("beat_source", "tracker")]}, 13)
    assert np.median(np.diff(lowest_s(heard, 10.5))) == pytest.approx(BEAT_S, rel=0.03)
    assert heard.dancer.heard.leader == "tracker"


def bar_began(clock: BeatClock, at_s: float) -> float:
    """How far into the bar a time is, in beats, -half a bar to half."""
    bar = clock.beats_per_bar
    return float((clock.bar_phase_at(at_s) + 0.5) % 1 - 0.5) * bar


@pytest.mark.parametrize("beat", range(4))
def test_after_resync_the_beat_nearest_to_the_press_is_one(beat: int) -> None:
    at_s = (round(PRESSED_S / BEAT_S) + beat + 0.2) * BEAT_S
    seen = stood({at_s: [("resync", True)]}, 9)
    assert abs(bar_began(seen.dancer.clock, at_s - 0.2 * BEAT_S)) < 0.12


def test_bars_stay_where_they_were_put_when_the_beat_is_counted_otherwise() -> None:
    at_s = (round(PRESSED_S / BEAT_S) + 3) * BEAT_S
    seen = stood({at_s: [("resync", True)], at_s + 1.3: [("double", True)]}, 10)
    assert abs(bar_began(seen.dancer.clock, at_s + 8 * BEAT_S)) < 0.25


def test_trust_is_how_deep_the_body_sinks_into_the_beat(as_heard: Seen) -> None:
    def sunk_m(seen: Seen) -> float:
        return float(np.ptp(seen.height_m()[8 * FPS :]))

    believed = [sunk_m(stood({0.0: [("beat_trust", trust)]})) for trust in (0.0, 0.5)] + [sunk_m(as_heard)]
    assert believed[0] < 0.003
    assert believed[1] == pytest.approx(believed[2] / 2, rel=0.15)
    assert believed[2] > 0.02


def test_with_no_trust_in_the_beat_others_are_told_of_it_all_the_same() -> None:
    assert stood({0.0: [("beat_trust", 0.0)]}, 8).dancer.mood.trust > 0.5


ALL_AT_ONCE: Turns = {
    5.0: [("nudge_later", True)] * 20,
    5.5: [("double", True), ("resync", True)],
    6.0: [("beat_source", "tap"), ("nudge_earlier", True)],
    **{6.1 + number * 0.4: [("tap", True)] for number in range(6)},
    7.0: [("look_ahead_ms", 600)],
    8.0: [("resync", True), ("half", True), ("look_ahead_ms", 140)],
    8.6: [("beat_source", "tracker"), ("reactive", True)],
    9.3: [("half", True), *[("nudge_earlier", True)] * 60],
}


def test_whatever_is_pressed_beats_only_run_forward_and_the_body_does_not_jump() -> None:
    clocks: list[tuple[float, BeatClock]] = []
    seen = stood(ALL_AT_ONCE, 12, clocks)
    for (_, before), (now_s, after) in pairwise(clocks):
        assert np.all(np.diff(after.beat_at(np.linspace(now_s - 1, now_s + 1, 300))) > 0)
        counted = [clock.beat_at(now_s) - clock.downbeat for clock in (before, after)]
        assert counted[1] > counted[0] - 0.05
    assert np.abs(np.diff(seen.height_m()[4 * FPS :])).max() < 0.012
