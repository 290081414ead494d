"""A receiver in VMCLiveLink's manner: Unreal is handed a frame when `Blend/Apply` comes, and only then."""

import numpy as np
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage

from fakes.unity_space import Transform, all_worlds, identity
from groovecast.motion.skeleton import groovecast_skeleton

_NAME_AND_POSE, _POSE = 8, 7


class LiveLink:
    """A subject with a fixed humanoid order of descent. Its earlier version takes a Root only without a name."""

    def __init__(self, *, root_with_a_name: bool) -> None:
        skeleton = groovecast_skeleton()
        names = skeleton.unity_names
        self._parents: dict[str, str | None] = {
            name: None if parent < 0 else names[parent]
            for name, parent in zip(names, skeleton.parents, strict=True)
        }
        self._root_with_a_name = root_with_a_name
        self._root = identity()
        self._bones = dict.fromkeys(names, identity())
        self.frames: list[dict[str, np.ndarray]] = []

    def receive(self, datagram: bytes) -> None:
        """A datagram came in."""
        bundled = OscBundle.dgram_is_bundle(datagram)
        for message in OscBundle(datagram) if bundled else [OscMessage(datagram)]:
            values = message.params
            if message.address == "/VMC/Ext/Bone/Pos" and len(values) == _NAME_AND_POSE:
                self._bones[values[0]] = _unreal(values[1:])
            elif message.address == "/VMC/Ext/Root/Pos":
                if len(values) == _POSE:
                    self._root = _unreal(values)
                elif len(values) == _NAME_AND_POSE and self._root_with_a_name:
                    self._root = _unreal(values[1:])
            elif message.address == "/VMC/Ext/Blend/Apply":
                self._push()

    def _push(self) -> None:
        worlds = all_worlds(self._bones, self._parents, self._root)
        self.frames.append(
            {
                name: np.array((p[0], p[2], p[1])) / 100
                for name, p in ((n, w.place) for n, w in worlds.items())
            }
        )


def _unreal(numbers: list[float]) -> Transform:
    """Centimetres, Z up, the figure's front along +Y."""
    px, py, pz, x, y, z, w = numbers
    return Transform(100 * np.array((-px, pz, py)), (-x, z, y, w))
