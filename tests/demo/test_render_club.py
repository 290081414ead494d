"""The bundled track is what its annotations say, and can be rendered again to the bit."""

import json
from functools import cache
from importlib.resources import files
from itertools import pairwise

import msgspec
import numpy as np
import soundfile

from groovecast.demo.render_club import ARRANGEMENT, BARS, BEAT, LEAD_IN, annotations, kicks_of, render
from groovecast.demo.synth import RATE_HZ

FOLDER = files("groovecast.demo")


class Part(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    first_bar: int
    bars: int
    start_s: float
    end_s: float


class Facts(msgspec.Struct, forbid_unknown_fields=True):
    title: str
    artist: str
    licence: str
    sample_rate_hz: int
    samples: int
    tempo_bpm: float
    beats_per_bar: int
    first_beat_sample: int
    beat_samples: int
    beats_s: list[float]
    downbeats_s: list[float]
    kicks_s: list[float]
    sections: list[Part]


@cache
def facts() -> Facts:
    return msgspec.json.decode((FOLDER / "club.json").read_bytes(), type=Facts)


@cache
def track() -> np.ndarray:
    """The track as it is heard, decoded, left and right."""
    with (FOLDER / "club.ogg").open("rb") as file:
        samples, rate_hz = soundfile.read(file, always_2d=True)
    assert rate_hz == facts().sample_rate_hz == RATE_HZ
    return samples


@cache
def opening() -> np.ndarray:
    """The first eight bars, rendered here and now."""
    return render(8)


def level_db(name: str, which: int = 0) -> float:
    """The RMS level of a section."""
    part = [section for section in facts().sections if section.name == name][which]
    heard = track()[round(part.start_s * RATE_HZ) : round(part.end_s * RATE_HZ)]
    return float(10 * np.log10(np.mean(heard**2)))


def onset_s(near_s: float) -> float:
    """Where, near a time, loudness below 200 Hz or above 3 kHz leaps up most: a kick and its click."""
    first = round((near_s - 0.06) * RATE_HZ)
    heard = track()[first : first + round(0.12 * RATE_HZ)].mean(axis=1)
    frame = 64
    power = np.square(
        np.diff(heard, prepend=heard[:1])
    )  # a difference: clicks count more than the bass before
    loud = np.log10(np.add.reduceat(power, np.arange(0, len(power), frame)) + 1e-4)
    wide = 4  # 6 ms before against 6 ms after
    leap = [loud[k : k + wide].mean() - loud[k - wide : k].mean() for k in range(wide, len(loud) - wide)]
    return (first + (int(np.argmax(leap)) + wide) * frame) / RATE_HZ


def test_the_annotations_are_those_of_the_program() -> None:
    assert json.loads((FOLDER / "club.json").read_text()) == annotations()
    assert len(track()) == facts().samples


def test_the_beats_are_even_and_the_sections_fill_the_track() -> None:
    told = facts()
    assert len(told.beats_s) == 4 * BARS
    assert told.downbeats_s == told.beats_s[::4]
    assert np.allclose(np.diff(told.beats_s), 60 / told.tempo_bpm, atol=1e-9)
    assert told.beats_s[0] == LEAD_IN / RATE_HZ
    assert told.beat_samples == BEAT == 60 / told.tempo_bpm * RATE_HZ
    assert [part.name for part in told.sections] == [section.name for section in ARRANGEMENT]
    assert {"intro", "build", "drop", "breakdown", "outro"} <= {part.name for part in told.sections}
    assert all(a.end_s == b.start_s for a, b in pairwise(told.sections))
    assert 115 < told.sections[-1].end_s < 125
    assert set(told.kicks_s) <= set(told.beats_s)


def test_every_announced_kick_is_heard_within_five_milliseconds() -> None:
    apart_s = np.array([onset_s(kick_s) - kick_s for kick_s in facts().kicks_s])
    assert len(apart_s) > 150
    assert np.abs(apart_s).max() < 0.005
    assert abs(np.median(apart_s)) < 0.002


def test_the_decoded_track_is_not_shifted_against_the_rendered_one() -> None:
    rendered = opening().mean(axis=1)[: 4 * 4 * BEAT]
    heard = track().mean(axis=1)[: len(rendered)]
    size = 2 * len(heard)
    agreement = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(rendered, size)), size)
    assert int(np.argmax(agreement)) == 0


def test_drops_are_louder_than_what_leads_to_them() -> None:
    drop = level_db("drop")
    assert abs(drop - level_db("drop", 1)) < 1
    assert drop - level_db("intro") > 1.5
    assert drop - level_db("build") > 1.5
    assert drop - level_db("build", 1) > 1.5
    assert 4 < drop - level_db("breakdown") < 12
    assert -14 < drop < -8


def test_nothing_clips_and_it_fades_out() -> None:
    assert np.abs(track()).max() < 0.99
    assert np.abs(track()[-RATE_HZ // 4 :]).max() < 0.01
    assert np.abs(track()[: LEAD_IN - RATE_HZ // 100]).max() < 0.05
    assert np.abs(track().mean(axis=0)).max() < 1e-3


def test_the_sound_has_bass_middle_and_treble() -> None:
    part = next(section for section in facts().sections if section.name == "drop")
    heard = track()[round(part.start_s * RATE_HZ) : round(part.end_s * RATE_HZ)].mean(axis=1)
    power, hz = np.abs(np.fft.rfft(heard)) ** 2, np.fft.rfftfreq(len(heard), 1 / RATE_HZ)
    edges = (20, 120, 500, 2000, 6000, 16000)
    share_db = [10 * np.log10(power[(hz >= a) & (hz < b)].sum() / power.sum()) for a, b in pairwise(edges)]
    lowest, highest = (-4, -12, -14, -20, -24), (-0.5, -6, -7, -12, -14)
    assert all(low < db < high for low, db, high in zip(lowest, share_db, highest, strict=True)), share_db


def test_the_same_seed_gives_the_same_bits() -> None:
    assert np.array_equal(opening(), render(8))
    assert not np.array_equal(render(1), render(1, seed=1))


def test_kicks_stand_on_beats_of_the_grid() -> None:
    assert all((at - LEAD_IN) % BEAT == 0 for at in kicks_of())
    assert kicks_of(8) == kicks_of()[:32]


def test_the_file_is_small_enough_to_ship() -> None:
    size = len((FOLDER / "club.ogg").read_bytes())
    assert 1_000_000 < size < 2_600_000


def test_a_short_render_is_as_long_as_its_bars() -> None:
    assert 0 <= len(opening()) - (LEAD_IN + 4 * BEAT * 8 + 2 * RATE_HZ) < 4096
