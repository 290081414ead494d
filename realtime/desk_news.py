"""What desks are told many times a second: how each outlet does, what is heard, and what the dance is about to do."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from groovecast.audio.features import MEL_BANDS
from groovecast.motion.buffer import Plan
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.wire.desk_messages import HearingNow, Mark, OutletOnDesk, Outlets, PlanAhead
from realtime.dance import Dancer
from realtime.desk.board import Board
from realtime.desk.dance_wishes import OFFSET, outlet_offset
from realtime.meter import Meter
from realtime.outlets.sink import Sink
from realtime.server import PoseServer

STREAM = "stream"
_OUTLETS_EVERY_S, _HEARING_EVERY_S, _PLAN_EVERY_S = 1.0, 0.05, 0.1
_ROUNDING_S = 1e-3
_BANDS = 32
# Of levelled music's spectrum: what is shown as nothing, and as full.
_QUIET_DB, _LOUD_DB = -40.0, 25.0
_FIRST_MEL = np.linspace(0, MEL_BANDS, _BANDS, endpoint=False).astype(int)


@runtime_checkable
class Counting(Protocol):
    """An outlet that knows how many poses went out."""

    @property
    def sent(self) -> int:
        """So many."""
        ...


class _Line:
    """One outlet since it was last told of."""

    def __init__(self) -> None:
        self.pictures = self.told_sent = 0
        self.late_s: list[float] = []


class DeskNews:
    """Everything belongs to the frame loop, but the meter's `hear`. Without a desk next to nothing is done."""

    def __init__(
        self, dancer: Dancer, server: PoseServer, sinks: Sequence[Sink], board: Callable[[], Board]
    ) -> None:
        self.meter = Meter()  # the audio thread's
        self.marks: list[Callable[[], Iterable[Mark]]] = []  # who knows what is to come
        self._dancer, self._server, self._sinks, self._board = dancer, server, sinks, board
        self._lines = [_Line() for _ in range(1 + len(sinks))]
        self._outlets_s: float | None = None  # when they were told of last
        self._hearing_s = self._plan_s = -np.inf
        self._heard_s = -np.inf
        self._looked: tuple[Plan, float, Float[np.ndarray, " frames"]] | None = None

    def left(self, outlet: int, due_s: float, now_s: float) -> None:
        """A picture that was due then has left by the stream (0), or the outlet of that number, by now."""
        line = self._lines[outlet]
        line.pictures += 1
        if self._outlets_s is None:
            self._outlets_s = due_s
        if self._server.desks:
            line.late_s.append(now_s - due_s)

    def tick(self, now_s: float) -> None:
        """Tell what it is time for."""
        if not self._server.desks:
            return
        since_s = now_s - (now_s if self._outlets_s is None else self._outlets_s)
        if since_s >= _OUTLETS_EVERY_S - _ROUNDING_S:
            self._server.publish_desk(self._outlets(now_s, since_s))
            self._outlets_s = now_s
        if now_s - self._hearing_s >= _HEARING_EVERY_S - _ROUNDING_S:
            self._server.publish_desk(self._hearing())
            self._hearing_s = now_s
        elif now_s - self._plan_s >= _PLAN_EVERY_S - _ROUNDING_S:  # not at the same tick
            self._server.publish_desk(self._plan(now_s))
            self._plan_s = now_s

    def _outlets(self, now_s: float, since_s: float) -> Outlets:
        board = self._board()
        told = []
        for number, line in enumerate(self._lines):
            sink = self._sinks[number - 1] if number else None
            sent = sink.sent if isinstance(sink, Counting) else line.pictures
            told.append(
                OutletOnDesk(
                    name=sink.name if sink else STREAM,
                    fps=round((sent - line.told_sent) / since_s, 1),
                    latency_ms=round(1000 * float(np.mean(line.late_s)), 2) if line.late_s else None,
                    dropped=sink.dropped if sink else self._server.dropped,
                    offset_ms=round(board.number(outlet_offset(number) if sink else OFFSET, now_s), 1),
                    problem=sink.problem if sink else None,
                )
            )
            line.told_sent, line.late_s = sent, []
        return Outlets(outputs=tuple(told))

    def _hearing(self) -> HearingNow:
        hops = self._dancer.newest_hops
        fresh = [hop for hop in hops if hop.at_s > self._heard_s] or hops[-1:]
        level_db = round(self.meter.read().rms_db, 1)
        if not fresh:
            return HearingNow(t_s=0.0, bands=(0.0,) * _BANDS, energy=0.0, onset=0.0, level_db=level_db)
        self._heard_s = fresh[-1].at_s
        loudest_db = np.maximum.reduce([hop.log_mel_db for hop in fresh])
        bands = (np.maximum.reduceat(loudest_db, _FIRST_MEL) - _QUIET_DB) / (_LOUD_DB - _QUIET_DB)
        return HearingNow(
            t_s=round(self._heard_s, 4),
            bands=tuple(np.round(bands.clip(0, 1).astype(np.float64), 3).tolist()),
            energy=round(fresh[-1].energy, 3),
            onset=round(max(hop.onset for hop in fresh), 3),
            level_db=level_db,
        )

    def _plan(self, now_s: float) -> PlanAhead:
        dancer, plan = self._dancer, self._dancer.buffer.plan
        fps = plan.shown.fps
        if self._looked is None or self._looked[0] is not plan:
            row = max(1, int((now_s - dancer.frame_s(plan.first_frame)) * fps))
            self._looked = plan, dancer.frame_s(plan.first_frame + row), _speeds(plan, row)
        _, first_s, speed = self._looked
        over = min(max(0, int((now_s - first_s) * fps)), len(speed))
        marks = [mark for known in self.marks for mark in known()]
        return PlanAhead(
            now_s=round(now_s, 4),
            first_s=round(first_s + over / fps, 4),
            committed_s=round(dancer.firm_until_s(plan), 4),
            fps=fps,
            speed=tuple(np.round(speed[over:], 3).tolist()),
            marks=tuple(sorted(marks, key=lambda mark: mark.at_s)),
        )


def _speeds(plan: Plan, first_row: int) -> Float[np.ndarray, " frames"]:
    """How fast the body is in each frame from that row on, m/s: all joints averaged."""
    skeleton = groovecast_skeleton()
    root, quat = plan.shown.root_m[first_row - 1 :], plan.shown.local_quat_wxyz[first_row - 1 :]
    if len(root) < 2:
        return np.zeros(0)
    place, _ = world_from_local(root, quat, skeleton.rest_offset_m, skeleton.parents)
    return np.asarray(
        np.linalg.norm(np.diff(place, axis=0), axis=-1).mean(axis=-1) * plan.shown.fps, np.float64
    )
