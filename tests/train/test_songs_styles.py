"""Every style can be read, composed and played, with a tempo and bars that make sense."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groovecast.train.songs.cast import KITS, PROGRAMS
from groovecast.train.songs.compose import composed
from groovecast.train.songs.drumming import groove
from groovecast.train.songs.midi import TICKS_PER_S, Event, file_of, note_on
from groovecast.train.songs.perform import performed
from groovecast.train.songs.render import STYLES
from groovecast.train.songs.styles import Style
from groovecast.train.songs.tempo import beat_times

_BY_NAME = {style.name: style for style in STYLES}


def test_there_are_many_styles_and_each_has_its_own_name() -> None:
    assert len(_BY_NAME) == len(STYLES) and len(STYLES) >= 100


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.name)
def test_what_a_style_writes_fills_whole_bars(style: Style) -> None:
    steps = style.metre * style.grid
    for written in style.drums:
        assert groove(written, steps).bars >= 1
    for line in style.lines:
        assert line.palette in PROGRAMS
        for pattern in line.patterns:
            assert pattern.startswith("@") or len(pattern) % steps == 0, f"{line.role}: {pattern}"
    assert set(style.kits) <= set(KITS)


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.name)
def test_a_style_plays_with_sane_beats_and_bars(style: Style) -> None:
    for seed in range(3):
        random = np.random.default_rng(seed)
        played = performed(composed(style, 20, random), 20, random)
        notes = [note for part in played.parts for note in part.notes]
        assert len(notes) > 8
        assert all(0 <= note.start < 20 and note.length > 0 and 0 < note.velocity <= 1 for note in notes)
        if not style.pulse:
            assert len(played.beats_s) == 0
            continue
        gaps_s = np.diff(played.beats_s)
        assert gaps_s.min() > 60 / 300 and gaps_s.max() < 60 / 35
        assert played.beats_s[0] >= 0 and played.beats_s[-1] < 20
        assert np.all(np.diff(played.in_bar) % style.metre == 1 % style.metre)
        assert set(played.in_bar) == set(range(style.metre))


def test_music_without_drums_and_drums_without_music_are_both_common() -> None:
    drummed, alone = 0, 0
    for seed in range(210):
        random = np.random.default_rng(seed)
        score = composed(STYLES[seed % len(STYLES)], 5, random)
        drummed += any(part.drums for part in score.parts)
        alone += all(part.drums for part in score.parts)
    assert 0.45 < drummed / 210 < 0.75
    assert 0.02 < alone / 210 < 0.15


def test_trap_and_dubstep_have_their_snare_on_the_third_beat() -> None:
    for name in ("trap", "dubstep"):
        for written in _BY_NAME[name].drums:
            backbeat = {
                drum: steps for drum, steps in groove(written, 16).steps.items() if drum in ("snare", "clap")
            }
            assert all(steps[8] == "X" and steps[4] == "." for steps in backbeat.values())


def test_a_groove_of_an_unknown_drum_is_refused() -> None:
    with pytest.raises(ValueError, match="a drum of kick"):
        groove("kazoo x...", 4)


@given(seed=st.integers(0, 10_000), tempo=st.floats(55, 215))
def test_every_kind_of_tempo_goes_forward(seed: int, tempo: float) -> None:
    times = beat_times(64, 4, tempo, 0.0, np.random.default_rng(seed))
    assert len(times) == 65 and times[0] == 0
    assert np.all(np.diff(times) > 60 / tempo / 2.2) and np.all(np.diff(times) < 60 / tempo * 2.2)


@given(st.lists(st.tuples(st.floats(0, 50), st.integers(0, 127)), max_size=20))
def test_a_midi_file_holds_its_notes_at_their_times(notes: list[tuple[float, int]]) -> None:
    data = file_of([Event(at_s, 5, note_on(3, pitch, 100)) for at_s, pitch in notes], 60)
    read = _notes_of(data)
    assert [pitch for _, pitch in read] == [pitch for _, pitch in sorted((s, p) for s, p in notes)]
    for (read_s, _), (at_s, _) in zip(read, sorted(notes), strict=True):
        assert abs(read_s - at_s) <= 0.5 / TICKS_PER_S + 1e-9


def _notes_of(data: bytes) -> list[tuple[float, int]]:
    at, tick, found = 14 + 8, 0, []
    while True:
        delta = 0
        while data[at] & 128:
            delta, at = (delta << 7) | (data[at] & 127), at + 1
        tick, at = tick + ((delta << 7) | data[at]), at + 1
        if data[at] == 0xFF:
            if data[at + 1] == 0x2F:
                return found
            at += 3 + data[at + 2]
        else:
            assert data[at] == 0x93
            found.append((tick / TICKS_PER_S, data[at + 1]))
            at += 3
