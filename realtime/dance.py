"""The whole signal path, with no thread and no clock: hear a block, imagine what comes, show a pose.

Three verbs for three threads. `hear` keeps sound, `imagine` listens to it and plans ahead, `show` looks up the
pose of a moment. Time is always given. A plan for frame f is made from the sound up to `lead_s` before f and from
nothing later, so the same sound gives the same dance, live or faster than live.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, cast, runtime_checkable

import numpy as np
from jaxtyping import Float32

from groovecast.audio.beat_clock import BeatClock
from groovecast.audio.ring import SampleRing
from groovecast.audio.scene import Section
from groovecast.model.config import ModelConfig
from groovecast.model.imagined import Imagined
from groovecast.motion.buffer import REACH_FRAMES, MotionBuffer, Plan, frames_of
from groovecast.motion.energy import energy_of
from groovecast.motion.foot_lock import LockState, locked
from groovecast.motion.groove import dips, grooved
from groovecast.motion.grounding import grounded
from groovecast.motion.idle import standing
from groovecast.motion.pose import Motion, Pose
from groovecast.motion.representation import CONTACTS, numbers_from_motion, stance_before
from groovecast.motion.seam import HALFLIFE_S, SHOWN_BY, decayed, seamless
from groovecast.motion.skeleton import groovecast_skeleton
from realtime.clocks.source import BeatSource
from realtime.clocks.tap import TapTempo
from realtime.conductor import Conductor
from realtime.listener import Listener
from realtime.mood import Mood, mood_of, music_for
from realtime.stage import drawn_home, staged, towards_the_audience
from realtime.warm_start import PlanBefore, WarmGenerator, begun_from


@runtime_checkable
class Generator(Protocol):
    """Whatever can continue a dance: a model's engine, or a fake that hops."""

    @property
    def config(self) -> ModelConfig:
        """The window it works on."""
        ...

    def plan(
        self,
        history: Float32[np.ndarray, "history 141"],
        music: Float32[np.ndarray, "window 10"],
        style: Float32[np.ndarray, " styles"],
        noise: Float32[np.ndarray, "plan 141"],
    ) -> Imagined:
        """The frames that follow a history."""
        ...


@dataclass(frozen=True)
class DanceSettings:
    """What a performer may set before the dance."""

    style: str = "auto"
    seed: int = 1
    intensity: float = 1.0
    stride_frames: int = 8
    lead_s: float = 0.2
    patience_s: float = 0.06
    groove: float = 1.0
    seam_spring: bool = True
    foot_lock: bool = True


@dataclass(frozen=True)
class Heard:
    """What the dancer knows of the music, as one value, so that other threads read what belongs together."""

    clock: BeatClock
    leader: str  # who says where the beat is
    mood: Mood
    silent: bool
    section: Section
    until_s: float


_REASONS_KEPT = 8


@dataclass
class DanceCounts:
    """What happened so far. Each is written by the dance thread alone."""

    updates: int = 0
    misses: int = 0  # a plan came too late for its first frame, or not at all
    rejected: int = 0  # the generator raised, or answered what no body can do
    unheard: int = 0  # planned without the newest sound: it had not come
    reasons: deque[str] = field(default_factory=lambda: deque(maxlen=_REASONS_KEPT))  # of the last rejections


# A joint that turns or a root that moves faster than this is no dance but an explosion.
_FASTEST_RAD_S, _FASTEST_M_S, _LOWEST_M, _HIGHEST_M = 45.0, 8.0, 0.05, 2.2
# What is lowest on the beat is seen as on the beat when it comes a little early.
_GROOVE_EARLY_S = 0.02
_GROOVE_FULL_ENERGY = 0.47
# In music faster than the second, every second beat is enough; below the first it is every beat again.
_HALF_TIME_BPM = 147.0, 153.0
_RING_S = 4.0
_KEPT_FRAMES = 90


