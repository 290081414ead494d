"""Keeps the poses of one dancer until their time and gives the one for now, without a jump."""

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from operator import is_ as _is

import numpy as np

from groovecast_client.between import (
    Kept,
    Stance,
    apart,
    kept,
    lag,
    stance_between,
    stance_beyond,
    with_lag,
)
from groovecast_client.frame import Floats, Frame, NextBeat
from groovecast_client.play_out import PlayOut

SAME_S = 1e-6  # frames nearer than this are of the same moment
BLEND_S = 0.15  # how long the figure takes from where it stood to where the dance is
STARVED_S = 0.1  # so long after the last frame the figure counts as waiting
_AHEAD_S = 2.0
_MOST_KEPT = 512
_FRAME_S = 1 / 60
_BACK_S = 0.005  # a step back of the time itself that is no rounding
_SAME_STANCE = 1e-7
_TRUSTED_S = 2.0  # so long a beat goes on by its tempo when nothing new is heard
_SHORTEST_BEAT_S = 0.05
_MOST_LOST = 3  # frames in a row whose newer version is likely to be missing


@dataclass(frozen=True, eq=False)
class Pose:
    """How a dancer stands at a moment; right-handed, Y up, facing +Z, left +X, metres, quaternions w x y z."""

    time_s: float  # the moment of the dance, in server time
    root_m: Floats  # (3,) the hips' place in the world
    local_quat_wxyz: Floats  # (joints, 4) local to the parent, of length one
    contacts: tuple[bool, bool, bool, bool]  # left heel, left toes, right heel, right toes on the floor
    contact_places_m: Floats | None  # (4, 3) where these are; None when the server does not tell
    beat: float | None  # a count that goes on: its fraction is the phase
    next_beat: NextBeat | None  # the first beat after this moment, in server time
    tempo_bpm: float  # 0 if unknown
    energy: float  # of the dance that the music asks for, 0 to 1
    dancer: int
    held: bool  # nothing came: the figure goes on a little and then waits


@dataclass(frozen=True)
class Counts:
    """What happened to the frames."""

    received: int = 0
    late: int = 0  # came after their moment was shown
    revised: int = 0  # took the place of one that was planned before
    starved: int = 0  # times that the figure had to wait
    waiting: int = 0  # are kept for their time


