"""MIDI at the desk: learned once, kept, turned, lit; unplugged and back; a wild controller changes nothing else."""

import json
from pathlib import Path

import pytest
from booth import Booth
from fakes.midi_hands import Encoder, Hands, fader, fine_fader
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groovecast.wire.midi import ControlChange, Note, PitchBend, touch_bytes
from realtime.clock import FakeClock
from realtime.clocks.midi_input import MidiInput
from realtime.controllers.controller import Controller
from realtime.controllers.midi_map import read_mappings
from realtime.controllers.midi_plugs import ClockLine
from realtime.desk.control import Control


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "midi.json"


def test_a_fader_is_learned_turns_its_control_and_is_known_after_a_restart(file: Path) -> None:
    booth = Booth(file)
    assert isinstance(booth.midi, Controller)
    booth.midi.learn("intensity")
    assert booth.midi.peers().learning == "intensity"
    booth.move(*fader(range(30, 50, 2)))
    assert booth.midi.peers().learning is None
    assert booth.midi.peers().learned == {"intensity": "CC 7 on nano"}
    assert "CC 7 on nano turns intensity now" in booth.stage.said
    booth.move(*fader([127]))
    assert booth.value("intensity") == 2.0
    assert booth.stage.changed[-1] == ("intensity", 2.0, "midi nano")
    again = Booth(file)
    again.move(*fader([0]))
    assert again.value("intensity") == 0.0
    assert json.loads(file.read_text())[0]["control"] == "intensity"  # plain, for a person to mend


def test_what_is_being_learned_turns_nothing_and_learning_can_be_given_up(file: Path) -> None:
    booth = Booth(file)
    booth.map(control="seed")
    booth.midi.learn("intensity")
    booth.move(*fader([90, 95]))
    assert booth.value("seed") == 1
    booth.midi.learn(None)
    booth.move(*fader([127]))
    assert booth.value("seed") == 9999 and booth.midi.peers().learning is None
    with pytest.raises(ValueError, match="asked to learn the control 'waltz'"):
        booth.midi.learn("waltz")


def test_a_knob_turns_one_control_and_a_control_is_turned_by_one_knob(file: Path) -> None:
    booth = Booth(file)
    for control, number in (("intensity", 7), ("place_x_m", 7), ("place_x_m", 8), ("seed", 9)):
        booth.midi.learn(control)
        booth.move(*fader(range(30, 50, 3), number))
    assert booth.midi.peers().learned == {"place_x_m": "CC 8 on nano", "seed": "CC 9 on nano"}
    booth.midi.forget("seed")
    assert [mapping.control for mapping in read_mappings(file)[0]] == ["place_x_m"]
    before = booth.value("seed")
    booth.move(*fader([127], 9))
    assert booth.value("seed") == before


@pytest.mark.parametrize("way", ["two's complement", "signed bit", "binary offset"])
def test_an_encoder_turns_from_where_the_control_stands(file: Path, way: str) -> None:
    booth = Booth(file)
    booth.map(control="intensity", number=16, way=way)
    booth.move(*Encoder(way).turned(*[1] * 10))
    assert booth.value("intensity") == pytest.approx(1 + 20 / 127)
    booth.move(*Encoder(way).turned(-4, -3, -3))
    assert booth.value("intensity") == pytest.approx(1.0)
    booth.stage.desk.turn("intensity", 0.0, "page 1")
    booth.frame(2)
    booth.move(*Encoder(way).turned(-40, 1))
    assert booth.value("intensity") == pytest.approx(2 / 127)


def test_many_clicks_between_two_frames_all_count(file: Path) -> None:
    booth = Booth(file)
    booth.map(control="intensity", number=16, way="binary offset")
    booth.hands.move("nano", *Encoder("binary offset").turned(*[1] * 20))
    booth.frame()
    assert booth.value("intensity") == pytest.approx(1 + 40 / 127)


