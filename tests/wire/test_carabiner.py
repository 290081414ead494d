"""Carabiner's words: read in any pieces, garbage counted, and its own moment found in what it says."""

import pytest
from fakes.carabiner import Session
from hypothesis import given
from hypothesis import strategies as st

from groovecast.wire.carabiner import (
    ASK_STATUS,
    CarabinerParser,
    LinkPhase,
    LinkRefusal,
    LinkStatus,
    ask_phase,
)

README = b"""status { :peers 0 :bpm 120.000000 :start 73743731220 :beat 597.737570 }
status { :peers 2 :bpm 128.500000 :start 73743731220 :beat 597.737570 :playing true }
phase-at-time { :when 73746356220 :quantum 4.000000 :phase 1.250000 }
unsupported version
bad-time
version "1.1.0"
"""


def test_the_words_of_its_manual_are_understood() -> None:
    parser = CarabinerParser()
    assert parser.feed(README) == [
        LinkStatus(0, 120.0, 73743731220.0, 597.73757),
        LinkStatus(2, 128.5, 73743731220.0, 597.73757),
        LinkPhase(73746356220, 4.0, 1.25),
        LinkRefusal("version"),
        LinkRefusal("time"),
    ]
    assert parser.strange == 1  # its version, which nobody asked for


@given(st.lists(st.integers(1, 40), min_size=1))
def test_pieces_of_any_size_say_the_same(sizes: list[int]) -> None:
    parser, said, at = CarabinerParser(), [], 0
    while at < len(README):
        size = sizes[at % len(sizes)]
        said += parser.feed(README[at : at + size])
        at += size
    assert said == CarabinerParser().feed(README)


@given(st.floats(20, 999), st.floats(0, 1e5))
def test_the_moment_of_a_status_follows_from_it(tempo_bpm: float, seconds: float) -> None:
    session = Session(tempo_bpm=round(tempo_bpm, 6))
    link_us = session.start_us + seconds * 1e6
    (status,) = CarabinerParser().feed(session.status(link_us).encode())
    assert isinstance(status, LinkStatus)
    assert status.link_us == pytest.approx(link_us, abs=2)  # microseconds: six digits of a beat


def test_a_question_names_its_moment_and_the_answer_repeats_it() -> None:
    session = Session()
    asked = ASK_STATUS + ask_phase(session.start_us + 2_625_000, 4)
    said = CarabinerParser().feed(session.answers(asked, session.start_us + 2_700_000).encode())
    assert said[0] == LinkPhase(session.start_us + 2_625_000, 4.0, 1.25)


@given(st.binary(max_size=400))
def test_garbage_raises_nothing_and_what_comes_after_it_is_read(garbage: bytes) -> None:
    parser = CarabinerParser()
    parser.feed(garbage + b"\n")
    assert parser.feed(README)[-4] == LinkStatus(2, 128.5, 73743731220.0, 597.73757)


@given(
    st.sampled_from(["status", "phase-at-time"]),
    st.dictionaries(
        st.sampled_from(["peers", "bpm", "start", "beat", "when", "quantum", "phase"]),
        st.sampled_from(["nan", "inf", "-1", "0", "1e400", "4.0", "120.0", "x", "9" * 400, "3"]),
    ),
)
def test_numbers_that_no_session_has_are_never_passed_on(word: str, fields: dict[str, str]) -> None:
    line = f"{word} {{ {' '.join(f':{name} {value}' for name, value in fields.items())} }}\n"
    for said in CarabinerParser().feed(line.encode()):
        if isinstance(said, LinkStatus):
            assert 20 <= said.tempo_bpm <= 999 and said.peers >= 0
            assert abs(said.link_us) < float("inf")
        elif isinstance(said, LinkPhase):
            assert 0 <= said.phase < said.quantum


@pytest.mark.parametrize(
    ("field", "value"),
    [("beat", "1e400"), ("beat", "nan"), ("bpm", "0"), ("bpm", "nan"), ("peers", "-1"), ("start", "1.5")],
)
def test_a_status_with_one_number_that_no_session_has_is_counted_and_skipped(field: str, value: str) -> None:
    fields = {"peers": "1", "bpm": "120.0", "start": "1000", "beat": "2.5"}
    parser = CarabinerParser()
    for said, strange in ((fields, 0), ({**fields, field: value}, 1)):
        line = " ".join(f":{name} {value}" for name, value in said.items())
        assert len(parser.feed(f"status {{ {line} }}\n".encode())) == 1 - strange
        assert parser.strange == strange


def test_a_line_without_end_is_given_up() -> None:
    parser = CarabinerParser()
    for _ in range(100):
        parser.feed(b"x" * 1000)
    assert parser.strange >= 10
    assert parser.feed(b"\n" + README)[0] == LinkStatus(0, 120.0, 73743731220.0, 597.73757)
