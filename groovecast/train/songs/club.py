"""Styles of the club: machines, loops and a kick that leads."""

from groovecast.train.songs.parts import ARP, HOLD, KEYS, LONG, PAD, RIFF_BASS, SINGER, SYNTH_LEAD
from groovecast.train.songs.styles import Line, Style

_FOUR = "kick X...X...X...X...;"
_OFF_BASS = Line(
    "bass", "synth bass", ("..1...1...1...1.", ".111.111.111.111", "..11..11..11..11", "..1...1...1..11."), 36
)
_STABS = Line(
    "chords", "keys", ("@stabs", "..x...x...x...x.", "x..x..x...x..x..", "..x..x....x..x.."), 62, 0.8
)
_ACID = Line("riff", "acid", ("@acid",), 42, 0.5)
_MACHINE = ("electronic", "electronic", "drums")


def _club(
    name: str, bpm: tuple[float, float], drums: tuple[str, ...], lines: tuple[Line, ...],
        harmony: tuple[str, ...],
    pump: float = 0.4, swing: float = 0.56, breaks: float = 0.05, weight: float = 1.0,
) -> Style:  # fmt: skip
    return Style(
        name, bpm, drums, lines, harmony, _MACHINE, drum_chance=0.96, swing=(0.5, swing), steadiness=0.93,
        loose_ms=3, pump=pump, breaks=breaks, weight=weight,
    )  # fmt: skip


