"""A program that builds its panel from OSCQuery, after the manner of Chataigne: folders are what has contents."""

import asyncio
import json
from dataclasses import dataclass, field


async def asked(port: int, path: str, *headers: str, host: str = "127.0.0.1") -> tuple[int, bytes]:
    """Status and body of a GET."""
    reader, writer = await asyncio.open_connection(host, port)
    lines = (
        headers
        if any(header.lower().startswith("host:") for header in headers)
        else (f"Host: {host}", *headers)
    )
    writer.write("\r\n".join((f"GET {path} HTTP/1.1", *lines, "", "")).encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return int(head.split()[1]), body


@dataclass
class Knob:
    """One thing on the panel: what it may be set to, as arguments of OSC."""

    address: str
    kind: str
    settings: list[tuple[bool | float | str, ...]]
    shows: object


@dataclass
class Walker:
    """Reads who is there, then the whole tree in one go."""

    port: int
    host_info: dict[str, object] = field(default_factory=dict)
    knobs: dict[str, Knob] = field(default_factory=dict)

    async def read(self) -> None:
        """Build the panel."""
        status, body = await asked(self.port, "/?HOST_INFO")
        assert status == 200
        self.host_info = json.loads(body)
        status, body = await asked(self.port, "/")
        assert status == 200
        self.knobs = {}
        self._fill("", json.loads(body))

    def _fill(self, path: str, folder: dict[str, object]) -> None:
        contents = folder["CONTENTS"]
        assert isinstance(contents, dict)
        for name, node in contents.items():
            address = f"{path}/{name}"
            assert node["FULL_PATH"] == address
            if "CONTENTS" in node:
                self._fill(address, node)
            else:
                self.knobs[address] = _knob(address, node)


def _knob(address: str, node: dict[str, object]) -> Knob:
    kind = node["TYPE"]
    value, ranges = node.get("VALUE", []), node.get("RANGE", [])
    assert isinstance(value, list) and isinstance(ranges, list) and len(value) == len(ranges)
    settings: list[tuple[bool | float | str, ...]]
    if kind == "I":
        settings = [()]
    elif kind in ("T", "F"):
        settings = [(True,), (False,)]
    elif kind == "s":
        settings = [(word,) for word in ranges[0]["VALS"]]
    else:
        assert kind == "f"
        settings = [(float(ranges[0]["MIN"]),), (float(ranges[0]["MAX"]),)]
    return Knob(address, str(kind), settings, value[0] if value else None)
