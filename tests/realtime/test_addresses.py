"""Where a phone finds the page: only what others can reach is told, in the form a browser takes."""

import socket

import pytest

from realtime import addresses
from realtime.addresses import addresses_of, desk_address


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.5", "localhost", "::1"])
def test_a_server_for_this_machine_alone_has_no_address_for_others(host: str) -> None:
    assert addresses_of(host, 8765) == []


def test_a_named_address_is_told_as_it_is() -> None:
    assert addresses_of("192.168.1.20", 80) == ["http://192.168.1.20:80/"]
    assert addresses_of("fe80::1", 80) == ["http://[fe80::1]:80/"]


def test_a_server_on_all_addresses_tells_those_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "_own_addresses", lambda: ["10.0.0.3", "2001:db8::3"])
    assert addresses_of("0.0.0.0", 8765) == ["http://10.0.0.3:8765/"]
    assert addresses_of("::", 8765) == ["http://10.0.0.3:8765/", "http://[2001:db8::3]:8765/"]


def test_a_machine_without_a_network_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    class Nowhere(socket.socket):
        def connect(self, address: object) -> None:
            raise OSError("network is unreachable")

    monkeypatch.setattr(addresses.socket, "socket", Nowhere)
    assert addresses_of("0.0.0.0", 8765) == []


def test_the_desk_is_beside_the_page_and_needs_the_same_token() -> None:
    assert desk_address("http://127.0.0.1:8765/") == "http://127.0.0.1:8765/desk"
    assert desk_address("http://[::1]:80/?token=a%20b") == "http://[::1]:80/desk?token=a%20b"
