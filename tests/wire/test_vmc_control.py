"""What a VMC assistant asks, and what it is answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_packet import OscPacket

from groovecast.wire.errors import WireError
from groovecast.wire.midi import ControlChange, Note
from groovecast.wire.osc_packet import OscSaid, OscValue
from groovecast.wire.vmc_control import (
    Calibrate,
    Config,
    Foreign,
    GetReady,
    Period,
    Shortcut,
    Tell,
    VmcAsked,
    vmc_asked,
    vmc_state,
)


@pytest.mark.parametrize(
    ("address", "values", "asked"),
    [
        ("Set/Period", (1, 1, 2, 1, 1, 1), Period(2)),
        ("Set/Period", (1, 1, -5), Period(1)),
        ("Set/Req", (), Tell()),
        ("Set/Calib/Ready", (), GetReady()),
        ("Set/Calib/Exec", (1,), Calibrate(1)),
        ("Set/Config", ("a/b.json",), Config("a/b.json")),
        ("Set/Shortcut", ("drop", "further"), Shortcut("drop")),
        ("Midi/CC/Val", (7, 0.5), ControlChange(0, 7, 64)),
        ("Midi/CC/Val", (7, 1.5), ControlChange(0, 7, 127)),
        ("Midi/CC/Bit", (7, 1), ControlChange(0, 7, 127)),
        ("Midi/Note", (1, 9, 60, 0.25), Note(9, 60, 32)),
        ("Midi/Note", (0, 9, 60, 0.25), Note(9, 60, 0)),
        ("Hmd/Pos", ("a", *7 * (0.0,)), Foreign()),
        ("Tra/Pos/Local", (), Foreign()),
        ("T", (1.0,), Foreign()),
        ("Set/Eye", (1,), Foreign()),
    ],
)  # fmt: skip
def test_each_message_asks_what_vmc_means(
    address: str, values: tuple[OscValue, ...], asked: VmcAsked
) -> None:
    assert vmc_asked(OscSaid(f"/VMC/Ext/{address}", values)) == asked


@pytest.mark.parametrize(
    ("address", "values"),
    [
        ("/VMC/Ext/Set/Period", (1,)),
        ("/VMC/Ext/Set/Shortcut", (5,)),
        ("/VMC/Ext/Midi/CC/Val", (7,)),
        ("/VMC/Ext/Midi/CC/Val", (7, float("nan"))),
        ("/VMC/Ext/Midi/CC/Val", (700, 0.5)),
        ("/VMC/Ext/Trapdoor", ()),
        ("/groovecast/panic", ()),
    ],
)  # fmt: skip
def test_what_vmc_does_not_know_is_refused_in_words(address: str, values: tuple[OscValue, ...]) -> None:
    with pytest.raises(WireError, match="asked by VMC for"):
        vmc_asked(OscSaid(address, values))


@given(
    st.sampled_from(
        ["Set/Period", "Set/Shortcut", "Midi/Note", "Midi/CC/Val", "Midi/CC/Bit", "Set/Config", "Bone"]
    ),
    st.lists(st.one_of(st.booleans(), st.integers(), st.floats(), st.text(max_size=3)), max_size=6),
)
def test_whatever_it_carries_it_is_read_or_refused(kind: str, values: list[OscValue]) -> None:
    try:
        vmc_asked(OscSaid(f"/VMC/Ext/{kind}", tuple(values)))
    except WireError as why:
        assert "asked by VMC" in str(why)


def test_the_answer_is_what_a_receiver_reads() -> None:
    said = {
        one.message.address: list(one.message)
        for one in OscPacket(vmc_state(2.5, 39540, "groovecast")).messages
    }
    assert said == {
        "/VMC/Ext/Opt": ["groovecast"],
        "/VMC/Ext/Rcv": [1, 39540],
        "/VMC/Ext/OK": [1, 3, 0, 1],
        "/VMC/Ext/T": [2.5],
    }
