"""Programs on the network find OSC and OSCQuery by themselves, where the library for that is installed."""

import asyncio
import socket
import sys

import pytest
from desk_stage import DeskStage

from realtime.controllers.controller import Controller
from realtime.controllers.discovery import OSC_SERVICE, QUERY_SERVICE, Discovery
from realtime.controllers.listening import Address
from realtime.controllers.osc_in import OscIn
from realtime.controllers.osc_query import OscQuery

PATIENCE_S = 5.0


async def _running(stage: DeskStage, host: str) -> tuple[OscIn, OscQuery, Discovery]:
    osc = OscIn(stage.desk, Address(host, 0))
    query = OscQuery(stage.desk, osc, 0)
    discovery = Discovery(stage.desk, osc, query)
    assert isinstance(discovery, Controller)
    for one in (osc, query, discovery):
        await one.start()
    return osc, query, discovery


async def _stopped(*controllers: Controller) -> None:
    for one in reversed(controllers):
        await one.stop()


def test_without_the_library_the_person_is_told_how_to_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zeroconf", None)
    stage = DeskStage()

    async def play() -> None:
        running = await _running(stage, "0.0.0.0")
        await asyncio.sleep(0)
        await _stopped(*running)

    asyncio.run(play())
    (line,) = [line for line in stage.said if "not announced" in line]
    assert 'pip install "groovecast[discovery]"' in line


def test_it_is_found_with_its_ports_and_gone_when_the_show_is() -> None:
    pytest.importorskip("zeroconf")
    from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

    async def play() -> None:
        stage = DeskStage()
        found: dict[str, set[str]] = {OSC_SERVICE: set(), QUERY_SERVICE: set()}
        plain = "_groovecast-test._udp.local."

        def changed(zeroconf: object, service_type: str, name: str, state_change: object) -> None:
            known = found.setdefault(service_type, set())
            (known.discard if str(state_change).endswith("Removed") else known.add)(name)

        async def until(service: str, there: bool) -> bool:
            for _ in range(round(PATIENCE_S / 0.05)):
                if bool(found.get(service)) == there:
                    return True
                await asyncio.sleep(0.05)
            return False

        library = AsyncZeroconf()
        listener = AsyncZeroconf()
        browser = AsyncServiceBrowser(
            listener.zeroconf, [plain, OSC_SERVICE, QUERY_SERVICE], handlers=[changed]
        )
        try:
            info = AsyncServiceInfo(plain, f"x.{plain}", port=1, addresses=[socket.inet_aton("127.0.0.1")])
            await library.async_register_service(info)
            if not await until(plain, True):
                pytest.skip("multicast does not reach this machine itself")
            osc, query, discovery = await _running(stage, "0.0.0.0")
            for service, port in ((OSC_SERVICE, osc.port), (QUERY_SERVICE, query.address.port)):
                assert await until(service, True), stage.said
                told = [AsyncServiceInfo(service, name) for name in found[service]]
                answers = [await one.async_request(listener.zeroconf, 3000) for one in told]
                # somebody else's may be there as well
                ours = [one for one in told if one.port == port]
                assert any(answers) and len(ours) == 1, (port, told)
                assert ours[0].name.startswith("Groovecast") and ours[0].parsed_addresses()
                found[service] = {ours[0].name}
            await _stopped(osc, query, discovery)
            assert await until(OSC_SERVICE, False) and await until(QUERY_SERVICE, False)
        finally:
            await browser.async_cancel()
            await library.async_close()
            await listener.async_close()

    asyncio.run(play())
