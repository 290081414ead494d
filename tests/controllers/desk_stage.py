"""A real desk with a clock that is turned by hand, for whoever turns it from outside."""

import asyncio
from collections.abc import Iterable

from groovecast.wire.desk_messages import Value
from realtime.controllers.controller import Controller
from realtime.desk.control import Control
from realtime.desk.desk import Desk

FRAME_S = 1 / 60

CONTROLS = (
    Control(name="style", kind="choice", group="dance", says="What is danced", choices=("auto", "salsa", "street"),
            start="auto"),
    Control(name="style_blend", kind="number", group="dance", says="How much of the second", start=0.0),
    Control(name="intensity", kind="number", group="dance", says="How hard to dance", most=2, start=1.0),
    Control(name="seed", kind="number", group="dance", says="Another dance", most=9999, step=1, start=1),
    Control(name="mirror", kind="switch", group="dance", says="Left is right"),
    Control(name="place_x_m", kind="number", group="stage", says="Where it stands", unit="m", least=-5, most=5,
            start=0.0),
    Control(name="panic", kind="button", group="show", says="Fade to standing", in_cues=False),
    Control(name="resume", kind="button", group="show", says="Dance again", in_cues=False),
    Control(name="cue", kind="choice", group="cues", says="Go to this cue", choices=("drop", "pause café"),
            start="drop", in_cues=False),
)  # fmt: skip


class DeskStage:
    """The desk, those who turn it, and what it told the person."""

    def __init__(self, controls: Iterable[Control] = CONTROLS) -> None:
        self.now_s = 100.0
        self.desk = Desk(controls, lambda: self.now_s)
        self.said: list[str] = []
        self.pressed: list[str] = []
        self.changed: list[tuple[str, Value, str]] = []
        self.desk.on_say(self.said.append)
        self.desk.listen(lambda change: self.changed.append((change.name, change.value, change.by)))
        for control in self.desk.controls:
            if control.kind == "button":
                self.desk.on_press(control.name, lambda _, name=control.name: self.pressed.append(name))
        self._controllers: list[Controller] = []

    def start(self, *controllers: Controller) -> None:
        """Begin to listen."""
        for controller in controllers:
            self._controllers.append(controller)
            asyncio.run(controller.start())

    def stop(self) -> None:
        """Let go of all ports."""
        for controller in self._controllers:
            asyncio.run(controller.stop())

    def frame(self, frames: int = 1, controllers: Iterable[Controller] | None = None) -> None:
        """So many frames go by, in the show's order: what came is heard, the desk turns, and tells."""
        for _ in range(frames):
            self.now_s += FRAME_S
            for controller in self._controllers if controllers is None else controllers:
                controller.tick(self.now_s)
            self.desk.tick(self.now_s)

    def values(self) -> dict[str, Value]:
        """What everything stands at."""
        return {control.name: self.desk.value(control.name) for control in self.desk.controls}
