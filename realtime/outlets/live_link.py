"""Live Link as JSON over UDP: the figure for Unreal projects that have the JSONLiveLink plugin and not ours."""

from dataclasses import dataclass, replace

from groovecast.wire.live_link import LiveLinkEncoder
from groovecast.wire.moment import Moment
from realtime.outlets.udp import UdpLine, UdpSink
from realtime.outlets.wished import DANCER, OFFSET, Pace, wished_from_text

LIVE_LINK_PORT = 54321  # what the plugin's source panel proposes
SUBJECT = "Groovecast"


@dataclass(frozen=True)
class LiveLinkWish:
    """One Unreal editor or game, the subject's name there and how often it is sent."""

    host: str
    port: int
    subject: str = SUBJECT
    fps: float | None = None
    offset_s: float = 0.0
    dancer: int | None = None  # this one alone, counted from 0, as if it were the first

    @staticmethod
    def from_text(text: str) -> "LiveLinkWish":
        """Read `HOST[:PORT[:SUBJECT]][,fps=,offset_ms=,dancer=]`. Raises ValueError with the mend."""
        wished = wished_from_text(text, LIVE_LINK_PORT, ("fps", OFFSET, DANCER))
        subject = wished.name or SUBJECT
        wish = LiveLinkWish(
            wished.host, wished.port, subject, wished.number("fps"), wished.offset_s, wished.dancer
        )
        LiveLinkEncoder(wish.subject)
        Pace(wish.fps)
        return wish


class LiveLinkSink(UdpSink):
    """One Unreal: a datagram a frame, of about 7 kB; a subject for each dancer."""

    def __init__(self, wish: LiveLinkWish) -> None:
        super().__init__(UdpLine("Live Link JSON", wish.host, wish.port), wish.offset_s)
        self._wish = wish
        self._dancers: dict[int, tuple[LiveLinkEncoder, Pace]] = {}

    def send(self, moment: Moment) -> None:
        """Frame loop. Send the pose if it is its turn, or count it as dropped; never waits."""
        if self._wish.dancer is not None:
            if moment.dancer != self._wish.dancer:
                return
            moment = replace(moment, dancer=0)
        if not moment.finite:
            self._refused += 1
            return
        if moment.dancer not in self._dancers:
            number = str(moment.dancer + 1) if moment.dancer else ""
            self._dancers[moment.dancer] = LiveLinkEncoder(self._wish.subject + number), Pace(self._wish.fps)
        encoder, pace = self._dancers[moment.dancer]
        if pace.due(moment.pose.time_s):
            self._line.send((encoder.encode(moment.pose),))
