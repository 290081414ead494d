"""What is going to be seen soon: each moment once, in order of time, and how often it was planned anew."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode

from groovecast.motion.sole_places import sole_places
from groovecast.wire.blocks import Block, beat_block, contacts_block
from groovecast.wire.frame import Frame, encode_frame
from groovecast.wire.messages import BlockName, Encoding, encode_text, pose_text
from groovecast.wire.moment import Moment

# A moment that differs by less is the same one: so coarse is the text form, and the short binary one is coarser.
_SAME_M = _SAME_QUAT = 1e-5
# Moments this near to each other are one; receivers reckon in the same step.
_STEPS_PER_S = 1e6
# Who looks no farther ahead gets each moment once and in order: a plan that is in time is made before that is sent.
# It is due 0.2 s before its first frame, takes some 40 ms, and the two frames before that one bend towards it.
_ONCE_S = 0.1
# More are not kept, whoever sends what: sixteen dancers at 120 a second for two seconds.
_MOST_KEPT = 4096
# What is handed to the system in one piece, at most: a client without room for more loses no more.
_PIECE_BYTES = 8 * 1024

Form = tuple[Encoding, int, tuple[BlockName, ...]]  # encoding, joints, blocks


class View(NamedTuple):
    """What one client wants and has had; clients with equal views get the same bytes."""

    form: Form
    look_ahead_s: float
    every: int  # of so many times one, and then all dancers
    next_seq: int  # it has had, or lost, the frames before
    changes: int  # of those that it had, it knows so many changes


class Delivery(NamedTuple):
    """The bytes that are due for a view, in pieces, and what it has had after each."""

    pieces: list[tuple[bytes, int]]  # with the next_seq afterwards
    changes: int  # when all of them are through


@dataclass(eq=False)
class Shown:
    """A moment on its way, each of its messages made once, when the first client needs it."""

    moment: Moment
    seq: int
    number: int  # which of the times that are shown, the same for all dancers
    revision: int = 0
    changed: int = 0  # the timeline's count of changes when it was last planned anew
    _places: Block | None = None
    _messages: dict[Form, bytes] = field(default_factory=dict)

    def take(self, moment: Moment) -> bool:
        """Tell it in this way from now on; whether that is another pose than the one before."""
        anew = not _same(moment, self.moment)
        if anew:
            self.revision += 1
            self._places = None
        if (
            moment.pose.time_s != self.moment.pose.time_s
        ):  # to a receiver it is the same only by the same number
            moment = replace(moment, pose=replace(moment.pose, time_s=self.moment.pose.time_s))
        self.moment = moment
        self._messages.clear()
        return anew

    def message(self, form: Form) -> bytes:
        """As it travels: a whole WebSocket frame, which is the same for everybody."""
        if form not in self._messages:
            encoding, joints, blocks = form
            frame = self._frame(blocks)
            if encoding == "json":
                whole = WebSocketFrame(Opcode.TEXT, encode_text(pose_text(frame, joints)).encode())
            else:
                whole = WebSocketFrame(Opcode.BINARY, encode_frame(frame, encoding, joints))
            self._messages[form] = whole.serialize(mask=False)
        return self._messages[form]

    def _frame(self, blocks: tuple[BlockName, ...]) -> Frame:
        moment = self.moment
        return Frame(
            moment.pose,
            self.seq,
            moment.t_capture_s,
            moment.beat,
            moment.tempo_bpm,
            moment.energy,
            dancer=moment.dancer,
            cut=moment.cut,
            revision=self.revision,
            blocks=tuple(self._blocks(blocks)),
        )

    def _blocks(self, names: tuple[BlockName, ...]) -> Iterator[Block]:
        if "beat" in names and (beat := self.moment.next_beat) is not None:
            yield beat_block(beat)
        if "contacts" in names:
            if self._places is None:
                pose = self.moment.pose
                self._places = contacts_block(sole_places(pose.root_m, pose.local_quat_wxyz))
            yield self._places


class Timeline:
    """The moments that were sent and are not over, and what of them each client is due."""

    def __init__(self) -> None:
        self._shown: dict[tuple[int, int], Shown] = {}  # by dancer and time, in order of seq
        self._newest: dict[int, int] = {}  # the place of each dancer's last moment
        self._numbers: dict[int, int] = {}  # of the times that are kept
        self._next_number = 0
        self._evicted: list[Shown] = []  # left out for want of room
        self.next_seq = 0
        self.changes = 0  # how often a moment was planned anew

    @property
    def first_seq(self) -> int:
        """Of the first moment that is not over."""
        return next((shown.seq for shown in self._shown.values()), self.next_seq)

    def put(self, moment: Moment) -> None:
        """Add a moment, or tell one that is known in another way: if its pose is another, it is one revision higher.

        One that is neither known nor later than all of its dancer's before is over, and left out.
        """
        dancer, time = moment.dancer, round(moment.pose.time_s * _STEPS_PER_S)
        known = self._shown.get((dancer, time))
        if known is None:
            if time <= self._newest.get(dancer, time - 1):
                return
            self._newest[dancer] = time
            if time not in self._numbers:
                self._numbers[time] = self._next_number
                self._next_number += 1
            self._shown[dancer, time] = Shown(moment, self.next_seq, self._numbers[time])
            self.next_seq += 1
            if len(self._shown) > _MOST_KEPT:
                self._evicted.append(self._shown.pop(next(iter(self._shown))))
        elif known.take(moment):
            self.changes += 1
            known.changed = self.changes

    def due(self, view: View, now_s: float) -> list[Shown]:
        """What it has not had and is soon enough to be seen, and what it had and is another by now."""
        until_s, every = now_s + view.look_ahead_s, view.every
        changes = view.changes if view.look_ahead_s > _ONCE_S else self.changes
        return [
            shown
            for shown in self._shown.values()
            if shown.number % every == 0
            and (
                shown.moment.pose.time_s <= until_s if shown.seq >= view.next_seq else shown.changed > changes
            )
        ]

    def delivery(self, view: View, now_s: float) -> Delivery:
        """The same as bytes."""
        pieces: list[tuple[bytes, int]] = []
        waiting: list[bytes] = []
        next_seq = view.next_seq
        for shown in self.due(view, now_s):
            message = shown.message(view.form)
            if waiting and sum(map(len, waiting)) + len(message) > _PIECE_BYTES:
                pieces.append((b"".join(waiting), next_seq))
                waiting = []
            waiting.append(message)
            next_seq = max(next_seq, shown.seq + 1)
        if waiting:
            pieces.append((b"".join(waiting), next_seq))
        return Delivery(pieces, self.changes)

    def forget(self, now_s: float) -> list[Shown]:
        """What is over by then is never sent again; all of it since the last time, in order of seq."""
        over, self._evicted = self._evicted, []
        for place, shown in list(self._shown.items()):
            if shown.moment.pose.time_s > now_s:
                break
            del self._shown[place]
            over.append(shown)
        oldest = next((time for _, time in self._shown), None)
        for time in list(self._numbers):
            if time != oldest and (oldest is None or time < oldest):
                del self._numbers[time]
            else:
                break
        return over


def _same(one: Moment, other: Moment) -> bool:
    """No receiver could tell their poses from each other."""
    a, b = one.pose, other.pose
    if one.cut != other.cut:
        return False
    return a is b or (
        np.array_equal(a.contacts, b.contacts)
        and a.local_quat_wxyz.shape == b.local_quat_wxyz.shape
        and bool(np.abs(a.root_m - b.root_m).max() <= _SAME_M)
        and bool(np.abs(a.local_quat_wxyz - b.local_quat_wxyz).max(initial=0) <= _SAME_QUAT)
    )