def test_an_encoder_goes_through_the_words_of_a_choice_and_switches_on_and_off(file: Path) -> None:
    booth = Booth(file)
    booth.map(control="style", number=16, way="signed bit")
    booth.map(control="mirror", number=17, way="signed bit")
    words = []
    for click in (1, 1, 1, -1):
        booth.move(*Encoder("signed bit").turned(click))
        words.append(booth.value("style"))
    assert words == ["salsa", "street", "street", "salsa"]
    booth.move(*Encoder("signed bit", 17).turned(1))
    assert booth.value("mirror") is True
    booth.move(*Encoder("signed bit", 17).turned(-1))
    assert booth.value("mirror") is False


def test_a_fader_of_14_bits_turns_finer_than_one_of_7(file: Path) -> None:
    booth = Booth(file)
    booth.map(control="place_x_m", kind="cc14", number=3)
    booth.move(*fine_fader([8192, 8200]))
    assert booth.value("place_x_m") == pytest.approx(-5 + 10 * 8200 / 16383)
    booth.move(*fader([127, 127], number=3))  # the coarse half alone, of one that now sends no other
    assert booth.value("place_x_m") == pytest.approx(-5 + 10 * (127 << 7) / 16383)


def test_a_wheel_turns_with_14_bits(file: Path) -> None:
    booth = Booth(file)
    booth.map(control="intensity", kind="bend", number=0)
    booth.move(PitchBend(0, 16383), PitchBend(0, 4096))
    assert booth.value("intensity") == pytest.approx(2 * 4096 / 16383)


def test_pads_press_buttons_toggle_switches_and_step_through_words(file: Path) -> None:
    booth = Booth(file)
    for control, number, way in (("panic", 36, "absolute"), ("mirror", 37, "toggle"), ("style", 38, "absolute"),
                                 ("intensity", 39, "absolute"), ("style_blend", 40, "absolute")):  # fmt: skip
        booth.map(control=control, port="pads", kind="note", number=number, way=way)
    booth.move(Note(0, 36, 100), Note(0, 36, 0), Note(0, 36, 1), port="pads")
    assert booth.stage.pressed == ["panic", "panic"]
    on = []
    for _ in range(3):
        booth.move(Note(0, 37, 100), Note(0, 37, 0), port="pads")
        on.append(booth.value("mirror"))
    assert on == [True, False, True]
    booth.move(*[Note(0, 38, velocity) for velocity in (90, 0, 90, 0, 90, 0, 90, 0)], port="pads")
    assert booth.value("style") == "salsa"  # round and round
    booth.move(Note(0, 39, 127), Note(0, 39, 0), port="pads")
    assert booth.value("intensity") == 2.0


def test_a_switch_may_be_on_only_while_its_pad_is_held(file: Path) -> None:
    booth = Booth(file)
    booth.map(control="mirror", kind="note", number=37)
    booth.move(Note(0, 37, 100))
    assert booth.value("mirror") is True
    booth.move(Note(0, 37, 0))
    assert booth.value("mirror") is False


def test_with_pickup_a_fader_that_stands_elsewhere_waits_until_it_passes_the_value(file: Path) -> None:
    booth = Booth(file)
    booth.map(control="intensity", pickup=True)  # stands at 1 of 0 to 2
    booth.move(*fader([10, 30, 50]))
    assert booth.value("intensity") == 1.0
    booth.move(*fader([70]))
    assert booth.value("intensity") == pytest.approx(140 / 127)
    booth.move(*fader([80]))
    assert booth.value("intensity") == pytest.approx(160 / 127)
    booth.stage.desk.turn("intensity", 0.2, "page 1")
    booth.frame(2)
    booth.move(*fader([90, 100]))
    assert booth.value("intensity") == 0.2
    booth.move(*fader([40, 5]))
    assert booth.value("intensity") == pytest.approx(10 / 127)


def test_pickup_is_learned_when_it_was_asked_for(file: Path) -> None:
    booth = Booth(file, "nano", pickup=True)
    booth.midi.learn("intensity")
    booth.move(*fader(range(100, 120, 3)))
    assert read_mappings(file)[0][0].pickup
    booth.move(*fader([127]))
    assert booth.value("intensity") == 1.0


