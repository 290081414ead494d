"""VRChat's OSC trackers over UDP: the first dancer, or the one that was asked for, moves your own avatar's body."""

from dataclasses import dataclass

from groovecast.wire.moment import Moment
from groovecast.wire.vrchat import VrChatEncoder
from realtime.outlets.udp import UdpLine, UdpSink
from realtime.outlets.wished import DANCER, OFFSET, Pace, wished_from_text

VRCHAT_PORT = 9000  # where VRChat listens unless told otherwise


@dataclass(frozen=True)
class VrChatWish:
    """One VRChat, how tall it believes you are and how often it is sent."""

    host: str
    port: int = VRCHAT_PORT
    height_m: float | None = None
    fps: float | None = None
    offset_s: float = 0.0
    dancer: int = 0  # whose body is theirs there, counted from 0

    @staticmethod
    def from_text(text: str) -> "VrChatWish":
        """Read `HOST[:PORT][,height=METRES,fps=,offset_ms=,dancer=]`. Raises ValueError with the mend."""
        wished = wished_from_text(text, VRCHAT_PORT, ("height", "fps", OFFSET, DANCER))
        if wished.name is not None:
            raise ValueError(f"asked for VRChat at {text!r}: give HOST or HOST:PORT, nothing after it")
        height_m, fps = wished.number("height"), wished.number("fps")
        wish = VrChatWish(wished.host, wished.port, height_m, fps, wished.offset_s, wished.dancer or 0)
        VrChatEncoder(wish.height_m)
        Pace(wish.fps)
        return wish


class VrChatSink(UdpSink):
    """One VRChat: a bundle of trackers a frame. One body, so one dancer: the first, or the one asked for."""

    def __init__(self, wish: VrChatWish) -> None:
        super().__init__(UdpLine("VRChat trackers", wish.host, wish.port), wish.offset_s)
        self._encoder = VrChatEncoder(wish.height_m)
        self._pace = Pace(wish.fps)
        self._dancer = wish.dancer

    def send(self, moment: Moment) -> None:
        """Frame loop. Send the pose if it is its turn, or count it as dropped; never waits."""
        if moment.dancer != self._dancer:
            return
        if not moment.finite:
            self._refused += 1
        elif self._pace.due(moment.pose.time_s):
            self._line.send(self._encoder.encode(moment.pose))
