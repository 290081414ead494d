"""Cues as a performer works with them: kept, recalled, hurried, replaced, and never in a hand's way."""

import json
from pathlib import Path

import numpy as np
import pytest
from cue_stage import AtOnce
from hypothesis import given
from hypothesis import strategies as st

from groovecast.audio.beat_clock import BeatClock
from groovecast.wire.desk_messages import Cues, CueWish
from realtime.dance_settings import DanceSettings
from realtime.desk.controls import (
    beat_controls,
    crew_controls,
    cue_controls,
    dance_controls,
    keyframe_controls,
    show_controls,
    stage_controls,
)
from realtime.desk.cues import CueDesk
from realtime.desk.desk import Desk
from realtime.desk.quantise import line_meant
from realtime.desk.set_list_file import SetListFile
from realtime.keyframes import KnownPose

STYLES = ("salsa", "street")
POSE = KnownPose(0.9, np.tile(np.array([1, 0, 0, 0], np.float32), (22, 1)), np.ones(4, bool))


class Holds:
    """Who would bring the dance into poses, and writes down which and when."""

    def __init__(self) -> None:
        self.to_come: dict[str, tuple[float, float]] = {}

    def pose_now(self) -> KnownPose:
        return POSE

    def keep(self, pose: KnownPose, at_s: float, hold_s: float, name: str) -> None:
        assert pose.height_m == POSE.height_m
        self.to_come[name] = at_s, hold_s

    def move(self, name: str, at_s: float) -> None:
        self.to_come[name] = at_s, self.to_come[name][1]

    def drop(self, name: str) -> None:
        del self.to_come[name]


class Night:
    """A desk with a set list at a time and with a beat that the test sets: 120 bpm, bars at every even second."""

    def __init__(self, file: Path | None = None) -> None:
        self.now_s = 100.1
        self.beat = BeatClock(np.array([0.0]), np.array([0.0]), 120.0, 1.0, 0)
        self.holds, self.pinned = Holds(), list[object]()
        self.desk = Desk(
            [
                *dance_controls(STYLES, DanceSettings()), *stage_controls(), *show_controls(), *keyframe_controls(),
                *cue_controls(), *crew_controls(STYLES, 1), *beat_controls(("auto", "tracker")),
            ],
            lambda: self.now_s,
        )  # fmt: skip
        self.desk.on_turn("pin", lambda part, by: self.pinned.append(part))
        self.said, self.told = list[str](), list[Cues]()
        self.desk.on_say(self.said.append)
        self.cues = CueDesk(
            self.desk, SetListFile(file, AtOnce()), lambda: self.beat, lambda: self.now_s, self.holds
        )
        self.cues.listen(self.told.append)

    def tick(self, seconds: float = 1 / 60) -> None:
        self.now_s += seconds
        self.cues.tick(self.now_s)
        self.desk.tick(self.now_s)

    def keep(self, name: str, **values: object) -> None:
        """A cue of these values beside all others as they are; the desk is as before afterwards."""
        before = {control: self.desk.value(control) for control in values}
        for control, value in values.items():
            self.desk.turn(control, value, "test")
        self.cues.keep(name, None, None, False)
        for control, value in before.items():
            self.desk.turn(control, value, "test")
        self.tick(2.0)

    @property
    def pending(self) -> tuple[str | None, float | None]:
        return self.cues.message.pending, self.cues.message.pending_at_s


@pytest.mark.parametrize(("when", "due_s"), [("beat", 102.5), ("bar", 104.0), ("four bars", 104.0)])
def test_a_cue_comes_on_the_next_line_and_is_on_the_board_before(when: str, due_s: float) -> None:
    night = Night()
    night.keep("drop", intensity=2)
    assert night.now_s == pytest.approx(102.1)
    night.desk.turn("quantise", when, "page 1")
    night.cues.recall("drop", "page 1")
    assert night.pending == ("drop", pytest.approx(due_s))
    assert night.desk.board.number("intensity", due_s - 0.01) == 1
    assert night.desk.board.number("intensity", due_s + 0.3) == 2
    assert night.desk.value("intensity") == 1
    while night.now_s < due_s:
        night.tick()
    assert night.desk.value("intensity") == 2 and night.pending == (None, None)
    assert night.told[-1].current == "drop" and night.told[-2].pending == "drop"


