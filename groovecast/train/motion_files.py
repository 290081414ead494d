"""One motion file of any kind that people bring, as a motion to learn from: our body, 30 fps, feet on the floor."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import (
    quat_continuous,
    quat_from_yaw,
    quat_inverse,
    quat_multiply,
    quat_rotate,
    unit,
    yaw_from_quat,
)
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.takes.array_file import array_of_file
from groovecast.takes.bvh import Bvh, motion_from_bvh, read_bvh
from groovecast.takes.edge_motion import NUMBERS as EDGE_NUMBERS
from groovecast.takes.edge_motion import motion_from_edge
from groovecast.takes.fact_motion import NUMBERS as FACT_NUMBERS
from groovecast.takes.fact_motion import PADDED as FACT_PADDED
from groovecast.takes.fact_motion import motion_from_fact
from groovecast.takes.finedance import WIDTHS as FINEDANCE_NUMBERS
from groovecast.takes.finedance import motion_from_finedance
from groovecast.takes.smpl import motion_from_smpl, read_smpl
from groovecast.takes.smpl_body import SMPL, SMPL_X, SmplBody, ankles_of
from groovecast.takes.vrma import read_vrma
from groovecast.train.capture import Capture
from groovecast.train.checks import Seen
from groovecast.train.ground import at_30_fps, on_the_floor
from groovecast.train.joint_names import landmarks_in
from groovecast.train.retarget import Retargeter
from groovecast.train.spikes import RAW, bridged, bridged_places, joint_spin, spikes_of

_LEG_CM = 82.0  # of a capture whose unit nobody knows: ours, so that no guess is needed
_LEAST_FRAMES = 3
# A reference pose is over after this, when no joint is faster; the jump out of it is faster than any body.
_REFERENCE_S, _CALM_RAD_S = 0.15, 10.0
_READ_FPS = 60.0  # of keys at any times, before the low-pass

_OF_WIDTH: dict[int, tuple[Callable[[np.ndarray], Motion], SmplBody]] = {
    **dict.fromkeys(FINEDANCE_NUMBERS, (motion_from_finedance, SMPL_X)),
    **dict.fromkeys((FACT_NUMBERS, FACT_PADDED), (motion_from_fact, SMPL)),
    EDGE_NUMBERS: (motion_from_edge, SMPL),
}


def motion_of_file(path: Path) -> Motion:
    """The take in a file, told by its ending and its content; it begins at the origin, facing +Z.

    Raises ValueError in one line for a file that holds no motion that is known here.
    """
    kind = path.suffix.lower()
    if kind not in READERS:
        known = ", ".join(READERS)
        raise ValueError(f"asked for motion in {path.name}, known are {known}: export it as one of them")
    return _begun_at_home(READERS[kind](path))


def capture_from_bvh(take: Bvh, title: str) -> tuple[Capture, dict[str, int]]:
    """A stranger's BVH as a capture, and its landmarks; what stands above its hips is folded into them."""
    marks = landmarks_in(take.names, take.parents, title)
    offset = np.median(take.position, axis=0)
    place, turn = [take.position[:, 0]], [take.local_quat_wxyz[:, 0]]
    for joint, parent in enumerate(take.parents[1:], start=1):
        place.append(place[parent] + quat_rotate(turn[parent], take.position[:, joint]))
        turn.append(quat_multiply(turn[parent], take.local_quat_wxyz[:, joint]))
    hips = marks["hips"]
    kept = [joint for joint in range(len(take.names)) if _hangs_on(joint, hips, take.parents)]
    local = take.local_quat_wxyz[:, kept].copy()
    local[:, 0] = turn[hips]
    marks = {mark: kept.index(joint) for mark, joint in marks.items()}
    offset_cm = offset[kept]
    offset_cm[0] = 0
    parents = tuple(-1 if joint == hips else kept.index(take.parents[joint]) for joint in kept)
    leg = [np.linalg.norm(offset_cm[marks[f"left {name}"]]) for name in ("knee", "ankle")]
    scale = _LEG_CM / max(float(np.sum(leg)), 1e-9)
    capture = Capture(
        source="bvh",
        clip=title,
        kind="",
        fps=take.fps,
        names=tuple(take.names[joint] for joint in kept),
        parents=parents,
        offset_cm=offset_cm * scale,
        offset_of_bone=False,
        root_cm=place[hips] * scale,
        local_quat_wxyz=quat_continuous(local),
    )
    return capture, marks


def _hangs_on(joint: int, top: int, parents: tuple[int, ...]) -> bool:
    while joint >= 0 and joint != top:
        joint = parents[joint]
    return joint == top


