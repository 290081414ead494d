"""What DJ players broadcast: beats and what is on air, read at the byte; the cut and the foreign refused in words."""

import pytest
from fakes.dj_players import MAGIC, NO_TIME, beat_datagram, on_air_datagram
from hypothesis import given
from hypothesis import strategies as st

from groovecast.wire.errors import WireError
from groovecast.wire.pro_dj_link import DjBeat, OnAir, read_datagram


def test_a_beat_says_player_tempo_place_in_the_bar_and_when_the_next_comes() -> None:
    assert read_datagram(beat_datagram(3, 128.0, 2)) == DjBeat(3, "CDJ-2000nexus", 128.0, 2, 0.469)


def test_a_faster_fader_makes_the_tempo_higher_and_the_next_beat_sooner() -> None:
    beat = read_datagram(beat_datagram(1, 120.0, pitch=0.05))
    assert isinstance(beat, DjBeat)
    assert beat.tempo_bpm == pytest.approx(126, abs=1e-4)
    assert beat.next_beat_s == pytest.approx(0.5 / 1.05, abs=1e-6)


def test_a_track_that_ends_before_the_next_beat_does_not_say_when_it_is() -> None:
    beat = read_datagram(beat_datagram(1, 120.0, next_ms=NO_TIME))
    assert isinstance(beat, DjBeat) and beat.next_beat_s is None


def test_a_mixer_does_not_know_where_the_bar_begins() -> None:
    beat = read_datagram(beat_datagram(0x21, 120.0, 3, name="DJM-900"))
    assert isinstance(beat, DjBeat) and beat.beat_in_bar == 0


def test_a_mixer_says_which_of_four_or_six_are_heard() -> None:
    assert read_datagram(on_air_datagram((1, 4))) == OnAir(frozenset({1, 4}), frozenset({1, 2, 3, 4}))
    assert read_datagram(on_air_datagram((2, 5, 6), 6)) == OnAir(frozenset({2, 5, 6}), frozenset(range(1, 7)))


def test_other_talk_of_players_is_none_of_ours() -> None:
    assert read_datagram(MAGIC + b"\x0b" + bytes(80)) is None


@given(st.integers(0, 0x5F))
def test_a_beat_that_is_cut_is_refused(length: int) -> None:
    with pytest.raises(WireError, match="expected"):
        read_datagram(beat_datagram(1, 120.0)[:length])


def test_a_tempo_that_no_record_has_is_refused() -> None:
    with pytest.raises(WireError, match="expected a tempo from player 2"):
        read_datagram(beat_datagram(2, 655.35))
    with pytest.raises(WireError, match="expected a tempo"):
        read_datagram(beat_datagram(2, 120.0, pitch=-1.0))


@given(st.binary(max_size=200), st.booleans(), st.sampled_from([0x28, 0x03, 0x0B]))
def test_any_bytes_are_refused_or_make_sense(noise: bytes, ours: bool, kind: int) -> None:
    try:
        said = read_datagram((MAGIC + bytes([kind]) if ours else b"") + noise)
    except WireError as why:
        assert "\n" not in str(why)
        return
    if isinstance(said, DjBeat):
        assert 20 <= said.tempo_bpm <= 999 and 0 <= said.beat_in_bar <= 4
        assert said.next_beat_s is None or 0.05 <= said.next_beat_s <= 4
