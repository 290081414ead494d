"""The whole signal path, with no thread and no clock: hear a block, imagine what comes, show a pose.

Three verbs for three threads. `hear` keeps sound, `imagine` listens to it and plans ahead, `show` looks up the
pose of a moment. Time is always given. A plan for frame f is made from the sound up to `lead_s` before f and from
nothing later, so the same sound gives the same dance, live or faster than live.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from groovecast.audio.beat_clock import BeatClock
from groovecast.audio.ring import SampleRing
from groovecast.audio.scene import Section
from groovecast.model.imagined import Imagined
from groovecast.motion.buffer import REACH_FRAMES, MotionBuffer, Plan, poses_at
from groovecast.motion.energy import energy_of
from groovecast.motion.pose import Motion, Pose
from realtime.ask import Ask
from realtime.clocks.source import BeatSource
from realtime.clocks.tap import TapTempo
from realtime.conductor import Conductor
from realtime.dance_settings import DanceSettings, Voice
from realtime.figure import Circumstances, Figure
from realtime.generator import Generator, answered
from realtime.keyframes import Wanted
from realtime.listener import HeardHop, Listener
from realtime.mood import Mood, mood_of, music_for, styles_of
from realtime.occasion import Occasion, occasion_of

# What is wished for of what is shown at a time on the machine's clock.
Wishes = Callable[[float], DanceSettings]


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


_RING_S = 4.0
# Plans that are made before their time are at least so many frames apart.
_HURRIED_FRAMES = 4
# Who waits longest for its next plan: half of what is planned is then still to be danced.
MOST_STRIDE_FRAMES = 24
# Sound that is missing for longer than this is silence: a hiccup of a device is shorter, and heard afterwards. A source
# that is later still is given more time.
_LOST_S, _MOST_LOST_S = 0.5, 2.0


class Turn(NamedTuple):
    """Whose plan is made, of which dance, after which past, under what."""

    figure: Figure
    voice: Voice
    past: Motion
    under: Circumstances


class _Planned(NamedTuple):
    """What the last plan was made with."""

    first: int
    settings: DanceSettings
    wanted: Wanted


def _alike(settings: DanceSettings, before: DanceSettings) -> bool:
    """Whether a plan would be the same with both; when it is made and how much of it is kept does not matter."""
    return before == replace(
        settings,
        stride_frames=before.stride_frames,
        lead_s=before.lead_s,
        patience_s=before.patience_s,
        at_once=before.at_once,
        turns=before.turns,
        may_hurry=before.may_hurry,
    )


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
        self.wishes: Wishes = lambda at_s: self.settings  # a show puts its desk's in this place
        self.wanted = Wanted()  # what to hold, on the machine's clock; replaced as a whole
        self.counts = DanceCounts()
        self.config = generator.config
        self._generator = generator
        self._ring = SampleRing(int(_RING_S * sample_rate_hz), sample_rate_hz)
        self._sample_rate_hz = sample_rate_hz
        self._start_s = start_s
        self._listener = ears or Listener(sample_rate_hz)
        self.taps = TapTempo()
        self.conductor = Conductor(self._listener, (self.taps, *beats))
        self._unheard: list[tuple[np.ndarray, float]] = []
        self._fed_until_s = -np.inf  # the sound up to here went into the listener
        # up to where the signal was lost, and when it counts as lost
        self._gone_until_s, self._lost_s = -np.inf, _LOST_S
        self._occasion = Occasion()
        first_s = self.settings.lead_s + self.settings.patience_s
        self._origin_frame = int(np.ceil(first_s * self.config.fps))
        self._next_frame = self._origin_frame
        self._planned = _Planned(self._origin_frame, self.settings, self.wanted)
        # replaced as a whole, by the dance thread
        self.figures: tuple[Figure, ...] = (Figure(self.config, self._origin_frame),)
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
        self._hurry(now_s)
        self.settings = self.wishes(self._start_s + self._next_frame / self.config.fps)
        due_s = self._due_s
        self._listen(until_s=due_s)
        heard = self._fed_until_s >= due_s - 1.5 / self._sample_rate_hz
        if now_s < due_s or (not heard and now_s < due_s + self.settings.patience_s):
            if self._listener.nothing_waits:  # else asking costs a hearing of less than the ear's next step
                self._heard = self._known()
            return False
        self.counts.unheard += not heard
        self.planned_from_s = self._start_s + self._next_frame / self.config.fps
        self._notice_loss(due_s - self._lost_s)
        self._plan(due_s)
        self.counts.updates += 1
        self._heard = self._known()
        return True

    @property
    def next_plan_s(self) -> float:
        """Any thread. When the first frame of the next plan is shown."""
        return self._start_s + self._next_frame / self.config.fps

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
        return Heard(
            clock, self.conductor.leader, self.figures[0].mood, listener.silent, listener.section, until_s
        )

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
            if first_s < self._gone_until_s:  # it was not lost, only late: the next time it is waited for
                self._lost_s = min(self._gone_until_s - first_s + 2 * _LOST_S, _MOST_LOST_S)
                self._gone_until_s = -np.inf
            count = int(np.floor((until_s - first_s) * self._sample_rate_hz + 1e-6))
            if count <= 0:
                return
            self._listener.listen(samples[:count], first_s)
            self._fed_until_s = first_s + min(count, len(samples)) / self._sample_rate_hz
            if count < len(samples):
                self._unheard[0] = (samples[count:], first_s + count / self._sample_rate_hz)
                return
            self._unheard.pop(0)

    def _notice_loss(self, until_s: float) -> None:
        """No sound has come, and there should be some: then there is silence."""
        missing = (until_s - self._fed_until_s) * self._sample_rate_hz
        if np.isfinite(missing) and missing >= 1 and not self._unheard:
            self._listener.listen(np.zeros(int(missing), np.float32), self._fed_until_s)
            self._fed_until_s += int(missing) / self._sample_rate_hz
            self._gone_until_s = self._fed_until_s

    def _skip_what_is_past(self, now_s: float) -> None:
        """After a stall: what was shown meanwhile is history, and the next plan begins where it can still be shown."""
        stride = self.settings.stride_frames
        while self._next_frame / self.config.fps <= now_s:
            self._next_frame += stride
            self.counts.misses += 1

    def _hurry(self, now_s: float) -> None:
        """What a person has turned is not to wait for the next plan's time: one is made now, over what would stand.

        Not more often than a reactive dance plans, and for one dance only: who plans for a crew has no time to spare.
        """
        soon = int(np.ceil((now_s + self.settings.lead_s) * self.config.fps))
        if len(self.figures) > 1 or not self._planned.first + _HURRIED_FRAMES <= soon < self._next_frame:
            return
        settings, before = self.wishes(self._start_s + soon / self.config.fps), self._planned.settings
        turned = settings.turns != before.turns and not _alike(settings, before)
        if settings.may_hurry and (turned or self.wanted is not self._planned.wanted):
            self._next_frame = soon

    def _plan(self, due_s: float) -> None:
        first, settings = self._next_frame, self.settings
        self._planned = _Planned(first, settings, self.wanted)
        self.conductor.follow(due_s, self._start_s)
        self._occasion = occasion_of(self._listener, self.conductor.clock, due_s, self._occasion)
        wanted = self.wanted.later(-self._start_s)
        under = Circumstances(first, self.conductor.clock, settings, due_s, wanted)
        self._call_figures(len(settings.voices))
        turns = self._turns(under)
        asks = [self._ask(turn) for turn in turns]
        waiting = deque(turns)  # for a plan
        try:
            for ask, imagined in zip(asks, answered(self._generator, asks), strict=True):
                self._take(waiting.popleft(), ask, imagined)
        except Exception as why:  # a generator is foreign code: whatever it does, the figures dance on
            self._refuse(why, *waiting)
        self._next_frame = first + settings.stride_frames

    def _take(self, turn: Turn, ask: Ask, imagined: Imagined) -> None:
        try:
            turn.figure.take(imagined, turn.past, turn.under, ask.edit)
        except Exception as why:  # what no body can do; the others' plans may be sound
            self._refuse(why, turn)

    def _refuse(self, why: Exception, *turns: Turn) -> None:
        for turn in turns:
            turn.figure.lost()
        self.counts.rejected += 1
        self.counts.reasons.append(f"{type(why).__name__}: {why}")

    def _turns(self, under: Circumstances) -> list[Turn]:
        """Whose turn it is: everybody's, or, where they are too many for one plan, a part's, each the less often."""
        settings, first = under.settings, under.first
        stride, count = settings.stride_frames, len(settings.voices)
        groups = max(1, min(-(-count // settings.at_once), MOST_STRIDE_FRAMES // stride))
        number = (first - self._origin_frame) // stride
        turns = []
        for row, (figure, voice) in enumerate(zip(self.figures, settings.voices, strict=False)):
            if figure.buffer.plan.free_frame > first and len(self.figures) > 1:
                continue
            own = replace(settings, stride_frames=stride * ((row - number) % groups or groups))
            turns.append(Turn(figure, voice, figure.past(first), under._replace(settings=own)))
        return turns

    def _ask(self, turn: Turn) -> Ask:
        """What the generator is asked for a figure, brought into the mood of the moment."""
        figure, voice, past, under = turn
        config, listener, clock = self.config, self._listener, under.beats
        styles = styles_of(voice, clock.beat_at(listener.heard_until_s), config.styles)
        figure.mood = mood_of(listener, self._occasion, figure.mood, energy_of(past), under.settings, styles)
        times = (under.first - config.history_frames + np.arange(config.window_frames)) / config.fps
        music = music_for(listener, clock, figure.mood, times, under.heard_until_s)
        edit = figure.edit(under) if config.editable else None
        return figure.ask(past, music, voice.seed, under.first, edit)

    def _call_figures(self, count: int) -> None:
        """As many as there are dances. Who comes begins as the first dances; who goes is seen until its plan ends."""
        there, first = self.figures, self._next_frame
        going = tuple(figure for figure in there[count:] if figure.buffer.plan.end_frame > first)
        coming = tuple(there[0].twin() for _ in range(len(there), count))
        self.figures = (*there[:count], *coming, *going)

    # -- frame loop -----------------------------------------------------------------------------------------

    @property
    def buffer(self) -> MotionBuffer:
        """Any thread. The plan of the first dancer."""
        return self.figures[0].buffer

    @property
    def plans(self) -> tuple[Plan, ...]:
        """Any thread. The plans that stand, of all dances."""
        return tuple(figure.buffer.plan for figure in self.figures)

    def firm_until_s(self, plan: Plan) -> float:
        """Frame loop. Up to then all later plans show what this one shows, unless somebody turns something."""
        return self.frame_s(plan.free_frame - REACH_FRAMES)

    def changed_from_s(self, before: Plan, plan: Plan) -> float:
        """Frame loop. From then on a plan shows other poses than the one before."""
        begun = before.free_frame if plan.begun_frame is None else plan.begun_frame
        return self.frame_s(min(before.free_frame, begun) - REACH_FRAMES)

    def frame_s(self, frame: int) -> float:
        """Frame loop. When a frame of the dance is shown."""
        return self._start_s + frame / self.config.fps

    @property
    def newest_hops(self) -> tuple[HeardHop, ...]:
        """Any thread. The sound that was heard last, by the machine's clock."""
        return tuple(hop._replace(at_s=hop.at_s + self._start_s) for hop in self._listener.newest)

    def show_all(self, looked_up: Sequence[tuple[int, float]]) -> list[Pose]:
        """Frame loop. The same for several dances, each at its time."""
        figures = self.figures
        plans = [
            figures[voice].buffer.plan if voice < len(figures) else figures[0].buffer.plan
            for voice, _ in looked_up
        ]
        poses = poses_at(
            [(plan, time_s - self._start_s) for plan, (_, time_s) in zip(plans, looked_up, strict=True)]
        )
        return [replace(pose, time_s=time_s) for pose, (_, time_s) in zip(poses, looked_up, strict=True)]

    def show(self, time_s: float, voice: int = 0) -> Pose:
        """Frame loop. The pose of a dance at a time; there always is one. A dance that is not there is the first."""
        figures = self.figures
        figure = figures[voice] if voice < len(figures) else figures[0]
        return replace(figure.buffer.pose(time_s - self._start_s), time_s=time_s)
