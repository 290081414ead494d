"""Ableton Link through Carabiner: on the beat to two milliseconds, through jitter, changes, cuts and garbage."""

from collections.abc import Callable, Iterator
from contextlib import suppress

import numpy as np
import pytest
from fakes.carabiner import Carabiner, Session
from hypothesis import given
from hypothesis import strategies as st

from groovecast.audio.beat_clock import CONFIDENT, BeatClock
from groovecast.wire.carabiner import ask_phase
from realtime.clock import MonotonicClock
from realtime.clocks.link import GONE_AFTER_S, Conversation, Link, LinkBeat
from realtime.clocks.source import BeatSource

AHEAD_S = 70_000.0  # Link's clock, of the machine's
TIME = MonotonicClock()


class Talk:
    """A conversation on paper: everything takes its time on the way, and Link's clock runs a little fast."""

    def __init__(self, session: Session, jitter_s: float, seed: int = 0, fast: float = 0.0) -> None:
        self.session, self._jitter_s, self._fast = session, jitter_s, fast
        self._random = np.random.default_rng(seed)
        self.talk, self.now_s, self.heard = Conversation(), 100.0, list[LinkBeat]()

    def link_us(self, machine_s: float) -> float:
        return (machine_s * (1 + self._fast) + AHEAD_S) * 1e6

    def true_phase(self, machine_s: float) -> float:
        return self.session.beat_at(self.link_us(machine_s)) % 4

    def way_s(self) -> float:
        return 5e-5 + float(self._random.exponential(self._jitter_s))

    def told(self) -> None:
        """Carabiner speaks of itself."""
        said = self.session.status(self.link_us(self.now_s))
        self.now_s += self.way_s()
        self.heard += self.talk.hear(said.encode(), self.now_s)

    def go_on(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while (due_s := max(self.talk.due_s(), self.now_s)) < end_s:
            asked = self.talk.question(due_s)
            there_s = due_s + self.way_s()
            said = self.session.answers(asked, self.link_us(there_s))
            self.now_s = there_s + self.way_s()
            self.heard += self.talk.hear(said.encode(), self.now_s)
        self.now_s = end_s

    def error_s(self) -> float:
        """How far off the beat is now, as last heard."""
        last = self.heard[-1]
        phase = last.phase + (self.now_s - last.at_s) * last.tempo_bpm / 60
        return _off(phase - self.true_phase(self.now_s), 4) * 60 / last.tempo_bpm


def _off(beats: float, whole: float = 1.0) -> float:
    return (beats + whole / 2) % whole - whole / 2


@given(st.floats(60, 200), st.integers(0, 50))
def test_a_steady_session_is_followed_to_two_milliseconds_through_jitter(tempo_bpm: float, seed: int) -> None:
    talk = Talk(Session(round(tempo_bpm, 2)), jitter_s=0.002, seed=seed, fast=5e-5)
    talk.told()
    talk.go_on(4)
    for _ in range(20):
        talk.go_on(0.3)
        assert abs(talk.error_s()) < 0.002


@given(st.floats(60, 200), st.floats(60, 200), st.booleans())
def test_another_tempo_is_followed_within_a_beat_even_when_nobody_tells(
    before_bpm: float, after_bpm: float, told: bool
) -> None:
    talk = Talk(Session(round(before_bpm, 2)), jitter_s=0.001)
    talk.told()
    talk.go_on(4.1)
    talk.session.set_tempo(round(after_bpm, 2), talk.link_us(talk.now_s))
    if told:
        talk.told()
        talk.go_on(0.02)
    else:
        talk.go_on(60 / after_bpm)
    assert talk.heard[-1].tempo_bpm == pytest.approx(after_bpm, abs=0.01)
    assert abs(talk.error_s()) < 0.002


def test_a_change_that_is_told_while_an_answer_is_on_its_way_does_not_confuse_it() -> None:
    talk = Talk(Session(120.0), jitter_s=0.0)
    talk.told()
    talk.go_on(4)
    asked_s = talk.now_s
    question = talk.talk.question(asked_s)
    stale = talk.session.status(
        talk.link_us(asked_s - 0.2)
    )  # was held up, and comes right after the question
    talk.talk.hear(stale.encode(), asked_s + 1e-5)
    answer = talk.session.answers(question, talk.link_us(asked_s + 0.01))
    talk.heard += talk.talk.hear(answer.encode(), asked_s + 0.02)
    talk.now_s = asked_s + 0.02
    assert abs(talk.error_s()) < 0.001


def test_a_status_that_carabiner_keeps_back_until_its_next_poll_is_the_answer() -> None:
    """As it does: the phase is answered at once, the status that was asked for before it comes later."""
    session, talk = Session(120.0), Conversation()
    talk.hear(session.status(AHEAD_S * 1e6 + 99e6).encode(), 99.0)
    phase, status = session.answers(talk.question(100.0), AHEAD_S * 1e6 + 100.003e6).splitlines(keepends=True)
    assert phase.startswith("phase-at-time") and talk.hear(phase.encode(), 100.002) == []
    assert talk.due_s() == np.inf and talk.unanswered_s(100.004) > 0
    (beat,) = talk.hear(status.encode(), 100.006)
    assert beat.at_s == pytest.approx(99.0, abs=1e-5) and beat.tempo_bpm == 120
    assert talk.due_s() == pytest.approx(100.25) and talk.unanswered_s(100.1) == 0


def test_an_answer_to_another_question_is_none() -> None:
    talk = Talk(Session(120.0), jitter_s=0.0)
    talk.told()
    talk.go_on(1)
    question, heard = talk.talk.question(talk.now_s), len(talk.heard)
    other = talk.session.answers(ask_phase(12_345, 4), 0)
    assert talk.talk.hear(talk.session.status(talk.link_us(talk.now_s)).encode(), talk.now_s) == []
    assert talk.talk.hear(other.encode(), talk.now_s + 0.001) == []
    answer = talk.session.answers(question, talk.link_us(talk.now_s + 0.001))
    assert len(talk.talk.hear(answer.encode(), talk.now_s + 0.002)) == 1
    assert len(talk.heard) == heard


class Said(Link):
    """A link that heard this."""

    def __init__(self, beat: LinkBeat) -> None:
        super().__init__(TIME)
        self._said.post(beat.at_s, beat)
        self.listen(beat.at_s, origin_s=100.0)


def test_beat_and_bar_are_on_the_dancers_own_time() -> None:
    clock = Said(LinkBeat(at_s=110.0, phase=3.0, tempo_bpm=120.0, peers=1)).clock(10.0)
    assert clock is not None
    assert clock.tempo_bpm == 120
    assert clock.bar_phase_at(10.5) == pytest.approx(0)
    assert clock.phase_at(10.25) == pytest.approx(0.5)


def test_silence_takes_trust_away_and_then_the_beat() -> None:
    link = Said(LinkBeat(at_s=110.0, phase=3.0, tempo_bpm=120.0, peers=1))
    trust = [clock.confidence for age_s in np.arange(0, 1.99, 0.05) if (clock := link.clock(10.0 + age_s))]
    assert len(trust) == 40
    assert trust[0] == 1 and trust[-1] >= CONFIDENT
    assert np.all(np.diff(trust) <= 0)
    assert trust[-1] < 0.35
    assert link.clock(10.0 + GONE_AFTER_S) is None


def test_a_session_with_nobody_else_in_it_has_no_beat() -> None:
    assert Said(LinkBeat(at_s=110.0, phase=3.0, tempo_bpm=120.0, peers=0)).clock(10.0) is None


# -- over real TCP, in real time ----------------------------------------------------------------------------------


@pytest.fixture
def carabiner(monkeypatch: pytest.MonkeyPatch) -> Iterator[Carabiner]:
    monkeypatch.setattr("realtime.clocks.link._RETRY_S", 0.05)
    made = Carabiner(TIME.now_s)
    yield made
    with suppress(OSError):
        made.close()


@pytest.fixture
def link(carabiner: Carabiner) -> Iterator[Link]:
    made = Link(TIME, ("127.0.0.1", carabiner.port))
    made.start()
    yield made
    made.stop()


def _until(true: Callable[[], bool], within_s: float = 5.0) -> None:
    end_s = TIME.now_s() + within_s
    while not true():
        assert TIME.now_s() < end_s, "it did not happen in time"
        TIME.sleep_until_s(TIME.now_s() + 0.005)


def known(link: Link) -> BeatClock | None:
    link.listen(TIME.now_s(), 0.0)
    return link.clock(TIME.now_s())


def errors_s(link: Link, carabiner: Carabiner, seconds: float) -> list[float]:
    """How far off the present beat is, asked again and again."""
    errors, end_s = [], TIME.now_s() + seconds
    while TIME.now_s() < end_s:
        TIME.sleep_until_s(TIME.now_s() + 0.02)
        clock = known(link)
        assert clock is not None
        beat = round(carabiner.session.beat_at(carabiner.link_us()))
        off = _off(float(clock.beat_at(carabiner.beat_s(beat))) - beat, 4)
        errors.append(off * 60 / clock.tempo_bpm)
    return errors


def test_a_session_over_tcp_is_followed_to_two_milliseconds_and_a_tempo_change_within_a_beat(
    link: Link, carabiner: Carabiner
) -> None:
    assert isinstance(link, BeatSource)
    carabiner.late_s = 0.004
    _until(lambda: known(link) is not None)
    TIME.sleep_until_s(TIME.now_s() + 0.6)
    steady = np.abs(errors_s(link, carabiner, 1.0))
    assert np.quantile(steady, 0.95) < 0.002
    carabiner.change(tempo_bpm=174.0)
    TIME.sleep_until_s(TIME.now_s() + 60 / 174)
    assert np.quantile(np.abs(errors_s(link, carabiner, 0.5)), 0.95) < 0.002
    clock = known(link)
    assert clock is not None and clock.tempo_bpm == pytest.approx(174)
    assert set(carabiner.asked.split(b"\n")) - {b""} <= {b"status"} | {
        line for line in carabiner.asked.split(b"\n") if line.startswith(b"phase-at-time ")
    }  # it never sets anything


def test_peers_are_counted_as_they_join_and_leave(link: Link, carabiner: Carabiner) -> None:
    _until(lambda: link.connected and link.peers == 1)
    carabiner.change(peers=3)
    _until(lambda: link.peers == 3)
    carabiner.change(peers=0)
    _until(lambda: link.peers == 0 and known(link) is None)
    assert link.connected


def test_a_carabiner_that_is_cut_is_told_and_followed_again_when_it_is_back(
    link: Link, carabiner: Carabiner
) -> None:
    _until(lambda: known(link) is not None)
    carabiner.close()
    _until(lambda: not link.connected and "Carabiner" in link.trouble)
    assert "\n" not in link.trouble and "it is looked for every second" in link.trouble
    _until(lambda: known(link) is None)
    carabiner.ahead_s += 1234.5  # the machine was started anew
    carabiner.open()
    _until(lambda: known(link) is not None)
    assert link.trouble == ""
    TIME.sleep_until_s(TIME.now_s() + 0.6)
    assert np.quantile(np.abs(errors_s(link, carabiner, 0.3)), 0.9) < 0.002


def test_garbage_before_the_first_word_is_counted_and_followed_through(
    link: Link, carabiner: Carabiner
) -> None:
    _until(lambda: link.connected)
    carabiner.close()
    carabiner.greeting = b"HTTP/1.1 400 \xff\x00\r\nstatus { :peers x }\n" * 3
    carabiner.open()
    _until(lambda: link.connected and link.strange >= 6)


def test_what_listens_there_but_is_no_carabiner_is_told_with_the_mend(
    link: Link, carabiner: Carabiner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.clocks.link._ANSWER_S", 0.2)
    carabiner.mute = True
    _until(lambda: "update it, or give the right --carabiner" in link.trouble)
    assert not link.connected
