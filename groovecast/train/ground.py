"""Feet on the floor: a retargeted clip smoothed, put at 30 fps and on its floor, ankles and toes set."""

import numpy as np
from jaxtyping import Float64

from groovecast.motion.kinematics import local_from_world, reach, world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.rotation import (
    quat_continuous,
    quat_from_axis_angle,
    quat_rotate,
    slerp,
    unit,
)
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.motion.soles import SIDES, soles_of

FPS = 30.0
# Marker noise, worst at the hands, lies above this; dance accents lie below.
CUTOFF_HZ = 8.0
# The floor is where the lowest sole is in this share of the frames.
_FLOOR_QUANTILE = 0.05
_TOE_BEND_MAX_RAD = 1.0


def smoothed(
    values: Float64[np.ndarray, "frames *rest"], fps: float, cutoff_hz: float = CUTOFF_HZ
) -> Float64[np.ndarray, "frames *rest"]:
    """A Gaussian low-pass, -3 dB at the cut-off, no delay, ends held."""
    sigma = fps * np.sqrt(np.log(2)) / (2 * np.pi * cutoff_hz)
    reach_frames = int(np.ceil(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach_frames, reach_frames + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    flat = values.reshape(len(values), -1)
    padded = np.pad(flat, ((reach_frames, reach_frames), (0, 0)), mode="edge")
    out = sum(weight * padded[k : k + len(flat)] for k, weight in enumerate(kernel))
    return np.asarray(out).reshape(values.shape)


def at_30_fps(motion: Motion) -> Motion:
    """The clip low-passed and sampled at the model's 30 frames a second, by slerp between neighbours."""
    quat = unit(smoothed(quat_continuous(motion.local_quat_wxyz), motion.fps))
    root = smoothed(motion.root_m, motion.fps)
    frames = int(np.floor((motion.frames - 1) / motion.fps * FPS)) + 1
    at = np.arange(frames) / FPS * motion.fps
    low = np.minimum(at.astype(int), motion.frames - 2)
    share = at - low
    between = slerp(quat[low], quat[low + 1], np.broadcast_to(share[:, None], quat[low].shape[:-1]))
    place = root[low] + (root[low + 1] - root[low]) * share[:, None]
    return Motion(FPS, place, quat_continuous(between))


def _world(motion: Motion) -> tuple[np.ndarray, np.ndarray]:
    skeleton = groovecast_skeleton()
    return world_from_local(
        motion.root_m, motion.local_quat_wxyz, skeleton.rest_offset_m.astype(np.float64), skeleton.parents
    )


def floor_height_m(motion: Motion) -> float:
    """How high the floor of a clip lies: where its lowest sole rests."""
    soles = soles_of(*_world(motion), groovecast_skeleton())
    return float(np.quantile(soles.height_m.min(axis=-1), _FLOOR_QUANTILE))


def on_the_floor(motion: Motion, ankle_m: dict[str, Float64[np.ndarray, "frames 3"]] | None = None) -> Motion:
    """The clip with its floor at zero, its ankles where the capture had them, no sole below the floor, toes bent.

    `ankle_m` are the capture's ankles in our scale at the clip's frames; without them the ankles stay.
    """
    skeleton = groovecast_skeleton()
    if ankle_m is not None:
        motion = _ankles_at(motion, ankle_m)
    root = motion.root_m.copy()
    root[:, 1] -= floor_height_m(motion)
    motion = Motion(motion.fps, root, motion.local_quat_wxyz)
    place, world = _world(motion)
    soles = soles_of(place, world, skeleton)
    targets = {}
    for number, side in enumerate(SIDES):
        sunk = np.clip(-soles.height_m[:, 2 * number : 2 * number + 2].min(axis=-1), 0, 0.3)
        target = place[:, skeleton.index(f"{side}Foot")].copy()
        target[:, 1] += sunk
        targets[side] = target
    return _toes_bent(_ankles_at(motion, targets))


def _ankles_at(motion: Motion, target_m: dict[str, np.ndarray]) -> Motion:
    skeleton = groovecast_skeleton()
    place, world = _world(motion)
    world = world.copy()
    for side in SIDES:
        thigh, shin = skeleton.index(f"{side}UpperLeg"), skeleton.index(f"{side}LowerLeg")
        world[:, thigh], world[:, shin] = reach(
            place[:, thigh], target_m[side], world[:, thigh], world[:, shin],
            float(-skeleton.rest_offset_m[shin, 1]), float(-skeleton.rest_offset_m[skeleton.index(f"{side}Foot"), 1]),
        )  # fmt: skip
    return Motion(motion.fps, motion.root_m, quat_continuous(local_from_world(world, skeleton.parents)))


def _toes_bent(motion: Motion) -> Motion:
    """Toes lie level while the ball of a raised heel is on the floor, and in line with the foot in the air."""
    skeleton = groovecast_skeleton()
    place, world = _world(motion)
    soles = soles_of(place, world, skeleton)
    local = motion.local_quat_wxyz.copy()
    for number, side in enumerate(SIDES):
        foot, toes = skeleton.index(f"{side}Foot"), skeleton.index(f"{side}Toes")
        ahead = quat_rotate(world[:, foot], np.array([0, 0, 1.0]))
        down_rad = np.arcsin(np.clip(-ahead[:, 1], 0, np.sin(_TOE_BEND_MAX_RAD)))
        near = np.clip((0.08 - soles.height_m[:, 2 * number + 1]) / 0.06, 0, 1)
        bend = smoothed(-down_rad * near, motion.fps)
        axis = np.zeros((len(bend), 3))
        axis[:, 0] = bend
        local[:, toes] = quat_from_axis_angle(axis)
    return Motion(motion.fps, motion.root_m, local)
