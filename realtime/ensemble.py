"""Everybody on the stage as they are shown at a moment: each one's dance, and what the desk does to it."""

from collections.abc import Callable
from dataclasses import replace

from groovecast.motion.pose import Pose
from groovecast.wire.moment import Moment
from realtime.crew import Member, members_at
from realtime.dance import Dancer
from realtime.desk.board import Board
from realtime.stagecraft import staged_pose


class Ensemble:
    """One dance, or several, by all who dance it. Everything belongs to the frame loop."""

    def __init__(self, dancer: Dancer, board: Callable[[], Board] | None = None) -> None:
        self.dancer = dancer
        self._board = board

    def moments(self, shown_s: float, offset_s: float = 0.0) -> tuple[Moment, ...]:
        """What is to be seen then, of dances that are shown so much later than the music, as far as is known now."""
        captured_s = self.dancer.shaped_until_s
        if self._board is None:
            pose = self.dancer.show(shown_s - offset_s)
            return (self._moment(Member(0), replace(pose, time_s=shown_s), offset_s, captured_s),)
        board = self._board()
        beat_s = 60 / max(self.dancer.clock.tempo_bpm, 1.0)
        moments = []
        for member in members_at(board, shown_s, beat_s):
            pose = self.dancer.show(shown_s - offset_s - member.delay_s, member.voice)
            pose = staged_pose(replace(pose, time_s=shown_s), member, board, shown_s)
            moments.append(self._moment(member, pose, offset_s, captured_s))
        return tuple(moments)

    def with_music(self, moment: Moment, offset_s: float = 0.0) -> Moment:
        """The same pose, with what is known of the music by now."""
        return self._moment(Member(moment.dancer), moment.pose, offset_s, moment.t_capture_s)

    def _moment(self, member: Member, pose: Pose, offset_s: float, t_capture_s: float) -> Moment:
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
            dancer=member.dancer,
            scene=heard.section.scene,
        )