def _of_bvh(path: Path) -> Motion:
    take = read_bvh(path)
    if len(take.position) < _LEAST_FRAMES:
        raise ValueError(
            f"asked for motion in {path.name}, found {len(take.position)} frames: give a longer take"
        )
    if set(groovecast_skeleton().names) <= set(take.names):  # our own: nothing to retarget
        return _finished(_our_body(motion_from_bvh(take)))
    capture, marks = capture_from_bvh(take, path.name)
    retargeter = Retargeter(capture, marks)
    return _finished(retargeter.motion(), retargeter.scaled_ankles())


def _of_smpl(path: Path) -> Motion:
    return _of_body(motion_from_smpl(read_smpl(path)), SMPL)


def _of_numbers(path: Path) -> Motion:
    try:
        numbers = array_of_file(path)
    except ValueError:
        raise ValueError(f"asked for motion in {path.name}, found no plain array: save it as one") from None
    width = numbers.shape[-1] if np.ndim(numbers) == 2 else 0
    if width not in _OF_WIDTH:
        shape = " x ".join(map(str, np.shape(numbers)))
        known = ", ".join(map(str, sorted(_OF_WIDTH)))
        raise ValueError(f"asked for motion in {path.name}, found {shape}, known are rows of {known} numbers")
    motion_from, body = _OF_WIDTH[width]
    return _of_body(motion_from(numbers), body)


def _of_vrma(path: Path) -> Motion:
    return _finished(_our_body(read_vrma(path, _READ_FPS)))


READERS: dict[str, Callable[[Path], Motion]] = {
    ".pkl": _of_smpl,
    ".npy": _of_numbers,
    ".bvh": _of_bvh,
    ".vrma": _of_vrma,
}


def _of_body(motion: Motion, body: SmplBody) -> Motion:
    return _finished(_our_body(motion), ankles_of(motion, body))


def _our_body(motion: Motion) -> Motion:
    quat = unit(motion.local_quat_wxyz[:, : groovecast_skeleton().body_joints].astype(np.float64))
    return Motion(motion.fps, motion.root_m.astype(np.float64), quat_continuous(quat))


def _finished(whole: Motion, ankle_m: dict[str, np.ndarray] | None = None) -> Motion:
    """Without what no body does, at 30 fps, on the floor, its ankles where they were captured if that is known."""
    if whole.frames < _LEAST_FRAMES:
        raise ValueError(f"asked for a take, found {whole.frames} frames: give a longer one")
    first = _reference_frames(whole)
    raw = Motion(whole.fps, _held(whole.root_m, first), _held(whole.local_quat_wxyz, first))
    bad = spikes_of(raw, RAW)
    motion, foot = bridged(raw, bad), Seen.foot_joints()
    if ankle_m is None:
        return on_the_floor(at_30_fps(motion))
    ankles = {
        side: at_30_fps(
            Motion(raw.fps, bridged_places(_held(place, first), bad[:, foot[side]]), motion.local_quat_wxyz)
        ).root_m
        for side, place in ankle_m.items()
    }
    return on_the_floor(at_30_fps(motion), ankles)


def _reference_frames(motion: Motion) -> int:
    """Many files begin with a T-pose, which filters have smeared over the frames after it: how many are not danced."""
    first = max(2, round(_REFERENCE_S * motion.fps))
    begun = Motion(motion.fps, motion.root_m[: first + 1], motion.local_quat_wxyz[: first + 1])
    spin = joint_spin(begun).max(axis=-1)
    if spin[0] < RAW.spin_rad_s:
        return 0
    calm = np.flatnonzero(spin < _CALM_RAD_S)
    return int(calm[0]) if len(calm) else len(spin)


def _held(values: np.ndarray, frames: int) -> np.ndarray:
    """The first frames as the one after them: what comes later stays at its time."""
    return np.concatenate((np.repeat(values[frames : frames + 1], frames, axis=0), values[frames:]))


def _begun_at_home(motion: Motion) -> Motion:
    """The same motion, from the origin and facing +Z in its first frame."""
    back = quat_inverse(quat_from_yaw(yaw_from_quat(motion.local_quat_wxyz[0, 0])))
    away = motion.root_m[0] * np.array([1.0, 0, 1.0])
    quat = motion.local_quat_wxyz.copy()
    quat[:, 0] = quat_multiply(np.broadcast_to(back, quat[:, 0].shape), quat[:, 0])
    return Motion(motion.fps, quat_rotate(back, motion.root_m - away), quat)