def test_now_is_now_and_without_a_beat_every_cue_is_and_it_is_said() -> None:
    night = Night()
    night.keep("drop", intensity=2)
    night.cues.hear(CueWish(do="recall", name="drop", when="now"), "page 1")
    assert night.desk.value("intensity") == 2 and not night.said
    night.beat = BeatClock(np.array([0.0]), np.array([0.0]), 120.0, 0.1, 0)
    night.desk.turn("intensity", 1, "page 1")
    night.tick(1)
    night.cues.recall("drop", "page 1")
    assert night.desk.value("intensity") == 2
    assert night.said == ["cue 'drop' was to come on the next bar, nobody knows the beat: it comes now"]


def test_a_cue_s_own_time_and_fade_go_before_the_desk_s_and_what_is_asked_before_both() -> None:
    night = Night()
    night.desk.turn("fade_s", 8, "page 1")
    night.keep("drop", intensity=2)
    night.cues.hear(CueWish(do="time", name="drop", when="beat", fade_s=2), "page 1")
    night.cues.recall("drop", "page 1")
    assert night.pending[1] == 102.5
    assert night.desk.board.glides["intensity"].end_s == pytest.approx(104.5)
    night.cues.hear(CueWish(do="recall", name="drop", when="bar", fade_s=1), "page 1")
    assert night.pending[1] == 104 and night.desk.board.glides["intensity"].end_s == pytest.approx(105)
    night.cues.hear(CueWish(do="time", name="drop"), "page 1")
    night.cues.recall("drop", "page 1", "now")
    assert night.desk.board.glides["intensity"].end_s == pytest.approx(night.now_s + 8)


def test_a_cue_that_is_kept_with_its_pose_is_read_from_the_file_while_the_show_goes_on(
    tmp_path: Path,
) -> None:
    night = Night(tmp_path / "setlist.json")
    for name in ("drop", "rise"):
        night.cues.hear(CueWish(do="keep", name=name, keyframe=True), "page 1")
        for _ in range(3):
            night.tick(1.1)
    assert [(cue.name, cue.keyframe) for cue in night.cues.message.cues] == [("drop", True), ("rise", True)]
    assert not night.said


def test_the_pending_cue_follows_the_beat_and_its_pose_with_it() -> None:
    night = Night()
    night.cues.keep("drop", None, None, True)
    night.desk.turn("keyframe_hold_beats", 2, "page 1")
    night.cues.recall("drop", "page 1")
    due_s = night.pending[1]
    assert due_s is not None and night.holds.to_come["drop"] == (due_s, pytest.approx(0.5)), (
        "as the cue has it"
    )
    night.beat = BeatClock(np.array([0.0]), np.array([0.04]), 120.0, 1.0, 0)
    night.tick()
    assert night.pending[1] == pytest.approx(due_s - 0.02)
    assert night.desk.board.glides["groove"].start_s == pytest.approx(due_s - 0.02)
    assert night.holds.to_come["drop"][0] == pytest.approx(due_s - 0.02)


def test_where_bars_begin_elsewhere_the_cue_comes_on_the_next_of_them() -> None:
    night = Night()
    night.keep("drop", intensity=2)
    night.cues.recall("drop", "page 1")
    night.beat = BeatClock(np.array([0.0]), np.array([0.0]), 120.0, 1.0, 1)
    night.tick()
    assert night.pending[1] == pytest.approx(102.5)
    night.beat = BeatClock(np.array([0.0]), np.array([5000.0]), 120.0, 1.0, 0)
    night.tick()
    assert night.pending[1] == pytest.approx(104.0), "beats that are numbered anew are no other beats"


def test_a_second_press_of_the_pending_cue_is_at_once() -> None:
    night = Night()
    night.keep("drop", intensity=2)
    night.desk.turn("cue", "drop", "midi pads")
    assert night.pending[0] == "drop"
    night.desk.turn("cue", "drop", "midi pads")
    assert night.pending == (None, None) and night.desk.board.number("intensity", night.now_s + 0.3) == 2
    night.tick()
    assert night.desk.value("intensity") == 2 and night.desk.value("cue") == "drop"


