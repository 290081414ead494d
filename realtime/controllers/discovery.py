"""OSC and OSCQuery announced on the network (zeroconf, Bonjour), so that programs list them and nobody types ports.

The library for that is the extra `discovery`; without it the person is told once how to have it.
"""

import asyncio
from urllib.parse import urlsplit

from realtime.addresses import addresses_of
from realtime.controllers.controller import TurnedDesk
from realtime.controllers.osc_in import OscIn
from realtime.controllers.osc_query import NAME, OscQuery

OSC_SERVICE = "_osc._udp.local."
QUERY_SERVICE = "_oscjson._tcp.local."


class Discovery:
    """Announces what other machines can reach; what only this one can need not be told to them."""

    def __init__(self, desk: TurnedDesk, osc: OscIn, query: OscQuery | None) -> None:
        """Both must have started before."""
        self._desk, self._osc, self._query = desk, osc, query
        self._announcing: asyncio.Task[None] | None = None
        self.name = "whoever finds these announced (zeroconf)"
        self.trouble = ""

    async def start(self) -> None:
        """Begin to announce; the show does not wait until everybody has heard it."""
        self._announcing = asyncio.create_task(self._announce())

    def tick(self, now_s: float) -> None:
        """Nothing to do: the library answers by itself."""

    async def stop(self) -> None:
        """Take it back."""
        if self._announcing is not None:
            self._announcing.cancel()
            await asyncio.wait((self._announcing,))
            self._announcing = None

    async def _announce(self) -> None:
        """Until it is cancelled."""
        try:
            from zeroconf import Error
            from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf
        except ImportError:
            mend = 'pip install "groovecast[discovery]", or type the address'
            return self._desk.say(f"{self._osc.name} is not announced on the network: {mend}")
        services = [(OSC_SERVICE, self._osc.port)]
        if self._query is not None and not self._query.trouble:
            services.append((QUERY_SERVICE, self._query.address.port))
        host = self._osc.address.host
        found = [urlsplit(url).hostname for url in addresses_of(host, self._osc.port)]
        reached = [name for name in found if name is not None]
        try:
            announcer = AsyncZeroconf()
        except OSError as why:
            return self._desk.say(
                f"{self._osc.name} is not announced on the network ({why}): type the address"
            )
        try:
            for service, port in services:
                info = AsyncServiceInfo(service, f"{NAME}.{service}", port=port, parsed_addresses=reached)
                # several shows in one house become "Groovecast-2", ...
                await announcer.async_register_service(info, allow_name_change=True)
            await asyncio.Event().wait()
        except (Error, OSError, ValueError) as why:  # a host that is a name is no address
            self._desk.say(f"{self._osc.name} is not announced on the network ({why}): type the address")
        finally:
            await announcer.async_unregister_all_services()
            await announcer.async_close()
