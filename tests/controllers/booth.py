"""A desk that is turned by MIDI, its ports and hands on paper, for tests that move what is on them."""

from pathlib import Path

from desk_stage import DeskStage
from fakes.midi_hands import Hands

from groovecast.wire.midi import MidiTouch
from realtime.controllers.midi_desk import MidiDesk
from realtime.controllers.midi_map import Mapping


class Booth:
    """A desk, a MIDI system on paper and the two connected; threads stand still, ports are looked for when told."""

    def __init__(self, file: Path, *wishes: str, hands: Hands | None = None, pickup: bool = False) -> None:
        self.hands = hands or Hands(["nano 20:0", "pads 24:0"])
        self.stage = DeskStage()
        self.midi = MidiDesk(self.stage.desk, wishes or ("all",), file, self.hands, pickup)
        self.look()

    def look(self) -> None:
        self.midi._plugs.look()
        self.frame()

    def frame(self, frames: int = 1) -> None:
        self.stage.frame(frames, [self.midi])
        self.midi._plugs._tell()

    def map(self, **fields: object) -> None:
        """Learned before."""
        mapping = Mapping(**{"port": "nano", "kind": "cc", "channel": 0, "number": 7, **fields})  # type: ignore[arg-type]
        self.midi._mappings = {**self.midi._mappings, mapping.control: mapping}
        self.midi._list_changed()

    def move(self, *touches: MidiTouch | bytes, port: str = "nano") -> None:
        """A hand moves something, a frame for each."""
        for touch in touches:
            self.hands.move(port, touch)
            self.frame()

    def value(self, name: str) -> object:
        return self.stage.desk.value(name)
