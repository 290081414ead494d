"""Pictures of a dance, to look at before its figures are believed: poses over the beats, feet, a moving picture."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from groovecast.measures.accents import accents_s, limb_speed
from groovecast.motion.soles import SIDES
from realtime.evaluation.danced import LIMBS, SHOWN_FPS, Danced
from realtime.evaluation.moving_picture import write_moving_picture
from realtime.evaluation.on_the_beat import LEAST_BEATS
from realtime.evaluation.stick_figure import COLOURS, CONTACT, HEAD_RADIUS_M, StickFigures, stick_figures

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FEET_S, _MOVING_S = 12.0, 16.0
_ROWS, _ROW_BEATS = 2, 8
_BEAT_M = 1.4  # how far apart on the strip the figures of two beats stand
_NO_BEAT_S = 0.5  # stands for a beat where none is known
_FAINT = 0.4  # between beats
_SKATES_M_S, _ON_FLOOR_M = 0.3, 0.01
_SAME_BEAT_S = 0.05


def ready_to_draw() -> None:
    """Raises ImportError with the mend when nothing can draw; to be asked before a long dance."""
    try:
        import matplotlib
        import PIL  # noqa: F401
    except ImportError as why:
        raise ImportError(
            f'asked for --pictures, {why.name} is missing: pip install "groovecast[train]"'
        ) from None
    matplotlib.use("Agg")


def write_pictures(danced: Danced, folder: Path) -> list[Path]:
    """Three files of a dance, from its middle."""
    ready_to_draw()
    folder.mkdir(parents=True, exist_ok=True)
    longest_s = max(_FEET_S, _MOVING_S)
    begin_s = max(0.0, danced.duration_s / 2 - longest_s / 2)
    middle = danced.from_s(begin_s, begin_s + longest_s)
    paths = [folder / f"{danced.name}_{what}" for what in ("strip.png", "feet.png", "moving.gif")]
    _strip(middle, paths[0])
    _feet(middle.from_s(0.0, _FEET_S), paths[1])
    write_moving_picture(middle.from_s(0.0, _MOVING_S), paths[2])
    return paths


def _strip(danced: Danced, path: Path) -> None:
    """A figure on each beat and a faint one between two, and the limbs' speed with beats (lines) and accents (dots)."""
    from matplotlib import pyplot as plt

    beats = danced.beats_s
    if len(beats) < LEAST_BEATS:
        beats = np.arange(0, danced.duration_s, _NO_BEAT_S)
    gap_s = float(np.median(np.diff(beats)))
    figures, place64 = stick_figures(danced), danced.place_m.astype(np.float64)
    speed = limb_speed(place64, LIMBS, SHOWN_FPS)
    at = (np.arange(len(speed)) + 0.5) / SHOWN_FPS
    rests = accents_s(place64, LIMBS, SHOWN_FPS)
    sheet, axes = plt.subplots(
        2 * _ROWS, 1, figsize=(18, 11), height_ratios=(2.5, 1) * _ROWS, layout="constrained"
    )
    for row in range(_ROWS):
        above, below = axes[2 * row], axes[2 * row + 1]
        begin_s = float(beats[0]) + row * _ROW_BEATS * gap_s
        span_s = (begin_s - 0.5 * gap_s, begin_s + (_ROW_BEATS + 0.5) * gap_s)
        for half in range(2 * _ROW_BEATS, -1, -1):
            frame = round((begin_s + half * gap_s / 2) * SHOWN_FPS)
            if frame < len(place64):
                _drawn(above, figures, frame, half * _BEAT_M / 2, 1.0 if half % 2 == 0 else _FAINT)
        above.axhline(0, color="gray", lw=0.8)
        above.set(
            xlim=(-0.5 * _BEAT_M, (_ROW_BEATS + 0.5) * _BEAT_M), ylim=(-0.12, 2.05), xticks=[], yticks=[]
        )
        above.set_aspect("equal")
        below.plot(at, speed, lw=0.9, color="black")
        below.plot(rests, np.interp(rests, at, speed), "o", ms=5, color="tab:green")
        _beats(below, danced)
        below.set(xlim=span_s, ylabel="hands + feet, m/s")
        for beat in range(_ROW_BEATS + 1):
            _line(above, danced, begin_s + beat * gap_s, beat * _BEAT_M)
    axes[0].set_title(
        f"{danced.name}, from {danced.begin_s:.1f} s: from the front, green where a sole stands"
    )
    axes[-1].set_xlabel("seconds; lines are beats, thick ones begin a bar, dots are accents")
    sheet.savefig(path, dpi=70)
    plt.close(sheet)


