"""A dance as a moving picture: the figure from the front and from its right, and a light that flashes on the beat."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from realtime.evaluation.danced import SHOWN_FPS, Danced
from realtime.evaluation.stick_figure import COLOURS, CONTACT, HEAD_RADIUS_M, StickFigures, stick_figures

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

_FPS = 20.0  # a GIF counts hundredths of a second: 15 would be shown as 16.7
_SIDE_PIXELS, _TALL_M, _FLOOR_SHARE = 320, 2.3, 0.92
_FINE = 2  # drawn so many times as large, and made small: smooth lines
_FLASH_S, _MARK_M = 0.12, 0.5
_BEAT: tuple[int, int, int] = (230, 160, 20)
_GRAY: tuple[int, int, int] = (128, 128, 128)
_SHADES = 5
# Which way across and which sign: from the front the figure's left is right; from its right it faces right.
_VIEWS = (("front", 0), ("from its right", 2))


def write_moving_picture(danced: Danced, path: Path) -> None:
    """An animated GIF of the whole of a dance."""
    from PIL import Image, ImageDraw

    figures = stick_figures(danced)
    glided = [_glided(figures.hips_m[:, axis]) for _, axis in _VIEWS]
    size = (_FINE * _SIDE_PIXELS * len(_VIEWS), _FINE * _SIDE_PIXELS)
    pictures: list[Image.Image] = []
    for time_s in np.arange(0, danced.duration_s - 0.5 / SHOWN_FPS, 1 / _FPS):
        frame = min(round(float(time_s) * SHOWN_FPS), len(danced.place_m) - 1)
        picture = Image.new("RGB", size, "white")
        draw = ImageDraw.Draw(picture)
        for number, (name, axis) in enumerate(_VIEWS):
            _figure(draw, figures, frame, axis, float(glided[number][frame]), number)
            draw.text((size[1] * number + 12, size[1] - 30), name, fill=_GRAY, font_size=22)
        _beat(draw, danced, float(time_s))
        draw.text((60, 8), f"{danced.name}  {danced.begin_s + time_s:.1f} s", fill=COLOURS[""], font_size=26)
        small = picture.resize((size[0] // _FINE, size[1] // _FINE), Image.Resampling.BOX)
        pictures.append(small)
    _save(pictures, path)


def _save(pictures: "list[Image]", path: Path) -> None:
    from PIL import Image

    # one palette for all, of every colour and its shades: a figure whose colours flicker looks as if it shook
    shades = Image.new("P", (1, 1))
    shades.putpalette(_shades())
    drawn = [picture.quantize(palette=shades, dither=Image.Dither.NONE) for picture in pictures]
    drawn[0].save(path, save_all=True, append_images=drawn[1:], duration=round(1000 / _FPS), loop=0)


def _shades() -> list[int]:
    """Each colour that is drawn with, from itself to the paper."""
    drawn = (*COLOURS.values(), CONTACT, _BEAT, _GRAY)
    shares = np.linspace(0, 1, _SHADES)[:, None, None]
    shades = (1 - shares) * np.array(drawn)[None] + shares * 255
    return [int(value) for value in shades.round().reshape(-1)]


def _figure(
    draw: "ImageDraw", figures: StickFigures, frame: int, axis: int, middle_m: float, number: int
) -> None:
    side = _FINE * _SIDE_PIXELS
    scale, floor, left = side / _TALL_M, side * _FLOOR_SHARE, side * number

    def across(place_m: Float[np.ndarray, "*any 3"]) -> Float[np.ndarray, "*any"]:
        return np.asarray(left + side / 2 + (place_m[..., axis] - middle_m) * scale)

    def up(place_m: Float[np.ndarray, "*any 3"]) -> Float[np.ndarray, "*any"]:
        return np.asarray(floor - place_m[..., 1] * scale)

    draw.line([(left, floor), (left + side - 4, floor)], fill=_GRAY, width=2)
    reach_m = _TALL_M / 2
    for mark in np.arange(
        np.ceil((middle_m - reach_m) / _MARK_M), np.floor((middle_m + reach_m) / _MARK_M) + 1
    ):
        tick = left + side / 2 + (float(mark) * _MARK_M - middle_m) * scale
        draw.line([(tick, floor), (tick, floor + 10)], fill=_GRAY, width=2)
    lines = figures.lines_m[frame]
    x, y = across(lines), up(lines)
    for row, name in enumerate(figures.sides):
        draw.line(
            [(float(x[row, 0]), float(y[row, 0])), (float(x[row, 1]), float(y[row, 1]))],
            fill=COLOURS[name], width=7, joint="curve",
        )  # fmt: skip
    skull, radius = figures.skull_m[frame], HEAD_RADIUS_M * scale
    _ring(draw, float(across(skull)), float(up(skull)), radius)
    for point, standing in zip(figures.soles_m[frame], figures.standing[frame], strict=True):
        if standing:
            at = float(across(point))
            draw.ellipse([at - 7, floor + 3, at + 7, floor + 17], fill=CONTACT)


def _ring(draw: "ImageDraw", x: float, y: float, radius: float) -> None:
    draw.ellipse([x - radius, y - radius, x + radius, y + radius], outline=COLOURS[""], width=5)


def _beat(draw: "ImageDraw", danced: Danced, time_s: float) -> None:
    since = time_s - danced.beats_s[danced.beats_s <= time_s]
    if len(since) and since.min() < _FLASH_S:
        draw.ellipse([12, 8, 44, 40], fill=_BEAT)


def _glided(place_m: Float[np.ndarray, " frames"]) -> Float[np.ndarray, " frames"]:
    """Where the camera looks: the hips, their steps smoothed away over a second."""
    half = round(SHOWN_FPS) // 2
    window = np.ones(2 * half + 1) / (2 * half + 1)
    return np.convolve(np.pad(place_m, half, mode="edge"), window, "valid")
