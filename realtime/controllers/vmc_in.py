"""VMC's control port: an assistant asks how the figure is, wants a T-pose, calls a cue, or turns a MIDI knob."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from groovecast.wire.desk_messages import Value
from groovecast.wire.errors import WireError
from groovecast.wire.midi import ControlChange, MidiTouch, Note
from groovecast.wire.osc_packet import osc_elements, osc_said
from groovecast.wire.vmc_control import (
    Calibrate,
    Config,
    Foreign,
    Period,
    Shortcut,
    Tell,
    VmcAsked,
    vmc_asked,
    vmc_state,
)
from realtime.controllers.complaints import Complaints
from realtime.controllers.controller import TurnedDesk
from realtime.controllers.listening import Address, Listening, Sender
from realtime.desk.control import Control
from realtime.desk.controls import T_POSE

VMC_PORT = 39540  # where performers listen unless told otherwise
POSTURE = "posture"
T_POSE_S = 1.0  # after the way there
_MOST_MESSAGES_A_TICK = 256
_TOLD_EVERY_S = 0.1


@runtime_checkable
class SlowedReceiver(Protocol):
    """A VMC receiver that can be sent fewer frames."""

    @property
    def peer_host(self) -> str:
        """Its address."""
        ...

    def slow_down(self, frames: int) -> None:
        """Send it every so many frames of those that are shown."""


@dataclass(frozen=True)
class _Posing:
    """A calibration under way: until when, and what comes after it."""

    until_s: float
    before: Value
    by: str


class VmcIn:
    """Turns the desk as VMC's messages to a performer say. Belongs to the frame loop."""

    def __init__(
        self,
        desk: TurnedDesk,
        address: Address,
        receivers: Sequence[SlowedReceiver] = (),
        midi_touched: Callable[[MidiTouch, float], None] | None = None,
    ) -> None:
        """`receivers`: who may ask for fewer frames; `midi_touched`: told what moved at the assistant, and when."""
        self._desk = desk
        self._listening = Listening("VMC control", address)
        self._receivers, self._midi_touched = receivers, midi_touched
        self._messages_left = 0
        self._now_s = 0.0
        self._began_s: float | None = None
        self._told_s = float("-inf")
        self._posing: _Posing | None = None
        self._complaints = Complaints(desk.say)
        self._controls: dict[str, Control] = {}
        self.ignored = 0  # messages of a body, which a dancer needs not
        self._learn()
        desk.on_list(self._learn)

    @property
    def name(self) -> str:
        """What it is and where it listens."""
        return self._listening.name

    @property
    def address(self) -> Address:
        """Where it listens; the port is known once it has started."""
        return self._listening.address

    @property
    def trouble(self) -> str:
        """One line on why it hears nothing; "" while all is well."""
        return self._listening.trouble

    @property
    def refused(self) -> int:
        """How many datagrams and messages could not be used."""
        return self._complaints.count

    async def start(self) -> None:
        """Listen. Raises OSError with the mend."""
        self._listening.start()
        if not self.address.loopback:
            self._desk.say(f"{self.name} is open to the whole network, and VMC knows no password")

    def tick(self, now_s: float) -> None:
        """Do what came; tell the person, at most once a second, what could not be done."""
        self._now_s = now_s
        self._began_s = now_s if self._began_s is None else self._began_s
        self._messages_left = _MOST_MESSAGES_A_TICK
        for datagram, sender in self._listening.read(lambda: self._messages_left <= 0):
            self._hear(datagram, sender)
        if self._posing is not None and now_s >= self._posing.until_s:
            # unless somebody has taken it out of the pose by now
            if self._desk.value(POSTURE) == T_POSE:
                self._desk.post_value(POSTURE, self._posing.before, self._posing.by)
            self._posing = None
        self._complaints.tell(now_s)

    async def stop(self) -> None:
        """Close the port."""
        self._listening.stop()

    def _hear(self, datagram: bytes, sender: Sender) -> None:
        try:
            elements = osc_elements(datagram)
        except WireError as why:
            self._messages_left -= 1
            return self._complaints.note(f"{why} (vmc {sender})")
        self._messages_left -= max(1, len(elements))
        for element in elements:
            try:
                self._do(vmc_asked(osc_said(element)), sender)
            except ValueError as why:
                self._complaints.note(f"{why} (vmc {sender})")

    def _do(self, asked: VmcAsked, sender: Sender) -> None:
        match asked:
            case Foreign():
                self.ignored += 1
            case Tell():
                if self._now_s - self._told_s >= _TOLD_EVERY_S:
                    self._told_s = self._now_s
                    running_s = self._now_s - (self._began_s or 0.0)
                    self._listening.send(sender, vmc_state(running_s, self.address.port, "groovecast"))
            case Calibrate():
                self._stand_in_t_pose(f"vmc {sender}")
            case Period(bone_frames=frames):
                self._slow_down(frames, sender)
            case Shortcut(name=name):
                self._call(name, f"vmc {sender}")
            case Config():
                raise ValueError("asked by VMC to load a file: no file that the network names is opened here")
            case ControlChange() | Note() as touch:
                if self._midi_touched is not None:
                    self._midi_touched(touch, self._now_s)
                else:
                    self.ignored += 1

    def _stand_in_t_pose(self, by: str) -> None:
        """`tick` ends it."""
        posture = self._controls.get(POSTURE)
        if posture is None:
            raise ValueError("asked by VMC to calibrate: this desk has no T-pose")
        until_s = self._now_s + posture.glide_s + T_POSE_S
        if self._posing is None:
            self._posing = _Posing(until_s, self._desk.value(POSTURE), by)
            self._desk.post_value(POSTURE, T_POSE, by)
        else:
            self._posing = replace(self._posing, until_s=until_s)

    def _slow_down(self, frames: int, sender: Sender) -> None:
        meant = [receiver for receiver in self._receivers if receiver.peer_host == sender.host]
        if not meant:
            raise ValueError(
                f"asked by VMC for fewer frames: none are sent to {sender.host}, add --vmc {sender.host}"
            )
        for receiver in meant:
            receiver.slow_down(frames)

    def _call(self, name: str, by: str) -> None:
        """Press a button, turn a switch over, or go to a cue."""
        control = self._controls.get(name)
        cues = self._controls.get("cue")
        if control is not None and control.kind == "button":
            self._desk.post(name, 1.0, by)
        elif control is not None and control.kind == "switch":
            self._desk.post_value(name, not self._desk.value(name), by)
        elif cues is not None and name in cues.choices:
            self._desk.post_value("cue", name, by)
        else:
            raise ValueError(
                f"asked by VMC for the shortcut {name[:40]!r}: no cue, button or switch has that name"
            )

    def _learn(self) -> None:
        self._controls = {control.name: control for control in self._desk.controls}
