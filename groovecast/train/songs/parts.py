"""Players that many styles share: basses, singers, pads, pianos."""

from groovecast.train.songs.styles import Line

HOLD = "x_______________"
LONG = "1_______________"
PAD = Line("pad", "pads", ("@hold", "@hold", "@half"), 60, 0.55)
SINGER = Line("lead", "vocal", ("@tune:sung", "@tune:sung", "@tune:slow"), 67, 0.55)
SYNTH_LEAD = Line("lead", "synth lead", ("@tune:sung", "@riff", "@tune:even"), 72, 0.4)
TUNE = Line("lead", "melody", ("@tune:sung", "@tune:even", "@tune:quick"), 70, 0.75)
ARP = Line("arp", "synth lead", ("@arp",), 66, 0.5)
RIFF_BASS = Line("bass", "synth bass", ("@riff",), 36, 0.8)
BASS = Line("bass", "bass", ("@riff", "1___1_1_1___5_1_", "1.......1.1.....", "1.1.1.1.1.1.1.1."), 38, 0.9)
KEYS = Line(
    "chords", "keys", (HOLD, "x_______x_______", "x___x___x___x___", "@stabs", "..x...x...x...x."), 62, 0.7
)
WALK = Line("bass", "upright bass", ("1..w..w..a..", "1..w..w..w.a"), 40, 0.95)
HORNS = Line("stabs", "brass", ("@stabs", "......x.......x.", "x.x.....x......."), 64, 0.4)
STRINGS = Line("pad", "strings", ("@hold", "@half"), 64, 0.4)
