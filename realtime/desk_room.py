"""Where the desk meets the show: what each control does, who is told of it, and what a client may send."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import numpy as np
from jaxtyping import Float32

from groovecast.wire.desk_messages import (
    CalibrateWish,
    Controls,
    ControlTurned,
    CueWish,
    LearnWish,
    Peers,
    ToDesk,
    Value,
)
from groovecast.wire.live_sound import LiveSound
from groovecast.wire.messages import Notice
from realtime.clock import Clock
from realtime.dance import Dancer
from realtime.desk.controls import (
    DANCE,
    STANDING,
    T_POSE,
    beat_controls,
    crew_controls,
    cue_controls,
    dance_controls,
    keyframe_controls,
    outlet_control,
    show_controls,
    sound_controls,
    stage_controls,
)
from realtime.desk.desk import Change, Desk
from realtime.desk_book import DeskBook
from realtime.input_desk import InputDesk
from realtime.outlets.sink import OffsetSink, Sink
from realtime.page_sound import InputKind
from realtime.server import PoseServer
from realtime.song_desk import SongDesk

_SEEDS = 10_000
_LOOK_EVERY_S = 0.25
NUDGE_S = 0.01


def desk_for(
    dancer: Dancer,
    sinks: Sequence[Sink],
    offset_s: float,
    now: Callable[[], float],
    ahead_s: float = 0.0,  # how long before it is shown a pose leaves
) -> Desk:
    """The desk of a show, every control where the show starts it."""
    styles, start = dancer.config.styles, dancer.settings
    offsets_s = (sink.offset_s if isinstance(sink, OffsetSink) else 0.0 for sink in sinks)
    return Desk(
        (
            *dance_controls(styles, start),
            *stage_controls(),
            *show_controls(1000 * offset_s),
            *(
                outlet_control(number, sink.name, 1000 * own_s)
                for number, (sink, own_s) in enumerate(zip(sinks, offsets_s, strict=True), 1)
            ),
            *beat_controls(dancer.conductor.names),
            *keyframe_controls(),
            *cue_controls(),
            *crew_controls(styles, start.dancers),
            *sound_controls(),
        ),
        now,
        ahead_s,
    )


class Guests(Protocol):
    """Who turns and beats time from outside."""

    def learn(self, name: str | None) -> None:
        """The next MIDI control that moves turns this one; None: none does. Raises ValueError."""

    def peers(self) -> Peers:
        """Who is there now."""
        ...


class DeskRoom:
    """Behind the server: clients turn, tap and send here. Everything belongs to the frame loop."""

    def __init__(self, desk: Desk, dancer: Dancer, inputs: InputDesk, song: SongDesk, clock: Clock) -> None:
        self.desk = desk
        self._dancer, self._inputs, self._clock = dancer, inputs, clock
        self._server: PoseServer | None = None
        self.book: DeskBook | None = None
        self._guests: Guests | None = None
        self._told_peers = Peers()
        self._looked_s = 0.0  # when it was last seen who is there
        conductor = dancer.conductor
        desk.on_turn("playing", song.play)
        desk.on_turn("position_s", song.seek)
        desk.on_turn("beat_source", lambda name, by: conductor.wish(str(name)))
        desk.on_press("tap", self.tap)
        desk.on_press("double", lambda at_s: conductor.count(2.0, at_s))
        desk.on_press("half", lambda at_s: conductor.count(0.5, at_s))
        desk.on_press("nudge_earlier", lambda at_s: conductor.nudge(-NUDGE_S, at_s))
        desk.on_press("nudge_later", lambda at_s: conductor.nudge(NUDGE_S, at_s))
        desk.on_press("resync", conductor.resync)
        desk.on_press("reroll", self._reroll)
        desk.on_press("panic", self._panic)
        desk.on_press("resume", self._resume)
        desk.listen(self._tell)
        desk.on_list(self._tell_list)

    def open(self, server: PoseServer) -> None:
        """From now on these clients are told."""
        self._server = server
        self.desk.on_say(lambda text: server.publish(Notice(text=text)))

    def keep(self, book: DeskBook) -> None:
        """From now on clients can ask for what is in it."""
        self.book = book
        book.publish(self._publish)

    def invite(self, guests: Guests) -> None:
        """From now on desks are told who is there."""
        self._guests = guests

    def tick(self, now_s: float) -> None:
        """Once a picture: what was turned meanwhile is done, and what is due begins."""
        if self.book is not None:
            self.book.tick(now_s)
        self.desk.tick(now_s)
        if self._guests is not None and now_s - self._looked_s >= _LOOK_EVERY_S:
            self._looked_s = now_s
            peers = self._guests.peers()
            if peers != self._told_peers:
                self._told_peers = peers
                self._publish(peers)

    def set(self, name: str, value: Value, by: str = "") -> None:
        """Turn a control. Raises ValueError, in words for the person, for what cannot be done."""
        if name == "beat_octave" and isinstance(value, int | float):  # as the first page has it
            return self._dancer.conductor.count(float(value), self._clock.now_s())
        self.desk.turn(name, value, by)

    def tap(self, at_s: float) -> None:
        """Somebody tapped a beat then."""
        if self.book is not None and self.book.calibrator.take_tap(at_s):
            return
        self._dancer.taps.post(at_s)

    def greeting(self) -> Iterable[ToDesk]:
        """What a new desk must know."""
        yield self._list()
        if self.book is not None:
            yield from self.book.greeting()
        yield self._told_peers

    def hear_desk(self, said: CueWish | LearnWish | CalibrateWish, by: str) -> None:
        """Do what a desk asks beside turning a control. Raises ValueError for what cannot be done."""
        match said:
            case CueWish() if self.book is not None:
                self.book.cues.hear(said, by)
            case CalibrateWish() if self.book is not None:
                self.book.calibrator.ask(said)
            case LearnWish(name=name) if self._guests is not None:
                self._guests.learn(name)
            case LearnWish():
                raise ValueError("asked to learn a MIDI control, no port is open: start with --midi PORT")
            case _:
                raise ValueError(f"asked for {type(said).__name__}, this show has none")

    async def song(
        self, client: object, title: str, samples: Float32[np.ndarray, " samples"], sample_rate_hz: int
    ) -> None:
        """Dance to a song that a client sent and plays itself; ValueError while the sound is live."""
        await self._inputs.song(client, title, samples, sample_rate_hz)

    def take_input(self, client: object, kind: InputKind, label: str) -> None:
        """Dance to what that client sends from now on."""
        self._inputs.take(client, kind, label)

    def leave_input(self, client: object) -> None:
        """That client sends no more, if it did."""
        self._inputs.leave(client)

    def hear_input(self, client: object, sound: LiveSound) -> None:
        """Hear what that client sent, if it is the one."""
        self._inputs.hear(client, sound)

    def _reroll(self, at_s: float) -> None:
        # a step that meets every number before it meets one again
        self.desk.turn("seed", (int(self.desk.value("seed")) + 7919) % _SEEDS, "reroll")

    def _panic(self, at_s: float) -> None:
        """Standing is enough for most; who presses again wants the figure out of any dance."""
        self.desk.turn("posture", STANDING if self.desk.value("posture") == DANCE else T_POSE, "panic")

    def _resume(self, at_s: float) -> None:
        self.desk.turn("posture", DANCE, "resume")
        self.desk.turn("freeze", False, "resume")

    def _list(self) -> Controls:
        desk = self.desk
        return Controls(
            controls=tuple(control.on_desk(desk.value(control.name)) for control in desk.controls)
        )

    def _tell(self, change: Change) -> None:
        if self._server is not None and self._server.desks:
            self._server.publish_desk(ControlTurned(name=change.name, value=change.value, by=change.by))

    def _publish(self, message: ToDesk) -> None:
        if self._server is not None:
            self._server.publish_desk(message)

    def _tell_list(self) -> None:
        if self._server is not None:
            self._server.publish_desk(self._list())
