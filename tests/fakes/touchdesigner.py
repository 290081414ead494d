"""A stand-in for TouchDesigner: operators with parameters, channels and callbacks, as far as our scripts use them."""

import types
from collections.abc import Callable, Sequence
from pathlib import Path


class Par:
    """A parameter: it has a value, and menus have names."""

    def __init__(self, value: object = 0) -> None:
        self.val = value
        self.menuNames: Sequence[str] = ()
        self.menuLabels: Sequence[str] = ()

    def eval(self) -> object:
        """The value."""
        return self.val


class Pars:
    """All parameters of an operator; setting one sets its value. A menu takes only what it has."""

    def __setattr__(self, name: str, value: object) -> None:
        if isinstance(value, Par):
            object.__setattr__(self, name, value)
            return
        par = self.__dict__.setdefault(name, Par())
        if par.menuNames and value not in par.menuNames:
            raise ValueError(f"asked for {name} {value!r}, the menu has {par.menuNames}")
        par.val = value


class Page:
    """A page of custom parameters. As in TouchDesigner, each append gives a list of those it made."""

    def __init__(self, owner: "Operator") -> None:
        self._owner = owner

    def _made(self, name: str, value: object) -> list[Par]:
        assert name[0].isupper() and name[1:].islower(), "a custom parameter begins with the only capital"
        setattr(self._owner.par, name, Par(value))
        return [getattr(self._owner.par, name)]

    def appendMenu(self, name: str, label: str = "") -> list[Par]:
        return self._made(name, "")

    def appendToggle(self, name: str, label: str = "") -> list[Par]:
        return self._made(name, False)

    def appendInt(self, name: str, label: str = "") -> list[Par]:
        return self._made(name, 0)

    def appendFloat(self, name: str, label: str = "") -> list[Par]:
        return self._made(name, 0.0)


class Operator:
    """Any operator: a name, parameters, a place in the network, what lies within and what is docked to it."""

    def __init__(self, name: str = "op", home: "Operator | None" = None) -> None:
        self.name, self.home, self.par = name, home, Pars()
        self.path = f"{home.path if home else ''}/{name}"
        self.docked: list[Operator] = []
        self.within: dict[str, Operator] = {}
        self.text = ""

    def appendCustomPage(self, name: str) -> Page:
        return Page(self)

    def create(self, kind: "type[Operator]", name: str) -> "Operator":
        made = self.within[name] = kind(name, self)
        return made

    def op(self, name: str) -> "Operator | None":
        return self.within.get(name)

    def parent(self) -> "Operator | None":
        return self.home

    def destroy(self) -> None:
        assert self.home is not None
        for other in self.home.within.values():
            if self in other.docked:
                other.docked.remove(self)
        self.home.within.pop(self.name, None)

    @property
    def module(self) -> types.ModuleType:
        """The DAT's text as a module, run with the names that TouchDesigner gives it."""
        found = types.ModuleType(self.name)
        assert self.home is not None
        found.__dict__.update(op=self.home.op, parent=lambda: self.home, me=self)
        exec(compile(self.text, self.name, "exec"), found.__dict__)
        found.__dict__.pop("me")
        return found


class WithCallbacks(Operator):
    """An operator that comes with an empty callbacks DAT docked to it."""

    def __init__(self, name: str = "op", home: Operator | None = None) -> None:
        super().__init__(name, home)
        if home is not None:
            docked = home.create(Operator, f"{name}_callbacks")
            self.docked.append(docked)


class SocketDat(WithCallbacks):
    """A WebSocket DAT: it keeps what is sent; with `wire` it passes it on."""

    def __init__(self, name: str = "socket", home: Operator | None = None) -> None:
        super().__init__(name, home)
        self.sent: list[str] = []
        self.ponged: list[bytes] = []
        self.wire: Callable[[str], None] | None = None

    def sendText(self, text: str) -> int:
        self.sent.append(text)
        if self.wire is not None:
            self.wire(text)
        return len(text)

    def sendPong(self, contents: bytes) -> int:
        self.ponged.append(contents)
        return len(contents)


class Channel:
    """A channel of a CHOP: its samples."""

    def __init__(self, chop: "ScriptChop", name: str) -> None:
        self._chop, self.name, self._vals = chop, name, [0.0] * chop.numSamples

    @property
    def vals(self) -> list[float]:
        return self._vals

    @vals.setter
    def vals(self, values: Sequence[float]) -> None:
        assert len(values) == self._chop.numSamples, "TouchDesigner takes as many samples as there are"
        assert isinstance(values, list), "it documents lists and no other sequence"
        self._vals = [float(value) for value in values]

    def __getitem__(self, at: int) -> float:
        return self._vals[at]


class ScriptChop(WithCallbacks):
    """A Script CHOP; `cook` calls `onCook` of its callbacks."""

    def __init__(self, name: str = "script", home: Operator | None = None) -> None:
        super().__init__(name, home)
        self.numSamples = 1
        self.made = 0  # how often channels were made, which is slow
        self._channels: list[Channel] = []
        self.onCook: Callable[[ScriptChop], object] | None = None

    def clear(self) -> None:
        self._channels = []

    def appendChan(self, name: str) -> Channel:
        self.made += 1
        self._channels.append(Channel(self, name))
        return self._channels[-1]

    def chans(self) -> list[Channel]:
        return list(self._channels)

    def cook(self, force: bool = False) -> None:
        if self.onCook is None:
            assert self.home is not None
            callbacks = self.home.op(str(self.par.callbacks.val))
            assert callbacks is not None
            self.onCook = callbacks.module.onCook
        self.onCook(self)

    def values(self) -> dict[str, list[float]]:
        """All channels, by name."""
        return {channel.name: channel.vals for channel in self._channels}


KINDS: dict[str, type[Operator]] = {
    "baseCOMP": Operator,
    "textDAT": Operator,
    "executeDAT": Operator,
    "websocketDAT": SocketDat,
    "scriptCHOP": ScriptChop,
}


def scripts_folder() -> Path:
    """Where the scripts for TouchDesigner lie."""
    return Path(__file__).resolve().parents[2] / "clients" / "touchdesigner"
