"""The desk's controls as OSCQuery describes them: a tree of addresses, each with its type, range and value."""

from urllib.parse import unquote

from groovecast.wire.desk_messages import Value
from realtime.controllers.controller import TurnedDesk
from realtime.controllers.osc_hands import IN_UNITS, ROOT
from realtime.desk.control import Control

Node = dict[str, object]

ATTRIBUTES = (
    "FULL_PATH", "CONTENTS", "TYPE", "ACCESS", "VALUE", "RANGE", "DESCRIPTION", "TAGS", "CLIPMODE", "UNIT",
)  # fmt: skip
_NO_ACCESS, _WRITE_ONLY, _READ_AND_WRITE = 0, 2, 3
_UNITS = {"m": "distance.m", "ms": "time.ms", "s": "time.second", "°": "angle.degree"}


class OscNamespace:
    """What there is under `/`. Leaves have no contents, because Chataigne takes what has some for a folder; the
    addresses in a control's own unit are there for who asks for them."""

    def __init__(self, desk: TurnedDesk) -> None:
        self._desk = desk

    def found(self, path: str) -> Node | None:
        """The node of an address, with all below it; None when there is none."""
        path = "/" + unquote(path).strip("/")
        if path == "/":
            folder = ROOT.strip("/")
            contents: Node = {folder: self.found(ROOT)}
            return _folder("/", "Groovecast: a dancing figure", contents)
        if path == ROOT.rstrip("/"):
            leaves: Node = {control.name: self._leaf(control) for control in self._desk.controls}
            return _folder(path, "What a performer turns", leaves)
        for control in self._desk.controls:
            if path == ROOT + control.name:
                return self._leaf(control)
            if path == ROOT + control.name + IN_UNITS and control.kind == "number":
                return self._in_units(control)
        return None

    def _leaf(self, control: Control) -> Node:
        node: Node = {
            "FULL_PATH": ROOT + control.name,
            "DESCRIPTION": control.says,
            "ACCESS": _WRITE_ONLY if control.kind == "button" else _READ_AND_WRITE,
            "TAGS": [control.group],
        }
        if control.kind == "button":
            return {**node, "TYPE": "I"}  # an impulse: it has no value
        value = self._desk.value(control.name)
        if control.kind == "switch":
            return {**node, "TYPE": "T" if value else "F", "VALUE": [bool(value)], "RANGE": [None]}
        if control.kind == "choice":
            return {**node, "TYPE": "s", "VALUE": [str(value)], "RANGE": [{"VALS": list(control.choices)}]}
        return {
            **node,
            "TYPE": "f",
            "VALUE": [control.share_of(value)],
            "RANGE": [{"MIN": 0.0, "MAX": 1.0}],
            "CLIPMODE": ["both"],
        }

    def _in_units(self, control: Control) -> Node:
        node = self._leaf(control) | {
            "FULL_PATH": ROOT + control.name + IN_UNITS,
            "VALUE": [_plain(self._desk.value(control.name))],
            "RANGE": [{"MIN": control.least, "MAX": control.most}],
        }
        unit = _UNITS.get(control.unit)
        return node if unit is None else {**node, "UNIT": [unit]}


def _folder(path: str, says: str, contents: Node) -> Node:
    return {"FULL_PATH": path, "DESCRIPTION": says, "ACCESS": _NO_ACCESS, "CONTENTS": contents}


def _plain(value: Value) -> float:
    return 0.0 if isinstance(value, str) else float(value)
