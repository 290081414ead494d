"""Which tracks the measuring set holds, and how each is rendered from its seed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np
from jaxtyping import Float, Float32

from benchmarks.ears.band_styles import DRUMLESS
from benchmarks.ears.club import through_club
from benchmarks.ears.compose import ALL, QUIET, Section, compose, drums_only, form
from benchmarks.ears.grid import Grid, jump, ramp, steady
from benchmarks.ears.midi import fluidsynth_sound
from benchmarks.ears.note import Piece
from benchmarks.ears.style import Style
from benchmarks.ears.styles import STYLES
from benchmarks.ears.synth import own_sound
from benchmarks.ears.track import Track, Truth

RATE_HZ = 44100
SECONDS = 30.0
VINYL_DRIFT = 0.03
BLEND_FADE_S = 8.0
BLEND_GAP_S = 2.0  # to both sides of where the second track grows louder nobody is judged

_CHANGES = {"ramp", "jump", "vinyl", "blend"}


@dataclass(frozen=True)
class Spec:
    """What is to be rendered; the same spec and seed give the same samples."""

    kind: str  # steady, ramp, jump, vinyl, blend, half drop, breakdown, drumless, mid-song or drums
    style: str
    timbre: str  # synthetic or fluidsynth
    place: float = 0.5  # where in the style's tempi, 0 to 1
    ratio: float = 1.0  # to the second tempo
    club: bool = False

    @property
    def name(self) -> str:
        """Unlike every other of the set, and good as a file's name."""
        kind = "" if self.kind == "steady" else f"{self.kind} "
        ratio = "" if self.ratio == 1.0 else f" x{self.ratio:g}"
        club = " club" if self.club else ""
        name = f"{kind}{self.style} {self.place:.2f}{ratio} {self.timbre}{club}"
        return name.replace("/", "-").replace(" ", "_")

    @property
    def labels(self) -> frozenset[str]:
        """The subsets that it counts for."""
        labels = {self.timbre}
        labels |= {"drums_alone"} if self.kind == "drums" else set()
        labels |= {"tempo_change"} if self.kind in _CHANGES else set()
        labels |= {"club"} if self.club else set()
        return frozenset(labels)


def specs() -> Iterator[Spec]:
    """The whole set, in an order that never changes."""
    timbres = ("synthetic", "fluidsynth")
    for number, style in enumerate(STYLES):
        for quarter in range(4):
            yield Spec("steady", style, timbres[(number + quarter) % 2], 0.12 + 0.25 * quarter)
    drummed = [
        "rock",
        "funk",
        "hip-hop",
        "drum and bass",
        "breakbeat",
        "latin",
        "swing",
        "disco",
        "reggaeton",
    ]
    drummed += ["waltz", "6/8", "ballad", "house"]
    for number, style in enumerate(drummed):
        yield Spec("drums", style, timbres[number % 2], 0.3)
        if number < 7:
            yield Spec("drums", style, timbres[(number + 1) % 2], 0.8)
    ramps = {"house": 1.15, "rock": 1.2, "techno": 0.87, "funk": 1.15, "disco": 0.9, "hip-hop": 1.2}
    jumps = {"house": 1.17, "rock": 0.84, "hip-hop": 1.25, "techno": 1.06, "disco": 0.9, "drum and bass": 0.8}
    jumps |= {"reggaeton": 1.12, "funk": 1.3, "trance": 0.94, "breakbeat": 1.2}
    for kind, changes in (("ramp", ramps), ("jump", jumps)):
        for number, (style, ratio) in enumerate(changes.items()):
            yield Spec(kind, style, timbres[number % 2], 0.5, ratio)
    for number, style in enumerate(("house", "disco", "funk", "trance")):
        yield Spec("vinyl", style, timbres[number % 2])
    for number, (style, ratio) in enumerate(
        {"house": 1.06, "techno": 0.92, "disco": 1.1, "trance": 0.9}.items()
    ):
        yield Spec("blend", style, timbres[number % 2], 0.5, ratio)
    for number, style in enumerate(("drum and bass", "trance", "breakbeat", "house")):
        yield Spec("half drop", style, timbres[number % 2])
    for number, style in enumerate(("house", "trance", "techno", "disco")):
        yield Spec("breakdown", style, timbres[number % 2])
    for number, style in enumerate(("strummed", "piano pop")):
        for third in range(3):
            yield Spec("drumless", style, timbres[(number + third) % 2], 0.2 + 0.3 * third)
    for number, style in enumerate(("house", "rock", "hip-hop", "drum and bass", "latin", "waltz")):
        yield Spec("mid-song", style, timbres[number % 2], 0.4)
    for number, style in enumerate(STYLES):
        yield Spec("steady", style, timbres[(number + 1) % 2], 0.55, club=True)
    for number, style in enumerate(("rock", "funk", "breakbeat", "house")):
        yield Spec("drums", style, timbres[number % 2], 0.55, club=True)
    yield Spec("jump", "house", "fluidsynth", 0.3, 1.1, club=True)
    yield Spec("jump", "rock", "synthetic", 0.3, 0.85, club=True)
    for number, style in enumerate(("techno", "disco")):
        yield Spec("breakdown", style, timbres[number % 2], 0.7, club=True)
        yield Spec("mid-song", style, timbres[(number + 1) % 2], 0.7, club=True)


