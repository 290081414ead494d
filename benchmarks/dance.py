"""How well a model dances on a song: alive, whole, on the floor, on the beat; the whole loop on a fake clock.

python -m benchmarks.dance [FILE ...] [--minutes 10] [--model NAME] [--engine NAME] [--style NAME] [--bare] [--no-keep]

A song that is shorter than the time asked is played round and round. Figures, all at 60 frames a second, the first
10 s left out: longest stillness (no joint faster than 0.15 m/s), fastest joint, bone error, lowest sole, share of
frames with a sole on the floor, foot skate (planted balls faster than 0.3 m/s; and Lodge's ratio), hips height and
tilt by the first and the last minute, place on stage, and, where beats stand beside the song, the lag of the lowest
hips and of limb rests. `--bare` switches seam spring, foot lock and groove off.
"""

import argparse
import json
from pathlib import Path

import numpy as np

import groovecast.demo
from benchmarks.record import keep, origin
from groovecast.audio.decode import Audio, load_audio
from groovecast.measures.accents import accent_lag, accents_s, lags_s, minima_s
from groovecast.measures.feet import foot_skate_ratio
from groovecast.measures.smoothness import longest_stillness_s, tilt_degrees
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.motion.soles import soles_of
from realtime.dance_settings import DanceSettings
from realtime.engine import opened
from realtime.evaluation.danced import GROUND_M, LIMBS
from realtime.performance import Performance
from realtime.settings import BUNDLED_MODEL, DanceWishes
from realtime.shows import model_folder

_FPS = 60.0
_WARM_S = 10.0
_LIMBS = ("leftHand", "rightHand", "leftFoot", "rightFoot")
_SLIDING_M_S = 0.3


def repeated(audio: Audio, seconds: float) -> Audio:
    """The song, round and round until it is that long."""
    wanted = int(seconds * audio.sample_rate_hz)
    rounds = -(-wanted // len(audio.samples))
    return Audio(np.tile(audio.samples, (rounds, 1))[:wanted], audio.sample_rate_hz)


def lag_figures(found_s: np.ndarray, beats_s: np.ndarray) -> dict[str, float]:
    """Signed lag from each beat to the nearest of the found times within half a beat."""
    lag = accent_lag(lags_s(found_s, beats_s), 0.0)
    return {
        "median": round(lag.median, 1),
        "iqr": round(lag.iqr, 1),
        "within_70ms": round(lag.within_70ms, 3),
    }


def judged(performance: Performance, beats_s: np.ndarray | None) -> dict[str, object]:
    """Dance the whole of it and measure."""
    skeleton = groovecast_skeleton()
    poses = [moment.pose for moment in performance.moments()][int(_WARM_S * _FPS) :]
    root = np.stack([pose.root_m for pose in poses]).astype(np.float64)
    quat = np.stack([pose.local_quat_wxyz[: skeleton.body_joints] for pose in poses]).astype(np.float64)
    contacts = np.stack([pose.contacts for pose in poses])[1:, [1, 3]]
    offset = skeleton.rest_offset_m[: skeleton.body_joints].astype(np.float64)
    place, world = world_from_local(root, quat, offset, skeleton.parents)
    speed = np.linalg.norm(np.diff(place, axis=0), axis=-1) * _FPS
    bones = np.linalg.norm(place[:, 1:] - place[:, list(skeleton.parents[1 : skeleton.body_joints])], axis=-1)
    soles = soles_of(place, world, skeleton)
    sliding = (
        np.linalg.norm(np.diff(soles.place_m[:, [1, 3]][..., [0, 2]], axis=0), axis=-1) * _FPS > _SLIDING_M_S
    )
    tilt = tilt_degrees(quat[:, 0])
    minute = slice(0, int(60 * _FPS)), slice(-int(60 * _FPS), None)
    counts = performance.dancer.counts
    figures: dict[str, object] = {
        "seconds": round(len(poses) / _FPS, 1),
        "longest_still_s": round(longest_stillness_s(place, _FPS), 2),
        "fastest_joint_m_s": round(float(speed.max()), 2),
        "hand_m_s": round(float(speed[:, [skeleton.index(n) for n in _LIMBS[:2]]].mean()), 3),
        "foot_m_s": round(float(speed[:, [skeleton.index(n) for n in _LIMBS[2:]]].mean()), 3),
        "bone_error_mm": round(1000 * float(np.ptp(bones, axis=0).max()), 4),
        "lowest_sole_mm": round(1000 * float(soles.height_m.min()), 2),
        "on_floor_share": round(float((soles.height_m.min(axis=-1) < 0.02).mean()), 3),
        "planted_sliding_share": round(float(sliding[contacts].mean()), 3) if contacts.any() else 0.0,
        "fsr": round(foot_skate_ratio(place[::2], GROUND_M), 3),
        "hips_m": [round(float(root[use, 1].mean()), 3) for use in minute],
        "tilt_degrees": [round(float(tilt[use].mean()), 2) for use in minute],
        "farthest_m": round(float(np.hypot(root[:, 0], root[:, 2]).max()), 2),
        "misses": counts.misses,
        "rejected": counts.rejected,
    }
    if beats_s is not None:
        use = beats_s[(beats_s > _WARM_S + 1) & (beats_s < _WARM_S + len(poses) / _FPS - 1)]
        figures["hips_lag_ms"] = lag_figures(minima_s(root[:, 1], _FPS, 0.0) + _WARM_S, use)
        figures["accent_lag_ms"] = lag_figures(accents_s(place, LIMBS, _FPS) + _WARM_S, use)
    return figures


def main(words: list[str] | None = None) -> None:
    """Measure each song, print, and append a line a song."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    club = Path(groovecast.demo.__path__[0]) / "club.ogg"
    arguments.add_argument("files", type=Path, nargs="*", default=[club])
    arguments.add_argument("--minutes", type=float, help="default: the song once")
    arguments.add_argument("--model", default=BUNDLED_MODEL)
    arguments.add_argument("--engine", default="auto")
    arguments.add_argument("--precision", default="auto")
    arguments.add_argument("--style", default="auto")
    arguments.add_argument("--bare", action="store_true", help="without seam spring, foot lock and groove")
    arguments.add_argument("--no-keep", action="store_true", help="do not append the line to the results")
    asked = arguments.parse_args(words)
    wishes = DanceWishes(model=asked.model, engine=asked.engine, precision=asked.precision)
    generator = opened(model_folder(asked.model), wishes)
    settings = DanceSettings(style=asked.style)
    if asked.bare:
        settings = DanceSettings(style=asked.style, seam_spring=False, foot_lock=False, groove=0.0)
    for file in asked.files:
        audio = load_audio(file)
        beside = file.with_suffix(".json")
        beats = None
        if beside.exists():
            once = np.array(json.loads(beside.read_text())["beats_s"])
            rounds = -(-(asked.minutes or 0) * 60 // audio.duration_s) or 1
            beats = np.concatenate([once + turn * audio.duration_s for turn in range(int(rounds))])
        if asked.minutes:
            audio = repeated(audio, asked.minutes * 60)
        figures = judged(Performance(audio, generator, settings, _FPS), beats)
        print(file.name)
        for name, value in figures.items():
            print(f"  {name:24}{value}")
        if not asked.no_keep:
            about = {"file": file.name, "model": asked.model, "style": asked.style, "bare": asked.bare}
            about |= {"engine": generator.name, "precision": generator.precision}
            about["artefact"] = generator.engine.graph.sha256[:12]
            keep("dance", origin("dance") | about | figures)


if __name__ == "__main__":
    main()
