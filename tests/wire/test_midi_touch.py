"""What hands do, out of MIDI bytes: as mido understands them, in any pieces, through clocks and running status."""

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groovecast.wire.midi import ControlChange, MidiTouch, Note, PitchBend, TouchParser, touch_bytes

low, seven = st.integers(0, 15), st.integers(0, 127)
touches = st.one_of(
    st.builds(ControlChange, low, seven, seven),
    st.builds(Note, low, seven, seven),
    st.builds(PitchBend, low, st.integers(0, 16383)),
)


@given(touches)
def test_what_is_written_is_read_and_mido_reads_the_same(touch: MidiTouch) -> None:
    data = touch_bytes(touch)
    assert TouchParser().feed(data) == [touch]
    said = mido.Message.from_bytes(data)
    assert said.channel == touch.channel
    match touch:
        case ControlChange(_, number, value):
            assert (said.type, said.control, said.value) == ("control_change", number, value)
        case Note(_, number, velocity):
            assert (said.type, said.note, said.velocity) == ("note_on", number, velocity)
        case PitchBend(_, value):
            assert (said.type, said.pitch) == ("pitchwheel", value - 8192)


@given(st.lists(touches, max_size=8), st.integers(1, 5))
def test_pieces_of_any_size_and_a_clock_between_change_nothing(moved: list[MidiTouch], size: int) -> None:
    data = b"".join(bytes([byte, 0xF8]) for touch in moved for byte in touch_bytes(touch))
    parser = TouchParser()
    assert [t for at in range(0, len(data), size) for t in parser.feed(data[at : at + size])] == moved


def test_a_status_goes_on_for_the_next_touches() -> None:
    data = bytes([0xB1, 7, 10, 7, 11, 7, 12])
    assert TouchParser().feed(data) == [ControlChange(1, 7, value) for value in (10, 11, 12)]


def test_a_note_that_ends_is_one_without_velocity() -> None:
    assert TouchParser().feed(bytes([0x82, 60, 64, 0x92, 60, 0])) == [Note(2, 60, 0), Note(2, 60, 0)]


@given(st.binary(max_size=200))
def test_any_bytes_raise_nothing_and_give_only_what_midi_has(noise: bytes) -> None:
    for touch in TouchParser().feed(noise):
        assert TouchParser().feed(touch_bytes(touch)) == [touch]


@pytest.mark.parametrize(
    "other", [bytes([0xC0, 5]), bytes([0xD0, 5]), bytes([0xA0, 60, 1]), b"\xf0\x7e\x01\xf7"]
)
def test_what_is_no_touch_is_skipped(other: bytes) -> None:
    assert TouchParser().feed(other + bytes([0xB0, 7, 1])) == [ControlChange(0, 7, 1)]