def test_what_others_turn_is_shown_on_rings_faders_and_pads(file: Path) -> None:
    booth = Booth(file)
    booth.map(control="intensity", number=16, way="signed bit")
    booth.map(control="place_x_m", kind="cc14", number=3)
    booth.map(control="style_blend", kind="bend", number=0)
    booth.map(control="mirror", port="pads", kind="note", number=37, way="toggle")
    booth.hands.lights("nano"), booth.hands.lights("pads")
    for name, value in (("intensity", 0.5), ("place_x_m", 5), ("style_blend", 1), ("mirror", True)):
        booth.stage.desk.turn(name, value, "page 1")
    booth.frame(2)
    assert booth.hands.lights("nano") == [
        touch_bytes(ControlChange(0, 16, 32)),
        touch_bytes(ControlChange(0, 3, 127)),
        touch_bytes(ControlChange(0, 35, 127)),
        touch_bytes(PitchBend(0, 16383)),
    ]
    assert booth.hands.lights("pads") == [touch_bytes(Note(0, 37, 127))]
    booth.frame(5)
    assert booth.hands.lights("nano") == []


def test_a_hand_on_a_fader_is_not_pushed_but_its_ring_and_its_pad_follow(file: Path) -> None:
    booth = Booth(file)
    booth.map(control="intensity")
    booth.map(control="style_blend", number=16, way="signed bit")
    booth.map(control="mirror", kind="note", number=37, way="toggle")
    booth.move(*fader([90, 100]))
    assert booth.hands.lights("nano") == []
    booth.move(*Encoder("signed bit").turned(5))
    booth.move(Note(0, 37, 100), Note(0, 37, 0))
    booth.frame()
    assert list(dict.fromkeys(booth.hands.lights("nano"))) == [b"\xb0\x10\x05", b"\x90\x25\x7f"]
    booth.stage.desk.turn("intensity", 0.0, "page 1")
    booth.frame(2)
    assert booth.hands.lights("nano") == [b"\xb0\x07\x00"]
    booth.move(*fader([100]))
    booth.stage.desk.turn("intensity", 0.0, "page 1")  # where it was lit last, but a hand has moved it since
    booth.frame(2)
    assert booth.hands.lights("nano") == [b"\xb0\x07\x00"]


def test_a_port_that_was_pulled_out_is_told_and_is_back_without_a_restart(file: Path) -> None:
    booth = Booth(file, "nano")
    booth.map(control="intensity")
    assert booth.midi.peers().midi == ("nano",) and booth.midi.trouble == ""
    booth.hands.names = ["pads 24:0"]
    booth.look()
    assert booth.midi.peers().midi == ()
    assert booth.midi.trouble == (
        "asked for the MIDI port 'nano', found pads 24:0: plug it in, it is looked for every second"
    )
    booth.stage.desk.turn("intensity", 1.5, "page 1")
    booth.frame(2)
    booth.hands.names = ["pads 24:0", "nano 28:0"]  # the system numbers it anew
    booth.look()
    booth.frame(2)
    assert booth.midi.trouble == ""
    assert booth.hands.lights("nano 28:0") == [b"\xb0\x07\x5f"]  # and shows what it missed
    booth.move(*fader([127]))
    assert booth.value("intensity") == 2.0


def test_what_another_program_holds_and_a_system_without_midi_are_told_with_the_mend(file: Path) -> None:
    booth = Booth(file, "nano", hands=Hands(["nano 20:0"], held=("nano 20:0",)))
    assert (
        booth.midi.trouble == "the MIDI port 'nano 20:0' does not open (device busy): close what else uses it"
    )
    booth.hands.held = ()
    booth.look()
    assert booth.midi.trouble == ""
    assert "does not answer (no sequencer)" in Booth(file, "nano", hands=Hands([], silent=True)).midi.trouble


def test_all_are_all_but_the_systems_own(file: Path) -> None:
    hands = Hands(["Midi Through 14:0", "nano 20:0", "RtMidiOut Client 129:0", "pads 24:0"])
    assert Booth(file, "all", hands=hands).midi.peers().midi == ("nano", "pads")