class JitterBuffer:
    """One dancer. Frames go in as they come; a pose comes out for any time that does not run backwards."""

    def __init__(self, delay_s: float = 0.0) -> None:
        self._user_delay_s = delay_s
        self._play_out = PlayOut()
        self._all: list[Kept] = []  # by their time
        self._line: list[Kept] = []  # those of them that are danced
        self._stale = False  # the line is older than what is kept
        self._counts = Counts()
        self._held = False
        self._at_s = -math.inf  # the moment that was shown last
        self._around: tuple[Kept | None, ...] = ()  # the frames that made it
        self._meant: Stance | None = None  # by these frames alone
        self._shown: Stance | None = None
        self._behind: Stance | None = None  # of what is shown to what is meant, when the blend began
        self._blend_from_s = self._now_s = -math.inf
        self._epoch = 0
        self._last: Pose | None = None

    @property
    def counts(self) -> Counts:
        """What happened to the frames so far."""
        return replace(self._counts, waiting=len(self._all))

    @property
    def delay_s(self) -> float:
        """By how much the dance is shown later than its time, the wished delay included."""
        return self._user_delay_s + self._play_out.delay_s

    def forget(self) -> None:
        """Another dance begins: no old frame is shown, the figure blends over from where it stands."""
        self._all, self._line, self._stale, self._play_out = [], [], False, PlayOut()
        self._at_s, self._around, self._meant = -math.inf, (), None

    def push(self, frame: Frame, now_s: float | None = None) -> None:
        """Keep a frame for its moment. It came at server time `now_s`; None: that says nothing about the network."""
        self._count(received=1)
        time_s = frame.t_present_s
        if now_s is not None and time_s > now_s + _AHEAD_S:
            return  # no server sends so far ahead
        if now_s is not None and frame.revision == 0:
            self._play_out.came(time_s - now_s, self._frame_s())
        at = bisect_left(self._all, time_s - SAME_S, key=_time)
        if at < len(self._all) and self._all[at].time_s <= time_s + SAME_S:
            if frame.revision < self._all[at].frame.revision:
                return
            self._count(revised=frame.revision > self._all[at].frame.revision)
            self._all[at] = kept(frame)
        elif time_s <= self._at_s and at < len(self._all):
            self._count(late=1)
            return
        else:
            # late or not, the newest says best where the figure is
            self._count(late=time_s <= self._at_s)
            self._all.insert(at, kept(frame))
        del self._all[:-_MOST_KEPT]
        self._stale = True

    def pose_at(self, now_s: float, epoch: int = 0) -> Pose | None:
        """The pose at server time `now_s`; None before the first frame. Another `epoch`: that time has jumped."""
        dancing = self._shown is not None and not self._held
        play_s = now_s - self._user_delay_s - self._play_out.at(now_s, dancing)
        if self._stale:
            self._line, self._stale = danced(self._all), False
        if not self._line:
            return None if self._last is None else replace(self._last, held=True, beat=None, next_beat=None)
        meant, around = self._meant_at(play_s)
        if self._shown is not None:
            leapt = epoch != self._epoch or play_s < self._at_s - _BACK_S or self._meant is None
            self._notice_changes(meant, around, play_s, now_s if leapt else None)
        shown = meant
        if self._behind is not None:
            share = min(max(0.0, (now_s - self._blend_from_s) / BLEND_S), 1.0)
            if share < 1:
                shown = with_lag(meant, self._behind, 1 - share * share * (3 - 2 * share))
            else:
                self._behind = None
        held = play_s > self._line[-1].time_s + STARVED_S
        self._count(starved=held and not self._held)
        self._held, self._at_s, self._now_s, self._epoch = held, play_s, now_s, epoch
        self._meant, self._around, self._shown = meant, around, shown
        source = self._source_at(play_s)
        oldest = next(one for one in around if one is not None)  # the one that still gives the speed
        if over := bisect_left(self._all, oldest.time_s, key=_time):
            del self._all[:over]
            self._stale = True
        self._last = _pose(source.frame, shown, play_s, held)
        return self._last

    def _notice_changes(
        self, meant: Stance, around: tuple[Kept | None, ...], play_s: float, leapt_at_s: float | None
    ) -> None:
        """Where what is meant no longer fits what was shown, begin to blend from there; after a cut, never."""
        if leapt_at_s is not None:
            self._blend(meant, leapt_at_s)
            return
        then, around_then = self._meant_at(self._at_s)
        same = len(around_then) == len(self._around) and all(map(_is, around_then, self._around))
        if not same and self._meant is not None and apart(then, self._meant) > _SAME_STANCE:
            self._blend(then, self._now_s)
        if any(one is not None and one.frame.cut and self._at_s < one.time_s <= play_s for one in around):
            self._behind = None

    def _blend(self, meant: Stance, from_s: float) -> None:
        """From now on show what is meant plus what is left of the way to it."""
        assert self._shown is not None
        self._behind = None
        if len(self._shown.quat) == len(meant.quat):
            self._behind, self._blend_from_s = lag(self._shown, meant), from_s

    def _meant_at(self, time_s: float) -> tuple[Stance, tuple[Kept | None, ...]]:
        """The stance of a moment by the frames alone, and those frames."""
        line, after = self._line, bisect_right(self._line, time_s, key=_time)
        if after == 0:
            return line[0].stance, (line[0],)
        before = line[after - 2] if after > 1 else None
        if after == len(line):
            return stance_beyond(before, line[-1], time_s), (before, line[-1])
        beyond = line[after + 1] if after + 1 < len(line) else None
        around = before, line[after - 1], line[after], beyond
        return stance_between(around, time_s), around

    def _source_at(self, time_s: float) -> Kept:
        """The last frame before a moment."""
        return self._line[max(0, bisect_right(self._line, time_s, key=_time) - 1)]

    def _frame_s(self) -> float:
        """How far frames are apart."""
        if len(self._all) < 2:
            return _FRAME_S
        return min((self._all[-1].time_s - self._all[0].time_s) / (len(self._all) - 1), STARVED_S)

    def _count(self, received: int = 0, late: int = 0, revised: int = 0, starved: int = 0) -> None:
        counts = self._counts
        self._counts = Counts(
            counts.received + received, counts.late + late, counts.revised + revised, counts.starved + starved
        )


def danced(frames: list[Kept]) -> list[Kept]:
    """Without those of an older plan between newer ones: their new version was lost on the way, or is still coming.

    A plan anew is sent for many moments in a row and knows newer sound, so a few frames that know less than one
    before them are such. More in a row are none: what a new plan shows alike is not sent again.
    """
    line: list[Kept] = []
    older: list[Kept] = []
    heard_s = -math.inf
    for one in frames:
        if one.frame.t_capture_s < heard_s:
            older.append(one)
            continue
        if len(older) > _MOST_LOST:
            line += older
        older, heard_s = [], one.frame.t_capture_s
        line.append(one)
    return line + older


def _pose(frame: Frame, shown: Stance, time_s: float, held: bool) -> Pose:
    """What is told of a moment; the beat goes on by its tempo for a while."""
    since_s = time_s - frame.t_present_s
    trusted = since_s < _TRUSTED_S
    return Pose(
        time_s=time_s,
        root_m=shown.root_m.astype(np.float32),
        local_quat_wxyz=shown.quat.astype(np.float32),
        contacts=frame.contacts,
        contact_places_m=frame.contact_places_m,
        beat=None
        if frame.beat is None or not trusted
        else frame.beat + max(0.0, since_s) * frame.tempo_bpm / 60,
        next_beat=_after(frame.next_beat, time_s) if frame.next_beat and trusted else None,
        tempo_bpm=frame.tempo_bpm,
        energy=frame.energy,
        dancer=frame.dancer,
        held=held,
    )


def _after(beat: NextBeat, time_s: float) -> NextBeat:
    """The first beat after a moment, by the period."""
    if not beat.next_beat_s <= time_s < beat.next_beat_s + 2 * _TRUSTED_S or beat.period_s < _SHORTEST_BEAT_S:
        return beat
    beats = math.floor((time_s - beat.next_beat_s) / beat.period_s) + 1
    position = (beat.bar_position + beats) % (beat.beats_per_bar or 1)
    return replace(beat, next_beat_s=beat.next_beat_s + beats * beat.period_s, bar_position=position)


def _time(one: Kept) -> float:
    return one.time_s