def test_another_cue_takes_the_place_of_the_pending_one() -> None:
    night = Night()
    night.keep("drop", intensity=2, groove=2)
    night.keep("calm", intensity=0.5)
    night.cues.recall("drop", "page 1")
    night.cues.recall("calm", "page 2")
    night.tick(3)
    assert night.cues.message.current == "calm"
    assert (night.desk.value("intensity"), night.desk.value("groove")) == (0.5, 1)


def test_a_hand_s_turn_while_a_cue_waits_is_kept() -> None:
    night = Night()
    night.keep("drop", intensity=2, groove=2)
    night.cues.recall("drop", "page 1")
    night.tick(0.5)
    night.desk.turn("intensity", 0.3, "midi faders")
    for _ in range(200):
        night.tick()
    assert night.cues.message.current == "drop"
    assert (night.desk.value("intensity"), night.desk.value("groove")) == (0.3, 2)


def test_what_is_fading_goes_on_fading_while_a_cue_waits_and_when_it_is_called_off() -> None:
    night = Night()
    night.keep("slow", intensity=2, style="salsa")
    night.keep("next", intensity=0, style="street")
    night.cues.hear(CueWish(do="recall", name="slow", when="now", fade_s=16), "page 1")
    begun_s = night.now_s
    night.tick(1.4)
    before = night.desk.board
    night.cues.recall("next", "page 1")
    due_s = night.pending[1]
    assert due_s is not None and due_s > night.now_s
    for at_s in np.arange(night.now_s, due_s, 0.1):
        assert night.desk.board.number("intensity", at_s) == before.number("intensity", at_s)
        assert night.desk.board.shares("style", at_s) == before.shares("style", at_s)
    assert night.desk.board.number("intensity", due_s) == pytest.approx(before.number("intensity", due_s))
    night.cues.recall("slow", "page 1", "four bars")
    for at_s in (begun_s + 4, begun_s + 7):
        assert night.desk.board.number("intensity", at_s) == before.number("intensity", at_s)


def test_a_night_of_cues_faster_than_their_fades_leaves_nothing_behind() -> None:
    night = Night()
    night.keep("a", intensity=2)
    night.keep("b", intensity=0)
    night.desk.turn("fade_s", 16, "page 1")
    for press in range(120):
        night.cues.recall("ab"[press % 2], "page 1", "beat")
        night.tick(0.6)
    glide, depth = night.desk.board.glides["intensity"], 0
    while hasattr(glide, "before"):
        glide, depth = glide.before, depth + 1
    assert depth <= 2


def test_next_and_previous_go_from_the_cue_that_is_to_come_and_end_at_the_ends() -> None:
    night = Night()
    with pytest.raises(ValueError, match="the set list has none yet"):
        night.desk.turn("cue_next", True, "key")
    for name in "abc":
        night.keep(name)
    night.cues.recall("a", "page 1", "now")
    night.desk.turn("cue_next", True, "key")
    night.desk.turn("cue_next", True, "key")
    assert night.pending[0] == "c"
    with pytest.raises(ValueError, match="'c' is the last"):
        night.desk.turn("cue_next", True, "key")
    night.desk.turn("cue_previous", True, "key")
    assert night.pending[0] == "b"


def test_what_must_be_held_as_it_is_then_is_turned_when_the_cue_comes() -> None:
    night = Night()
    night.keep("held", pin="legs")
    night.pinned.clear()
    night.cues.recall("held", "page 1")
    night.tick(1.0)
    assert night.pinned == []
    night.tick(1.0)
    assert night.pinned == ["legs"] and night.desk.value("pin") == "legs"


def test_a_number_that_names_a_dance_is_not_swept_through_all_between() -> None:
    night = Night()
    night.keep("drop", seed=5000)
    night.cues.hear(CueWish(do="recall", name="drop", when="now", fade_s=16), "page 1")
    assert night.desk.board.number("seed", night.now_s + 0.01) == 5000


