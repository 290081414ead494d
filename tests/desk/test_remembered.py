"""Where the desk stood comes back at the next start: what was asked for wins, what is gone is kept, nothing is lost."""

import json
from pathlib import Path

import pytest
from cue_stage import AtOnce

from realtime.dance_settings import DanceSettings
from realtime.desk.controls import (
    crew_controls,
    cue_controls,
    dance_controls,
    keyframe_controls,
    outlet_control,
    show_controls,
    stage_controls,
)
from realtime.desk.desk import Desk
from realtime.desk.remembered import NOTHING_ASKED, Asked, Remembered

STYLES = ("salsa", "street")


class Evening:
    """A desk that remembers in a file, with two outlets."""

    def __init__(
        self, file: Path | None, asked: Asked = NOTHING_ASKED, outlets: tuple[str, ...] = ("VMC", "OSC")
    ) -> None:
        self.now_s, self.said = 0.0, list[str]()
        self.desk = Desk(
            [
                *dance_controls(STYLES, DanceSettings()), *stage_controls(), *show_controls(), *keyframe_controls(),
                *cue_controls(), *crew_controls(STYLES, 1),
                *(outlet_control(number, name, 0.0) for number, name in enumerate(outlets, 1)),
            ],
            lambda: self.now_s,
        )  # fmt: skip
        self.desk.on_turn("pin", lambda part, by: None)
        self.desk.on_say(self.said.append)
        self.scribe = AtOnce()
        self.remembered = Remembered(self.desk, outlets, file, self.scribe, asked)

    def tick(self, seconds: float = 1 / 60) -> None:
        """A picture later."""
        self.now_s += seconds
        self.desk.tick(self.now_s)
        self.remembered.tick(self.now_s)

    def turn(self, **values: object) -> None:
        """Turn controls, and let a picture pass."""
        for name, value in values.items():
            self.desk.turn(name, value, "page 1")
        self.tick()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "own" / "desk.json"


def test_what_stood_at_the_end_stands_at_the_next_start_without_a_glide(file: Path) -> None:
    before = Evening(file)
    before.turn(
        intensity=1.5, style="salsa", mirror=True, quantise="four bars", fade_s=4, offset_ms=-80, dancers=3
    )
    before.remembered.close()
    after = Evening(file)
    kept = {
        name: after.desk.value(name)
        for name in ("intensity", "style", "mirror", "quantise", "fade_s", "offset_ms", "dancers")
    }
    assert kept == {
        "intensity": 1.5,
        "style": "salsa",
        "mirror": True,
        "quantise": "four bars",
        "fade_s": 4,
        "offset_ms": -80,
        "dancers": 3,
    }
    assert after.desk.board.glides == {} and after.remembered.problems == []


def test_panic_blackout_and_what_is_held_do_not_come_back(file: Path) -> None:
    before = Evening(file)
    before.turn(posture="standing", blackout=True, freeze=True, pin="legs", intensity=0.5)
    before.remembered.close()
    assert set(json.loads(file.read_text())["values"]) == {"intensity"}


def test_an_outlet_s_offset_is_known_by_the_outlet_s_name(file: Path) -> None:
    before = Evening(file)
    before.turn(out1_offset_ms=30, out2_offset_ms=-20)
    before.remembered.close()
    after = Evening(file, outlets=("OSC", "Live Link"))
    assert after.desk.value("out1_offset_ms") == -20 and after.desk.value("out2_offset_ms") == 0
    after.turn(out2_offset_ms=5)
    after.remembered.close()
    assert json.loads(file.read_text())["outlets"] == {"VMC": 30, "OSC": -20, "Live Link": 5}


def test_what_the_command_line_names_wins_and_fresh_begins_anew(file: Path) -> None:
    before = Evening(file)
    before.turn(intensity=1.5, seed=7, offset_ms=20)
    before.remembered.close()
    asked = Asked.by(["demo", "--seed", "1", "--offset-ms=0"], fresh=False)
    after = Evening(file, asked)
    assert [after.desk.value(name) for name in ("intensity", "seed", "offset_ms")] == [1.5, 1, 0]
    assert Evening(file, Asked(fresh=True)).desk.value("intensity") == 1
    assert json.loads(file.read_text())["values"]["seed"] == 7


def test_it_is_written_once_a_second_at_the_most(file: Path) -> None:
    evening = Evening(file)
    for step in range(300):
        evening.turn(intensity=step / 150)
    assert 4 <= evening.scribe.jobs <= 6
    evening.remembered.close()
    assert json.loads(file.read_text())["values"]["intensity"] == pytest.approx(299 / 150)


def test_what_is_wrong_is_named_and_what_is_unknown_is_kept(file: Path) -> None:
    file.parent.mkdir()
    said = {"values": {"style": "waltz", "intensity": "loud", "wings": 2, "groove": 0.5}, "mood": "good"}
    file.write_text(json.dumps(said))
    evening = Evening(file)
    [problem] = evening.remembered.problems
    assert "'waltz'" in problem and "intensity" in problem and "\n" not in problem
    assert evening.desk.value("groove") == 0.5 and evening.desk.value("style") == "auto"
    evening.turn(size=2)
    evening.remembered.close()
    assert json.loads(file.read_text()) == {
        "values": said["values"] | {"size": 2},
        "mood": "good",
        "outlets": {},
    }


def test_a_broken_file_is_said_and_put_aside_only_when_something_is_turned(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("{intensity: 2}")
    evening = Evening(file)
    assert "cannot be read" in evening.remembered.problems[0]
    evening.remembered.close()
    assert file.read_text() == "{intensity: 2}"
    evening.turn(size=2)
    evening.remembered.close()
    assert file.with_name("desk.json.bad").read_text() == "{intensity: 2}"
    assert json.loads(file.read_text())["values"] == {"size": 2}


def test_two_shows_at_once_write_only_what_was_turned_at_their_own_desks(file: Path) -> None:
    one, other = Evening(file), Evening(file)
    one.turn(intensity=0.5)
    one.remembered.close()
    other.turn(size=2)
    other.remembered.close()
    assert json.loads(file.read_text())["values"] == {"intensity": 0.5, "size": 2}


def test_without_a_folder_nothing_is_written(tmp_path: Path) -> None:
    evening = Evening(None)
    evening.turn(intensity=0.5)
    evening.remembered.close()
    assert evening.scribe.jobs == 0 and list(tmp_path.iterdir()) == []
