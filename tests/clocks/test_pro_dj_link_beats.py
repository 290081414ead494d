"""DJ players over the network: the next beat foretold, the heard player followed, hands changed without a jump."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from fakes.dj_players import MAGIC, Broadcast, beat_datagram, on_air_datagram
from hypothesis import given
from hypothesis import strategies as st

from groovecast.audio.beat_clock import CONFIDENT, BeatClock
from groovecast.wire.pro_dj_link import read_datagram
from realtime.clock import MonotonicClock
from realtime.clocks.dj_deck import GONE_AFTER_S
from realtime.clocks.pro_dj_link import ProDjLink
from realtime.clocks.source import BeatSource
from realtime.conductor import Conductor

TIME = MonotonicClock()


def played(
    link: ProDjLink,
    device: int,
    tempo_bpm: float,
    beats: range,
    *,
    start_s: float = 0.0,
    pitch: float = 0.0,
    jitter_s: float = 0.0,
    seed: int = 0,
) -> float:
    """A player passes these beats of its record, each heard of a little late; when the last truly was."""
    random, beat_s = np.random.default_rng(seed), start_s
    for beat in beats:
        beat_s = start_s + beat * 60 / (tempo_bpm * (1 + pitch))
        said = read_datagram(beat_datagram(device, tempo_bpm, beat % 4 + 1, pitch=pitch))
        assert said is not None
        link.hear(said, beat_s + float(random.exponential(jitter_s)))
    return beat_s


def off_s(clock: BeatClock, beat: int, true_s: float) -> float:
    """How far off a beat is whose place in the bar is known."""
    away = (float(clock.bar_phase_at(true_s)) * 4 - beat + 2) % 4 - 2
    return away * 60 / clock.tempo_bpm


@given(st.floats(60, 200), st.floats(-0.08, 0.08), st.sampled_from([0.0, 0.0005, 0.002]))
def test_the_next_beat_is_foretold_to_the_millisecond(
    tempo_bpm: float, pitch: float, jitter_s: float
) -> None:
    link, tempo_bpm = ProDjLink(TIME), round(tempo_bpm, 2)
    now_s = played(link, 2, tempo_bpm, range(12), pitch=pitch, jitter_s=jitter_s)
    clock = link.clock(now_s + 0.01)
    assert clock is not None and link.leads == 2
    assert clock.tempo_bpm == pytest.approx(tempo_bpm * (1 + pitch), rel=1e-4)
    next_s = 12 * 60 / (tempo_bpm * (1 + pitch))
    assert abs(off_s(clock, 0, next_s)) < 0.0005 + 2 * jitter_s


def test_eight_beats_tell_more_than_the_last_one() -> None:
    errors_s = []
    for seed in range(60):
        link = ProDjLink(TIME)
        now_s = played(link, 2, 126.0, range(12), jitter_s=0.002, seed=seed)
        clock = link.clock(now_s + 0.01)
        assert clock is not None
        errors_s.append(off_s(clock, 0, 12 * 60 / 126))
    assert np.quantile(np.abs(errors_s), 0.95) < 0.004  # the last one alone: 0.006
    assert np.ptp(np.quantile(errors_s, (0.05, 0.95))) < 0.004


def test_one_beat_is_enough_to_know_the_next_its_tempo_and_its_bar() -> None:
    link = ProDjLink(TIME)
    played(link, 1, 125.0, range(6, 7), start_s=-6 * 60 / 125)
    clock = link.clock(0.01)
    assert clock is not None and 0.4 < clock.confidence < 1
    assert off_s(clock, 3, 60 / 125) == pytest.approx(0, abs=1e-4)


def test_a_moved_fader_is_followed_at_the_next_beat() -> None:
    link = ProDjLink(TIME)
    now_s = played(link, 1, 120.0, range(8))
    played(link, 1, 120.0, range(1), start_s=now_s + 0.49, pitch=0.06)
    clock = link.clock(now_s + 0.5)
    assert clock is not None
    assert clock.tempo_bpm == pytest.approx(127.2, rel=1e-4)
    assert off_s(clock, 1, now_s + 0.49 + 60 / 127.2) == pytest.approx(0, abs=1e-4)


def test_an_uneven_record_is_followed_as_it_foretells_its_beats() -> None:
    link = ProDjLink(TIME)
    for beat, next_ms in enumerate((500, 530, 480, 510)):
        said = read_datagram(beat_datagram(1, 120.0, beat + 1, next_ms=next_ms))
        assert said is not None
        link.hear(said, sum((500, 530, 480)[:beat]) / 1000)
    clock = link.clock(1.52)
    assert clock is not None
    assert off_s(clock, 0, 1.51 + 0.51) == pytest.approx(0, abs=1e-4)


def test_a_jump_in_the_record_is_followed_at_once() -> None:
    link = ProDjLink(TIME)
    now_s = played(link, 1, 120.0, range(8))
    played(
        link, 1, 120.0, range(2, 3), start_s=now_s + 0.23 - 1.0
    )  # a hot cue: beat 3 of a bar, 0.23 s later
    clock = link.clock(now_s + 0.24)
    assert clock is not None
    assert off_s(clock, 3, now_s + 0.73) == pytest.approx(0, abs=1e-4)


@given(st.sampled_from([90.0, 128.0, 174.0]), st.floats(0.07, 0.25))
def test_a_beat_that_was_held_up_once_changes_nothing(tempo_bpm: float, late_s: float) -> None:
    link, period_s = ProDjLink(TIME), 60 / tempo_bpm
    for beat in range(12):
        said = read_datagram(beat_datagram(1, tempo_bpm, beat % 4 + 1))
        assert said is not None
        link.hear(said, beat * period_s + late_s * (beat == 7))
        clock = link.clock(beat * period_s + late_s * (beat == 7) + 0.001)
        assert clock is not None
        assert abs(off_s(clock, (beat + 1) % 4, (beat + 1) * period_s)) < 0.001


def test_a_record_that_was_held_back_by_hand_is_followed_at_the_second_beat() -> None:
    link = ProDjLink(TIME)
    now_s = played(link, 1, 120.0, range(8))
    for beat in range(2):
        played(link, 1, 120.0, range(beat, beat + 1), start_s=now_s + 0.5 + 0.1)
    clock = link.clock(now_s + 1.2)
    assert clock is not None
    assert off_s(clock, 2, now_s + 1.6) == pytest.approx(0, abs=1e-4)


def test_a_loop_of_two_beats_is_as_steady_as_the_record() -> None:
    link = ProDjLink(TIME)
    for beat in range(12):
        said = read_datagram(beat_datagram(1, 120.0, beat % 2 + 3))
        assert said is not None
        link.hear(said, beat / 2)
    clock = link.clock(5.6)
    assert clock is not None and clock.confidence == 1 and link._decks[1].beats == 8
    assert off_s(clock, 2, 6.0 - 1.0) == pytest.approx(0, abs=1e-4)
    assert clock.phase_at(6.0) == pytest.approx(0, abs=1e-4)


def test_lost_beats_and_beats_that_arrive_twice_change_nothing() -> None:
    link = ProDjLink(TIME)
    for beat in (0, 1, 2, 2, 5, 6, 6, 9, 9):
        played(link, 1, 120.0, range(beat, beat + 1), jitter_s=0.001)
    clock = link.clock(4.6)
    assert clock is not None and clock.confidence == 1 and link._decks[1].beats == 6
    assert abs(off_s(clock, 2, 5.0)) < 0.002


def test_a_player_that_stops_is_doubted_and_then_gone() -> None:
    link = ProDjLink(TIME)
    last_s = played(link, 1, 120.0, range(8))
    trust = [clock.confidence for s in np.arange(0, 1.49, 0.05) if (clock := link.clock(last_s + s))]
    assert len(trust) == 30
    assert trust[0] == trust[11] == 1
    assert np.all(np.diff(trust) <= 0) and CONFIDENT <= trust[-1] < 0.4
    assert link.clock(last_s + 0.5 + GONE_AFTER_S) is None
    assert link.leads is None


def test_who_leads_goes_on_leading_until_it_stops() -> None:
    link = ProDjLink(TIME)
    for beat in range(20):
        played(link, 3, 128.0, range(beat, beat + 1))
        assert link.clock(beat * 60 / 128 + 0.01) is not None
        assert link.leads == 3
        if beat >= 4:
            played(link, 1, 127.0, range(beat, beat + 1), start_s=0.1)
    end_s = played(link, 1, 127.0, range(20, 26), start_s=0.1)
    clock = link.clock(end_s)
    assert clock is not None and link.leads == 1
    assert clock.tempo_bpm == pytest.approx(127)


def test_a_mixer_says_who_is_heard() -> None:
    link = ProDjLink(TIME)
    for heard, leads in (((1,), 1), ((1, 2), 1), ((2,), 2), ((), None), ((1, 2, 3), 1)):
        link = ProDjLink(TIME) if heard == (1,) else link
        now_s = played(link, 1, 128.0, range(8))
        played(link, 2, 128.0, range(8), start_s=0.05)
        said = read_datagram(on_air_datagram(heard))
        assert said is not None
        link.hear(said, now_s)
        link.clock(now_s + 0.1)
        assert link.leads == leads, heard


def test_what_a_mixer_said_long_ago_counts_no_more() -> None:
    link = ProDjLink(TIME)
    said = read_datagram(on_air_datagram(()))
    assert said is not None
    link.hear(said, 0.0)
    now_s = played(link, 1, 128.0, range(8), start_s=10.0)
    assert link.clock(now_s) is not None


def test_a_mixers_own_metronome_leads_only_when_it_is_chosen() -> None:
    for wish, leads in ((None, None), (0x21, 0x21)):
        link = ProDjLink(TIME, wish)
        now_s = played(link, 0x21, 120.0, range(8))
        link.clock(now_s)
        assert link.leads == leads


def test_a_chosen_player_leads_alone() -> None:
    link = ProDjLink(TIME, player=2)
    now_s = played(link, 1, 128.0, range(8))
    assert link.clock(now_s) is None
    now_s = played(link, 2, 120.0, range(8))
    clock = link.clock(now_s)
    assert clock is not None and clock.tempo_bpm == pytest.approx(120)
    with pytest.raises(ValueError, match="asked for player 0"):
        ProDjLink(TIME, player=0)


class Tracker:
    """Hears nothing but a slow beat, and doubts that."""

    clock = BeatClock(np.zeros(1), np.zeros(1), 60.0, 0.1, 0)


class Rehearsed(ProDjLink):
    """Two players on paper: the first stops, the second goes on at another tempo, half a beat off."""

    def listen(self, until_s: float, origin_s: float) -> None:
        while self.plan and self.plan[0][0] <= until_s:
            time_s, data = self.plan.pop(0)
            said = read_datagram(data)
            assert said is not None
            self.hear(said, time_s)

    plan: list[tuple[float, bytes]]


def test_from_one_player_to_the_next_beats_only_run_forward_and_the_new_ones_are_hit() -> None:
    link = Rehearsed(TIME)
    first = [(1 + n * 60 / 128, beat_datagram(1, 128.0, n % 4 + 1)) for n in range(16)]
    second = [(5.3 + n * 60 / 124, beat_datagram(2, 124.0, n % 4 + 1)) for n in range(24)]
    link.plan = sorted(first + second)
    conductor, clocks = Conductor(Tracker(), [link]), list[tuple[float, BeatClock]]()
    for now_s in np.arange(0.1, 15, 8 / 30):
        conductor.follow(float(now_s))
        clocks.append((float(now_s), conductor.clock))
    for (_, before), (now_s, after) in pairwise(clocks):
        assert after.beat_at(now_s) == pytest.approx(before.beat_at(now_s), abs=1e-6)
        assert np.all(np.diff(after.beat_at(np.linspace(now_s - 2, now_s + 2, 200))) > 0)
    assert conductor.leader == "prodj" and link.leads == 2
    assert abs(off_s(clocks[-1][1], 0, 5.3 + 20 * 60 / 124)) < 0.002


# -- over a real socket -------------------------------------------------------------------------------------------


@pytest.fixture
def port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("", 0))
        return int(line.getsockname()[1])


@pytest.fixture
def started(port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProDjLink]:
    monkeypatch.setattr("realtime.clocks.pro_dj_link._LOOK_EVERY_S", 0.05)
    made = ProDjLink(TIME, port=port)
    yield made
    made.stop()


def _until(true: Callable[[], bool], within_s: float = 5.0) -> None:
    end_s = TIME.now_s() + within_s
    while not true():
        assert TIME.now_s() < end_s, "it did not happen in time"
        TIME.sleep_until_s(TIME.now_s() + 0.005)


def test_players_are_heard_over_the_network_between_garbage_and_cut_packets(
    started: ProDjLink, port: int
) -> None:
    assert isinstance(started, BeatSource)
    started.start()
    network, period_s = Broadcast(port), 60 / 180
    _until(lambda: _binds_no_more(port))
    start_s, errors = TIME.now_s() + 0.02, []
    for beat in range(7):
        TIME.sleep_until_s(start_s + beat * period_s)
        network.send(beat_datagram(2, 180.0, beat % 4 + 1))
        network.send(beat_datagram(2, 180.0)[:40])
        network.send(b"hello")
        network.send(MAGIC + b"\x0b" + bytes(60))
        TIME.sleep_until_s(TIME.now_s() + 0.05)
        started.listen(TIME.now_s(), 0.0)
        clock = started.clock(TIME.now_s())
        assert clock is not None
        errors.append(off_s(clock, (beat + 1) % 4, start_s + (beat + 1) * period_s))
    assert abs(float(np.median(errors[2:]))) < 0.010  # of a busy machine; on paper it is exact
    assert started.connected and started.trouble == ""
    assert started.strange == 14
    assert started.players == (2,)
    network.close()


def _binds_no_more(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        try:
            line.bind(("", port))
        except OSError:
            return True
        return False


def test_a_port_in_use_is_told_with_the_mend_and_tried_again(started: ProDjLink, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("", port))  # and does not share it
        started.start()
        _until(lambda: started.trouble != "")
        assert f"UDP port {port} (" in started.trouble and "close what else listens" in started.trouble
        assert "\n" not in started.trouble
    _until(lambda: started.trouble == "")
    network = Broadcast(port)
    network.send(on_air_datagram((1,)))
    _until(lambda: started.connected)
    network.close()


def test_a_network_without_players_is_told_with_the_mend(
    started: ProDjLink, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.clocks.pro_dj_link._NOBODY_AFTER_S", 0.1)
    started.start()
    _until(lambda: "no DJ player is heard" in started.trouble)
    assert not started.connected and "\n" not in started.trouble
    network = Broadcast(port)
    network.send(beat_datagram(1, 128.0))
    _until(lambda: started.connected)
    assert started.trouble == ""
    _until(lambda: not started.connected)  # it does not play, and nobody need do anything
    assert started.trouble == ""
    network.close()


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(0, 0.9), st.floats(21, 600), st.integers(0, 5))))
def test_whatever_players_say_the_beat_runs_forward(
    told: list[tuple[int, float, float, int]],
) -> None:
    link, now_s = ProDjLink(TIME), 0.0
    for device, later_s, tempo_bpm, bar in told:
        now_s += later_s
        beat = read_datagram(beat_datagram(device, tempo_bpm, 1))
        assert beat is not None
        link.hear(replace(beat, beat_in_bar=min(bar, 4)), now_s)  # type: ignore[arg-type]
        clock = link.clock(now_s)
        if clock is not None:
            assert 0 < clock.confidence <= 1
            assert np.all(np.diff(clock.beat_at(np.linspace(now_s - 2, now_s + 2, 50))) > 0)
