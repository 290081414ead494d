"""A cue that waits for a bar lands on its downbeat: on the stage, in the next plan, and on the desk."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from cue_stage import FPS, CueStage, Metronome, clicks, place_m

from groovecast.audio.decode import load_audio
from realtime.clocks.source import MIDI

BAR_S = 2.0
PICTURE_S, FRAME_S = 1 / FPS, 1 / 30
CLUB = Path(__file__).resolve().parents[2] / "groovecast" / "demo" / "club.ogg"


class Watched(CueStage):
    """It keeps with which style each plan was made, and from when on that is shown."""

    def __init__(self, first_s: float = 0.25) -> None:
        super().__init__(clicks(7, BAR_S / 4, first_s), beats=[Metronome(first_s, 60 * 4 / BAR_S)])
        self.first_s = first_s
        self.plans: list[tuple[float, dict[str, float]]] = []
        plan = self.generator.plan

        def noted(*given: np.ndarray):  # type: ignore[no-untyped-def]
            self.plans.append((self.dancer.planned_from_s, dict(self.dancer.settings.blend)))
            return plan(*given)

        self.generator.plan = noted  # type: ignore[method-assign]
        self.run(1)
        for name, value in (("place_x_m", 2.0), ("style", "salsa"), ("seed", 77)):
            self.desk.turn(name, value, "test")
        self.cues.keep("there", None, None, False)
        for name, value in (("place_x_m", 0.0), ("style", "street"), ("seed", 1)):
            self.desk.turn(name, value, "test")

    def off_the_bar_s(self, at_s: float) -> float:
        """How far from the nearest downbeat that is heard."""
        return (at_s - self.first_s + BAR_S / 2) % BAR_S - BAR_S / 2

    def moved_s(self, until_s: float) -> float:
        """When the figure is first seen on its way."""
        return next(
            moment.pose.time_s for moment in self.pictures(until_s) if abs(place_m(moment.pose)) > 1e-4
        )


# plans begin every 8 frames of 30 a second, from the eighth: these downbeats lie 0, 1, 3 and 6 frames after one
@pytest.mark.parametrize(("first_s", "pressed_s"), [(0.25, 2.9), (0.3, 3.02), (0.35, 3.53), (0.45, 3.2)])
def test_a_cue_on_the_bar_is_seen_with_the_picture_of_the_downbeat_and_danced_from_there(
    first_s: float, pressed_s: float
) -> None:
    stage = Watched(first_s)
    stage.run(pressed_s)
    assert stage.dancer.heard.leader == MIDI
    stage.cues.recall("there", "page 1")
    moved_s = stage.moved_s(pressed_s + 2)
    # a glide has gone no way at its very beginning: the second picture is the first that is elsewhere
    assert 0 < stage.off_the_bar_s(moved_s) <= 2 * PICTURE_S + 1e-6
    [changed_s, *_] = [at_s for at_s, blend in stage.plans if "salsa" in blend and at_s > pressed_s]
    assert 0 <= stage.off_the_bar_s(changed_s) <= FRAME_S + 1e-6, "a plan begins there"
    assert stage.desk.value("seed") == 77 and stage.cues.message.current == "there" and not stage.said
    assert all(later - sooner > 0.13 for (sooner, _), (later, _) in pairwise(stage.plans)), "none is too soon"


def test_who_presses_shortly_before_the_downbeat_still_sees_it_there() -> None:
    stage = Watched()
    stage.run(4.25 - 0.05)
    stage.cues.recall("there", "page 1")
    assert 0 < stage.off_the_bar_s(stage.moved_s(6)) <= 2 * PICTURE_S + 1e-6


@pytest.mark.parametrize(("late_s", "comes_s"), [(0.03, 4.28), (0.07, 4.32), (0.1, 6.25)])
def test_who_presses_a_hair_late_means_the_downbeat_that_is_just_gone(late_s: float, comes_s: float) -> None:
    stage = Watched()
    stage.run(4.25 + late_s)
    stage.cues.recall("there", "page 1")
    assert stage.moved_s(7) == pytest.approx(comes_s, abs=2 * PICTURE_S + 0.01)


def test_the_real_tracker_brings_a_cue_within_30_ms_of_the_club_s_downbeat() -> None:
    audio = load_audio(CLUB)
    bar_s, first_s = 4 * 60 / 126, 0.1  # as `groovecast/demo/render_club.py` made it
    stage = CueStage(audio.samples[: 18 * audio.sample_rate_hz].mean(axis=1), audio.sample_rate_hz)
    stage.run(9)
    stage.desk.turn("place_x_m", 2.0, "test")
    stage.cues.keep("there", None, None, False)
    for pressed_s in (10.2, 12.2, 14.3):
        stage.desk.turn("place_x_m", 0.0, "test")
        stage.run(pressed_s)
        stage.cues.recall("there", "page 1")
        due_s = None
        while stage.cues.message.pending is not None:
            due_s = stage.cues.message.pending_at_s
            stage.run(stage.clock.now_s() + 1.5 * PICTURE_S)
        assert due_s is not None
        assert abs((due_s - first_s + bar_s / 2) % bar_s - bar_s / 2) < 0.03, pressed_s
