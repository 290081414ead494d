"""One dancer's plan: what a generator is asked for it, and what is made of the answer until it can be shown."""

from copy import copy
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from groovecast.audio.beat_clock import BeatClock
from groovecast.model.config import ModelConfig
from groovecast.model.editing import Edit, held, no_edit
from groovecast.model.imagined import Imagined
from groovecast.motion.buffer import MotionBuffer, Plan, frames_of
from groovecast.motion.foot_lock import LockState, locked
from groovecast.motion.groove import dips, grooved
from groovecast.motion.grounding import grounded
from groovecast.motion.held_pose import stepping, unlocked
from groovecast.motion.idle import standing
from groovecast.motion.pose import Motion
from groovecast.motion.representation import CONTACTS, HEIGHT, YAW, numbers_from_motion, stance_before
from groovecast.motion.seam import HALFLIFE_S, SHOWN_BY, decayed, seamless
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.motion.smoothing import reach_frames, smoothed
from realtime.ask import Ask
from realtime.dance_settings import DanceSettings
from realtime.keyframes import Wanted, edit_for, reached
from realtime.mood import Mood
from realtime.stage import drawn_home, staged, towards_the_audience
from realtime.warm_start import PlanBefore, begun_from

# A joint that turns or a root that moves faster than this is no dance but an explosion.
_FASTEST_RAD_S, _FASTEST_M_S, _LOWEST_M, _HIGHEST_M = 45.0, 8.0, 0.05, 2.2
# What is lowest on the beat is seen as on the beat when it comes a little early.
_GROOVE_EARLY_S = 0.02
_GROOVE_FULL_ENERGY = 0.47
# A smoothed dance that is no further than this from the unsmoothed one has become it again.
_SAME = 1e-5
# In music faster than the second, every second beat is enough; below the first it is every beat again.
_HALF_TIME_BPM = 147.0, 153.0


class Circumstances(NamedTuple):
    """What a plan is made under, the same for all dancers."""

    first: int  # the first frame that is planned
    beats: BeatClock
    settings: DanceSettings
    heard_until_s: float
    wanted: Wanted = Wanted()  # its times are those of the frames: seconds since the dance began