def test_a_cue_holds_what_belongs_to_it_and_nobody_who_is_not_there() -> None:
    night = Night()
    night.desk.turn("dancers", 2, "page 1")
    night.cues.keep("two", None, None, False)
    [cue] = night.cues._file.listed.cues
    assert {"intensity", "style", "place_x_m", "dancer2_style", "pin", "canon_beats"} <= set(cue.values)
    assert not {"blackout", "panic", "posture", "cue", "quantise", "offset_ms", "dancer3_style", "tap"} & set(
        cue.values
    )


def test_what_the_file_names_wrongly_is_said_once_and_the_rest_comes(tmp_path: Path) -> None:
    file = tmp_path / "setlist.json"
    values = {"intensity": 9, "style": "waltz", "wings": 2, "blackout": True, "groove": 0.5}
    file.write_text(json.dumps({"cues": [{"name": "drop", "when": "now", "values": values}]}))
    night = Night(file)
    for _ in range(30):
        night.tick(0.2)
    [line] = night.said
    assert all(word in line for word in ("'drop'", "wings", "blackout", "'waltz'")) and "\n" not in line
    night.cues.recall("drop", "page 1")
    night.tick()
    assert (night.desk.value("intensity"), night.desk.value("groove")) == (2, 0.5)
    assert night.desk.value("blackout") is False
    assert json.loads(file.read_text())["cues"][0]["values"] == values


def test_a_set_list_that_is_mended_by_hand_while_the_show_goes_on_is_taken_over(tmp_path: Path) -> None:
    file = tmp_path / "setlist.json"
    file.write_text("{")
    night = Night(file)
    night.tick(1.5)
    assert "cannot be read" in night.said[0]
    file.write_text(json.dumps({"cues": [{"name": "drop", "values": {"intensity": 2}}]}))
    for _ in range(3):
        night.tick(1.1)
    assert night.desk.control("cue").choices == ("drop",) and night.told[-1].cues[0].name == "drop"
    night.cues.recall("drop", "page 1")


def test_a_cue_that_is_renamed_or_removed_while_it_stands_is_known_by_that() -> None:
    night = Night()
    night.keep("a")
    night.cues.hear(CueWish(do="rename", name="a", to="  b "), "page 1")
    night.tick()
    assert night.cues.message.current == "b" and night.desk.control("cue").choices == ("b",)
    night.cues.hear(CueWish(do="remove", name="b"), "page 1")
    night.tick()
    assert night.cues.message == Cues() and night.desk.control("cue").choices == ()
    with pytest.raises(ValueError, match="the set list has none yet"):
        night.cues.recall("b", "page 1")


def test_four_bars_are_counted_from_the_beat_that_a_person_called_one() -> None:
    night = Night()
    night.keep("drop", intensity=2)
    assert night.now_s == pytest.approx(102.1)
    night.desk.turn("resync", True, "key")
    for _ in range(60):
        night.tick()
    night.cues.recall("drop", "page 1", "four bars")
    assert night.pending[1] == pytest.approx(110.0), "eight seconds from 102, and not from 96"


@given(
    st.floats(50, 220),
    st.floats(0, 20),
    st.tuples(st.integers(0, 6), st.sampled_from([2, 3, 4])),
    st.sampled_from(["beat", "bar", "four bars"]),
    st.one_of(st.none(), st.integers(-50, 50)),
)
def test_a_line_is_on_the_bar_and_never_more_than_a_hair_before_now(
    bpm: float, now_s: float, bars_of: tuple[int, int], when: str, origin: int | None
) -> None:
    downbeat, per_bar = bars_of
    clock = BeatClock(np.array([3.0]), np.array([7.0]), bpm, 1.0, downbeat, per_bar)
    line = line_meant(clock, now_s, when, origin)
    assert line is not None
    step = {"beat": 1, "bar": per_bar, "four bars": 4 * per_bar}[when] * 60 / bpm
    assert now_s - 0.081 <= line.time_s(clock) <= now_s + step + 1e-6
    bars = (line.beat - downbeat) / (1 if when == "beat" else per_bar)
    assert bars == pytest.approx(round(bars))
    assert line.followed(clock, now_s, origin) == line
