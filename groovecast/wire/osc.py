"""The bytes of Open Sound Control: messages and bundles, as lights, video and music programs read them over UDP.

Everything is aligned to 4 bytes and big-endian (OSC 1.0), so a bundle is also an array of big-endian words.
"""

import numpy as np
from jaxtyping import Float

# a bundle that is to be acted on at once
IMMEDIATE = b"#bundle\0" + (1).to_bytes(8, "big")


def osc_message(address: str, text: bytes = b"", floats: tuple[float, ...] = ()) -> bytes:
    """A bundle's element: its size, then the OSC message with at most one text (`osc_text`) and then floats."""
    types = "," + "s" * bool(text) + "f" * len(floats)
    content = osc_text(address) + osc_text(types) + text + np.array(floats, ">f4").tobytes()
    return len(content).to_bytes(4, "big") + content


def osc_integers(address: str, values: tuple[int, ...]) -> bytes:
    """A bundle's element: its size, then an OSC message of whole numbers."""
    content = osc_text(address) + osc_text("," + "i" * len(values)) + np.array(values, ">i4").tobytes()
    return len(content).to_bytes(4, "big") + content


def osc_text(text: str) -> bytes:
    """An OSC string: UTF-8, ended by a zero and filled with zeros up to a multiple of 4."""
    data = text.encode() + b"\0"
    return data + bytes(-len(data) % 4)


def packed(messages: list[bytes], end: bytes, max_bytes: int) -> tuple[list[bytes], list[int]]:
    """Bundles as full as `max_bytes` allows, `end` in the last; and the byte at which each message ends."""
    datagrams, ends = [IMMEDIATE], []
    for index, message in enumerate(messages):
        needed = len(message) + (len(end) if index == len(messages) - 1 else 0)
        if len(datagrams[-1]) + needed > max_bytes:
            datagrams.append(IMMEDIATE)
        datagrams[-1] += message
        ends.append(sum(map(len, datagrams)))
    datagrams[-1] += end
    return datagrams, ends


class OscTemplate:
    """Bundles whose messages never change but for their floats: written once, then only the numbers are put in."""

    def __init__(self, messages: list[tuple[str, int]], max_bytes: int = 1200) -> None:
        """`messages`: an address, and how many floats it carries."""
        written = [osc_message(address, b"", (0.0,) * floats) for address, floats in messages]
        datagrams, ends = packed(written, b"", max_bytes)
        self._cuts = np.cumsum([0, *map(len, datagrams)]).tolist()
        self._bytes = np.frombuffer(bytearray(b"".join(datagrams)), np.uint8)
        self._floats = self._bytes.view(">f4")
        # an element's floats are its last words
        spans = [range(end // 4 - floats, end // 4) for end, (_, floats) in zip(ends, messages, strict=True)]
        self._words = np.array([word for span in spans for word in span])

    def filled(self, values: Float[np.ndarray, " floats"]) -> list[bytes]:
        """The datagrams with these floats, in the order of the messages."""
        self._floats[self._words] = values
        frame = self._bytes.tobytes()
        return [frame[start:end] for start, end in zip(self._cuts, self._cuts[1:], strict=False)]
