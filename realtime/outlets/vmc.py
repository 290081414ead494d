"""VMC over UDP: the figure for Warudo, VSeeFace, VNyan, Unity, Unreal, Godot and Blender."""

from dataclasses import dataclass

from groovecast.motion.body import Body
from groovecast.wire.moment import Moment
from groovecast.wire.vmc import VmcEncoder
from groovecast.wire.vmc_cues import VmcCues, cue_datagrams
from groovecast.wire.vmc_presets import GENERIC, OPTIONS, VmcPreset, preset_named
from realtime.outlets.udp import UdpLine
from realtime.outlets.wished import DANCER, OFFSET, Pace, wished_from_text

VMC_PORT = 39539  # where VMC receivers listen unless told otherwise
FULL_FPS = 60.0  # what `every so many frames` is counted in


@dataclass(frozen=True)
class VmcWish:
    """One receiver, what it gets, and when."""

    host: str
    port: int = VMC_PORT
    preset: VmcPreset = GENERIC
    offset_s: float = 0.0  # shown so much later than by the others; negative is earlier
    dancer: int | None = None  # this one alone, counted from 0; None: each at a port of its own

    @staticmethod
    def from_text(text: str) -> "VmcWish":
        """Read `HOST[:PORT[:PRESET]][,option=value...]`. Raises ValueError with the mend."""
        wished = wished_from_text(text, VMC_PORT, (*OPTIONS, OFFSET, DANCER))
        preset = GENERIC if wished.name is None else preset_named(wished.name)
        changed = {name: value for name, value in wished.options.items() if name in OPTIONS}
        return VmcWish(wished.host, wished.port, preset.with_options(changed), wished.offset_s, wished.dancer)


class VmcSink:
    """One VMC receiver: whole frames, each of a few datagrams, and the beat beside them. It is shown one dancer."""

    def __init__(self, wish: VmcWish, body: Body | None = None, dancer: int = 0) -> None:
        self._line = UdpLine("VMC", wish.host, wish.port)
        self._encoder = VmcEncoder(wish.preset, body)
        self._cues = VmcCues()
        self._bundled = wish.preset.bundle != "none"
        self._dancer = dancer
        self._fps = wish.preset.fps
        self._pace = Pace(self._fps)
        self._refused = 0
        self.sent = 0  # frames that went out whole
        self.offset_s = wish.offset_s
        self.name = self._line.name
        self.problem: str | None = None

    @property
    def dropped(self) -> int:
        """How many frames did not; what its rate leaves out is not counted."""
        return self._line.dropped + self._refused

    @property
    def peer_host(self) -> str:
        """The address of the receiver."""
        return self._line.peer_host

    def slow_down(self, frames: int) -> None:
        """Frame loop. Send every so many frames of 60 a second, as a receiver may ask; 1 is what was wished for."""
        fps = FULL_FPS / max(1, frames)
        self._pace = Pace(self._fps if frames <= 1 else max(1.0, min(fps, self._fps or fps)))

    def send(self, moment: Moment) -> None:
        """Frame loop. Send the pose, or count it as dropped; never waits."""
        if moment.dancer != self._dancer:
            return
        cues = cue_datagrams(self._cues.passed(moment), bundled=self._bundled)
        datagrams: list[bytes] = []
        if self._pace.due(moment.pose.time_s):
            try:
                datagrams = self._encoder.encode(moment.pose)
            except ValueError:  # a number that is not finite
                self._refused += 1
        if cues or datagrams:  # a beat waits for no pose
            went = self._line.send([*cues, *datagrams])
            self.sent += went and bool(datagrams)

    def close(self) -> None:
        """Close the socket."""
        self._line.close()
