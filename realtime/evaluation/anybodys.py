"""Anybody's takes, judged: motion files beside the music that they were danced to."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.motion.soles import soles_of
from groovecast.takes.array_file import array_of_file, arrays_of_file
from groovecast.takes.bvh import motion_from_bvh, read_bvh
from groovecast.takes.edge_motion import motion_from_edge
from groovecast.takes.fact_motion import motion_from_fact
from groovecast.takes.finedance import motion_from_finedance
from groovecast.takes.smpl import motion_from_smpl, read_smpl
from groovecast.takes.take_cache import CachedTake
from groovecast.takes.vrma import read_vrma
from realtime.evaluation.copying import Learned
from realtime.evaluation.danced import Danced, danced_from_motion
from realtime.evaluation.evaluate import Told, ground_truth_row, memorised, shuffled_music, truth_of
from realtime.evaluation.figures import clips_of, cut_clips, row_of, with_beats_of
from realtime.evaluation.liveliness import liveliness_of
from realtime.evaluation.reference import CLIP_S
from realtime.evaluation.songs import SOUNDS, read_song

_FLOOR_QUANTILE = 0.05


def judged_takes(
    motions: Path, music: Path, takes: Sequence[CachedTake] | None, told: Told
) -> tuple[dict[str, Any], list[Danced]]:
    """The report of all takes of a folder that have a song of their name in another.

    Raises FileNotFoundError or ValueError, each with the mend.
    """
    paths = sorted(path for path in motions.iterdir() if path.suffix.lower() in KINDS)
    if not paths:
        raise FileNotFoundError(f"asked for takes in {motions}, none is there: give {', '.join(KINDS)}")
    dances = []
    for path in paths:
        song = read_song(_song_of(path, music))
        told(f"{path.name} to {song.name}")
        motion, begin_s = read_motion(path), _begin_s(path)
        song = song.cut(begin_s, song.audio.duration_s)
        danced = replace(danced_from_motion(path.stem, motion, song.beats_s), begin_s=begin_s)
        end_s = min(danced.duration_s, song.audio.duration_s)
        cut = danced.from_s(0.0, end_s)
        if cut.duration_s < CLIP_S:
            raise ValueError(
                f"asked to judge {path.name}, it is {cut.duration_s:.1f} s long: give {CLIP_S:g} or more"
            )
        dances.append(replace(cut, song=song.cut(0.0, end_s)))
    clips = clips_of(*cut_clips(dances))
    truth = ground_truth = learned = None
    if takes is not None:
        shares = _shares(takes)
        truth, real = truth_of(takes, shares, len(clips.dance))
        ground_truth = ground_truth_row(takes, shares, real, truth)
        learned = Learned.of(takes, shares)
        ground_truth["memorised"] = msgspec.to_builtins(learned.people())
    figures = row_of(dances, clips, truth)
    shuffled = with_beats_of(figures, shuffled_music(dances)) if len(dances) > 1 else None
    report: dict[str, Any] = msgspec.to_builtins(figures)
    report |= {"ground_truth": ground_truth, "teacher": None, "retrieval": None}
    report["shuffled_music"] = msgspec.to_builtins(shuffled)
    report["energy"] = msgspec.to_builtins(liveliness_of(dances))
    report["memorised"] = memorised(learned, dances)
    report["about"] = {"takes": [danced.name for danced in dances]}
    return report, dances


def read_motion(path: Path) -> Motion:
    """A take in any of `KINDS`, its floor at zero. Raises ValueError in one line with the mend."""
    return _on_the_floor(KINDS[path.suffix.lower()](path))


def _of_bvh(path: Path) -> Motion:
    return motion_from_bvh(read_bvh(path))


def _of_smpl(path: Path) -> Motion:
    return motion_from_smpl(read_smpl(path))


def _of_arrays(path: Path) -> Motion:
    """An .npz with fps, root_m (frames, 3) and local_quat_wxyz (frames, 22 or more, 4)."""
    try:
        found = arrays_of_file(path, ("fps", "root_m", "local_quat_wxyz"))
        fps, root_m, quat = float(found["fps"]), found["root_m"], found["local_quat_wxyz"]
    except (TypeError, ValueError):  # a TypeError: several frame rates
        raise ValueError(
            f"asked for a take in {path.name}, it lacks fps, root_m or local_quat_wxyz: see docs/evaluation.md"
        ) from None
    joints = groovecast_skeleton().body_joints
    if root_m.ndim != 2 or quat.ndim != 3 or quat.shape[1] < joints or quat.shape[2] != 4:
        raise ValueError(
            f"asked for a take in {path.name}, found shapes {root_m.shape} and {quat.shape}: "
            f"give (frames, 3) and (frames, {joints} or more, 4)"
        )
    return Motion(fps, root_m.astype(np.float32), quat.astype(np.float32))


def _of_rows(path: Path) -> Motion:
    """An .npy with the rows of FACT, EDGE or FineDance, told by their length."""
    try:
        numbers = array_of_file(path)
    except ValueError as why:
        raise ValueError(f"asked for a take in {path.name}, found no plain array: {why}") from None
    width = numbers.shape[-1] if numbers.ndim == 2 else 0
    if width not in _OF_WIDTH:
        known = ", ".join(map(str, sorted(_OF_WIDTH)))
        raise ValueError(
            f"asked for a take in {path.name}, found {numbers.shape}: give rows of {known} numbers"
        )
    return _OF_WIDTH[width](numbers)


KINDS: dict[str, Callable[[Path], Motion]] = {
    ".bvh": _of_bvh, ".npz": _of_arrays, ".npy": _of_rows, ".pkl": _of_smpl, ".vrma": read_vrma,
}  # fmt: skip
_OF_WIDTH: dict[int, Callable[[np.ndarray], Motion]] = {
    151: motion_from_edge, 219: motion_from_fact, 225: motion_from_fact,
    315: motion_from_finedance, 319: motion_from_finedance,
}  # fmt: skip


def _begin_s(path: Path) -> float:
    """Where in its song a take begins: one that we kept says so, for its first steps were cut away."""
    if path.suffix.lower() != ".npz":
        return 0.0
    try:
        begin_s = float(arrays_of_file(path, ("begin_s",))["begin_s"])
    except (TypeError, ValueError):  # of another program, or older: with its song
        return 0.0
    if not 0 <= begin_s < np.inf:
        raise ValueError(
            f"asked for a take in {path.name}, it begins at {begin_s:g} s of its song: give 0 or more"
        )
    return begin_s


def _on_the_floor(motion: Motion) -> Motion:
    """The motion, lifted or lowered until the lowest sole is on the floor in all but a few frames."""
    skeleton = groovecast_skeleton()
    place, world = world_from_local(
        motion.root_m.astype(np.float64), motion.local_quat_wxyz.astype(np.float64),
        skeleton.rest_offset_m.astype(np.float64), skeleton.parents,
    )  # fmt: skip
    low_m = np.quantile(soles_of(place, world, skeleton).height_m.min(axis=-1), _FLOOR_QUANTILE)
    return replace(motion, root_m=(motion.root_m - np.array([0, low_m, 0])).astype(np.float32))


def _song_of(motion: Path, music: Path) -> Path:
    for suffix in SOUNDS:
        if (path := music / f"{motion.stem}{suffix}").exists():
            return path
    raise FileNotFoundError(
        f"asked for the music of {motion.name}, {music} has no {motion.stem} with {' '.join(SOUNDS)}: name them alike"
    )


def _shares(takes: Sequence[CachedTake]) -> dict[str, float]:
    """Nobody says of which style anybody's takes are: all that has a pulse, by its length."""
    total: dict[str, float] = {}
    for take in takes:
        if len(take.beat_frames):
            total[take.style] = total.get(take.style, 0.0) + take.motion.duration_s
    return {style: seconds / sum(total.values()) for style, seconds in total.items()}
