"""Pictures of a dance, to look at before its figures are believed: poses over the beats, feet, a moving picture."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from groovecast.measures.accents import accents_s, limb_speed
from groovecast.motion.skeleton import groovecast_skeleton
from realtime.evaluation.danced import LIMBS, SHOWN_FPS, Danced

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STRIP_FIGURES, _STRIP_S, _FEET_S = 17, 8.0, 12.0
_METRE_S = 0.65  # how wide a metre is on the strip's axis of time, for figures of a figure's proportions
_MOVING_S, _MOVING_FPS, _MOVING_PIXELS = 16.0, 15.0, (320, 320)
_SIDES = {"left": (205, 60, 50), "right": (45, 95, 190), "": (40, 40, 40)}
_FLASH_S = 0.12  # how long a beat is seen


def write_pictures(danced: Danced, folder: Path) -> list[Path]:
    """Three files of a dance, from its middle. Raises ImportError with the mend when nothing can draw."""
    try:
        import matplotlib
        from PIL import Image
    except ImportError as why:
        raise ImportError(
            f'asked for --pictures, {why.name} is missing: pip install "groovecast[train]"'
        ) from None
    matplotlib.use("Agg")
    folder.mkdir(parents=True, exist_ok=True)
    longest_s = max(_STRIP_S, _FEET_S, _MOVING_S)
    begin_s = max(0.0, danced.duration_s / 2 - longest_s / 2)
    middle = danced.from_s(begin_s, begin_s + longest_s)
    paths = [folder / f"{danced.name}_{what}" for what in ("strip.png", "feet.png", "moving.gif")]
    _strip(middle, paths[0])
    _feet(middle, paths[1])
    _moving(middle, paths[2], Image)
    return paths


def _strip(danced: Danced, path: Path) -> None:
    """Stick figures, and under them the limbs' speed with beats (lines) and accents (dots)."""
    from matplotlib import pyplot as plt

    part = danced.from_s(0.0, _STRIP_S)
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(18, 4.6), height_ratios=(2, 1), sharex=True, layout="constrained"
    )
    times = np.linspace(0, part.duration_s - 1 / SHOWN_FPS, _STRIP_FIGURES)
    for time_s in times:
        place = part.place_m[round(time_s * SHOWN_FPS)]
        place = place - place[0] * np.array([1, 0, 1])
        _bones(above, time_s + place[:, 0] * _METRE_S, place[:, 1])
    above.axhline(0, color="gray", lw=0.6)
    above.set(ylim=(-0.1, 2.0), title=danced.name, yticks=[])
    place64 = part.place_m.astype(np.float64)
    speed = limb_speed(place64, LIMBS, SHOWN_FPS)
    at = (np.arange(len(speed)) + 0.5) / SHOWN_FPS
    below.plot(at, speed, lw=0.9, color="black")
    rests = accents_s(place64, LIMBS, SHOWN_FPS)
    below.plot(rests, np.interp(rests, at, speed), "o", ms=4, color="tab:green")
    for axis in (above, below):
        _beats(axis, part)
    below.set(xlabel="seconds; lines are beats, thick ones begin a bar", ylabel="hands + feet, m/s")
    figure.savefig(path, dpi=70)
    plt.close(figure)