def render(spec: Spec, seed: int) -> Track:
    """The track of a spec: sound at 44.1 kHz, beats exact."""
    rng = np.random.default_rng([seed, crc32(spec.name.encode())])
    if spec.kind == "blend":
        samples, truth = _blend(spec, rng)
    else:
        samples, truth = _one(spec, rng)
    if spec.kind == "vinyl":
        samples, truth = _on_vinyl(samples, truth, rng)
    if spec.kind == "mid-song":
        samples, truth = _cut(samples, truth, rng.uniform(3.0, 12.0))
    if spec.club:
        samples = through_club(samples[: round(SECONDS * RATE_HZ)], RATE_HZ, rng)
    else:
        samples = samples / (np.abs(samples).max() + 1e-9) * rng.uniform(0.25, 0.95)
    samples, truth = _ended(samples.astype(np.float32), truth)
    return Track(spec.name, spec.style, spec.labels, samples, RATE_HZ, truth)


def _one(spec: Spec, rng: np.random.Generator) -> tuple[Float32[np.ndarray, " samples"], Truth]:
    style = STYLES[spec.style] if spec.style in STYLES else DRUMLESS[spec.style]
    seconds = SECONDS * 1.5 if spec.kind in ("vinyl", "mid-song") else SECONDS
    if spec.kind == "drums":  # a person at a kit
        jitter_ms, wander = max(9.0, style.jitter_ms), max(0.015, style.wander)
        style = replace(style, jitter_ms=jitter_ms, wander=wander, loose=rng.uniform(0.3, 0.9))
    grid = _grid(spec, style, seconds, rng)
    piece = compose(style, grid, _sections(spec, style, grid, rng), seconds, rng)
    piece = drums_only(piece) if spec.kind == "drums" else piece
    return _played(piece, spec.timbre, rng), _truth(piece, grid, seconds, style.counted)


def _grid(spec: Spec, style: Style, seconds: float, rng: np.random.Generator) -> Grid:
    low, high = style.tempi_bpm
    tempo_bpm = low + spec.place * (high - low) + rng.uniform(-0.9, 0.9)
    if spec.kind == "ramp":
        return ramp(tempo_bpm, tempo_bpm * spec.ratio, seconds, style.beats_per_bar, rng)
    if spec.kind == "jump":
        return jump(tempo_bpm, spec.ratio, seconds, style.beats_per_bar, rng)
    return steady(tempo_bpm, seconds, style.beats_per_bar, rng, style.wander)


def _sections(spec: Spec, style: Style, grid: Grid, rng: np.random.Generator) -> list[Section]:
    bar_s = float(np.median(np.diff(grid.beats_s))) * style.beats_per_bar

    def bars(seconds: float) -> int:
        return max(2, 2 * round(seconds / bar_s / 2))

    if spec.kind == "breakdown":
        return [Section(bars(10), ALL), Section(bars(8), QUIET), Section(bars(20), ALL)]
    if spec.kind == "half drop":
        return [Section(bars(9), ALL), Section(bars(5), QUIET), Section(bars(30), ALL, half_time=True)]
    if spec.kind == "drumless":
        return [
            Section(8, frozenset({"comp", "lead", "bass"} if number % 2 else {"comp", "lead"}))
            for number in range(9)
        ]
    if spec.kind == "drums":
        return [Section(4, ALL) for _ in range(60)]
    return form(style, grid, rng)


