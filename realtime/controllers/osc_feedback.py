"""What the controls stand at, sent back to those who turn them by OSC, so that their faders follow."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from groovecast.wire.osc import osc_message, packed
from realtime.controllers.controller import Change, TurnedDesk
from realtime.controllers.osc_hands import ROOT
from realtime.desk.control import Control

Send = Callable[[bytes], object]

MOST_FOLLOWERS = 16
_EVERY_S = 1 / 60
_EARLY_S = 0.002  # a frame may come this much before its turn
_REMEMBERED_S = 60.0
QUIET_S = 0.5  # so long after a hand let go its own fader is told where it stands
_MOST_BYTES = 1200
_ALWAYS_S = float("inf")  # when one was heard that was asked for by name: it is never forgotten


@dataclass
class _Follower:
    """Somebody who is told: who it is when it turns something, and what it is still owed from when on."""

    where: str  # HOST:PORT
    send: Send
    speaks: bool = False  # it turns controls itself, from this very port
    heard_s: float = _ALWAYS_S
    told_s: float = float("-inf")
    owed: dict[str, float] = field(default_factory=dict)


class OscFeedback:
    """Frame loop. Tells each follower the newest of every control, but not what it turned itself."""

    def __init__(self, desk: TurnedDesk) -> None:
        self._desk = desk
        self._followers: dict[object, _Follower] = {}
        self._controls: dict[str, Control] = {}
        self._now_s = 0.0
        self._learn()
        desk.on_list(self._learn)
        desk.listen(self._changed)

    def follow(self, where: str, send: Send) -> None:
        """Tell this one too, for as long as the show lasts."""
        self._followers[where] = _Follower(where, send)

    def heard_from(self, where: str, send: Send, now_s: float, *, speaks: bool) -> None:
        """Tell it for another minute: it has spoken, or (not `speaks`) another port there has. The newest are told."""
        follower = self._followers.get(where)
        if follower is None:
            passing = [one for one in self._followers.values() if one.heard_s < _ALWAYS_S]
            if len(passing) >= MOST_FOLLOWERS:
                del self._followers[min(passing, key=lambda one: one.heard_s).where]
            follower = self._followers[where] = _Follower(where, send, heard_s=now_s)
        follower.speaks = follower.speaks or speaks
        if follower.heard_s < _ALWAYS_S:
            follower.heard_s = now_s

    def refresh(self) -> None:
        """Tell everybody everything."""
        for follower in self._followers.values():
            follower.owed |= dict.fromkeys(self._controls, self._now_s)

    def tick(self, now_s: float) -> None:
        """Send what is owed and due, in few datagrams."""
        self._now_s = now_s
        for where, follower in list(self._followers.items()):
            if follower.heard_s < now_s - _REMEMBERED_S:
                del self._followers[where]
            elif follower.owed and now_s - follower.told_s >= _EVERY_S - _EARLY_S:
                due = [name for name, due_s in follower.owed.items() if due_s <= now_s]
                for name in due:
                    del follower.owed[name]
                follower.told_s = now_s
                for datagram in _datagrams([self._message(name) for name in due if name in self._controls]):
                    follower.send(datagram)

    def _changed(self, change: Change) -> None:
        if change.name not in self._controls:
            return
        for follower in self._followers.values():
            if change.by == f"osc {follower.where}":
                # its own hand is on it: what others did before is over
                follower.owed.pop(change.name, None)
            elif not follower.speaks and change.by.startswith(f"osc {host_of(follower.where)}:"):
                # it may be the same panel by another port: not while the hand is on it
                follower.owed[change.name] = self._now_s + QUIET_S
            else:
                follower.owed.setdefault(change.name, self._now_s)

    def _message(self, name: str) -> bytes:
        share = self._controls[name].share_of(self._desk.value(name))
        return osc_message(ROOT + name, floats=(share,))

    def _learn(self) -> None:
        self._controls = {
            control.name: control for control in self._desk.controls if control.kind != "button"
        }


def _datagrams(messages: list[bytes]) -> Iterable[bytes]:
    """One message alone as it is, for the simplest of receivers; more of them in bundles."""
    if len(messages) == 1:
        return [messages[0][4:]]
    return packed(messages, b"", _MOST_BYTES)[0] if messages else ()


def host_of(where: str) -> str:
    """Without the port."""
    return where.rpartition(":")[0]