def _drawn(axis: "Axes", figures: StickFigures, frame: int, x_m: float, alpha: float) -> None:
    """One figure, its hips over that place of the strip."""
    from matplotlib.collections import LineCollection
    from matplotlib.patches import Circle

    home = figures.hips_m[frame, 0]
    lines = figures.lines_m[frame][..., :2] - np.array([home - x_m, 0.0])
    colours = [_share(side) for side in figures.sides]
    axis.add_collection(LineCollection(list(lines), colors=colours, linewidths=1.8, alpha=alpha))
    skull = figures.skull_m[frame]
    axis.add_patch(
        Circle((skull[0] - home + x_m, skull[1]), HEAD_RADIUS_M, fill=False, color=_share(""), alpha=alpha)
    )
    standing = figures.soles_m[frame][figures.standing[frame]]
    green = tuple(value / 255 for value in CONTACT)
    axis.plot(standing[:, 0] - home + x_m, np.full(len(standing), -0.04), "o", ms=4, color=green, alpha=alpha)


def _feet(danced: Danced, path: Path) -> None:
    """Heights and speeds of heels and balls, and bars where each is said to stand on the floor."""
    from matplotlib import pyplot as plt

    figures = stick_figures(danced)
    sheet, axes = plt.subplots(4, 1, figsize=(18, 9), sharex=True, layout="constrained")
    at = np.arange(len(danced.place_m)) / SHOWN_FPS
    for number, side in enumerate(SIDES):
        height, slide = axes[2 * number], axes[2 * number + 1]
        for offset, (part, style) in enumerate((("heel", "--"), ("ball", "-"))):
            sole, standing = figures.soles_m[:, 2 * number + offset], figures.standing[:, 2 * number + offset]
            speed = _level_speed(sole)
            height.plot(at, sole[:, 1], style, color=_share(side), lw=1.0, label=f"{side} {part}")
            slide.plot(at[1:], speed, style, color=_share(side), lw=1.0)
            # a bar for each of the two; black where it stands and slides
            for axis, top in ((height, 0.385), (slide, 1.44)):
                bar = top * (1 - 0.07 * offset)
                axis.fill_between(at, 0.95 * bar, bar, where=standing, color=_share(side), alpha=0.6, lw=0)
            fast = speed > _SKATES_M_S
            skates, glides = fast & standing[1:], fast & ~standing[1:] & (sole[1:, 1] < _ON_FLOOR_M)
            slide.plot(at[1:][glides], speed[glides], "s", ms=2.5, color="darkorange")
            slide.plot(at[1:][skates], speed[skates], "s", ms=2.5, color="black")
        height.axhline(0, color="gray", lw=0.8)
        height.set(ylim=(-0.03, 0.4), ylabel=f"{side} sole's height, m")
        slide.axhline(_SKATES_M_S, color="gray", lw=0.6)
        slide.set(ylim=(0, 1.5), ylabel="level speed, m/s")
        height.legend(loc="center right", fontsize=9)
        for axis in (height, slide):
            _beats(axis, danced)
    axes[-1].set_xlabel(
        "seconds; bars where heel (lower, dashed line) and ball (upper) are said to stand; "
        f"faster than {_SKATES_M_S:g} m/s: black, though it stands; orange, on the floor though it is not said to stand"
    )
    sheet.suptitle(f"{danced.name}, from {danced.begin_s:.1f} s")
    sheet.savefig(path, dpi=60)
    plt.close(sheet)


def _level_speed(place_m: Float[np.ndarray, "frames 3"]) -> Float[np.ndarray, " steps"]:
    return np.asarray(np.linalg.norm(np.diff(place_m[:, [0, 2]], axis=0), axis=-1) * SHOWN_FPS)


def _beats(axis: "Axes", danced: Danced) -> None:
    for beat in danced.beats_s:
        _line(axis, danced, float(beat), float(beat))


def _line(axis: "Axes", danced: Danced, beat_s: float, x: float) -> None:
    """The line of a beat, thick where it begins a bar."""
    ones = danced.beats_s[::4] if danced.song is None else danced.song.downbeats_s
    first = bool(len(ones)) and float(np.abs(ones - beat_s).min()) < _SAME_BEAT_S
    axis.axvline(x, color="tab:orange", lw=1.8 if first else 0.7, alpha=0.8, zorder=0)


def _share(side: str) -> tuple[float, float, float]:
    red, green, blue = COLOURS[side]
    return red / 255, green / 255, blue / 255
