"""Contact sheets: what was made of each source, as stick figures and beat grids that a person can look at."""

from collections import defaultdict
from pathlib import Path

import matplotlib
import numpy as np

from groovecast.audio.beat import BEATS_PER_BAR
from groovecast.motion.energy import limb_speeds
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.train.checks import DANCED_STYLES
from groovecast.train.grids import rests_s
from groovecast.train.steps import landings
from groovecast.train.takes import Take

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # the drawing without a screen is chosen first
from matplotlib.axes import Axes

_FIGURES, _TAKES_A_SHEET = 10, 10
_PLOT_ROW_S = 10.0
_COLOURS = {"left": "tab:red", "right": "tab:blue"}


def write_sheets(takes: list[Take], folder: Path) -> list[Path]:
    """One PNG a source: a row a take, ten moments of it, then limb speed with its beats."""
    folder.mkdir(parents=True, exist_ok=True)
    by_source: dict[str, list[Take]] = defaultdict(list)
    for take in takes:
        by_source[take.id.split("/")[0]].append(take)
    written = []
    for source, members in by_source.items():
        shown = members[:: max(1, len(members) // _TAKES_A_SHEET)][:_TAKES_A_SHEET]
        figure, axes = plt.subplots(
            len(shown), _FIGURES + 2, figsize=(20, 1.9 * len(shown)), squeeze=False,
            gridspec_kw={"width_ratios": [1] * _FIGURES + [0.2, 7]},
        )  # fmt: skip
        for row, take in zip(axes, shown, strict=True):
            _draw_figures(take, list(row[:_FIGURES]))
            row[_FIGURES].axis("off")
            _draw_beats(take, row[_FIGURES + 1])
        path = folder / f"{source}.png"
        figure.tight_layout()
        figure.savefig(path, dpi=60)
        plt.close(figure)
        written.append(path)
    return written


def _draw_figures(take: Take, axes: list[Axes]) -> None:
    skeleton = groovecast_skeleton()
    frames = np.linspace(0, take.motion.frames - 1, len(axes)).astype(int)
    place, _ = world_from_local(
        take.motion.root_m[frames],
        take.motion.local_quat_wxyz[frames],
        skeleton.rest_offset_m.astype(np.float64),
        skeleton.parents,
    )
    for number, (axis, joints) in enumerate(zip(axes, place, strict=True)):
        for joint in range(1, joints.shape[0]):
            ends = joints[[skeleton.parents[joint], joint]]
            side = next((side for side in _COLOURS if skeleton.names[joint].startswith(side)), "")
            axis.plot(ends[:, 0] - joints[0, 0], ends[:, 1], color=_COLOURS.get(side, "black"), lw=1.2)
        axis.axhline(0, color="gray", lw=0.5)
        axis.set(xlim=(-0.9, 0.9), ylim=(-0.1, 1.9), aspect="equal")
        axis.axis("off")
        if number == 0:
            axis.set_title(
                f"{take.id.split('/')[1]} {take.casting.style} {take.casting.split}", fontsize=7, loc="left"
            )


def _draw_beats(take: Take, axis: Axes) -> None:
    speed = limb_speeds(take.motion).sum(axis=1)[:300]
    axis.plot(np.arange(len(speed)) / take.motion.fps, speed, lw=0.8)
    if take.pulse is not None:
        for number, frame in enumerate(take.pulse.beat_frames):
            if frame < len(speed):
                axis.axvline(frame / take.motion.fps, color="black", lw=1.4 if number % 4 == 0 else 0.4)
        axis.set_title(f"{take.pulse.tempo_bpm:.0f} bpm, salience {take.pulse.salience:.1f}", fontsize=7)
    axis.tick_params(labelsize=6)


def write_grid_plots(takes: list[Take], folder: Path) -> list[Path]:
    """One PNG a danced take: speed of each foot and of both hands, landings, rests of all limbs, and the beat grid."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for take in takes:
        if take.casting.style in DANCED_STYLES:
            path = folder / f"{take.id.replace('/', '_').replace('@', '_')}.png"
            _plot_grid(take, path)
            written.append(path)
    return written


def _plot_grid(take: Take, path: Path) -> None:
    speeds, landed = limb_speeds(take.motion), landings(take.motion)
    seconds = np.arange(take.motion.frames) / take.motion.fps
    rests = rests_s(take.motion)
    rows = int(np.ceil(take.motion.duration_s / _PLOT_ROW_S))
    figure, axes = plt.subplots(rows, 1, figsize=(16, 1.7 * rows + 0.4), squeeze=False)
    for row, axis in enumerate(axes[:, 0]):
        axis.plot(seconds, speeds[:, 0], color=_COLOURS["left"], lw=1)
        axis.plot(seconds, speeds[:, 1], color=_COLOURS["right"], lw=1)
        axis.plot(seconds, speeds[:, 2:].sum(axis=1), color="gray", lw=0.7)
        axis.fill_between(seconds, -landed / 4, 0, color="tab:green", lw=0)
        axis.plot(rests, np.full(len(rests), 6.0), "v", color="black", ms=4)
        for number, frame in enumerate(take.pulse.beat_frames if take.pulse else ()):
            axis.axvline(
                frame / take.motion.fps, color="black", lw=1.5 if number % BEATS_PER_BAR == 0 else 0.4
            )
        axis.set(xlim=(row * _PLOT_ROW_S, (row + 1) * _PLOT_ROW_S), ylim=(-1.6, 6.5))
        axis.tick_params(labelsize=6)
    found = (
        f"{take.pulse.tempo_bpm:.1f} bpm, salience {take.pulse.salience:.1f}"
        if take.pulse
        else "beats unknown"
    )
    axes[0, 0].set_title(
        f"{take.id} {take.casting.style} {take.casting.split}: {found}", fontsize=8, loc="left"
    )
    figure.tight_layout()
    figure.savefig(path, dpi=60)
    plt.close(figure)
