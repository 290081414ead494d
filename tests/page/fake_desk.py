"""A server of sine waves with a desk: the real controls, cues, a crew and all that a desk is told of.

python tests/page/fake_desk.py [PORT]
"""

import asyncio
import json
import math
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np
from fake_server import FPS, LOOK_AHEAD_S, TEMPO_BPM, FakeServer, dancing_pose, rest_pose
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from groovecast.audio.scene import Section
from groovecast.motion.pose import Pose
from groovecast.wire.blocks import NextBeat, beat_block
from groovecast.wire.frame import Frame, encode_frame
from groovecast.wire.messages import State, Value, encode_text
from realtime.dance_settings import DanceSettings
from realtime.desk import controls as desk_controls
from realtime.desk.control import Control

STYLES = ("auto", "house", "hiphop", "street", "waacking")
DEVICES = ("Scarlett 2i2 USB", "Built-in microphone", "Loopback of the main output")
OUTPUTS = ("VMC to 127.0.0.1:39539", "OSC to 192.168.1.20:9000")
_BEAT_S = 60 / TEMPO_BPM
_TOLD_EVERY_S = 0.05
_UNDER_M = 100.0


def all_controls() -> list[Control]:
    """What the real desk lists, and an input device."""
    return [
        *desk_controls.dance_controls(STYLES[1:], DanceSettings(style="auto")),
        *desk_controls.stage_controls(),
        *desk_controls.show_controls(),
        *(desk_controls.outlet_control(k + 1, name, 0.0) for k, name in enumerate(OUTPUTS)),
        *desk_controls.beat_controls(("auto", "tracker", "tap")),
        *desk_controls.keyframe_controls(),
        *desk_controls.cue_controls(),
        *desk_controls.crew_controls(STYLES[1:], 1),
        *desk_controls.sound_controls(),
        Control(
            name="device",
            kind="choice",
            group="sound",
            says="Which input is heard",
            choices=DEVICES,
            start=DEVICES[0],
            in_cues=False,
        ),
    ]


