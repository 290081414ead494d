"""A receiver in EVMC4U's manner: an avatar of its own in Unity, strict types, and no mercy after a fault."""

import numpy as np
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage

from fakes.unity_space import Transform, all_worlds, identity, transform
from groovecast.motion.body import Body
from groovecast.motion.skeleton import groovecast_skeleton

_NAME_AND_POSE = "sfffffff"
_MOST_PACKETS_A_FRAME = 30


class Evmc4u:
    """Keeps what came for each bone; `update` writes it onto the avatar, places too, as its default is."""

    def __init__(self, avatar: Body) -> None:
        skeleton = groovecast_skeleton()
        there = [joint for joint in range(skeleton.joints) if avatar.has[joint]]
        name = skeleton.unity_names
        self._parents = {
            name[joint]: None if avatar.above[joint] < 0 else name[avatar.above[joint]] for joint in there
        }
        mirrored = avatar.rest_offset_m * (-1, 1, 1)
        self._avatar = {name[joint]: Transform(mirrored[joint], identity().xyzw) for joint in there}
        self._root = self._kept_root = identity()
        self._kept: dict[str, Transform] = {}
        self._packets = 0
        self.stopped: str | None = None
        self.calibrated = False
        self.cues: list[tuple[str, list[object]]] = []

    def receive(self, datagram: bytes) -> None:
        """A datagram came in. What cannot be handled stops it for good."""
        if self.stopped or self._packets >= _MOST_PACKETS_A_FRAME:
            return
        try:
            bundled = OscBundle.dgram_is_bundle(datagram)
            for message in OscBundle(datagram) if bundled else [OscMessage(datagram)]:
                self._handle(message)
        except Exception as fault:
            self.stopped = repr(fault)

    def update(self) -> None:
        """A frame of the engine."""
        self._packets = 0
        if not self.stopped:
            self._root = self._kept_root
            self._avatar |= {bone: kept for bone, kept in self._kept.items() if bone in self._avatar}

    def shown(self) -> dict[str, np.ndarray]:
        """Where the avatar's bones are in the world, by Unity's names, in our space."""
        worlds = all_worlds(self._avatar, self._parents, self._root)
        return {bone: world.place * (-1, 1, 1) for bone, world in worlds.items()}

    def _handle(self, message: OscMessage) -> None:
        address, values, types = message.address, message.params, _types(message)
        if address in ("/VMC/Ext/Root/Pos", "/VMC/Ext/Bone/Pos"):
            # one after the other, as `values[3] is float && ...` does: another type is passed over, too few are a fault
            if any(types[place] != kind for place, kind in enumerate(_NAME_AND_POSE)):
                return
            if address == "/VMC/Ext/Root/Pos":
                self._kept_root = transform(values[1:8])
            else:
                self._kept[values[0]] = transform(values[1:8])
        elif address == "/VMC/Ext/OK":
            self.calibrated = types == "iiii" and values[:2] == [1, 3]
        elif address == "/VMC/Ext/T" and types[0] == "f":
            self._packets += 1
        elif address.startswith("/VMC/Thru/") and types == "sf":
            self.cues.append((address, list(values)))


def _types(message: OscMessage) -> str:
    """What the sender said that its values are: python-osc makes one kind of number of floats and doubles."""
    start = message.dgram.index(b",") + 1
    return message.dgram[start : message.dgram.index(b"\0", start)].decode()