class Dancer:
    """One dancer, standing at ease at `start_s` and planning from then on."""

    def __init__(
        self,
        generator: Generator,
        sample_rate_hz: int,
        start_s: float,
        settings: DanceSettings | None = None,
        beats: Sequence[BeatSource] = (),
        ears: Listener | None = None,  # others' ears to hear with; its own without
    ) -> None:
        self.settings = settings or DanceSettings()
        self.counts = DanceCounts()
        self.config = generator.config
        self._generator = generator
        self._skeleton = groovecast_skeleton()
        self._ring = SampleRing(int(_RING_S * sample_rate_hz), sample_rate_hz)
        self._sample_rate_hz = sample_rate_hz
        self._start_s = start_s
        self._listener = ears or Listener(sample_rate_hz)
        self.taps = TapTempo()
        self.conductor = Conductor(self._listener, (self.taps, *beats))
        self._unheard: list[tuple[np.ndarray, float]] = []
        self._fed_until_s = -np.inf  # the sound up to here went into the listener
        first_s = self.settings.lead_s + self.settings.patience_s
        self._origin_frame = int(np.ceil(first_s * self.config.fps))
        self._next_frame = self._origin_frame
        self._locks: dict[int, LockState] = {}
        self.buffer = MotionBuffer(self._standing_plan())
        self._mood = Mood.calm(self.config.styles)
        self._dips: tuple[int, np.ndarray] = (0, np.zeros(0))
        self._half_time = False
        self._before: PlanBefore | None = None  # what the next plan may begin from
        self.planned_from_s = start_s  # when the first frame of the last plan is shown
        self._heard = self._known()

    def begin(self, start_s: float) -> None:
        """Before the first sound: the dance starts then. What follows depends on the time since and on nothing else."""
        self._start_s = start_s
        self._heard = self._known()

    # -- audio thread ---------------------------------------------------------------------------------------

    def hear(self, samples: Float32[np.ndarray, " samples"], first_sample_time_s: float) -> None:
        """Audio thread. Keep a block; never waits."""
        self._ring.write(samples, first_sample_time_s - self._start_s)

    # -- dance thread ---------------------------------------------------------------------------------------

    @property
    def due_s(self) -> float:
        """Dance thread. When the next plan is due: `lead_s` before its first frame."""
        return self._start_s + self._due_s

    def imagine(self, now_s: float) -> bool:
        """Dance thread. Listen to what was kept; plan if it is time. Returns whether it planned."""
        now_s -= self._start_s
        self._skip_what_is_past(now_s)
        due_s = self._due_s
        self._listen(until_s=due_s)
        heard = self._fed_until_s >= due_s - 1.5 / self._sample_rate_hz
        if now_s < due_s or (not heard and now_s < due_s + self.settings.patience_s):
            if self._listener.nothing_waits:  # else asking costs a hearing of less than the ear's next step
                self._heard = self._known()
            return False
        self.counts.unheard += not heard
        self.planned_from_s = self._start_s + self._next_frame / self.config.fps
        self._plan(due_s)
        self.counts.updates += 1
        self._heard = self._known()
        return True

    @property
    def heard(self) -> Heard:
        """Any thread. What the dancer knew of the music when it last listened."""
        return self._heard

    @property
    def clock(self) -> BeatClock:
        """Any thread. The beat as last heard."""
        return self._heard.clock

    @property
    def mood(self) -> Mood:
        """Any thread. What the last plan was made for."""
        return self._heard.mood

    @property
    def heard_until_s(self) -> float:
        """Any thread. The time up to which sound was listened to."""
        return self._heard.until_s

    @property
    def shaped_until_s(self) -> float:
        """Any thread. The newest sound that shaped what is shown next."""
        return self._start_s + self.buffer.plan.heard_until_s

    def _known(self) -> Heard:
        listener = self._listener
        clock = self.conductor.clock.shifted(self._start_s)
        until_s = self._start_s + listener.heard_until_s
        return Heard(clock, self.conductor.leader, self._mood, listener.silent, listener.section, until_s)

    @property
    def lost_samples(self) -> int:
        """Any thread. Sound that was overwritten before the dance thread fetched it."""
        return self._ring.lost_samples

    @property
    def _due_s(self) -> float:
        return self._next_frame / self.config.fps - self.settings.lead_s

    def _listen(self, until_s: float) -> None:
        while (stretch := self._ring.read()) is not None:
            self._unheard.append((stretch.samples, stretch.first_sample_time_s))
        while self._unheard:
            samples, first_s = self._unheard[0]
            count = int(np.floor((until_s - first_s) * self._sample_rate_hz + 1e-6))
            if count <= 0:
                return
            self._listener.listen(samples[:count], first_s)
            self._fed_until_s = first_s + min(count, len(samples)) / self._sample_rate_hz
            if count < len(samples):
                self._unheard[0] = (samples[count:], first_s + count / self._sample_rate_hz)
                return
            self._unheard.pop(0)

    def _skip_what_is_past(self, now_s: float) -> None:
        """After a stall: what was shown meanwhile is history, and the next plan begins where it can still be shown."""
        stride = self.settings.stride_frames
        while self._next_frame / self.config.fps <= now_s:
            self._next_frame += stride
            self.counts.misses += 1

    def _plan(self, due_s: float) -> None:
        config, first = self.config, self._next_frame
        past = frames_of(self.buffer.plan, first - config.history_frames - 1, config.history_frames + 1)
        history = self._history(past)
        self.conductor.follow(due_s, self._start_s)
        clock = self.conductor.clock
        self._mood = mood_of(self._listener, clock, self._mood, energy_of(past), self.settings, config)
        times = (first - config.history_frames + np.arange(config.window_frames)) / config.fps
        music = music_for(self._listener, clock, self._mood, times, due_s)
        try:
            imagined = self._continued(history, music, first)
            danced = self._danced(imagined, past)
            plan = self._joined_plan(first, danced, imagined.numbers[:, CONTACTS] > 0.5, due_s)
        except Exception as why:  # a generator is foreign code: whatever it does, the figure dances on
            self._before = None
            self.counts.rejected += 1
            self.counts.reasons.append(f"{type(why).__name__}: {why}")
        else:
            self._before = PlanBefore(first, imagined.numbers)
            self.buffer.put(plan)
        self._next_frame = first + self.settings.stride_frames

    def _continued(
        self, history: Float32[np.ndarray, "history 141"], music: Float32[np.ndarray, "window 10"], first: int
    ) -> Imagined:
        """What the generator answers, from noise or from the plan before."""
        asked = history, music, self._mood.style, self._noise(first)
        if not self.config.warm:
            return self._generator.plan(*asked)
        generator = cast(WarmGenerator, self._generator)  # its config says that it is one
        return generator.plan(*asked, begun_from(self._before, history, first, self.config.plan_frames))

    def _history(self, past: Motion) -> Float32[np.ndarray, "history 141"]:
        rows = (
            np.arange(self._next_frame - self.config.history_frames, self._next_frame)
            - self.buffer.plan.first_frame
        )
        contacts = self.buffer.plan.contacts[np.clip(rows, 0, len(self.buffer.plan.contacts) - 1)]
        before = np.concatenate((contacts[:1], contacts)).astype(np.float64)
        return numbers_from_motion(past, before)[1:]

    def _noise(self, first: int) -> Float32[np.ndarray, "plan 141"]:
        """Noise fixed for each frame of the dance, so that plans of the same frame agree."""
        config, begin = self.config, first - self._origin_frame
        # a frame draws from many counters: the upper half keeps frames apart
        rows = (
            np.random.Generator(np.random.Philox(key=self.settings.seed, counter=(begin + row) << 64))
            for row in range(config.plan_frames)
        )
        return np.stack([row.standard_normal(config.numbers, np.float32) for row in rows])

    def _danced(self, imagined: Imagined, past: Motion) -> Motion:
        """The plan in the world, joined to what stands. Raises ValueError for what no body can do."""
        plan = Motion(self.config.fps, imagined.root_m, imagined.local_quat_wxyz)
        if not all(np.isfinite(one).all() for one in (imagined.numbers, plan.root_m, plan.local_quat_wxyz)):
            raise ValueError("the plan holds numbers that are not finite")
        last = Motion(past.fps, past.root_m[-1:], past.local_quat_wxyz[-1:])
        stance = stance_before(last)
        danced = staged(plan, stance, towards_the_audience(stance.yaw_rad, plan.fps))
        if self.settings.foot_lock:
            danced = grounded(danced, imagined.numbers[:, CONTACTS], last, self._skeleton)
        danced = drawn_home(danced)
        turn = np.abs(np.sum(danced.local_quat_wxyz[1:] * danced.local_quat_wxyz[:-1], axis=-1)).clip(0, 1)
        fastest = 2 * float(np.arccos(turn.min())) * self.config.fps
        speed = float(np.linalg.norm(np.diff(danced.root_m, axis=0), axis=-1).max()) * self.config.fps
        low, high = float(danced.root_m[:, 1].min()), float(danced.root_m[:, 1].max())
        if fastest > _FASTEST_RAD_S or speed > _FASTEST_M_S or low < _LOWEST_M or high > _HIGHEST_M:
            raise ValueError(
                f"the plan turns {fastest:.0f} rad/s, moves {speed:.1f} m/s, hips {low:.2f} to {high:.2f} m"
            )
        if self.settings.seam_spring:
            danced = seamless(frames_of(self.buffer.plan, self._next_frame, SHOWN_BY), danced)
        return danced

    def _joined_plan(self, first: int, danced: Motion, contacts: np.ndarray, heard_until_s: float) -> Plan:
        """What was danced so far and the new plan, with what is shown of both. Raises ValueError for a broken one."""
        old = self.buffer.plan
        kept = min(_KEPT_FRAMES, first - old.first_frame)
        before, shown_before = frames_of(old, first - kept, kept), self._shown_frames(old, first - kept, kept)
        shown, states = self._grooved(danced, first), [LockState()] * danced.frames
        if self.settings.foot_lock:
            shown, states = locked(shown, contacts, self._locks.get(first - 1, LockState()), self._skeleton)
        if not (np.isfinite(shown.local_quat_wxyz).all() and np.isfinite(shown.root_m).all()):
            raise ValueError("what would be shown is not finite")
        self._locks = {first + row: state for row, state in enumerate(states)}
        rows = np.clip(np.arange(first - kept, first) - old.first_frame, 0, len(old.contacts) - 1)
        return Plan(
            first_frame=first - kept,
            free_frame=first + self.settings.stride_frames,
            danced=_joined(before, danced),
            shown=_joined(shown_before, shown),
            contacts=np.concatenate((old.contacts[rows], contacts)),
            heard_until_s=heard_until_s,
        )

    def _grooved(self, danced: Motion, first: int) -> Motion:
        """The groove under the dance, begun as deep as the plan before had it there."""
        beats, fps = self.conductor.clock, self.config.fps
        times = (first + np.arange(danced.frames)) / fps + _GROOVE_EARLY_S
        strength = self.settings.groove * self._mood.trust * min(1.0, self._mood.energy / _GROOVE_FULL_ENERGY)
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
        return grooved(danced, dip, self._skeleton)

    @staticmethod
    def _shown_frames(plan: Plan, first: int, count: int) -> Motion:
        return frames_of(
            Plan(plan.first_frame, plan.free_frame, plan.shown, plan.shown, plan.contacts), first, count
        )

    def _standing_plan(self) -> Plan:
        """Standing at ease, as long as a history is: where every dance begins."""
        frames = self.config.history_frames + 2
        home = np.zeros((self._skeleton.body_joints, 4))
        home[:, 0] = 1
        first = self._next_frame - frames
        poses = [standing(np.zeros(3), home, row / self.config.fps) for row in range(frames)]
        motion = Motion(
            self.config.fps,
            np.stack([root for root, _ in poses]).astype(np.float32),
            np.stack([quat for _, quat in poses]).astype(np.float32),
        )
        return Plan(first, self._next_frame, motion, motion, np.ones((frames, 4), bool))

    # -- frame loop -----------------------------------------------------------------------------------------

    def firm_until_s(self, plan: Plan) -> float:
        """Frame loop. Up to then all later plans show what this one shows."""
        return self._start_s + (plan.free_frame - REACH_FRAMES) / self.config.fps

    def show(self, time_s: float) -> Pose:
        """Frame loop. The pose to be seen at a time; there always is one."""
        return replace(self.buffer.pose(time_s - self._start_s), time_s=time_s)


def _joined(a: Motion, b: Motion) -> Motion:
    return Motion(
        a.fps, np.concatenate((a.root_m, b.root_m)), np.concatenate((a.local_quat_wxyz, b.local_quat_wxyz))
    )
