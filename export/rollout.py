"""A minute of dance by the model alone, each plan begun from what was planned before: where small errors could grow."""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float, Float32

from groovecast.model.conditions import MusicFrames, channels_from_music
from groovecast.model.config import ModelConfig
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.representation import HEIGHT, VELOCITY, YAW, motion_from_numbers
from groovecast.motion.skeleton import groovecast_skeleton

STRIDE_FRAMES = 8  # as live
COMPARED_S = 10.0  # the end of it, on which two are compared
_TEMPO_BPM, _SECTION_S = 120.0, 7.5
_CALM, _LOUD = 0.2, 0.65

Planner = Callable[[Mapping[str, np.ndarray]], Float32[np.ndarray, "batch plan 141"]]


def rolled_out(
    planner: Planner,
    config: ModelConfig,
    begun: Float32[np.ndarray, "history 141"],
    seconds: float,
    seed: int = 0,
) -> Float32[np.ndarray, "frames 141"]:
    """What it dances to a steady beat whose energy changes, from a history; noise is fixed for each frame, as live."""
    frames = int(seconds * config.fps)
    noise = np.random.default_rng(seed).standard_normal(
        (frames + config.plan_frames, config.numbers), np.float32
    )
    style = np.eye(len(config.styles) + 1, dtype=np.float32)[:1]
    danced = begun[-config.history_frames :]
    before = np.repeat(begun[-1:], config.plan_frames, axis=0)
    for first in range(0, frames, STRIDE_FRAMES):
        history = danced[-config.history_frames :]
        asked = {
            "history": history[None],
            "music": _music(config, first)[None],
            "style": style,
            "noise": noise[None, first : first + config.plan_frames],
        }
        if config.warm:
            asked["before"] = before[None]
        if config.editable:
            asked["known"] = asked["mask"] = np.zeros_like(asked["noise"])
        plan = planner(asked)[0]
        danced = np.concatenate((danced, plan[:STRIDE_FRAMES]))
        before = np.concatenate((plan[STRIDE_FRAMES:], np.repeat(plan[-1:], STRIDE_FRAMES, axis=0)))
    return danced[config.history_frames :]


def apart_mm(a: Float32[np.ndarray, "frames 141"], b: Float32[np.ndarray, "frames 141"], fps: float) -> float:
    """How far the joints of two dances are from each other at their end, seen from the hips, on average."""
    return float(1000 * np.linalg.norm(_body(a, fps) - _body(b, fps), axis=-1).mean())


def _body(numbers: Float32[np.ndarray, "frames 141"], fps: float) -> Float[np.ndarray, "frames 22 3"]:
    still = numbers[-int(COMPARED_S * fps) :].copy()
    still[:, YAW], still[:, VELOCITY], still[:, HEIGHT] = (0, 1), 0, 0
    motion, _ = motion_from_numbers(still, fps)
    skeleton = groovecast_skeleton()
    place, _ = world_from_local(
        motion.root_m.astype(np.float64),
        motion.local_quat_wxyz.astype(np.float64),
        skeleton.rest_offset_m.astype(np.float64),
        skeleton.parents,
    )
    return place


def _music(config: ModelConfig, first: int) -> Float[np.ndarray, "window 10"]:
    times_s = (first - config.history_frames + np.arange(config.window_frames)) / config.fps
    beat = times_s * _TEMPO_BPM / 60
    energy = np.where(np.floor(times_s / _SECTION_S) % 2 == 0, _CALM, _LOUD)
    return channels_from_music(
        MusicFrames(
            beat=beat,
            bar=beat / 4,
            tempo_bpm=np.full(len(beat), _TEMPO_BPM),
            trust=np.ones(len(beat)),
            onset=np.clip(1 - 6 * (beat % 1), 0, 1),
            energy=energy,
            energy_slow=energy,
            heard=np.arange(len(beat)) < config.history_frames,
        )
    )