def test_lights_that_break_are_counted_and_hands_are_heard_all_the_same(file: Path) -> None:
    booth = Booth(file)
    booth.map(control="intensity")
    for opened in booth.hands.opened:
        opened.broken = True
    booth.stage.desk.turn("intensity", 0.5, "page 1")
    booth.frame(2)
    assert booth.midi._plugs.unlit == 1
    booth.move(*fader([127]))
    assert booth.value("intensity") == 2.0


def test_a_control_that_comes_later_is_turned_by_what_was_learned_for_it(file: Path) -> None:
    booth = Booth(file)
    booth.map(control="out1_offset_ms")
    booth.move(*fader([0]))
    booth.stage.desk.add([Control(name="out1_offset_ms", kind="number", group="show", says="Later", least=-1000,
                                  most=1000, start=0.0)])  # fmt: skip
    booth.move(*fader([127]))
    assert booth.value("out1_offset_ms") == 1000


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '[{"control": 1}]',
        '[{"control": "seed", "port": "nano", "kind": "cc", "channel": 16}]',
        '[{"control": "seed", "port": "nano", "kind": "knob", "channel": 1}]',
    ],
)
def test_a_file_that_cannot_be_read_is_told_and_put_aside_when_something_is_learned(
    file: Path, text: str
) -> None:
    file.parent.mkdir()
    file.write_text(text)
    booth = Booth(file)
    assert "midi.json cannot be read" in booth.midi.trouble and "\n" not in booth.midi.trouble
    booth.midi.learn("panic")
    booth.move(Note(0, 36, 100))
    assert booth.midi.trouble == ""
    assert file.with_name("midi.json.bad").read_text() == text
    assert [mapping.control for mapping in read_mappings(file)[0]] == ["panic"]


def test_a_file_that_cannot_be_written_is_told_and_what_was_learned_holds_until_the_end(file: Path) -> None:
    file.parent.write_text("a file where the folder should be")
    booth = Booth(file)
    booth.midi.learn("panic")
    booth.move(Note(0, 36, 100), Note(0, 36, 100))
    assert "is lost at the end" in booth.midi.trouble
    assert booth.stage.pressed == ["panic"]


def test_a_clock_on_the_same_port_beats_time_while_its_knobs_turn(file: Path) -> None:
    booth, time, line = Booth(file, "nano", "pads"), FakeClock(), ClockLine("nano")
    booth.midi.carry(line)
    clock = MidiInput(line, time)
    booth.map(control="intensity")
    clock.start()
    assert clock.connected
    booth.hands.move("nano", b"\xfa")
    for tick in range(48):
        booth.hands.move("nano", b"\xf8", ControlChange(0, 7, tick))
        booth.hands.move("pads", b"\xf8")
        time.advance(0.02)
    clock.listen(time.now_s(), 0.0)
    known = clock.clock(time.now_s())
    assert known is not None and known.tempo_bpm == pytest.approx(125)
    booth.frame()
    assert booth.value("intensity") == pytest.approx(2 * 47 / 127)
    clock.stop()
    booth.hands.move("nano", b"\xf8")


def test_a_flood_is_taken_in_over_many_frames_and_ends_where_the_hand_ended(file: Path) -> None:
    booth = Booth(file)
    booth.map(control="intensity")
    booth.hands.move("nano", *fader([5] * 5000 + [127]))
    booth.frame()
    assert booth.value("intensity") == pytest.approx(10 / 127)
    booth.frame(16)
    assert booth.value("intensity") == 2.0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noise=st.lists(st.binary(max_size=12), max_size=60))
def test_whatever_bytes_come_only_what_was_learned_is_turned_and_within_its_range(
    file: Path, noise: list[bytes]
) -> None:
    booth = Booth(file)
    booth.map(control="intensity")
    booth.map(control="style", kind="note", number=1)
    before = booth.stage.values()
    for data in noise:
        booth.hands.move("nano", data)
    booth.frame(3)
    after = booth.stage.values()
    assert {name: value for name, value in after.items() if name not in ("intensity", "style")} == {
        name: value for name, value in before.items() if name not in ("intensity", "style")
    }
    assert 0 <= float(after["intensity"]) <= 2
    assert booth.stage.said == []