def _feet(danced: Danced, path: Path) -> None:
    """Heights of ankles and toe joints, bars where the model says contact, and how fast the toes slide."""
    from matplotlib import pyplot as plt

    part, skeleton = danced.from_s(0.0, _FEET_S), groovecast_skeleton()
    figure, axes = plt.subplots(4, 1, figsize=(16, 7), sharex=True, layout="constrained")
    at = np.arange(len(part.place_m)) / SHOWN_FPS
    for row, side in enumerate(("left", "right")):
        height, slide = axes[2 * row], axes[2 * row + 1]
        colour = tuple(value / 255 for value in _SIDES[side])
        for joint, style in (("Foot", "--"), ("Toes", "-")):
            place = part.place_m[:, skeleton.index(f"{side}{joint}")]
            height.plot(at, place[:, 1], style, color=colour, lw=0.9, label=f"{side} {joint.lower()}")
        toes = part.place_m[:, skeleton.index(f"{side}Toes")][:, [0, 2]]
        slide.plot(at[1:], np.linalg.norm(np.diff(toes, axis=0), axis=-1) * SHOWN_FPS, color=colour, lw=0.9)
        slide.axhline(0.3, color="gray", lw=0.6)
        for offset in (0, 1):
            on = part.contacts[:, 2 * row + offset]
            for axis in (height, slide):
                axis.fill_between(
                    at, 0, 1, where=on, alpha=0.12, color=colour, transform=axis.get_xaxis_transform()
                )
        height.set(ylim=(0, 0.4), ylabel="height, m")
        slide.set(ylim=(0, 1.5), ylabel=f"{side} toes, m/s")
        height.legend(loc="upper right", fontsize=8)
        _beats(height, part)
    axes[-1].set_xlabel("seconds; shaded where heel or toes are said to be on the floor; gray line: skating")
    figure.suptitle(danced.name)
    figure.savefig(path, dpi=60)
    plt.close(figure)


def _moving(danced: Danced, path: Path, image: Any) -> None:
    """The figure seen from the front, a light that flashes on the beat."""
    from PIL import ImageDraw

    part, skeleton = danced.from_s(0.0, _MOVING_S), groovecast_skeleton()
    width, height = _MOVING_PIXELS
    scale = height / 2.4
    second = np.ones(round(SHOWN_FPS)) / round(SHOWN_FPS)
    followed = np.convolve(np.pad(part.place_m[:, 0, 0], len(second) // 2, mode="edge"), second, "same")
    pictures = []
    for time_s in np.arange(0, part.duration_s, 1 / _MOVING_FPS):
        frame = min(round(time_s * SHOWN_FPS), len(part.place_m) - 1)
        place, middle = part.place_m[frame], followed[frame + len(second) // 2]
        # the audience sees the figure's left on its right
        x = width / 2 + (place[:, 0] - middle) * scale
        y = height * 0.94 - place[:, 1] * scale
        picture = image.new("RGB", _MOVING_PIXELS, "white")
        draw = ImageDraw.Draw(picture)
        draw.line([(0, height * 0.94), (width, height * 0.94)], fill="gray")
        for mark_m in np.arange(-4, 4.1, 0.5):  # the floor, which the camera's eye glides along
            at = width / 2 + (mark_m - middle) * scale
            draw.line([(at, height * 0.94), (at, height * 0.96)], fill="gray")
        for joint in range(1, skeleton.body_joints):
            parent = skeleton.parents[joint]
            line = [(float(x[parent]), float(y[parent])), (float(x[joint]), float(y[joint]))]
            draw.line(line, fill=_SIDES[_side(joint)], width=4)
        head = skeleton.index("head")
        draw.ellipse([x[head] - 9, y[head] - 20, x[head] + 9, y[head] + 2], outline=_SIDES[""], width=3)
        since = time_s - part.beats_s[part.beats_s <= time_s]
        if len(since) and since.min() < _FLASH_S:
            draw.ellipse([8, 8, 30, 30], fill=(230, 160, 20))
        pictures.append(picture)
    pictures[0].save(
        path, save_all=True, append_images=pictures[1:], duration=round(1000 / _MOVING_FPS), loop=0
    )


def _bones(axis: "Axes", x: np.ndarray, y: np.ndarray) -> None:
    skeleton = groovecast_skeleton()
    for joint in range(1, skeleton.body_joints):
        ends = [skeleton.parents[joint], joint]
        axis.plot(x[ends], y[ends], color=tuple(value / 255 for value in _SIDES[_side(joint)]), lw=1.4)


def _beats(axis: "Axes", danced: Danced) -> None:
    ones = danced.beats_s[::4] if danced.song is None else danced.song.downbeats_s
    for beat in danced.beats_s:
        first = bool(len(ones)) and float(np.abs(ones - beat).min()) < 0.02
        axis.axvline(float(beat), color="tab:orange", lw=1.6 if first else 0.7, alpha=0.8)


def _side(joint: int) -> str:
    name = groovecast_skeleton().names[joint]
    return next((side for side in ("left", "right") if name.startswith(side)), "")
