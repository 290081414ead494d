"""What an Open Sound Control datagram says: its messages one by one, whatever bytes somebody sends.

python-osc reads the arguments. Bundles are taken apart here: its own reading of them never ends where a size is
negative, and each type that it does not know it writes into the program's log.
"""

from dataclasses import dataclass

from pythonosc.osc_message import OscMessage

from groovecast.wire.errors import WireError

MOST_BYTES = 8192  # a sane controller stays below 1500
MOST_MESSAGES = 256
_MOST_DEPTH = 4  # bundles in bundles
_MOST_ARGUMENTS = 64

_BUNDLE = b"#bundle\0"
_HEAD_BYTES = len(_BUNDLE) + 8  # and the time tag
_READ = frozenset("ifshdTF")
_NOTHING = frozenset("IN")  # an impulse, a nil: it is the address alone that speaks

OscValue = bool | int | float | str


@dataclass(frozen=True)
class OscSaid:
    """One message: where it goes, which may be a pattern, and what it carries."""

    address: str
    values: tuple[OscValue, ...] = ()


def osc_elements(datagram: bytes) -> list[bytes]:
    """The messages of a datagram, in order, those in bundles too; time tags are not waited for.

    Raises WireError when it is no OSC, or more than anybody needs.
    """
    if len(datagram) > MOST_BYTES:
        raise WireError(f"an OSC datagram has at most {MOST_BYTES} bytes here, found {len(datagram)}")
    elements: list[bytes] = []
    left = [(datagram, 0)]
    while left:
        packet, depth = left.pop()
        if packet.startswith(b"/"):
            elements.append(packet)
            if len(elements) > MOST_MESSAGES:
                raise WireError(f"an OSC datagram has at most {MOST_MESSAGES} messages here, found more")
        elif packet.startswith(_BUNDLE) and depth < _MOST_DEPTH:
            # the last goes in first, for the first is to come out first
            left += [(part, depth + 1) for part in reversed(_parts(packet))]
        else:
            raise WireError(
                f"an OSC datagram holds messages, in at most {_MOST_DEPTH} bundles, found neither"
            )
    return elements


def osc_said(element: bytes) -> OscSaid:
    """What a message says. Raises WireError when its bytes are cut or wrong, or of a type that no control takes."""
    address, after = _text(element, 0)
    if after == len(element):
        return OscSaid(address)  # old senders leave the types away when there is nothing
    types, _ = _text(element, after)
    if not types.startswith(",") or len(types) > 1 + _MOST_ARGUMENTS:
        raise WireError(
            f"OSC types begin with a comma and are at most {_MOST_ARGUMENTS}, found {types[:16]!r}"
        )
    if not set(types[1:]) - _NOTHING:
        return OscSaid(address)
    foreign = set(types[1:]) - _READ
    if foreign:
        raise WireError(f"{address[:48]} has types {types[1:17]!r}: send a number, T, F or text")
    try:
        return OscSaid(address, tuple(OscMessage(element)))
    except Exception as why:  # it has no one error for bytes that are cut
        raise WireError(f"{address[:48]} cannot be read: {why}") from None


def _parts(bundle: bytes) -> list[bytes]:
    parts = []
    at = _HEAD_BYTES
    if len(bundle) < at:
        raise WireError(f"an OSC bundle has at least {at} bytes, found {len(bundle)}")
    while at < len(bundle):
        size = int.from_bytes(bundle[at : at + 4], "big")
        begin, at = at + 4, at + 4 + size
        if size % 4 or at > len(bundle):
            raise WireError(f"an OSC bundle of {len(bundle)} bytes has an element that ends at {at}")
        if size:
            parts.append(bundle[begin:at])
    return parts


def _text(element: bytes, begin: int) -> tuple[str, int]:
    """The OSC string there, and where what comes after begins."""
    end = element.find(b"\0", begin)
    after = begin + (end - begin) // 4 * 4 + 4
    if end < 0 or after > len(element):
        raise WireError("an OSC string ends with a zero and fills four bytes, found its end missing")
    try:
        return element[begin:end].decode(), after
    except UnicodeDecodeError:
        raise WireError("an OSC string is UTF-8, found other bytes") from None
