"""VMC over UDP: the figure for Warudo, VSeeFace, VNyan, Unity, Unreal, Godot and Blender."""

from groovecast.wire.moment import Moment
from groovecast.wire.vmc import VmcEncoder
from realtime.outlets.udp import UdpLine

VMC_PORT = 39539  # where VMC receivers listen unless told otherwise


class VmcSink:
    """One VMC receiver: whole frames, each of a few datagrams."""

    def __init__(self, host: str, port: int = VMC_PORT) -> None:
        self._line = UdpLine("VMC", host, port)
        self._encoder = VmcEncoder()
        self._refused = 0
        self.name = self._line.name
        self.problem: str | None = None

    @property
    def sent(self) -> int:
        """How many frames went out whole."""
        return self._line.sent

    @property
    def dropped(self) -> int:
        """How many frames did not."""
        return self._line.dropped + self._refused

    def send(self, moment: Moment) -> None:
        """Frame loop. Send the pose, or count it as dropped; never waits."""
        try:
            datagrams = self._encoder.encode(moment.pose)
        except ValueError:  # a number that is not finite
            self._refused += 1
        else:
            self._line.send(datagrams)

    def close(self) -> None:
        """Close the socket."""
        self._line.close()
