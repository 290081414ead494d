"""What each of the desk's dance controls does to the motion: the bundled track, danced with each at several places.

python -m benchmarks.controls [--bars 12] [--model NAME] [--no-keep]

Figures, the first 4 s left out: speed (median over time, all joints averaged), groove (how much the hips go up and
down once a beat), quick (share of the hands' way quicker than 3 a second, against the dance as it is), jerk (95th
percentile), jolt (hardest acceleration of a joint), lag of limb rests to the beat, sliding (speed of toes near the
floor), re-plan (how far the next 8 frames of a plan lie from what the plan before had there) and reaction (from the
sound being gone to the body being 2 cm elsewhere than it would have been, over eight places of a stride).
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmarks.dance import lag_figures
from benchmarks.record import keep, origin
from groovecast.audio.decode import Audio
from groovecast.measures.accents import accents_s
from groovecast.motion.buffer import Plan, frames_of
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.skeleton import groovecast_skeleton
from realtime.dance_settings import DanceSettings
from realtime.engine import opened
from realtime.evaluation.danced import LIMBS
from realtime.evaluation.songs import JudgedSong, club_song
from realtime.generator import Generator
from realtime.performance import Performance
from realtime.settings import BUNDLED_MODEL, DanceWishes
from realtime.shows import model_folder

_FPS, _WARM_S, _QUICK_HZ, _ELSEWHERE_M = 60.0, 4.0, 3.0, 0.02
_FIRST_BAR, _STOPS_S, _PLACES, _STRIDE_S = 24, 6.0, 8, 8 / 30
_NEXT_FRAMES = 8
_STYLES = ("street", "salsa")
_SKELETON = groovecast_skeleton()


def _placed(root_m: np.ndarray, quat: np.ndarray) -> np.ndarray:
    offset = _SKELETON.rest_offset_m[: _SKELETON.body_joints].astype(np.float64)
    place, _ = world_from_local(root_m.astype(np.float64), quat.astype(np.float64), offset, _SKELETON.parents)
    return place


def _danced(performance: Performance) -> tuple[np.ndarray, float]:
    """Where every joint was, and how far plans lay from the plans before them on average."""
    poses, apart, before = [], [], performance.dancer.buffer.plan
    for moment in performance.moments():
        poses.append(moment.pose)
        plan = performance.dancer.buffer.plan
        if plan is not before:
            apart.append(_apart(before, plan, before.free_frame))
            before = plan
    place = _placed(
        np.stack([pose.root_m for pose in poses]),
        np.stack([pose.local_quat_wxyz[: _SKELETON.body_joints] for pose in poses]),
    )
    return place, float(np.mean(apart[round(_WARM_S / _STRIDE_S) :]))


def _apart(old: Plan, new: Plan, first: int) -> float:
    both = (frames_of(plan, first, _NEXT_FRAMES) for plan in (old, new))
    places = [_placed(motion.root_m, motion.local_quat_wxyz) for motion in both]
    return float(np.linalg.norm(places[0] - places[1], axis=-1).mean())


def _figures(song: JudgedSong, generator: Generator, settings: DanceSettings) -> dict[str, object]:
    performance = Performance(song.audio, generator, settings, _FPS)
    whole, replanned_m = _danced(performance)
    place = whole[int(_WARM_S * _FPS) :]
    speed = np.linalg.norm(np.diff(place, axis=0), axis=-1) * _FPS
    times_s = _WARM_S + np.arange(len(place)) / _FPS
    height = place[:, 0, 1] - place[:, 0, 1].mean()
    turning = np.exp(-2j * np.pi * np.interp(times_s, song.beats_s, np.arange(len(song.beats_s))))
    hands = place[:, list(LIMBS[:2])] - place[:, :1]
    spectrum = (
        np.abs(np.fft.rfft((hands - hands.mean(axis=0)) * np.hanning(len(hands))[:, None, None], axis=0)) ** 2
    )
    toes = [_SKELETON.index(f"{side}Toes") for side in ("left", "right")]
    on_floor = place[1:, toes, 1] < 0.03
    use = song.beats_s[(song.beats_s > _WARM_S + 1) & (song.beats_s < times_s[-1] - 1)]
    level = np.linalg.norm(np.diff(place[:, toes][..., [0, 2]], axis=0), axis=-1) * _FPS
    return {
        "speed_m_s": round(float(np.median(speed.mean(axis=-1))), 3),
        "groove_mm": round(2000 * float(np.abs(np.mean(height * turning))), 1),
        "quick_m2": round(float(spectrum[np.fft.rfftfreq(len(hands), 1 / _FPS) > _QUICK_HZ].sum()), 1),
        "jerk_p95_m_s3": round(
            float(np.percentile(np.linalg.norm(np.diff(place, n=3, axis=0), axis=-1), 95)) * _FPS**3
        ),
        "jolt_m_s2": round(float(np.linalg.norm(np.diff(place, n=2, axis=0), axis=-1).max()) * _FPS**2),
        "accent_lag_ms": lag_figures(accents_s(place, LIMBS, _FPS) + _WARM_S, use),
        "sliding_m_s": round(float(level[on_floor].mean()), 3) if on_floor.any() else 0.0,
        "replan_cm": round(100 * replanned_m, 2),
        "rejected": performance.dancer.counts.rejected,
    }


def _reaction_s(song: JudgedSong, generator: Generator, settings: DanceSettings) -> float:
    """How long after the sound is gone the body is elsewhere than it would have been."""
    rate_hz, found = song.audio.sample_rate_hz, []
    short = song.cut(0.0, _STOPS_S + 3.0)
    going, _ = _danced(Performance(short.audio, generator, settings, _FPS))
    for number in range(_PLACES):
        stops_s = _STOPS_S + number * _STRIDE_S / _PLACES
        samples = short.audio.samples.copy()
        samples[int(stops_s * rate_hz) :] = 0
        stopped, _ = _danced(Performance(Audio(samples, rate_hz), generator, settings, _FPS))
        elsewhere = np.linalg.norm(stopped - going, axis=-1).mean(axis=-1) > _ELSEWHERE_M
        found.append(float(np.argmax(elsewhere)) / _FPS - stops_s)
    return round(float(np.mean(found)), 3)


def _settings() -> Sequence[tuple[str, DanceSettings]]:
    plain = DanceSettings()
    return (
        *((f"intensity {share:g}", replace(plain, intensity=share)) for share in (0.0, 0.5, 1.0, 1.5, 2.0)),
        *((f"groove {share:g}", replace(plain, groove=share)) for share in (0.0, 2.0)),
        *((f"beat_trust {share:g}", replace(plain, beat_trust=share)) for share in (0.0, 0.5)),
        *((f"smoothness {share:g}", replace(plain, smoothness=share)) for share in (0.25, 0.5, 1.0)),
        ("foot_lock off", replace(plain, foot_lock=False)),
        *((f"look_ahead {ms} ms", replace(plain, lead_s=ms / 1000)) for ms in (140, 200, 400, 600)),
        ("reactive", replace(plain, stride_frames=4)),
        ("reactive, 140 ms", replace(plain, stride_frames=4, lead_s=0.14)),
        ("half street, half salsa", replace(plain, blend=(("street", 0.5), ("salsa", 0.5)))),
    )


def main(words: list[str] | None = None) -> None:
    """Dance with each, print, and append a line each."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--bars", type=int, default=12)
    arguments.add_argument("--model", default=BUNDLED_MODEL)
    arguments.add_argument("--no-keep", action="store_true", help="do not append the lines to the results")
    asked = arguments.parse_args(words)
    generator = opened(model_folder(asked.model), DanceWishes(model=asked.model, engine="cpu"))
    song = club_song((_FIRST_BAR, _FIRST_BAR + asked.bars))
    for what, settings in _settings():
        for style in _STYLES:
            styled = replace(settings, style=style)
            if settings.blend and style != _STYLES[0]:
                continue
            figures = _figures(song, generator, styled)
            if what.startswith(("look_ahead", "reactive")):
                figures["reaction_s"] = _reaction_s(song, generator, styled)
            print(f"{what}, {style}:", *(f"{name} {value}" for name, value in figures.items()), flush=True)
            if not asked.no_keep:
                about = {"control": what, "style": style, "bars": asked.bars, "model": asked.model}
                about |= {"engine": generator.name, "precision": generator.precision}
                about["artefact"] = generator.engine.graph.sha256[:12]
                keep("controls", origin("controls") | about | figures)


if __name__ == "__main__":
    main()
