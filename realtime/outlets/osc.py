"""Our own OSC over UDP: joints, beat and energy for TouchDesigner, Max, Resolume, Notch, Chataigne and lights."""

from dataclasses import dataclass, replace
from typing import cast

from groovecast.wire.moment import Moment
from groovecast.wire.osc_pose import OscPoseEncoder, OscProfile, OscSettings, OscSpace
from realtime.outlets.udp import UdpLine, UdpSink
from realtime.outlets.wished import DANCER, OFFSET, Pace, wished_from_text

OSC_PORT = 7000  # there is no agreed one; Resolume and others begin here
_OPTIONS = ("space", "joints", "fps", "prefix", OFFSET, DANCER)


@dataclass(frozen=True)
class OscWish:
    """One receiver, what it gets and how often."""

    host: str
    port: int
    settings: OscSettings
    fps: float | None = None
    offset_s: float = 0.0
    dancer: int | None = None  # this one alone, counted from 0, as if it were the first

    @staticmethod
    def from_text(text: str) -> "OscWish":
        """Read `HOST[:PORT[:PROFILE]][,space=,joints=,fps=,prefix=,offset_ms=,dancer=]`.

        Raises ValueError with the mend.
        """
        wished = wished_from_text(text, OSC_PORT, _OPTIONS)
        options, joints = wished.options, wished.number("joints")
        if joints is not None and not joints.is_integer():
            raise ValueError(f"asked for joints={options['joints']}: give 22, or 52 with fingers")
        settings = OscSettings(
            # checked by OscSettings itself
            profile=cast(OscProfile, wished.name or "generic"),
            space=cast(OscSpace, options.get("space", "world")),
            joints=22 if joints is None else int(joints),
            prefix=options.get("prefix", ""),
        )
        fps = wished.number("fps")
        Pace(fps)
        return OscWish(wished.host, wished.port, settings, fps, wished.offset_s, wished.dancer)


class OscSink(UdpSink):
    """One OSC receiver: a beat in the frame that passes it, whatever its rate, and poses at its rate."""

    def __init__(self, wish: OscWish) -> None:
        super().__init__(UdpLine("OSC", wish.host, wish.port), wish.offset_s)
        self._wish = wish
        self._dancers: dict[int, tuple[OscPoseEncoder, Pace]] = {}

    def send(self, moment: Moment) -> None:
        """Frame loop. Send the moment if it is its turn, or count it as dropped; never waits."""
        if self._wish.dancer is not None:
            if moment.dancer != self._wish.dancer:
                return
            moment = replace(moment, dancer=0)
        if not moment.finite:
            self._refused += 1
            return
        if moment.dancer not in self._dancers:
            encoder = OscPoseEncoder(self._wish.settings, moment.dancer)
            self._dancers[moment.dancer] = encoder, Pace(self._wish.fps)
        encoder, pace = self._dancers[moment.dancer]
        datagrams = encoder.passed(moment)  # a beat waits for no pose
        if pace.due(moment.pose.time_s):
            datagrams += encoder.encode(moment)
        if datagrams:
            self._line.send(datagrams)