class Figure:
    """Dance thread. One dancer: the plan that stands, and all that the next one depends on."""

    def __init__(self, config: ModelConfig, origin_frame: int, first_frame: int | None = None) -> None:
        self.mood = Mood.calm(config.styles)
        self._config = config
        self._skeleton = groovecast_skeleton()
        self._origin_frame = origin_frame  # noise is counted from here
        self._locks: dict[int, LockState] = {}
        self._dips: tuple[int, np.ndarray] = (0, np.zeros(0))
        self._half_time = False
        self._smooth: Plan | None = None  # the plan before, smoothed; None: it was not
        self._before: PlanBefore | None = None  # what the next plan may begin from
        self.buffer = MotionBuffer(self._standing_plan(origin_frame if first_frame is None else first_frame))

    def twin(self) -> "Figure":
        """Another that has danced the same so far."""
        other = copy(self)
        other.buffer = MotionBuffer(self.buffer.plan)
        return other

    def past(self, first: int) -> Motion:
        """What was danced before that frame: as much as a model is told, and one frame more."""
        frames = self._config.history_frames + 1
        return frames_of(self.buffer.plan, first - frames, frames)

    def ask(
        self,
        past: Motion,
        music: Float32[np.ndarray, "window 10"],
        seed: int,
        first: int,
        edit: Edit | None = None,
    ) -> Ask:
        """What a generator is asked for, in this mood, from that past."""
        history = self._history(past, first)
        before = None
        if self._config.warm:
            before = begun_from(self._before, history, first, self._config.plan_frames)
        return Ask(history, music, self.mood.style, self._noise(seed, first), before, edit)

    def edit(self, under: Circumstances) -> Edit | None:
        """What the next plan must hold."""
        frames = self._config.plan_frames
        return edit_for(under.wanted, self._times_s(under), frames_of(self.buffer.plan, under.first, frames))

    def take(self, imagined: Imagined, past: Motion, under: Circumstances, edit: Edit | None = None) -> None:
        """Show this from its first frame on. Raises ValueError for what no body can do; then nothing has changed."""
        edit = edit or no_edit(self._config)
        danced = self._danced(imagined, past, under, edit)
        plan = self._joined_plan(danced, imagined.numbers[:, CONTACTS] > 0.5, under, edit)
        self._before = PlanBefore(under.first, imagined.numbers)
        self.buffer.put(plan)

    def _times_s(self, under: Circumstances) -> np.ndarray:
        return (under.first + np.arange(self._config.plan_frames)) / self._config.fps

    def lost(self) -> None:
        """There was no plan: the next is begun from nothing."""
        self._before = None

    def _history(self, past: Motion, first: int) -> Float32[np.ndarray, "history 141"]:
        rows = np.arange(first - self._config.history_frames, first) - self.buffer.plan.first_frame
        contacts = self.buffer.plan.contacts[np.clip(rows, 0, len(self.buffer.plan.contacts) - 1)]
        before = np.concatenate((contacts[:1], contacts)).astype(np.float64)
        return numbers_from_motion(past, before)[1:]

    def _noise(self, seed: int, first: int) -> Float32[np.ndarray, "plan 141"]:
        """Noise fixed for each frame of the dance, so that plans of the same frame agree."""
        config, begin = self._config, first - self._origin_frame
        # a frame draws from many counters: the upper half keeps frames apart
        rows = (
            np.random.Generator(np.random.Philox(key=seed, counter=(begin + row) << 64))
            for row in range(config.plan_frames)
        )
        return np.stack([row.standard_normal(config.numbers, np.float32) for row in rows])

    def _danced(self, imagined: Imagined, past: Motion, under: Circumstances, edit: Edit) -> Motion:
        """The plan in the world, joined to what stands. Raises ValueError for what no body can do."""
        plan = Motion(self._config.fps, imagined.root_m, imagined.local_quat_wxyz)
        if not all(np.isfinite(one).all() for one in (imagined.numbers, plan.root_m, plan.local_quat_wxyz)):
            raise ValueError("the plan holds numbers that are not finite")
        last = Motion(past.fps, past.root_m[-1:], past.local_quat_wxyz[-1:])
        stance = stance_before(last)
        roaming = 1 - float(edit.mask[:, YAW].max())
        danced = held(staged(plan, stance, roaming * towards_the_audience(stance.yaw_rad, plan.fps)), edit)
        if under.settings.foot_lock:
            danced = grounded(danced, imagined.numbers[:, CONTACTS], last, self._skeleton)
        danced = drawn_home(danced, under.settings.roam_m) if roaming else danced
        turn = np.abs(np.sum(danced.local_quat_wxyz[1:] * danced.local_quat_wxyz[:-1], axis=-1)).clip(0, 1)
        fastest = 2 * float(np.arccos(turn.min())) * self._config.fps
        speed = float(np.linalg.norm(np.diff(danced.root_m, axis=0), axis=-1).max()) * self._config.fps
        low, high = float(danced.root_m[:, 1].min()), float(danced.root_m[:, 1].max())
        if fastest > _FASTEST_RAD_S or speed > _FASTEST_M_S or low < _LOWEST_M or high > _HIGHEST_M:
            raise ValueError(
                f"the plan turns {fastest:.0f} rad/s, moves {speed:.1f} m/s, hips {low:.2f} to {high:.2f} m"
            )
        if under.settings.seam_spring:
            danced = seamless(frames_of(self.buffer.plan, under.first, SHOWN_BY), danced)
        return reached(danced, under.wanted.pins, self._times_s(under))

    def _joined_plan(self, danced: Motion, contacts: np.ndarray, under: Circumstances, edit: Edit) -> Plan:
        """What was danced so far and the new plan, with what is shown of both. Raises ValueError for a broken one."""
        old, first, settings = self.buffer.plan, under.first, under.settings
        kept = min(round(settings.kept_s * self._config.fps), first - old.first_frame)
        before, shown_before = frames_of(old, first - kept, kept), self._shown_frames(old, first - kept, kept)
        smooth = self._smoothed(danced, under)
        known = danced if smooth is danced else held(smooth, edit)  # once: a ramp is not to be ramped again
        shown, states = self._grooved(known, under, edit), [LockState()] * danced.frames
        contacts = stepping(shown, contacts, edit.weight, self._skeleton)
        if settings.foot_lock:
            free = shown
            shown, states = locked(shown, contacts, self._locks.get(first - 1, LockState()), self._skeleton)
            shown = unlocked(shown, free, edit.weight, self._skeleton)
        shown = reached(shown, under.wanted.pins, self._times_s(under))
        if not (np.isfinite(shown.local_quat_wxyz).all() and np.isfinite(shown.root_m).all()):
            raise ValueError("what would be shown is not finite")
        self._locks = {first + row: state for row, state in enumerate(states)}
        self._smooth = None if smooth is danced else Plan(first, first, smooth, smooth, contacts)
        rows = np.clip(np.arange(first - kept, first) - old.first_frame, 0, len(old.contacts) - 1)
        return Plan(
            first_frame=first - kept,
            free_frame=first + settings.stride_frames,
            danced=_joined(before, danced),
            shown=_joined(shown_before, shown),
            contacts=np.concatenate((old.contacts[rows], contacts)),
            heard_until_s=under.heard_until_s,
            begun_frame=first,
        )

    def _smoothed(self, danced: Motion, under: Circumstances) -> Motion:
        """The dance without what is quick, begun as what was shown of the plan before goes; itself at 0."""
        first, smoothness = under.first, under.settings.smoothness
        wide = reach_frames(smoothness, danced.fps)
        plan = self.buffer.plan
        old = frames_of(self._smooth or plan, first, SHOWN_BY)
        if wide:
            both = smoothed(_joined(frames_of(plan, first - wide, wide), danced), smoothness, self._skeleton)
            return seamless(old, Motion(danced.fps, both.root_m[wide:], both.local_quat_wxyz[wide:]))
        unsmoothed = frames_of(plan, first, SHOWN_BY)  # which `danced` goes on from already
        if self._smooth is None or _alike(old, unsmoothed):
            return danced
        return seamless(old, danced, unsmoothed)

    def _grooved(self, danced: Motion, under: Circumstances, edit: Edit) -> Motion:
        """The groove under the dance, begun as deep as the plan before had it there."""
        first, beats, fps = under.first, under.beats, self._config.fps
        times = (first + np.arange(danced.frames)) / fps + _GROOVE_EARLY_S
        strength = (
            under.settings.groove * self.mood.believed * min(1.0, self.mood.energy / _GROOVE_FULL_ENERGY)
        )
        limit = _HALF_TIME_BPM[0] if self._half_time else _HALF_TIME_BPM[1]
        self._half_time = beats.tempo_bpm > limit
        count = np.asarray(beats.beat_at(times)) - beats.downbeat
        dip = dips(count / 2 if self._half_time else count, strength)
        before_first, before = self._dips
        before = before[max(0, first - before_first) :]
        if len(before) >= 2:
            gap = before[:2] - dip[:2]
            left = decayed(gap[0], (gap[1] - gap[0]) * fps, np.arange(danced.frames) / fps, HALFLIFE_S)
            dip = np.clip(dip + left, 0, None)
        self._dips = (first, dip)
        return grooved(danced, dip * (1 - edit.mask[:, HEIGHT]), self._skeleton)

    @staticmethod
    def _shown_frames(plan: Plan, first: int, count: int) -> Motion:
        return frames_of(
            Plan(plan.first_frame, plan.free_frame, plan.shown, plan.shown, plan.contacts), first, count
        )

    def _standing_plan(self, until: int) -> Plan:
        """Standing at ease, as long as a history is: where every dance begins."""
        frames = self._config.history_frames + 2
        home = np.zeros((self._skeleton.body_joints, 4))
        home[:, 0] = 1
        first = until - frames
        poses = [standing(np.zeros(3), home, row / self._config.fps) for row in range(frames)]
        motion = Motion(
            self._config.fps,
            np.stack([root for root, _ in poses]).astype(np.float32),
            np.stack([quat for _, quat in poses]).astype(np.float32),
        )
        return Plan(first, until, motion, motion, np.ones((frames, 4), bool))


def _alike(a: Motion, b: Motion) -> bool:
    """Whether two dances begin alike."""
    count = min(a.frames, b.frames)
    one, other = a.local_quat_wxyz[:count], b.local_quat_wxyz[:count]
    turned = np.minimum(np.abs(one - other), np.abs(one + other))  # either sign is the same turn
    return max(float(turned.max()), float(np.abs(a.root_m[:count] - b.root_m[:count]).max())) < _SAME


def _joined(a: Motion, b: Motion) -> Motion:
    return Motion(
        a.fps, np.concatenate((a.root_m, b.root_m)), np.concatenate((a.local_quat_wxyz, b.local_quat_wxyz))
    )
