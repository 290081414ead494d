"""Single drum hits and drum loops that Debian gives away: Sonic Pi's (CC0) and two kits of Hydrogen (CC0, CC BY)."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64

from groovecast.audio.decode import load_audio, mono
from groovecast.audio.features import SAMPLE_RATE_HZ
from groovecast.audio.resample import Resampler
from groovecast.train.songs.kit import drum_kit
from groovecast.train.songs.mix import add

Mono = Float32[np.ndarray, " samples"]
_SONIC = Path("/usr/share/sonic-pi/samples")
_HYDROGEN = Path("/usr/share/hydrogen/data/drumkits")

# General MIDI drum: the beginnings of file names that may play it
_SONIC_HITS: dict[int, tuple[str, ...]] = {
    36: ("bd_", "drum_heavy_kick", "drum_bass_", "elec_hollow_kick", "elec_soft_kick"),
    38: ("sn_", "drum_snare_", "elec_snare", "elec_hi_snare", "elec_mid_snare", "elec_lo_snare",
        "elec_filt_snare"),
    40: ("sn_", "drum_snare_", "elec_hi_snare"),
    37: ("elec_wood", "elec_tick", "elec_pop", "perc_snap", "elec_blip"),
    39: ("perc_snap", "sn_generic", "elec_filt_snare"),
    42: ("drum_cymbal_closed", "drum_cymbal_pedal", "elec_tick", "elec_cymbal"),
    44: ("drum_cymbal_pedal",), 46: ("drum_cymbal_open", "elec_cymbal"),
    51: ("drum_cymbal_soft", "elec_triangle"), 49: ("drum_splash_", "drum_cymbal_hard"),
    45: ("drum_tom_lo",), 47: ("drum_tom_mid",), 50: ("drum_tom_hi", "elec_fuzz_tom"),
    56: ("drum_cowbell",), 81: ("elec_triangle",), 76: ("elec_wood",), 75: ("elec_wood", "elec_tick"),
    62: ("tabla_te", "tabla_ke"), 63: ("tabla_na", "tabla_tas", "tabla_tun"), 64: ("tabla_ghe", "tabla_dhec"),
    60: ("tabla_na", "tabla_te", "elec_bong"), 61: ("tabla_re", "tabla_ke", "elec_bong"),
    67: ("elec_bell", "elec_ping"), 68: ("elec_chime", "perc_bell"),
}  # fmt: skip
_CC0_KIT = {38: "25671__walter", 42: "116973__cbeech", 46: "104227__minorr", 49: "124101__conner",
    45: "99930__menegass", 47: "101450__menegass", 40: "124382__cubix"}  # fmt: skip
_CC_BY_KIT = {
    36: ("06-38", "06-46", "07-18", "07-20"), 37: ("09-12",), 38: ("01-21",), 40: ("06-25",), 39: ("01-26",),
    42: ("09-10",), 44: ("06-28",), 46: ("08-31",), 45: ("08-17",), 47: ("08-18",), 50: ("08-19",),
        49: ("06-43", "08-20"),
    51: ("06-30",), 53: ("06-40",), 56: ("08-32",),
}  # fmt: skip
# each: file, and how many beats it lasts (the first sample is a downbeat)
_LOOPS = {
    "loop_amen": 4, "loop_amen_full": 16, "loop_breakbeat": 4, "loop_compus": 16, "loop_mika": 16,
        "loop_garzul": 16,
    "loop_tabla": 16, "loop_safari": 16, "loop_industrial": 2,
}  # fmt: skip


@dataclass(frozen=True)
class Loop:
    """A drum loop at its own tempo."""

    sound: Mono
    beats: int


def recordings_installed() -> bool:
    """Whether any of them are on this machine."""
    return _SONIC.is_dir() or _HYDROGEN.is_dir()


def sampled_kit(pitches: set[int], random: np.random.Generator) -> dict[int, Mono] | None:
    """A recorded sound for each drum, made ones where there is none; nothing where no recordings are installed."""
    if not recordings_installed():
        return None
    kit = drum_kit(pitches, random)
    for pitch in sorted(pitches):
        files = _files(pitch)
        if files and random.random() < 0.9:
            kit[pitch] = _pitched(_loaded(files[random.integers(len(files))]), 2 ** random.normal(0, 0.12))
    return kit


def drawn_loop(random: np.random.Generator) -> Loop | None:
    """One of the drum loops, somewhat higher or lower than it was."""
    names = [name for name in _LOOPS if (_SONIC / f"{name}.flac").is_file()]
    if not names:
        return None
    name = names[random.integers(len(names))]
    return Loop(_loaded(_SONIC / f"{name}.flac"), _LOOPS[name])


def sliced(
    loop: Loop,
    beats_s: Float64[np.ndarray, " beats"],
    first_in_bar: int,
    bus: Mono,
    random: np.random.Generator,
) -> None:
    """Cut a loop into half or quarter beats and play each at its place in the song, now and then another one."""
    parts = int(random.choice([2, 4]))
    speed = 2 ** random.normal(0, 0.1)
    count = loop.beats * parts
    edges = np.round(np.linspace(0, len(loop.sound), count + 1)).astype(int)
    slices = [_pitched(loop.sound[edges[n] : edges[n + 1]], speed) for n in range(count)]
    shuffle = random.uniform(0, 0.25) * (random.random() < 0.6)
    for beat in range(len(beats_s) - 1):
        for part in range(parts):
            place = ((first_in_bar + beat) * parts + part) % count
            if random.random() < shuffle:
                # a slice from the same place of another bar keeps the metre
                place = (
                    (place + 4 * parts * int(random.integers(4))) % count
                    if count > 4 * parts
                    else place - place % 2
                )
            length_s = (beats_s[beat + 1] - beats_s[beat]) / parts
            cut = slices[place][: int(length_s * 1.02 * SAMPLE_RATE_HZ) + 1].copy()
            fade = min(len(cut), 96)
            cut[len(cut) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
            add(bus, cut, int((beats_s[beat] + part * length_s) * SAMPLE_RATE_HZ), 0.2)


@cache
def _files(pitch: int) -> tuple[Path, ...]:
    found: list[Path] = []
    for start in _SONIC_HITS.get(pitch, ()):
        found += sorted(_SONIC.glob(f"{start}*.flac"))
    if pitch in _CC0_KIT:
        found += sorted((_HYDROGEN / "Audiophob").glob(f"{_CC0_KIT[pitch]}*.wav"))
    for number in _CC_BY_KIT.get(pitch, ()):
        found += sorted((_HYDROGEN / "rumpf_kit_z01_h2").glob(f"beats_{number}.flac"))
    return tuple(found)


@cache
def _loaded(path: Path) -> Mono:
    audio = load_audio(path)
    sound = Resampler(audio.sample_rate_hz, SAMPLE_RATE_HZ).whole(mono(audio.samples))
    begin = int(np.argmax(np.abs(sound) > 0.03 * np.abs(sound).max())) if "loop" not in path.name else 0
    sound = sound[begin : begin + 12 * SAMPLE_RATE_HZ]
    return np.asarray(sound / max(1e-6, float(np.abs(sound).max())), np.float32)


def _pitched(sound: Mono, speed: float) -> Mono:
    places = np.arange(0, len(sound) - 1, speed)
    return np.asarray(np.interp(places, np.arange(len(sound)), sound), np.float32)
