"""Everybody on the stage as they are shown at a moment: each one's dance, and what the desk does to it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from groovecast.motion.pose import Pose
from groovecast.motion.stretch import in_the_mirror
from groovecast.wire.moment import Moment
from realtime.canon import CanonClock
from realtime.crew import Member, members_at
from realtime.dance import Dancer
from realtime.desk.board import Board
from realtime.desk.controls import MOST_DANCERS
from realtime.roles import HIDDEN_M, Roles, mixed
from realtime.stagecraft import Stagecraft

# Who comes is not to be blended with where it was long ago: its first picture, at any usual rate, is a cut.
_FIRST_PICTURE_S = 1 / 29


class Ensemble:
    """One dance, or several, by all who dance it. Everything belongs to the frame loop."""

    def __init__(
        self,
        dancer: Dancer,
        board: Callable[[], Board] | None = None,
        own: Callable[[], int] = lambda: MOST_DANCERS,
    ) -> None:
        self.dancer = dancer
        self._board = board
        self._own = own  # how many dances of their own there can be
        self._canon = CanonClock()
        self._roles = Roles()
        self._stagecraft = Stagecraft()

    @property
    def turns(self) -> int:
        """Another number whenever a control was turned since: then what is shown later may be another."""
        return 0 if self._board is None else self._board().turns

    def moments(self, shown_s: float, offset_s: float = 0.0) -> tuple[Moment, ...]:
        """What is to be seen then, of dances that are shown so much later than the music, as far as is known now."""
        captured_s, music_s = self.dancer.shaped_until_s, shown_s - offset_s
        if self._board is None:
            pose = self.dancer.show(music_s)
            return (self._moment(0, replace(pose, time_s=shown_s), offset_s, captured_s),)
        board = self._board()
        self._canon.follow(self.dancer.clock, music_s)
        members = members_at(board, shown_s, self._own())
        for member in members:
            self._roles.follow(member, shown_s)
        danced = self._looked_up(members, shown_s, music_s)
        moments = []
        for member in members:

            def danced_at(then_s: float, dancer: int = member.dancer) -> Pose:
                return self._danced(dancer, then_s, then_s - offset_s, danced)

            pose, cut = self._stagecraft.staged(member, danced_at, board, shown_s, offset_s)
            moment = replace(self._moment(member.dancer, pose, offset_s, captured_s), cut=cut)
            if self._roles.arrives(member.dancer, shown_s, _FIRST_PICTURE_S):
                moment = replace(moment, cut=True)
            moments.append(moment)
        for dancer in self._roles.gone(members, shown_s):
            under = moments[0].pose.root_m + np.array([0, HIDDEN_M, 0], np.float32)
            moments.append(
                replace(moments[0], dancer=dancer, cut=True, pose=replace(moments[0].pose, root_m=under))
            )
        return tuple(moments)

    def with_music(self, moment: Moment, offset_s: float = 0.0) -> Moment:
        """The same pose, with what is known of the music by now."""
        known = self._moment(moment.dancer, moment.pose, offset_s, moment.t_capture_s)
        return replace(known, cut=moment.cut)

    def _looked_up(
        self, members: Sequence[Member], shown_s: float, music_s: float
    ) -> dict[tuple[int, float], Pose]:
        """What they dance then, by dance and its time: whoever shows the same is looked up once, and all together."""
        if len(members) == 1:
            return {}
        wanted = {
            (part.voice, music_s - self._canon.delay_s(part.beats_late, music_s)): None
            for member in members
            for part, _ in self._roles.parts(member.dancer, shown_s)
        }
        return dict(zip(wanted, self.dancer.show_all(list(wanted)), strict=True))

    def _danced(
        self, dancer: int, shown_s: float, music_s: float, danced: dict[tuple[int, float], Pose]
    ) -> Pose:
        """What one of the crew dances then, wherever it stands."""
        poses = []
        for part, share in self._roles.parts(dancer, shown_s):
            then_s = music_s - self._canon.delay_s(part.beats_late, music_s)
            pose = danced.get((part.voice, then_s))
            if pose is None:
                pose = danced[part.voice, then_s] = self.dancer.show(then_s, part.voice)
            poses.append((in_the_mirror(pose) if part.mirrored else pose, share))
        return mixed(poses)

    def _moment(self, dancer: int, pose: Pose, offset_s: float, t_capture_s: float) -> Moment:
        heard = self.dancer.heard
        beats, known = heard.clock, heard.mood.trust > 0
        return Moment(
            pose=pose,
            beat=float(beats.beat_at(pose.time_s - offset_s)) - beats.downbeat if known else None,
            tempo_bpm=beats.tempo_bpm if known else 0.0,
            energy=heard.mood.energy,
            t_capture_s=t_capture_s,
            beats_per_bar=beats.beats_per_bar,
            confidence=beats.confidence,
            dancer=dancer,
            scene=heard.section.scene,
        )