@dataclass
class FakeDesk(FakeServer):
    """Speaks the desk's messages; what it was told is in `heard`, and a test may `tell` every desk something."""

    values: dict[str, Value] = field(default_factory=dict)
    sizes: tuple[float, ...] = ()  # by dancer, times the control; the others' are 1
    cues: list[dict[str, object]] = field(default_factory=list)
    current: str | None = None
    pending: tuple[str, float] | None = None
    answers: bool = True  # an echo of what was turned
    chatty: bool = True  # hearing, plan and outputs, again and again
    _desks: set[ServerConnection] = field(default_factory=set)
    _controls: dict[str, Control] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._controls = {control.name: control for control in all_controls()}
        self.values = {name: control.start for name, control in self._controls.items()} | self.values

    def tell(self, message: dict[str, object]) -> None:
        """From any thread: a message to every desk."""
        self._loop.call_soon_threadsafe(lambda: asyncio.ensure_future(self._tell_all(message)))

    def turn(self, name: str, value: Value, by: str = "osc 127.0.0.1:50000") -> None:
        """From any thread: another desk turns a control."""
        self._loop.call_soon_threadsafe(lambda: asyncio.ensure_future(self._turn(name, value, by)))

    def hang_up(self) -> None:
        """From any thread: every line breaks."""
        for client in list(self._clients):
            self._loop.call_soon_threadsafe(client.transport.abort)

    @property
    def now_s(self) -> float:
        """The server's clock."""
        return self._loop.time()

    def told(self, kind: str) -> list[dict[str, object]]:
        """What clients said of that type."""
        return [message for message in self.heard if message.get("type") == kind]

    # -- the loop's thread ----------------------------------------------------------------------------------

    async def _hear(self, client: ServerConnection, message: str | bytes) -> None:
        said = json.loads(message) if isinstance(message, str) else {}
        doings: dict[str, Callable[[], object]] = {
            "desk": lambda: self._welcome(client),
            "set": lambda: self._turn(said["name"], said["value"], "page 1"),
            "tap": lambda: self._nothing(),
            "cue": lambda: self._cue(said),
        }
        doing = doings.get(str(said.get("type")))
        if doing is None:
            await super()._hear(client, message)
            return
        self.heard.append(said)
        await doing()  # type: ignore[misc]

    async def _nothing(self) -> None:
        return

    async def _welcome(self, client: ServerConnection) -> None:
        self._desks.add(client)
        for message in (self._list(), self._cue_list()):
            await client.send(json.dumps(message))

    async def _tell_all(self, message: dict[str, object]) -> None:
        """To every desk; of the crew every client is told."""
        for client in list(self._clients if message["type"] == "crew" else self._desks):
            try:
                await client.send(json.dumps(message))
            except ConnectionClosed:
                self._desks.discard(client)

    def _list(self) -> dict[str, object]:
        controls = [
            {**msgspec.to_builtins(control), "value": self.values[name]}
            for name, control in self._controls.items()
        ]
        return {"type": "controls", "controls": controls}

    async def _turn(self, name: str, value: Value, by: str) -> None:
        control = self._controls.get(name)
        if control is None:
            await self._tell_all({"type": "notice", "text": f"asked for the control {name!r}: there is none"})
            return
        read = control.read(value)
        if control.kind != "button":
            self.values[name] = read
        elif name == "panic":
            await self._turn("posture", "standing" if self.values["posture"] == "dance" else "t-pose", by)
        elif name == "resume":
            await self._turn("posture", "dance", by)
        elif name in ("cue_next", "cue_previous") and self.cues:
            names = [str(cue["name"]) for cue in self.cues]
            at = names.index(self.current) if self.current in names else -1
            await self._recall(names[(at + (1 if name == "cue_next" else -1)) % len(names)])
        if name == "playing":
            self._playing = bool(read)
            await self._tell_transport(self._position_s)
        if self.answers and control.kind != "button":
            await self._tell_all({"type": "control", "name": name, "value": read, "by": by})
        if name in ("dancers", "size", "blackout", "formation", "spacing_m"):
            await self._tell_all(self._crew())

    async def _cue(self, said: dict[str, object]) -> None:
        name, to = str(said["name"]), said.get("to")
        names = [str(cue["name"]) for cue in self.cues]
        match said["do"]:
            case "keep" if name in names:
                self.cues[names.index(name)]["keyframe"] = said["keyframe"]
            case "keep":
                self.cues.append(
                    {
                        "name": name,
                        "fade_s": self.values["fade_s"],
                        "when": self.values["quantise"],
                        "keyframe": said["keyframe"],
                    }
                )
            case "remove":
                self.cues = [cue for cue in self.cues if cue["name"] != name]
            case "rename":
                self.cues[names.index(name)]["name"] = to
            case "move" if isinstance(to, int):
                self.cues.insert(to, self.cues.pop(names.index(name)))
            case "recall":
                await self._recall(name)
        await self._tell_all(self._cue_list())

    async def _recall(self, name: str) -> None:
        now_s = self._loop.time()
        beats = {"now": 0, "beat": 1, "bar": 4, "four bars": 16}[str(self.values["quantise"])]
        if not beats:
            self.current, self.pending = name, None
            return await self._tell_all(self._cue_list())
        beat = self._beat_at(now_s)
        due_s = now_s + (math.ceil(beat / beats) * beats - beat) * _BEAT_S
        self.pending = (name, due_s)
        await self._tell_all(self._cue_list())

        def come() -> None:
            if self.pending == (name, due_s):
                self.current, self.pending = name, None
                self._loop.create_task(self._tell_all(self._cue_list())).add_done_callback(lambda _: None)

        self._loop.call_at(due_s, come)

    def _cue_list(self) -> dict[str, object]:
        name, at_s = self.pending or (None, None)
        return {
            "type": "cues",
            "cues": self.cues,
            "current": self.current,
            "pending": name,
            "pending_at_s": at_s,
        }

    def _crew(self) -> dict[str, object]:
        dancers = [
            {
                "dancer": k,
                "name": f"dancer {k + 1}",
                "size": float(self.values["size"]) * (self.sizes[k] if k < len(self.sizes) else 1.0),
                "place_m": [self._place_m(k), 0.0, 0.0],
                "heading_deg": 0.0,
                "style": "auto",
                "seed": k,
                "canon_beats": 0.0,
                "hidden": self.values["blackout"],
                "avatar": "",
            }
            for k in range(int(self.values["dancers"]))
        ]
        return {"type": "crew", "dancers": dancers}

    def _place_m(self, dancer: int) -> float:
        return (dancer - (int(self.values["dancers"]) - 1) / 2) * float(self.values["spacing_m"])

    def _beat_at(self, at_s: float) -> float:
        return (self._position_s + (at_s - self._at_s if self._playing else 0.0)) / _BEAT_S

    def _pose_of(self, dancer: int, show_s: float) -> Pose:
        pose = (
            rest_pose(show_s) if self.values["posture"] == "t-pose" else self.pose_at(show_s - 0.13 * dancer)
        )
        root_m = pose.root_m.copy()
        root_m[0] += self._place_m(dancer) + float(self.values["place_x_m"])
        root_m[1] -= _UNDER_M if self.values["blackout"] else 0.0
        return replace(pose, time_s=show_s, root_m=root_m)

    async def _dance(self, client: ServerConnection) -> None:
        await client.send(json.dumps(self._crew()))
        seq, begun_s, hidden = 0, self._loop.time(), False
        talk = asyncio.create_task(self._chat(client))
        try:
            while True:
                now_s = self._loop.time()
                show_s = begun_s + seq / FPS + LOOK_AHEAD_S
                beat = self._beat_at(show_s)
                next_beat = NextBeat(
                    next_beat_s=show_s + (math.floor(beat) + 1 - beat) * _BEAT_S,
                    period_s=_BEAT_S,
                    beats_per_bar=4,
                    confidence=0.97,
                    bar_position=(math.floor(beat) + 1) % 4,
                )
                for dancer in range(int(self.values["dancers"])):
                    frame = Frame(
                        pose=self._pose_of(dancer, show_s),
                        seq=seq,
                        t_capture_s=now_s,
                        beat=beat,
                        tempo_bpm=TEMPO_BPM,
                        energy=0.5,
                        dancer=dancer,
                        cut=hidden != self.values["blackout"],
                        blocks=(beat_block(next_beat),),
                    )
                    await client.send(encode_frame(frame))
                hidden = bool(self.values["blackout"])
                if seq % 15 == 0:
                    state: State = msgspec.json.decode(self._state(), type=State)
                    heard = Section(scene="music" if self._playing else "silence")
                    await client.send(encode_text(msgspec.structs.replace(state, section=heard)))
                seq += 1
                await asyncio.sleep(max(0.0, begun_s + seq / FPS - self._loop.time()))
        finally:
            talk.cancel()

    async def _chat(self, client: ServerConnection) -> None:
        """What only desks are told, as often as a real server tells it."""
        turn = 0
        while True:
            await asyncio.sleep(_TOLD_EVERY_S)
            turn += 1
            if client not in self._desks or not self.chatty:
                continue
            now_s = self._loop.time()
            beat = self._beat_at(now_s)
            fall = math.exp(-4 * (beat % 1))
            bands = [
                max(0.0, 0.9 * fall - 0.03 * k + 0.25 * abs(math.sin(0.7 * k + 3 * now_s))) for k in range(32)
            ]
            messages: list[dict[str, object]] = [
                {
                    "type": "hearing",
                    "t_s": now_s,
                    "bands": bands,
                    "energy": 0.45 + 0.3 * math.sin(0.8 * now_s),
                    "onset": fall,
                    "level_db": -14 + 6 * fall,
                }
            ]
            if turn % 2 == 0:
                messages.append(self._plan(now_s))
            if turn % 20 == 1:
                messages.append(self._outputs())
            for message in messages:
                await client.send(json.dumps(message))

    def _plan(self, now_s: float) -> dict[str, object]:
        marks = (
            []
            if self.pending is None
            else [{"at_s": self.pending[1], "what": "cue", "name": self.pending[0]}]
        )
        speed = [0.9 + 0.7 * math.sin(2 * math.pi * self._beat_at(now_s + k / 30)) for k in range(50)]
        return {
            "type": "plan",
            "now_s": now_s,
            "first_s": now_s,
            "committed_s": now_s + 0.45,
            "fps": 30,
            "speed": speed,
            "marks": marks,
        }

    def _outputs(self) -> dict[str, object]:
        outputs = [
            {
                "name": name,
                "fps": 60.0,
                "latency_ms": 3.0 + k,
                "dropped": 12 * k,
                "offset_ms": self.values[f"out{k + 1}_offset_ms"],
                "problem": "nobody listens there: start the receiver" if k == 1 else None,
            }
            for k, name in enumerate(OUTPUTS)
        ]
        return {"type": "outputs", "outputs": outputs}


if __name__ == "__main__":
    own = FakeDesk(port=int(sys.argv[1]) if len(sys.argv) > 1 else 8765, pose_at=dancing_pose)
    assert np.isfinite(own.pose_at(0.0).root_m).all()
    own.start()
    print(own.address + "desk")
    threading.Event().wait()
