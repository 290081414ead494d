"""Where other machines find the page: this machine's own addresses in the network."""

import socket
from contextlib import suppress

# Addresses for documentation (RFC 5737, 3849): nothing is sent there, the system only says by which way it would go.
_SOMEWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


def addresses_of(host: str, port: int) -> list[str]:
    """The addresses under which others reach a server that is bound to `host`; none when it is this machine's own."""
    if host in ("0.0.0.0", "::", ""):
        return [_url(found, port) for found in _own_addresses() if host != "0.0.0.0" or ":" not in found]
    if host == "localhost" or host.startswith("127.") or host == "::1":
        return []
    return [_url(host, port)]


def desk_address(page_url: str) -> str:
    """Where the desk is, of a page that is there; whoever needs a token for one needs it for both."""
    address, mark, query = page_url.partition("?")
    return f"{address}desk{mark}{query}"


def _own_addresses() -> list[str]:
    found: list[str] = []
    for family, somewhere in _SOMEWHERE:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as way:
            way.connect((somewhere, 9))
            own = str(way.getsockname()[0])
            if not own.startswith("127.") and own != "::1":
                found.append(own)
    return found


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
