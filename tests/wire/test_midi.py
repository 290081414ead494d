"""MIDI bytes: time is found in any stream, in pieces of any size, and no bytes ever raise."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groovecast.wire.errors import WireError
from groovecast.wire.midi import MidiEvent, MidiParser, MidiTime, SongPosition, midi_bytes

times = st.sampled_from(list(MidiTime))
positions = st.integers(0, (1 << 14) - 1).map(SongPosition)
data = st.lists(st.integers(0, 0x7F), max_size=6).map(bytes)
# notes, running status and system exclusive: messages of a status that is not about time, with any data
others = st.tuples(
    st.sampled_from([0x80, 0x90, 0x9F, 0xB0, 0xC0, 0xE5, 0xF0, 0xF1, 0xF3, 0xF6, 0xF7]), data
).map(lambda parts: bytes([parts[0]]) + parts[1])
sensing = st.sampled_from([b"\xfe", b"\xff", b"\xf9", b"\xfd"])


@given(st.lists(st.binary(max_size=40)))
def test_any_bytes_are_read_without_a_fault(pieces: list[bytes]) -> None:
    parser = MidiParser()
    for piece in pieces:
        assert all(isinstance(event, MidiTime | SongPosition) for event in parser.feed(piece))


@given(st.lists(st.one_of(times, positions, others, sensing), max_size=30))
def test_events_are_found_between_messages_of_every_other_kind(said: list[MidiEvent | bytes]) -> None:
    stream = b"".join(part if isinstance(part, bytes) else midi_bytes(part) for part in said)
    assert MidiParser().feed(stream) == [part for part in said if not isinstance(part, bytes)]


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=8))
def test_a_stream_in_pieces_is_the_stream(stream: bytes, cuts: list[int]) -> None:
    parser, found, edges = (
        MidiParser(),
        [],
        sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))}),
    )
    for first, last in pairwise(edges):
        found += parser.feed(stream[first:last])
    assert found == MidiParser().feed(stream)


def test_ticks_inside_a_dump_and_inside_a_position_count_and_break_neither() -> None:
    dump = bytes([0xF0, 1, 2, 0xF8, 3, 0xFE, 0xF7])
    position = bytes([0xF2, 4, 0xF8, 1])
    assert MidiParser().feed(dump + position) == [MidiTime.TICK, MidiTime.TICK, SongPosition(4 | 1 << 7)]


def test_a_position_that_another_message_breaks_off_is_none() -> None:
    assert MidiParser().feed(bytes([0xF2, 4, 0x90, 60, 100, 5, 6])) == []


def test_a_position_that_14_bits_cannot_hold_is_refused() -> None:
    with pytest.raises(WireError, match="0 to 16383"):
        midi_bytes(SongPosition(1 << 14))
