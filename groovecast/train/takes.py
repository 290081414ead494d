"""Archives in, takes out: every clip that is learned from, on our skeleton at 30 fps, with its beats and its style."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from groovecast.model.conditions import MusicFrames
from groovecast.motion.pose import Motion
from groovecast.train.capture import Capture, read_archive
from groovecast.train.checks import (
    DANCED_STYLES,
    LEAD_S,
    STILL_S,
    Seen,
    examined,
    figures_of,
    reason_against,
    reason_against_bones,
    still,
)
from groovecast.train.grids import grids_of
from groovecast.train.ground import at_30_fps, on_the_floor
from groovecast.train.ledger import Outcome
from groovecast.train.pulse import Pulse
from groovecast.train.retarget import Retargeter
from groovecast.train.roster import STYLES, Casting, cast, lost_frames, reason_left_out
from groovecast.train.spikes import RAW, bridged, bridged_places, spikes_of
from groovecast.train.twins import twins_of

# A joint faster than this in a finished take is an error of capture, and the take is cut there.
_LEAP_M_S = 13.0
_SHORTEST_S = 3.5
# Clips of this archive begin with a reference pose that bleeds into the frames after it.
_REFERENCE_FRAMES = {"cmu_salsa_indian_martial": 8}
# Clips of these archives end as they begin; they are played round for as long as this.
_LOOPED, _LOOPED_S = ("quaternius_loops",), 12.0


_MUSIC = tuple(field.name for field in fields(MusicFrames))


@dataclass(frozen=True)
class Take:
    """One clip, ready to learn from. `pulse` is None where no steady pulse was found.

    `music` is what the ears made of the song that was danced to, frame by frame, where there was one.
    """

    id: str
    casting: Casting
    motion: Motion
    pulse: Pulse | None
    music: MusicFrames | None = None


@dataclass(frozen=True)
class Member:
    """A whole clip on our skeleton, the runs of it that are fit to learn from, and what is told of it."""

    id: str
    casting: Casting
    motion: Motion
    runs: list[slice]
    outcome: Outcome


def retargeted(capture: Capture) -> Motion:
    """The clip on our skeleton at 30 fps, feet on the floor. What is left of a leading reference pose is dropped."""
    retargeter = Retargeter(capture)
    first = _REFERENCE_FRAMES.get(capture.source, 0)
    whole = retargeter.motion()
    raw = Motion(whole.fps, whole.root_m[first:], whole.local_quat_wxyz[first:])
    bad = spikes_of(raw, RAW)
    motion = bridged(raw, bad)
    foot = Seen.foot_joints()
    ankles = {
        side: at_30_fps(
            Motion(whole.fps, bridged_places(place[first:], bad[:, foot[side]]), motion.local_quat_wxyz)
        ).root_m
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
    speed = np.linalg.norm(np.diff(Seen(motion).place, axis=0), axis=-1).max(axis=-1) * motion.fps
    cuts = [0, *(int(frame) + 1 for frame in np.flatnonzero(speed > _LEAP_M_S)), motion.frames]
    return [slice(a, b) for a, b in pairwise(cuts)]


def in_motion(motion: Motion, run: slice) -> list[slice]:
    """The parts of a run in which somebody dances: standing at its ends, and long standing inside, is cut away."""
    quiet = still(_cut(motion, run))
    edges = np.flatnonzero(np.diff(np.concatenate(([0], quiet.astype(int), [0]))))
    lead, parts, begin, end = int(LEAD_S * motion.fps), [], 0, len(quiet)
    for a, b in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if a == 0:
            begin = max(b - lead, 0)
        elif b == len(quiet):
            end = min(a + lead, end)
        elif b - a > STILL_S * motion.fps:
            parts.append((begin, a + lead))
            begin = b - lead
    return [slice(run.start + a, run.start + b) for a, b in (*parts, (begin, end)) if b > a + lead]


def _pair(identity: str) -> str:
    """Partners of one salsa take share a name: 16 to 30 dance with 1 to 15."""
    head, _, number = identity.rpartition("salsa_")
    return f"{head}pair_{(int(number) - 1) % 15}" if head and number.isdigit() else identity


def read_takes(folder: Path, told: Callable[[Outcome], None]) -> Iterator[Take]:
    """Every take of the archives in a folder; `told` hears what became of each clip.

    Raises FileNotFoundError when the folder holds no archive.
    """
    archives = sorted(folder.glob("*.npz"))
    if not archives:
        raise FileNotFoundError(
            f"asked for motion capture in {folder}, no .npz archive is there: see docs/data.md"
        )
    pairs: dict[str, list[Member]] = defaultdict(list)
    for archive in archives:
        for capture in read_archive(archive):
            casting, clip_s = cast(capture), len(capture.root_cm) / capture.fps
            reason = reason_left_out(capture) or reason_against_bones(capture)
            if reason:
                told(Outcome(capture.id, casting.style, casting.split, clip_s, 0.0, reason))
                continue
            clip = repeated(capture) if capture.source in _LOOPED else capture
            member = member_of(capture.id, casting, retargeted(clip), len(clip.root_cm) / clip.fps)
            if member.outcome.reason:
                told(member.outcome)
            else:
                pairs[_pair(capture.id)].append(member)
    for members in _without_twins(pairs, told):
        yield from _with_pulse(members, told)


def _without_twins(pairs: dict[str, list[Member]], told: Callable[[Outcome], None]) -> Iterator[list[Member]]:
    """The clips less those that are there already under another name."""
    everyone = [member for members in pairs.values() for member in members]
    twin_of = dict(twins_of([member.motion for member in everyone]))
    again = {everyone[number].id: everyone[other].id for number, other in twin_of.items()}
    for members in pairs.values():
        for member in members:
            if member.id in again:
                told(replace(member.outcome, reason=f"the same motion as {again[member.id]}", kept_s=0.0))
        alone = [member for member in members if member.id not in again]
        if alone:
            yield alone


def member_of(identity: str, casting: Casting, motion: Motion, clip_s: float) -> Member:
    """A clip on our skeleton, `clip_s` long before it was put there, mended, cut and judged."""
    whole = examined(motion, casting.style)
    runs = unbroken(whole.motion)
    mends = [*whole.mends, *(["cut at leaps"] if len(runs) > 1 else [])]
    lost = lost_frames(identity, whole.motion.fps)
    if lost.stop:
        ends = [(run.start, min(run.stop, lost.start)) for run in runs]
        begins = [(max(run.start, lost.stop), run.stop) for run in runs]
        runs = [slice(a, b) for a, b in (*ends, *begins) if b > a]
        mends.append("cut where the capture was lost")
    if casting.style in DANCED_STYLES:
        danced = [part for run in runs for part in in_motion(whole.motion, run)]
        if danced != runs:
            mends.append("standing cut away")
        runs = danced
    long = [run for run in runs if run.stop - run.start >= _SHORTEST_S * whole.motion.fps]
    reasons, kept, figures = [], [], []
    for run in long:
        seen = figures_of(_cut(whole.motion, run))
        against = reason_against(seen, casting.style)
        if against:
            reasons.append(against)
        else:
            kept.append(run)
            figures.append(seen)
    if reasons and kept:
        mends.append(f"a part cut away: {reasons[0]}")
    reason = None if kept else reasons[0] if reasons else f"shorter than {_SHORTEST_S} s"
    worst = {name: max(each[name] for each in figures) for name in figures[0]} if figures else {}
    kept_s = sum(run.stop - run.start for run in kept) / whole.motion.fps
    outcome = Outcome(identity, casting.style, casting.split, clip_s, kept_s, reason, tuple(mends), worst)
    return Member(identity, casting, whole.motion, kept, outcome)


def _with_pulse(members: list[Member], told: Callable[[Outcome], None]) -> Iterator[Take]:
    grids = grids_of([member.motion for member in members], members[0].casting.style)
    for member, grid in zip(members, grids, strict=True):
        told(replace(member.outcome, beats=grid.told))
        for run in member.runs:
            yield Take(
                f"{member.id}@{run.start}",
                member.casting,
                _cut(member.motion, run),
                grid.pulse.within(run.start, run.stop) if grid.pulse else None,
            )


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
        has_music=np.array([take.music is not None for take in takes]),
        music=np.concatenate([np.zeros((0, len(_MUSIC))), *(_music_rows(take) for take in takes)]).astype(
            np.float32
        ),
    )
    part.replace(path)


def _music_rows(take: Take) -> np.ndarray:
    if take.music is None:
        return np.zeros((0, len(_MUSIC)))
    return np.stack([np.asarray(getattr(take.music, name), np.float64) for name in _MUSIC], axis=-1)


def _music_from_rows(rows: np.ndarray) -> MusicFrames:
    columns = dict(zip(_MUSIC, rows.astype(np.float64).T, strict=True))
    return MusicFrames(**{**columns, "heard": columns["heard"] > 0.5})


def load_takes(path: Path) -> list[Take]:
    """The takes of a cache that `save_takes` wrote. Raises ValueError for a file of another kind."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {key: file[key] for key in file.files}
    if "quat_i16" not in arrays:
        raise ValueError(
            f"asked for takes in {path.name}, it is no take cache: make one with `groovecast train takes`"
        )
    takes, music_at = [], 0
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
        music = None
        if "has_music" in arrays and arrays["has_music"][index]:
            music = _music_from_rows(arrays["music"][music_at : music_at + len(quat)])
            music_at += len(quat)
        motion = Motion(30.0, arrays["root_m"][frames].astype(np.float64), quat)
        takes.append(Take(str(identity), casting, motion, pulse, music))
    return takes
