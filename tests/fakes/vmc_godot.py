"""A receiver in the manner of Godot's VMC tracker: it poses the figure anew with every packet."""

import numpy as np
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage

from fakes.unity_space import Transform, all_worlds, identity
from groovecast.motion.skeleton import groovecast_skeleton


class GodotTracker:
    """All 55 bones of Unity's humanoid in their fixed order of descent; one that never came has no length. No Root."""

    def __init__(self) -> None:
        skeleton = groovecast_skeleton()
        names = skeleton.unity_names
        self._parents: dict[str, str | None] = {
            name: None if parent < 0 else names[parent]
            for name, parent in zip(names, skeleton.parents, strict=True)
        }
        self._parents |= {"LeftEye": "Head", "RightEye": "Head", "Jaw": "Head"}
        self._bones = dict.fromkeys(self._parents, identity())
        self._sender: tuple[str, int] | None = None
        self.switched = 0
        self._posed: list[dict[str, Transform]] = []

    def receive(self, datagram: bytes, sender: tuple[str, int] = ("", 0)) -> None:
        """A packet came in; the figure is posed and shown. It listens to whoever spoke last."""
        if self._sender is not None and sender != self._sender:
            self.switched += 1
        self._sender = sender
        bundled = OscBundle.dgram_is_bundle(datagram)
        for message in OscBundle(datagram) if bundled else [OscMessage(datagram)]:
            if message.address == "/VMC/Ext/Bone/Pos" and message.params[0] in self._bones:
                _, px, py, pz, x, y, z, w = message.params
                # Godot is right-handed and looks along -Z
                self._bones[message.params[0]] = Transform(np.array((px, py, -pz)), (x, y, -z, -w))
        self._posed.append(dict(self._bones))

    @property
    def packets(self) -> int:
        """How often the figure was posed."""
        return len(self._posed)

    def shown(self, packet: int = -1) -> dict[str, np.ndarray]:
        """Where the bones were after that packet, by Unity's names, in our space."""
        worlds = all_worlds(self._posed[packet], self._parents, identity())
        return {name: world.place * (-1, 1, -1) for name, world in worlds.items()}
