"""VMC for all who dance: such a receiver shows one avatar a port, so the second dancer goes to the next port."""

from collections.abc import Sequence
from dataclasses import replace

from groovecast.motion.body import Body
from groovecast.wire.moment import Moment
from realtime.outlets.vmc import VmcSink, VmcWish

_LAST_PORT = 65535


class VmcCrew:
    """One receiver for each dancer at a host: the first at the port that was asked for, or one dancer alone there."""

    def __init__(self, wish: VmcWish, bodies: Sequence[Body] = ()) -> None:
        """`bodies`: the avatars that are shown, each dancer's own, begun again after the last; none: like ours."""
        self._wish, self._bodies = wish, bodies
        first = VmcSink(wish, self._body_of(wish.dancer or 0), wish.dancer or 0)
        self._sinks = {wish.dancer or 0: first}
        self._every_frames = 1
        self._homeless = 0  # there is no port after the last
        self.offset_s = wish.offset_s
        self.name = first.name if wish.dancer is None else f"{first.name}, dancer {wish.dancer + 1}"
        self.problem: str | None = None

    @property
    def sent(self) -> int:
        """How many frames went out whole."""
        return sum(sink.sent for sink in self._sinks.values())

    @property
    def dropped(self) -> int:
        """How many frames did not; what a rate leaves out is not counted."""
        return self._homeless + sum(sink.dropped for sink in self._sinks.values())

    @property
    def peer_host(self) -> str:
        """The address of the receivers."""
        return next(iter(self._sinks.values())).peer_host

    def slow_down(self, frames: int) -> None:
        """Frame loop. Send every so many frames of 60 a second, as a receiver may ask; 1 is what was wished for."""
        self._every_frames = frames
        for sink in self._sinks.values():
            sink.slow_down(frames)

    def send(self, moment: Moment) -> None:
        """Frame loop. Send the pose to its dancer's receiver, or count it as dropped; never waits."""
        sink = self._sinks.get(moment.dancer)
        if sink is None:
            if self._wish.dancer is not None:
                return
            port = self._wish.port + moment.dancer
            if port > _LAST_PORT:
                self._homeless += 1
                self.problem = (
                    f"{self.name}: dancer {moment.dancer + 1} has no port, {_LAST_PORT} is the last"
                )
                return
            # the address is known by now: nothing is looked up while the show runs
            wish = replace(self._wish, host=self.peer_host, port=port)
            sink = self._sinks[moment.dancer] = VmcSink(wish, self._body_of(moment.dancer), moment.dancer)
            sink.slow_down(self._every_frames)
        sink.send(moment)

    def _body_of(self, dancer: int) -> Body | None:
        return self._bodies[dancer % len(self._bodies)] if self._bodies else None

    def close(self) -> None:
        """Close the sockets."""
        for sink in self._sinks.values():
            sink.close()
