"""OSC from outside over UDP: read once a frame as far as a frame has time, and answered with what changed."""

from functools import partial

from realtime.controllers.controller import TurnedDesk
from realtime.controllers.listening import Address, Listening, Sender
from realtime.controllers.osc_feedback import OscFeedback
from realtime.controllers.osc_hands import ROOT, OscHands
from realtime.outlets.udp import UdpLine, target_from_text

OSC_PORT = 8000
FEEDBACK_PORT = 9000  # where TouchOSC listens unless told otherwise
REFRESH = ROOT + "refresh"
_REFRESH_BYTES = REFRESH.encode() + b"\0"
_REFRESH_EVERY_S = 1.0


class OscIn:
    """`/groovecast/<name>`, one argument: a share from 0 to 1, T or F, a choice's word; `/groovecast/<name>/value`
    takes the control's own unit. Who has sent within a minute is told what others change."""

    def __init__(self, desk: TurnedDesk, address: Address, feedback: tuple[str, ...] = ()) -> None:
        """`feedback`: HOST:PORT that is told, too; or PORT alone, for that port of whoever sends."""
        self._desk = desk
        self._listening = Listening("OSC", address)
        self._ports = tuple(int(text) for text in feedback if text.isdecimal())
        self._targets = [target_from_text(text, FEEDBACK_PORT) for text in feedback if not text.isdecimal()]
        wrong = [port for port in self._ports if not 1 <= port <= 65535]
        if wrong:
            raise ValueError(
                f"asked for --osc-feedback {wrong[0]}: give a port from 1 to 65535, or HOST:PORT"
            )
        self._lines: list[UdpLine] = []
        self.hands = OscHands(desk)
        self.feedback = OscFeedback(desk)
        self._now_s = 0.0
        self._refreshed_s = float("-inf")

    @property
    def name(self) -> str:
        """What it is and where it listens."""
        return self._listening.name

    @property
    def address(self) -> Address:
        """Where it listens; the port is known once it has started."""
        return self._listening.address

    @property
    def port(self) -> int:
        """The port, known once it has started."""
        return self.address.port

    @property
    def trouble(self) -> str:
        """One line on why it hears nothing; "" while all is well."""
        return self._listening.trouble

    async def start(self) -> None:
        """Listen. Raises OSError with the mend."""
        self._listening.start()
        if not self.address.loopback:
            self._desk.say(f"{self.name} is open to the whole network, and OSC knows no password")
        for host, port in self._targets:
            line = UdpLine("OSC feedback", host, port)
            self._lines.append(line)
            # by its address and not its name: so it is known when it sends
            self.feedback.follow(str(Address(line.peer_host, port)), partial(_send_down, line))

    def tick(self, now_s: float) -> None:
        """Hear what came, as much as a frame has time for, and tell what changed."""
        self._now_s = now_s
        self.hands.rest(now_s)
        for datagram, sender in self._listening.read(lambda: self.hands.tired):
            self._keep(sender)
            if datagram.startswith(_REFRESH_BYTES):
                self._refresh()
            else:
                self.hands.hear(datagram, f"osc {sender}")
        self.feedback.tick(now_s)

    async def stop(self) -> None:
        """Close the port."""
        self._listening.stop()
        for line in self._lines:
            line.close()

    def _keep(self, sender: Sender) -> None:
        for port in (sender.port, *self._ports):
            there = sender.with_port(port)
            self.feedback.heard_from(
                str(there),
                partial(self._listening.send, there),
                self._now_s,
                speaks=port == sender.port,
            )

    def _refresh(self) -> None:
        # an answer is larger than the question: not for every one of them
        if self._now_s - self._refreshed_s >= _REFRESH_EVERY_S:
            self._refreshed_s = self._now_s
            self.feedback.refresh()


def _send_down(line: UdpLine, datagram: bytes) -> None:
    line.send((datagram,))
