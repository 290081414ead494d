"""Archives in, takes out: every clip that is learned from, on our skeleton at 30 fps, with its beats and its style."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.train.capture import Capture, read_archive
from groovecast.train.ground import at_30_fps, on_the_floor, without_spikes
from groovecast.train.pulse import Pulse, pulse_of, tempo_of
from groovecast.train.retarget import Retargeter
from groovecast.train.roster import STYLES, Casting, cast, reason_left_out

# A joint faster than this in a finished take is an error of capture, and the take is cut there.
_LEAP_M_S = 13.0
_SHORTEST_S = 3.5
# Clips of this archive begin with a reference pose that bleeds into the frames after it.
_REFERENCE_FRAMES = {"cmu_salsa_indian_martial": 8}
# Clips of these archives end as they begin; they are played round for as long as this.
_LOOPED, _LOOPED_S = ("quaternius_loops",), 12.0
_DANCED = {
    "salsa": (140.0, 200.0),
    "street": (85.0, 150.0),
    "break": (85.0, 150.0),
    "modern": (80.0, 150.0),
    "indian": (85.0, 160.0),
}
# Below this a tempo does not stand out and the take is trained with its beats unknown.
_SALIENT = 0.7


@dataclass(frozen=True)
class Take:
    """One clip, ready to learn from. `pulse` is None where no steady pulse was found."""

    id: str
    casting: Casting
    motion: Motion
    pulse: Pulse | None


def retargeted(capture: Capture) -> Motion:
    """The clip on our skeleton at 30 fps, feet on the floor. What is left of a leading reference pose is dropped."""
    retargeter = Retargeter(capture)
    first = _REFERENCE_FRAMES.get(capture.source, 0)
    whole = retargeter.motion()
    motion = without_spikes(Motion(whole.fps, whole.root_m[first:], whole.local_quat_wxyz[first:]))
    ankles = {
        side: at_30_fps(Motion(whole.fps, place[first:], motion.local_quat_wxyz)).root_m
        for side, place in retargeter.scaled_ankles().items()
    }
    return on_the_floor(at_30_fps(motion), ankles)


def repeated(loop: Capture) -> Capture:
    """A loop played round and round for 12 seconds."""
    rounds = int(np.ceil(_LOOPED_S * loop.fps / len(loop.root_cm)))
    return replace(
        loop,
        root_cm=np.tile(loop.root_cm, (rounds, 1)),
        local_quat_wxyz=np.tile(loop.local_quat_wxyz, (rounds, 1, 1)),
    )


def unbroken(motion: Motion) -> list[slice]:
    """The runs of frames between leaps that no body makes."""
    skeleton = groovecast_skeleton()
    place, _ = world_from_local(
        motion.root_m, motion.local_quat_wxyz, skeleton.rest_offset_m.astype(np.float64), skeleton.parents
    )
    speed = np.linalg.norm(np.diff(place, axis=0), axis=-1).max(axis=-1) * motion.fps
    cuts = [0, *(int(frame) + 1 for frame in np.flatnonzero(speed > _LEAP_M_S)), motion.frames]
    shortest = int(_SHORTEST_S * motion.fps)
    return [slice(a, b) for a, b in pairwise(cuts) if b - a >= shortest]


def _pair(identity: str) -> str:
    """Partners of one salsa take share a name: 16 to 30 dance with 1 to 15."""
    head, _, number = identity.rpartition("salsa_")
    return f"{head}pair_{(int(number) - 1) % 15}" if head and number.isdigit() else identity


def read_takes(folder: Path, told: Callable[[str], None]) -> Iterator[Take]:
    """Every take of the archives in a folder; `told` hears a line for each clip that stays out, with its reason.

    Raises FileNotFoundError when the folder holds no archive.
    """
    archives = sorted(folder.glob("*.npz"))
    if not archives:
        raise FileNotFoundError(
            f"asked for motion capture in {folder}, no .npz archive is there: see docs/data.md"
        )
    pairs: dict[str, list[tuple[str, Casting, Motion]]] = defaultdict(list)
    for archive in archives:
        for capture in read_archive(archive):
            reason = reason_left_out(capture)
            if reason:
                told(f"{capture.id}: left out, {reason}")
                continue
            if capture.source in _LOOPED:
                capture = repeated(capture)
            motion = retargeted(capture)
            runs = unbroken(motion)
            if len(runs) != 1 or runs[0] != slice(0, motion.frames):
                kept = sum(run.stop - run.start for run in runs) / motion.frames
                told(f"{capture.id}: cut at leaps or too short, {kept:.0%} kept")
            pairs[_pair(capture.id)] += [
                (f"{capture.id}@{run.start}", cast(capture), _cut(motion, run)) for run in runs
            ]
    for members in pairs.values():
        yield from _with_pulse(members)


def _with_pulse(members: list[tuple[str, Casting, Motion]]) -> Iterator[Take]:
    style = members[0][1].style if members else ""
    tempo, salience = (
        tempo_of([motion for *_, motion in members], *_DANCED[style]) if style in _DANCED else (0.0, 0.0)
    )
    for identity, casting, motion in members:
        steady = salience > _SALIENT
        yield Take(identity, casting, motion, pulse_of(motion, tempo, salience) if steady else None)


def _cut(motion: Motion, run: slice) -> Motion:
    return Motion(motion.fps, motion.root_m[run], motion.local_quat_wxyz[run])


def save_takes(path: Path, takes: list[Take]) -> None:
    """One compressed file of all takes (rotations as int16 over 32767), complete or not there at all."""
    beats = [take.pulse.beat_frames if take.pulse else np.zeros(0) for take in takes]
    part = path.with_suffix(".part.npz")
    np.savez_compressed(
        part,
        ids=np.array([take.id for take in takes]),
        style=np.array([STYLES.index(take.casting.style) for take in takes]),
        test=np.array([take.casting.split == "test" for take in takes]),
        starts=np.cumsum([0, *(take.motion.frames for take in takes)]),
        quat_i16=np.concatenate(
            [np.round(take.motion.local_quat_wxyz * 32767).astype(np.int16) for take in takes]
        ),
        root_m=np.concatenate([take.motion.root_m.astype(np.float32) for take in takes]),
        beat_starts=np.cumsum([0, *(len(times) for times in beats)]),
        beat_frames=np.concatenate(beats),
        tempo_bpm=np.array([take.pulse.tempo_bpm if take.pulse else 0.0 for take in takes]),
        salience=np.array([take.pulse.salience if take.pulse else 0.0 for take in takes]),
    )
    part.replace(path)


def load_takes(path: Path) -> list[Take]:
    """The takes of a cache that `save_takes` wrote. Raises ValueError for a file of another kind."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {key: file[key] for key in file.files}
    if "quat_i16" not in arrays:
        raise ValueError(
            f"asked for takes in {path.name}, it is no take cache: make one with `groovecast train takes`"
        )
    takes = []
    for index, identity in enumerate(arrays["ids"]):
        frames = slice(arrays["starts"][index], arrays["starts"][index + 1])
        beats = arrays["beat_frames"][arrays["beat_starts"][index] : arrays["beat_starts"][index + 1]]
        quat = arrays["quat_i16"][frames].astype(np.float64)
        quat /= np.linalg.norm(quat, axis=-1, keepdims=True)
        casting = Casting(STYLES[arrays["style"][index]], "test" if arrays["test"][index] else "train")
        pulse = (
            Pulse(beats, float(arrays["tempo_bpm"][index]), float(arrays["salience"][index]))
            if len(beats)
            else None
        )
        takes.append(
            Take(
                str(identity), casting, Motion(30.0, arrays["root_m"][frames].astype(np.float64), quat), pulse
            )
        )
    return takes
