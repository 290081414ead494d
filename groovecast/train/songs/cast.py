"""Which sounds may play a part: programs of General MIDI for each palette, kits for each kind of drums."""

import numpy as np

PROGRAMS: dict[str, tuple[int, ...]] = {
    "synth bass": (38, 39, 38, 39, 87, 36, 33, 81),
    "acid": (38, 39, 87, 81),
    "808": (38, 39, 33, 35),
    "bass": (33, 34, 33, 35, 36, 37, 32, 38),
    "upright bass": (32, 32, 35, 43, 58),
    "pads": (88, 89, 90, 91, 92, 93, 94, 95, 50, 51, 48, 52),
    "keys": (0, 1, 2, 4, 5, 4, 16, 17, 18, 62, 63, 80, 81, 11, 7),
    "piano": (0, 0, 1, 2, 3, 4, 6),
    "guitar": (24, 25, 24, 25, 26, 27, 46, 15),
    "electric guitar": (27, 28, 29, 30, 26, 31),
    "strings": (48, 49, 40, 41, 42, 44, 45, 48, 50),
    "cello": (42, 43, 48, 49, 70),
    "choir": (52, 53, 54, 19, 52, 91),
    "organ": (16, 17, 18, 19, 20, 21, 22),
    "horns": (56, 57, 59, 60, 61, 64, 65, 66, 67, 71),
    "brass": (61, 56, 57, 62, 63, 60, 58),
    "winds": (68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79),
    "vocal": (53, 54, 85, 52, 78, 73, 40, 65, 80, 22, 71, 110, 82),
    "melody": (0, 11, 13, 21, 22, 40, 56, 64, 68, 71, 73, 74, 75, 78, 105, 12, 46, 24),
    "synth lead": (80, 81, 82, 84, 86, 87, 83, 85, 62, 63, 5),
    "plucks": (6, 7, 8, 9, 10, 11, 12, 13, 14, 45, 46, 104, 105, 106, 107, 108, 112, 114),
    "chip": (80, 81, 82, 80),
    "accordion": (21, 23, 22, 20),
    "banjo": (105, 25, 24, 104, 15, 106),
}

KITS: dict[str, tuple[int, ...]] = {
    "drums": (0, 8, 16, 0, 8, 32, 24),
    "electronic": (24, 25, 24, 25, 0, 16),
    "jazz": (32, 40, 0, 40, 8),
    "orchestra": (48, 0),
    "any": (0, 8, 16, 24, 25, 32, 40, 48),
}


def drawn_program(palette: str, random: np.random.Generator) -> int:
    """An instrument of the palette; seldom any instrument at all."""
    if random.random() < 0.07:
        return int(random.integers(0, 119))
    return int(random.choice(PROGRAMS[palette]))


def drawn_kit(kind: str, random: np.random.Generator) -> int:
    """A kit of that kind, seldom any."""
    return int(random.choice(KITS["any" if random.random() < 0.15 else kind]))
