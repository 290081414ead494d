"""Pictures of a dance: feet on the floor, left on its left, at its own pace, and one dance a genre."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command import club
from fakes.swinging import swinging
from hopper import Hopper
from PIL import Image

from groovecast.audio.decode import Audio
from groovecast.model.config import ModelConfig
from groovecast.model.imagined import Imagined
from realtime.dance_settings import DanceSettings
from realtime.evaluation.danced import SHOWN_FPS, Danced, danced_from_motion
from realtime.evaluation.genres import danced_in_every_genre, genres_of
from realtime.evaluation.moving_picture import write_moving_picture
from realtime.evaluation.songs import JudgedSong
from realtime.evaluation.stick_figure import COLOURS, CONTACT, stick_figures

_RATE_HZ = 24000


def _dance(seconds: float = 2.0) -> Danced:
    return danced_from_motion("a", swinging(seconds, 0.5), np.arange(0, seconds, 0.5))


def test_a_stick_figure_has_its_soles_on_the_floor_and_its_left_on_its_left() -> None:
    danced = _dance()
    figures = stick_figures(danced)
    assert figures.lines_m.shape[:2] == (len(danced.place_m), len(figures.sides))
    assert np.abs(figures.soles_m[..., 1]).max() < 0.02
    left, right = (
        figures.lines_m[:, [side == name for side in figures.sides], :, 0].mean()
        for name in ("left", "right")
    )
    assert left > 0.1 and right < -0.1
    assert figures.skull_m[:, 1].min() > 1.4
    assert figures.hips_m == pytest.approx(danced.place_m[:, 0], abs=1e-5)


def _colours(frame: Image.Image) -> set[tuple[int, int, int]]:
    return {tuple(colour) for colour in np.unique(np.asarray(frame.convert("RGB")).reshape(-1, 3), axis=0)}


def test_a_moving_picture_lasts_as_long_as_the_dance(tmp_path: Path) -> None:
    write_moving_picture(_dance(), tmp_path / "a.gif")
    lasted_ms = 0
    with Image.open(tmp_path / "a.gif") as moving:
        for number in range(moving.n_frames):
            moving.seek(number)
            lasted_ms += int(moving.info["duration"])
    assert lasted_ms == pytest.approx(1000 * _dance().duration_s, abs=50)


def test_a_moving_picture_marks_the_soles_that_stand_and_no_others(tmp_path: Path) -> None:
    danced = _dance(0.5)
    for name, standing in (("stands", True), ("flies", False)):
        shown = replace(danced, contacts=np.full((len(danced.place_m), 4), standing))
        write_moving_picture(shown, tmp_path / f"{name}.gif")
        with Image.open(tmp_path / f"{name}.gif") as moving:
            moving.seek(3)
            seen = _colours(moving)
        assert COLOURS["left"] in seen and COLOURS["right"] in seen
        assert (CONTACT in seen) == standing


class _Follower(Hopper):
    """It remembers which styles it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def plan(self, history: np.ndarray, music: np.ndarray, style: np.ndarray, noise: np.ndarray) -> Imagined:
        self.asked.add((*self.config.styles, "unknown")[int(np.argmax(style))])
        return super().plan(history, music, style, noise)


def test_every_genre_is_danced_to_the_same_song() -> None:
    beats = np.arange(0, 4.0, 0.5)
    song = JudgedSong("club", Audio(club(4.0, _RATE_HZ)[:, None], _RATE_HZ), beats, beats[::4])
    dancer = _Follower()
    dances = danced_in_every_genre(song, dancer, DanceSettings(), begin_s=10.0)
    genres = ("salsa", "street", "modern", "indian", "break")
    assert genres_of(ModelConfig().styles) == genres
    assert [danced.name for danced in dances] == [f"club_{genre}" for genre in genres]
    assert {danced.begin_s for danced in dances} == {10.0}
    assert dancer.asked - {"idle"} == set(genres)
    assert {len(danced.place_m) for danced in dances} == {round(4.0 * SHOWN_FPS)}