CLUB = (
    _club(
        "house", (117, 131),
        (_FOUR + "clap ....x.......x...;open ..x...x...x...x.;hat o.o.o.o.o.o.o.o.",
         _FOUR + "snare ....x.......x..g;hat ..x...x...x...x.;shaker oxoxoxoxoxoxoxox",
         _FOUR + "clap ....x.......x...;hat xxoxxxoxxxoxxxox;rim ...x..x....x..o."),
        (_OFF_BASS, RIFF_BASS, _STABS, PAD, SINGER), ("minor vamp", "minor", "pop", "vamp"), swing=0.6,
            weight=1.6,
    ),
    _club(
        "deep house", (112, 125),
        (_FOUR + "rim ....o.......o..g;hat ..x...x...x...x.;shaker g.gog.gog.gog.go",
         "kick x...x...x...x...;clap ....x.......x...;conga ..o..o.o..o..o.o;hat ..x...x...x...x."),
        (RIFF_BASS, Line("chords", "keys", ("x_____x_________", "...x__....x_____", "@stabs"), 60), PAD,
            SINGER),
        ("vamp", "minor jazz", "minor vamp"), swing=0.62,
    ),
    _club(
        "tech house", (122, 130),
        (_FOUR + "clap ....x.......x...;hat ..x...x...x...x.;tamb oooooooooooooooo;congalow ...o..o....o..o.",),
        (_OFF_BASS, RIFF_BASS, Line("riff", "synth lead", ("@riff", "@stabs"), 58, 0.5)),
            ("minor vamp", "vamp"),
        swing=0.58,
    ),
    _club(
        "techno", (122, 150),
        (_FOUR + "hat ..x...x...x...x.;clap ....o.......o...;ride x.x.x.x.x.x.x.x.",
         _FOUR + "open ..x...x...x...x.;rim ...o..o....o..o.;hat oooooooooooooooo",
         _FOUR + "hat xxxxxxxxxxxxxxxx;low ...o......o..o..;snare ....-.......-..."),
        (_OFF_BASS, _ACID, Line("riff", "synth lead", ("@riff", "@stabs"), 60, 0.7), PAD),
            ("dark", "minor vamp", "vamp"),
        weight=1.4,
    ),
    _club(
        "minimal", (118, 130),
        (_FOUR + "rim ...o..o...o...o.;hat ..x...x...x...x.",
            "kick x...x...x...x...;block ..o..-..o..-.o..;shaker ..x...x...x...x."),
        (Line("bass", "synth bass", ("@riff",), 36, 0.8), Line("riff", "plucks", ("@riff", "@stabs"), 64,
            0.4)),
        ("vamp", "dark"),
    ),
    _club(
        "trance", (128, 145),
        (_FOUR + "open ..x...x...x...x.;clap ....x.......x...;hat oxoxoxoxoxoxoxox",),
        (_OFF_BASS, ARP, PAD, SYNTH_LEAD, Line("chords", "synth lead",
            ("x.xx.xx.x.xx.xx.", "..x...x...x...x."), 66, 0.5)),
        ("minor", "minor vamp"), pump=0.7,
    ),
    _club(
        "psytrance", (136, 150),
            (_FOUR + "open ..x...x...x...x.;snare ....o.......o...;hat oooooooooooooooo",),
        (Line("bass", "synth bass", (".111.111.111.111", ".121.121.151.111"), 34), _ACID, ARP),
            ("dark", "minor vamp"),
    ),
    _club(
        "eurodance", (125, 155),
            (_FOUR + "clap ....x.......x...;open ..x...x...x...x.;crash X...............",),
        (_OFF_BASS, Line("chords", "keys", ("x..x..x...x..x..", "x..x..x.x..x..x."), 64), SYNTH_LEAD, SINGER),
        ("minor", "pop"),
    ),
    _club(
        "hardstyle", (148, 195), (_FOUR + "open ..x...x...x...x.;clap ....x.......x...",
            _FOUR + "hat ..X...X...X...X."),
        (_OFF_BASS, Line("lead", "synth lead", ("@riff", "@tune:even", "@arp"), 70, 0.8), PAD), ("minor",),
            pump=0.6,
    ),
    _club(
        "disco", (104, 132),
        ("kick x...x...x...x...;snare ....x.......x...;open ..x...x...x...x.;hat x...x...x...x...",
         "kick x...x...x...x...;snare ....x.......x...;hat xxoxxxoxxxoxxxox;"
         "tamb ..x...x...x...x.;conga o..o..o.o..o..oo"),
        (Line("bass", "bass", ("1.8.1.8.1.8.1.8.", "1..18..11..18.5.", "@riff"), 36),
         Line("chords", "electric guitar", ("..x...x...x...x.", "xxhxxxhxxxhxxxhx", "x.x..x.x..x.x.x."), 62,
             0.7),
         Line("pad", "strings", (HOLD, "@stabs"), 70, 0.7), KEYS, SINGER),
        ("minor", "pop", "vamp"), pump=0.1,
    ),
    _club(
        "nu disco", (106, 122), (_FOUR + "clap ....x.......x...;hat ..x...x...x...x.;cow o..o..o...o..o..",),
        (Line("bass", "synth bass", ("1.8.1.8.1.8.1.8.", "@riff"), 36), KEYS, ARP, PAD),
            ("vamp", "minor", "pop"),
    ),
    _club(
        "electro", (108, 132),
        ("kick X.....x...x.....;snare ....X.......X...;hat xxxxxxxxxxxxxxxx;cow ...o..o....o..o.",
         "kick X..x......x..x..;clap ....X.......X...;hat x.x.x.x.x.x.x.x."),
        (RIFF_BASS, Line("riff", "synth lead", ("@riff",), 64, 0.7), PAD), ("minor vamp", "dark"), pump=0.1,
            breaks=0.1,
    ),
    _club(
        "garage", (126, 140),
        ("kick X.........x.....;snare ....x.......x...;hat ..x.x.xx..x.x.xo;rim .....o.o......o.",
         "kick x..o......x..o..;clap ....x.......x...;shaker xxxxxxxxxxxxxxxx;open ..x...x...x...x."),
        (RIFF_BASS, Line("chords", "keys", ("..x..x....x..x..", "@stabs"), 62), SINGER, PAD),
            ("minor jazz", "vamp", "minor"),
        pump=0.1, swing=0.66,
    ),
    _club(
        "breakbeat", (105, 140),
        ("kick X.x.......x.....;snare ....X..g.g..X...;hat x.x.x.x.x.x.x.x.",
         "kick X.....x..xx.....;snare ....X..g....X..g;ride x.x.x.x.x.x.x.x.",
         "kick X..x..x..x..x...;snare ....X..g.g..X..g;hat x.x.x.x.x.x.x.x.",
         "kick X.x...x.....x.x.x.x...x..x......;snare ....X..g.g..X.......X..g.g....X.;hat x.x.x.x.x.x.x.x."),
        (RIFF_BASS, KEYS, SYNTH_LEAD, PAD), ("minor vamp", "vamp", "rock"), pump=0.05, breaks=0.5,
            weight=1.8,
    ),
    _club(
        "drum and bass", (162, 182),
        ("kick X.........x.....;snare ....X.......X...;hat x.x.x.x.x.x.x.x.",
         "kick X.....x...x.....;snare ....X..g.g..X..g;hat xoxoxoxoxoxoxoxo",
         "kick x..x......x.....;snare ....x..x.x..x...;ride x.x.x.x.x.x.x.x."),
        (Line("bass", "synth bass", ("1_______1___5___", "1__1__1___1_5___", "@riff", LONG), 33, 0.9), PAD,
         Line("riff", "synth lead", ("@riff", "@stabs"), 66, 0.4), SINGER),
        ("minor", "minor vamp", "dark"), pump=0.1, breaks=0.3, weight=1.3,
    ),
    _club(
        "jungle", (155, 175),
        ("kick X.x.......xx....;snare ....X..g.g..X..g;ride x.x.x.x.x.x.x.x.",
         "kick X.x.......x..x..;snare ....X..g.g.X..X.;hat x.x.x.x.x.x.x.x."),
        (Line("bass", "synth bass", (LONG, "1_____1___5_____", "@riff"), 31), PAD, KEYS),
            ("vamp", "minor vamp"),
        pump=0.0, breaks=0.85,
    ),
    _club(
        "dubstep", (134, 148),
        ("kick X.........o.....;snare ........X.......;hat x.x.x.x.x.x.x.x.",
         "kick X..o......x..o..;snare ........X.......;hat x..x..x.x..x..x."),
        (Line("bass", "synth bass", ("@riff", "1__1__1___1_1_1_", LONG), 31), PAD, SYNTH_LEAD),
            ("dark", "minor"),
        pump=0.2,
    ),
    _club(
        "future bass", (136, 160), ("kick X.....x.........;clap ........X.......;hat xxoxxxoxxxoxxxox",),
        (Line("chords", "synth lead", ("x_x___x__x__x___", "x_____x_____x___", "@stabs"), 64),
            Line("bass", "808", ("1_____1_____1___",), 34), SINGER, ARP),
        ("pop", "minor"), pump=0.7,
    ),
    _club(
        "trap", (124, 158),
        ("kick X.....x...x.....;clap ........X.......;hat xxxxxxxxxxxxxxxx",
         "kick X..x......x..x..;snare ........X.......;hat x.x.xxx.x.x.xxxx",
         "kick X.............x.;clap ........X......o;hat x.x.x.x.xxxxx.x.",
         "kick X.........x..x..;clap ........X.......;hat x.x.x.x.x.x.x.x.;open ..............x.",
         "kick X..x..x...x.....x......x..x.....;snare ........X...............X.....o.;hat xxxxxxxxxxxxxxxx",
         "kick X......x..x.....;snare ........X.......;hat x..x..x.x.x.xxxx;rim ...o..o....o..o."),
        (Line("bass", "808", ("1_____1___1_____", "1__1______1__1__", "1_____________5_"), 33),
            Line("riff", "plucks", ("@riff", "@tune:even", "@arp"), 70, 0.7), PAD,
         Line("lead", "vocal", ("@tune:sung", "@tune:quick"), 65, 0.5)),
        ("minor", "dark", "minor vamp"), pump=0.05, weight=2.6,
    ),
    _club(
        "drill", (136, 146),
        ("kick X..x......x.....;snare ......x.....x...;hat x..x..x.x..x..x.",
            "kick X.....x..x......;rim ......x......x..;hat x..xx.x.x..x..xx"),
        (Line("bass", "808", ("1___5___8___1___", "1__1__________5_"), 33),
            Line("riff", "piano", ("@riff", "@arp"), 68, 0.7)), ("minor", "dark"),
        pump=0.0,
    ),
    _club(
        "synthwave", (78, 120),
        ("kick X...X...X...X...;snare ....X.......X...;hat x.x.x.x.x.x.x.x.",
            "kick X.......X.......;snare ....X.......X...;hat xxxxxxxxxxxxxxxx"),
        (Line("bass", "synth bass", ("1111111111111111", "1.1.1.1.1.1.1.1.", "1.8.1.8.1.8.1.8."), 36), ARP,
            PAD, SYNTH_LEAD), ("minor", "pop"),
    ),
    _club(
        "chiptune", (100, 180), ("kick X.......X.......;snare ....X.......X...;hat x.x.x.x.x.x.x.x.",
            _FOUR + "hat ..x...x...x...x."),
        (Line("bass", "chip", ("1.8.1.8.1.8.1.8.", "@riff"), 42), Line("arp", "chip", ("@arp",), 68),
            Line("lead", "chip", ("@tune:quick", "@tune:even"), 76)),
        ("pop", "minor", "classical"), pump=0.0,
    ),
    _club(
        "electro swing", (112, 130), (_FOUR + "clap ....x.......x...;hat x.xxx.xxx.xxx.xx",),
        (Line("bass", "upright bass", ("1...5...1...5...", "..1...1...1...1."), 40),
            Line("chords", "piano", ("..x...x...x...x.",), 62),
         Line("lead", "horns", ("@tune:quick", "@riff"), 68)), ("minor jazz", "jazz"), swing=0.66,
    ),
)  # fmt: skip