def _played(piece: Piece, timbre: str, rng: np.random.Generator) -> Float32[np.ndarray, " samples"]:
    if timbre == "fluidsynth":
        return fluidsynth_sound(piece, RATE_HZ, reverberant=bool(rng.random() < 0.6))
    return own_sound(piece, RATE_HZ, rng)


def _truth(piece: Piece, grid: Grid, seconds: float, counted: int) -> Truth:
    last = len(grid.beats_s) - 1
    beats_s = np.interp(np.arange(counted * last + 1) / counted, np.arange(last + 1), grid.beats_s)
    first_s = min((note.at_s for note in piece.notes), default=0.0)
    return Truth(beats_s, beats_s[:: grid.beats_per_bar], ((0.0, seconds),), first_s, grid.jump_s)


def _blend(spec: Spec, rng: np.random.Generator) -> tuple[Float32[np.ndarray, " samples"], Truth]:
    """One track fades out over eight seconds while another, of another tempo, fades in."""
    low, high = STYLES[spec.style].tempi_bpm
    other = replace(spec, place=spec.place + (spec.ratio - 1) * (low + high) / 2 / (high - low))
    (out_going, before), (coming, after) = _one(spec, rng), _one(other, rng)
    middle_s = rng.uniform(13, 16)
    time_s = np.arange(len(out_going)) / RATE_HZ
    share = np.clip((time_s - middle_s) / BLEND_FADE_S + 0.5, 0, 1)
    power = [np.sqrt(np.mean(sound**2)) + 1e-9 for sound in (out_going, coming)]
    mixed = out_going / power[0] * np.cos(share * np.pi / 2) + coming / power[1] * np.sin(share * np.pi / 2)
    truth = Truth(
        np.concatenate((before.beats_s[before.beats_s < middle_s], after.beats_s[after.beats_s >= middle_s])),
        np.concatenate(
            (
                before.downbeats_s[before.downbeats_s < middle_s],
                after.downbeats_s[after.downbeats_s >= middle_s],
            )
        ),
        ((0.0, middle_s - BLEND_GAP_S), (middle_s + BLEND_GAP_S, SECONDS)),
        before.sound_from_s,
    )
    return mixed.astype(np.float32), truth


def _on_vinyl(
    samples: Float32[np.ndarray, " samples"], truth: Truth, rng: np.random.Generator
) -> tuple[Float32[np.ndarray, " samples"], Truth]:
    """Played at a speed that strays by up to 3 %, pitch and all."""
    time_s = np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ
    speed = 1 + VINYL_DRIFT * np.sin(2 * np.pi * time_s / rng.uniform(12, 25) + rng.uniform(0, 2 * np.pi))
    groove_s = np.concatenate(([0.0], np.cumsum(speed)[:-1])) / RATE_HZ
    played = np.interp(groove_s, np.arange(len(samples)) / RATE_HZ, samples).astype(np.float32)

    def heard(at_s: Float[np.ndarray, " times"]) -> Float[np.ndarray, " times"]:
        kept = at_s[at_s < groove_s[-1]]
        times: Float[np.ndarray, " times"] = np.interp(kept, groove_s, time_s)
        return times

    return played, replace(truth, beats_s=heard(truth.beats_s), downbeats_s=heard(truth.downbeats_s))


def _cut(
    samples: Float32[np.ndarray, " samples"], truth: Truth, from_s: float
) -> tuple[Float32[np.ndarray, " samples"], Truth]:
    """Beginning in the middle of it."""
    beats_s, downbeats_s = (x[x >= from_s] - from_s for x in (truth.beats_s, truth.downbeats_s))
    cut = replace(truth, beats_s=beats_s, downbeats_s=downbeats_s, sound_from_s=0.0)
    return samples[round(from_s * RATE_HZ) :], cut


def _ended(
    samples: Float32[np.ndarray, " samples"], truth: Truth
) -> tuple[Float32[np.ndarray, " samples"], Truth]:
    samples = samples[: round(SECONDS * RATE_HZ)]
    end_s = len(samples) / RATE_HZ
    beats_s, downbeats_s = (x[x < end_s] for x in (truth.beats_s, truth.downbeats_s))
    scored_s = tuple((from_s, min(to_s, end_s)) for from_s, to_s in truth.scored_s)
    return samples, replace(truth, beats_s=beats_s, downbeats_s=downbeats_s, scored_s=scored_s)
