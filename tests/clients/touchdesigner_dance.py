"""A dance known at every moment, for the tests of the scripts for TouchDesigner."""

import json
import math
from functools import cache
from pathlib import Path

import numpy as np
from groovecast_channels import Skeleton
from groovecast_wire import Frame

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.rotation import quat_from_axis_angle
from groovecast.motion.skeleton import groovecast_skeleton

ROOT = Path(__file__).resolve().parents[2]
SKELETON = groovecast_skeleton()
SKELETON_TEXT = json.dumps(
    {"type": "skeleton", **json.loads((ROOT / "protocol" / "skeleton.json").read_text())}
)
AWAY_S = 1234.5  # how far the server's clock is from ours
FRAME_S = 1 / 60
RNG = np.random.default_rng(7)
AXES, PACES, PHASES = RNG.normal(size=(52, 3)), RNG.uniform(2, 9, (52, 1)), RNG.uniform(0, 6, (52, 1))


def skeleton() -> Skeleton:
    return Skeleton.from_message(json.loads(SKELETON_TEXT))


def dance_quat(time_s: float) -> np.ndarray:
    """A smooth dance of all joints, quick in the arms."""
    return quat_from_axis_angle(0.5 * AXES * np.sin(PACES * time_s + PHASES)).astype(np.float32)


def dance(time_s: float, **other: object) -> Frame:
    root_m = np.array([0.4 * math.sin(time_s), 0.9 + 0.05 * math.sin(8 * time_s), 0.2 * math.cos(2 * time_s)])
    beat = 2 * time_s
    return Frame(
        seq=round(time_s * 60), t_capture_s=time_s - 0.1, t_present_s=time_s, root_m=root_m.astype(np.float32),
        local_quat_wxyz=dance_quat(time_s), beat=beat, tempo_bpm=120.0, energy=0.5, **other,  # type: ignore[arg-type]
    )  # fmt: skip


def places_m(stance_root: np.ndarray, quat: np.ndarray) -> np.ndarray:
    places, _ = world_from_local(stance_root, quat, SKELETON.rest_offset_m, SKELETON.parents)
    return places


def speeds_m_s(times_s: list[float], root_m: list[np.ndarray], quat: list[np.ndarray]) -> np.ndarray:
    """How fast the fastest joint is from each moment to the next."""
    moved_m = np.diff(places_m(np.array(root_m, float), np.array(quat, float)), axis=0)
    return np.linalg.norm(moved_m, axis=-1).max(axis=1) / np.diff(times_s)


@cache
def source_speed_m_s() -> float:
    """How fast joints of the dance are in 999 of 1000 frames."""
    frames = [dance(at * FRAME_S) for at in range(1200)]
    times_s = [frame.t_present_s for frame in frames]
    speeds = speeds_m_s(
        times_s, [frame.root_m for frame in frames], [frame.local_quat_wxyz for frame in frames]
    )
    return float(np.quantile(speeds, 0.999))
