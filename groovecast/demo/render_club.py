"""Renders the bundled track: two minutes of our own club music, and the exact time of every beat.

    python -m groovecast.demo.render_club --out DIR

writes club.ogg and club.json. At 126 beats a minute and 44,100 Hz a beat is exactly 21,000 samples.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from groovecast.demo import synth
from groovecast.demo.mix import add, curve, echo, limited, pumped, room, swept
from groovecast.demo.synth import RATE_HZ, Stereo

TITLE, ARTIST, LICENCE = "Two Minutes to Doors", "Groovecast", "Apache-2.0 OR CC0-1.0"
TEMPO_BPM = 126
BEAT = RATE_HZ * 60 // TEMPO_BPM
STEP, BAR = BEAT // 4, BEAT * 4
LEAD_IN = RATE_HZ // 10  # the first beat is the sample of this number
_TAIL = 2 * RATE_HZ
_SEED = 126


@dataclass(frozen=True)
class Section:
    """A part of the arrangement, in bars of four beats."""

    name: str
    bars: int


ARRANGEMENT = (
    Section("intro", 8),
    Section("build", 8),
    Section("drop", 16),
    Section("breakdown", 8),
    Section("build", 8),
    Section("drop", 12),
    Section("outro", 4),
)
BARS = sum(section.bars for section in ARRANGEMENT)

# In which bars each part plays, first and one past the last.
_KICK = ((0, 14), (16, 32), (40, 46), (48, 64))
_CLAP = ((4, 14), (16, 32), (42, 46), (48, 60))
_HAT = ((0, 15), (16, 32), (38, 47), (48, 63))
_OPEN_HAT = ((4, 14), (16, 32), (42, 46), (48, 62))
_RIDE = ((24, 32), (48, 60))
_CONGA = ((2, 14), (16, 31), (36, 46), (48, 62))
_BASS = ((4, 14), (16, 32), (48, 62))
_STAB = ((8, 15), (16, 32), (40, 47), (48, 60))
_ARP = ((2, 15), (24, 32), (34, 47), (48, 64))
_LEAD = ((20, 32), (36, 40), (44, 47), (48, 60))
_ROLL = ((12, 16), (44, 48))
_RISE = ((9, 16), (41, 48))
_CRASHES = (8, 16, 24, 32, 40, 48, 56, 60)
_DROPS = (16, 48)
# Beats left out before something new: (bar, beat).
_HOLES = {(23, 3), (31, 2), (31, 3), (55, 3)}

# Two bars of each: A minor nine, F major seven, C with a nine, E minor seven.
_CHORDS = ((57, 60, 64, 67, 71), (57, 60, 64, 65, 72), (55, 60, 62, 64, 67), (55, 59, 62, 64, 71))
_ROOTS = (33, 29, 36, 28)
# The hook: (sixteenth of two bars, length, note).
_HOOK = (
    (0, 3, 76), (3, 3, 74), (6, 4, 72), (10, 2, 69), (12, 2, 72), (14, 2, 74),
    (16, 3, 76), (19, 3, 79), (22, 5, 76), (28, 2, 74), (30, 2, 71),
)  # fmt: skip
_HOOK_END = ((16, 3, 74), (19, 3, 76), (22, 6, 71), (28, 2, 67), (30, 2, 71))
_ARP_STEPS = (0, 2, 4, 1, 3, 2, 4, 3, 0, 2, 4, 1, 3, 4, 2, 3)


class _Song:
    """The tape: buses of one length, and where bars and steps lie on it."""

    def __init__(self, bars: int, seed: int) -> None:
        self.bars = bars
        length = LEAD_IN + bars * BAR + _TAIL
        self.samples = -(-length // 4096) * 4096  # a length that Fourier transforms like
        self.random = np.random.default_rng(seed)

    def bus(self) -> Stereo:
        """An empty bus."""
        return np.zeros((self.samples, 2))

    def at(self, bar: float, step: float = 0) -> int:
        """The sample where that sixteenth of that bar begins."""
        return LEAD_IN + round(bar * BAR + step * STEP)

    def swung(self, bar: int, step: int) -> int:
        """The same, off-sixteenths late by a tenth of a step, as hands play them."""
        return self.at(bar, step) + (STEP // 10 if step % 2 else 0)

    def bars_of(self, spans: tuple[tuple[int, int], ...]) -> Iterator[int]:
        """The bars in which a part plays, as far as the tape goes."""
        return (bar for first, end in spans for bar in range(first, min(end, self.bars)))


def kicks_of(bars: int = BARS) -> list[int]:
    """The samples on which a kick drum begins."""
    song = _Song(bars, 0)
    beats = ((bar, beat) for bar in song.bars_of(_KICK) for beat in range(4))
    return [song.at(bar, 4 * beat) for bar, beat in beats if (bar, beat) not in _HOLES]


def render(bars: int = BARS, seed: int = _SEED) -> Stereo:
    """The first bars of the track as it is heard, at 44,100 Hz; the same seed gives the same bits."""
    song = _Song(bars, seed)
    kicks = kicks_of(bars)
    kick = song.bus()
    for at in kicks:
        add(kick, _KICK_SOUND, at, 0.62)
    drums, drum_room = _drums(song)
    music = _music(song)
    tops = _effects(song)
    duck = pumped(song.samples, kicks, 0.80, 0.30)
    wet = room(drum_room, 0.9, song.random) * 0.30 + room(music.send, 2.6, song.random) * 0.55
    mix = kick + drums + music.bass * pumped(song.samples, kicks, 0.92, 0.21) + music.dry * duck
    mix += wet * pumped(song.samples, kicks, 0.55, 0.28) + tops
    mix = swept(mix, np.full(song.samples, 30.0), high=True)
    mix *= curve(song.samples, [(song.at(bar), level) for bar, level in _FADER])[:, None]
    return limited(np.tanh(mix * _DRIVE), _CEILING)


# The hand on the main fader, (bar, level): what makes a drop larger than what it follows.
_FADER = (
    (0, 0.76), (4, 0.80), (7.9, 0.84), (8, 0.76), (13.9, 0.88), (15.9, 0.96), (16, 1.0), (31.9, 1.0),
    (32, 0.64), (39.9, 0.72), (40, 0.72), (45.9, 0.88), (47.9, 0.98), (48, 1.0), (60, 1.0), (61, 0.85),
    (62, 0.8), (64, 0.3), (65, 0.0),
)  # fmt: skip
_DRIVE = 0.95
_CEILING = 0.82  # 1.7 dB below full scale: room for what lossy coding adds
_KICK_SOUND = synth.kick()


def _drums(song: _Song) -> tuple[Stereo, Stereo]:
    """All drums but the kick, and what of them goes to the room."""
    random, dry, send = song.random, song.bus(), song.bus()
    claps = [synth.clap(random) for _ in range(3)]
    hats = [synth.cymbal(random, 0.09, 0.022, 7500) for _ in range(4)]
    opened, ride = synth.cymbal(random, 0.26, 0.11, 6500), synth.cymbal(random, 0.5, 0.16, 5200)
    crash, snare = synth.cymbal(random, 3.0, 0.9, 3200), synth.snare(random)
    for bar in song.bars_of(_CLAP):
        for beat in (1, 3):
            for bus, level in ((dry, 0.46), (send, 0.36)):
                add(bus, claps[(bar + beat) % 3], song.at(bar, 4 * beat), level)
    accents = (0.45, 0.28, 0.8, 0.38)
    for bar in song.bars_of(_HAT):
        for step in range(16):
            level = accents[step % 4] * random.uniform(0.85, 1.1) * 0.36
            add(dry, hats[step % 4], song.swung(bar, step), level, 0.25 * (-1) ** step)
    for spans, sound, level in ((_OPEN_HAT, opened, 0.36), (_RIDE, ride, 0.20)):
        for bar in song.bars_of(spans):
            for step in (2, 6, 10, 14):
                add(dry, sound, song.at(bar, step), level, -0.15)
    for bar in song.bars_of(_CONGA):
        for step, hz, level in ((3, 330, 0.6), (6, 330, 0.9), (7, 290, 0.5), (11, 330, 0.7), (13, 245, 0.9)):
            for bus, send_level in ((dry, 0.15), (send, 0.13)):
                add(
                    bus,
                    synth.conga(hz),
                    song.swung(bar, step),
                    level * send_level,
                    0.4 if hz > 300 else -0.35,
                )
    for first, end in _ROLL:
        for bar in song.bars_of(((first, end),)):
            every = (4, 4, 2, 1)[bar - first]
            for step in range(0, 12 if bar == end - 1 else 16, every):
                done = (bar - first + step / 16) / (end - first)
                add(dry, snare, song.at(bar, step), 0.16 + 0.40 * done)
                add(send, snare, song.at(bar, step), 0.10 + 0.30 * done)
    for bar in _CRASHES:
        if bar < song.bars:
            add(dry, crash, song.at(bar), 0.36)
            add(send, crash, song.at(bar), 0.1)
    return dry, send


@dataclass(frozen=True)
class _Music:
    """What is not drums: bass, the other instruments, and what of them goes to the room."""

    bass: Stereo
    dry: Stereo
    send: Stereo


def _music(song: _Song) -> _Music:
    stab = swept(_stabs(song), _opening(song, 0.35), peak=0.5)
    pad, arp, hook = _pads(song), _arps(song), _leads(song)
    arp = swept(arp, _opening(song, 1.0), peak=0.3)
    arp += echo(arp, 3 * STEP, 0.5)
    hook += echo(hook, 3 * STEP, 0.36, repeats=4)
    dry = stab * 0.85 + pad * 0.42 + arp * 0.62 + hook * 0.52
    send = stab * 0.34 + pad * 0.26 + arp * 0.30 + hook * 0.26
    bass = swept(_basses(song), _points(song, ((0, 130), (8, 220), (14, 500), (16, 9000)), 9000))
    return _Music(bass * 0.42, swept(dry, np.full(song.samples, 140.0), high=True), send)


def _points(song: _Song, points: tuple[tuple[float, float], ...], last: float) -> synth.Mono:
    """A cutoff in hertz that moves through (bar, hertz)."""
    whole = [(song.at(bar), value) for bar, value in points]
    return curve(song.samples, [*whole, (max(song.samples, whole[-1][0] + 1), last)], geometric=True)


def _opening(song: _Song, share: float) -> synth.Mono:
    """The filter that opens through each build; `share` scales where it starts from."""
    points = (
        (0, 500 + 700 * share), (8, 500 + 900 * share), (15.7, 9000), (16, 5200), (24, 7500), (31.9, 7500),
        (32, 600 + 600 * share), (40, 600 + 1200 * share), (47.7, 11000), (48, 8000), (60, 8000), (64, 700),
    )  # fmt: skip
    return _points(song, points, 600)


def _stabs(song: _Song) -> Stereo:
    """Short chords on the off-beats, three rhythms by turns."""
    bus = song.bus()
    rhythms = ((3, 6, 10, 14), (3, 6, 11, 14), (2, 5, 8, 11, 14))
    for bar in song.bars_of(_STAB):
        chord = _CHORDS[bar // 2 % 4]
        for step in rhythms[2 if bar in (47, 15) else bar % 2]:
            samples = int(STEP * 1.7)
            wave = synth.choir_of_saws(chord[:4], samples, song.random)
            shape = synth.gate(samples, 0.003, 0.04) * np.exp(-synth.time_of(samples) / 0.11)
            add(bus, wave * shape[:, None], song.swung(bar, step), 0.9)
    return bus


def _pads(song: _Song) -> Stereo:
    """Long chords: loud in the breakdown, a haze elsewhere."""
    bus = song.bus()
    for bar in range(0, song.bars, 2):
        samples = 2 * BAR + STEP * 2
        wave = synth.choir_of_saws((*_CHORDS[bar // 2 % 4], _ROOTS[bar // 2 % 4] + 12), samples, song.random)
        add(bus, wave * synth.gate(samples, 0.25, 0.25)[:, None], song.at(bar), 0.9)
    bright = ((0, 380), (8, 500), (15.7, 3800), (16, 1600), (31.9, 1600), (32, 550), (40, 2600), (47.7, 6500))
    haze = ((0, 0.42), (8, 0.40), (15.7, 0.75), (16, 0.34), (31.9, 0.34), (32, 0.95), (40, 1.0), (47.7, 0.9))
    level = [(song.at(bar), value) for bar, value in (*haze, (48, 0.34), (60, 0.4), (64, 0.5))]
    bus = swept(bus, _points(song, (*bright, (48, 2200), (60, 900)), 400))
    return np.asarray(bus * curve(song.samples, level)[:, None])


def _arps(song: _Song) -> Stereo:
    """Sixteenths through the chord."""
    bus = song.bus()
    sounds = {note: synth.pluck(note + 12, 1.3) for chord in _CHORDS for note in chord}
    for bar in song.bars_of(_ARP):
        chord = _CHORDS[bar // 2 % 4]
        for step, place in enumerate(_ARP_STEPS):
            level = (0.9, 0.5, 0.7, 0.55)[step % 4] * (0.6 if 48 <= bar < 60 else 1.0)
            pan = 0.45 * np.sin(bar * 2.1 + step * 0.9)
            add(bus, sounds[chord[place]], song.swung(bar, step), level, float(pan))
    return bus


def _leads(song: _Song) -> Stereo:
    """The hook, every fourth time with another end."""
    bus = song.bus()
    for bar in song.bars_of(_LEAD):
        half = bar % 2
        notes = [note for note in _HOOK if note[0] // 16 == half]
        if bar % 8 == 7:
            notes = list(_HOOK_END)
        for step, length, pitch in notes:
            soft = 0.45 if bar < 16 or 32 <= bar < 48 else 1.0
            wave = synth.lead(pitch, length * STEP, song.random)
            add(bus, wave, song.swung(bar, step % 16), soft * 0.8)
    return swept(bus, np.full(song.samples, 5200.0))


def _basses(song: _Song) -> Stereo:
    """Between the kicks: three sixteenths a beat, an octave now and then."""
    bus = song.bus()
    samples = int(STEP * 0.95)
    roots = sorted(set(_ROOTS))
    sounds = {note: synth.bass(note + up, samples) for note in roots for up in (0,)}
    octaves = {note: synth.bass(note + 12, samples) for note in roots}
    for bar in song.bars_of(_BASS):
        root = _ROOTS[bar // 2 % 4]
        for step in range(16):
            if step % 4 == 0:
                continue
            high = (step, bar % 2) in ((7, 0), (14, 0), (11, 1), (15, 1))
            level = (0.0, 0.8, 1.0, 0.85)[step % 4] * (0.75 if high else 1.0)
            add(bus, octaves[root] if high else sounds[root], song.at(bar, step), level)
    return bus


def _effects(song: _Song) -> Stereo:
    """Risers into the drops, reversed crashes, and the boom on the one."""
    bus, random = song.bus(), song.random
    for first, end in _RISE:
        if first < song.bars:
            samples = (end - first) * BAR - BEAT
            done = np.linspace(0, 1, samples)
            noise = swept(random.normal(0, 0.5, (samples, 2)), 500 * 18**done, high=True)
            hz = 110 * 2 ** (3 * done**1.5)
            siren = synth.saw(hz, samples, 0.0)[:, None] + synth.saw(hz * 1.006, samples, 0.4)[:, None]
            siren = swept(np.repeat(siren, 2, axis=1), 300 * 20**done)
            add(bus, noise * (done**1.8)[:, None], song.at(first), 0.30)
            add(bus, siren * (done**2.2)[:, None], song.at(first), 0.09)
    reverse = synth.cymbal(random, 1.6, 0.5, 2500)[::-1]
    for bar in (8, *_DROPS, 32):
        if bar < song.bars:
            add(bus, reverse, song.at(bar) - len(reverse), 0.20)
    down = swept(random.normal(0, 0.5, (3 * BAR, 2)), 9000 * 40.0 ** -np.linspace(0, 1, 3 * BAR))
    for bar in (*_DROPS, 32):
        if bar < song.bars:
            add(bus, synth.boom(), song.at(bar), 0.5)
            add(bus, down * synth.decay(3 * BAR, 1.6)[:, None], song.at(bar), 0.07)
    return bus


def annotations(bars: int = BARS) -> dict[str, object]:
    """What is known about the track because we made it; times in seconds from its first sample."""
    song = _Song(bars, 0)
    starts = np.cumsum([0] + [section.bars for section in ARRANGEMENT])
    return {
        "title": TITLE,
        "artist": ARTIST,
        "licence": LICENCE,
        "sample_rate_hz": RATE_HZ,
        "samples": song.samples,
        "tempo_bpm": float(TEMPO_BPM),
        "beats_per_bar": 4,
        "first_beat_sample": LEAD_IN,
        "beat_samples": BEAT,
        "beats_s": [song.at(0, 4 * beat) / RATE_HZ for beat in range(4 * bars)],
        "downbeats_s": [song.at(bar) / RATE_HZ for bar in range(bars)],
        "kicks_s": [at / RATE_HZ for at in kicks_of(bars)],
        "sections": [
            {
                "name": section.name,
                "first_bar": int(first),
                "bars": section.bars,
                "start_s": song.at(int(first)) / RATE_HZ,
                "end_s": song.at(int(first) + section.bars) / RATE_HZ,
            }
            for section, first in zip(ARRANGEMENT, starts[:-1], strict=True)
        ],
    }


_COMPRESSION = 0.55  # Vorbis quality 4.5, about 130 kbit/s


def main() -> None:
    """Render and write both files."""
    parser = argparse.ArgumentParser(description="Render the bundled track.")
    parser.add_argument(
        "--out", type=Path, required=True, help="the folder to write club.ogg and club.json to"
    )
    folder: Path = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    sound = render().astype(np.float32)
    path = folder / "club.ogg"
    with soundfile.SoundFile(
        path, "w", RATE_HZ, 2, "VORBIS", format="OGG", compression_level=_COMPRESSION
    ) as file:
        for start in range(0, len(sound), RATE_HZ):  # libsndfile's encoder overflows on long blocks
            file.write(sound[start : start + RATE_HZ])
    (folder / "club.json").write_text(json.dumps(annotations(), indent=1) + "\n")
    print(f"{path}: {len(sound) / RATE_HZ:.1f} s, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
