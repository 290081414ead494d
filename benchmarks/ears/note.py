"""What a band plays: notes with their times in seconds, and which instruments they are for."""

from dataclasses import dataclass

DRUMS = {  # by their number in General MIDI
    "kick": 36,
    "kick2": 35,
    "rim": 37,
    "snare": 38,
    "clap": 39,
    "snare2": 40,
    "tom_floor": 41,
    "hat": 42,
    "tom_low": 45,
    "pedal": 44,
    "open": 46,
    "tom_mid": 47,
    "crash": 49,
    "tom_high": 50,
    "ride": 51,
    "bell": 53,
    "tambourine": 54,
    "cowbell": 56,
    "bongo_high": 60,
    "bongo_low": 61,
    "conga_mute": 62,
    "conga_high": 63,
    "conga_low": 64,
    "timbale": 65,
    "maracas": 70,
    "guiro": 73,
    "claves": 75,
}


@dataclass(frozen=True)
class Note:
    """One sound: a drum by its General MIDI number, or a pitch."""

    at_s: float
    length_s: float
    pitch: int
    loud: float  # 0 to 1
    part: str  # drums, bass, comp, pad or lead


@dataclass(frozen=True)
class Piece:
    """What all play, and on what."""

    notes: tuple[Note, ...]
    programs: dict[str, int]  # General MIDI program of each part; of drums: the kit
    seconds: float
    pumping: bool = False  # everything ducks under the kick, as house does
