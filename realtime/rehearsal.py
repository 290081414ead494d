"""The rehearsal: the dance thread makes its first call of the model before the show begins, because it may be slow."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, runtime_checkable


@runtime_checkable
class Rehearsing(Protocol):
    """A generator whose first call in a thread is slower than all others."""

    def warm(self) -> None:
        """Dance thread. Make that call."""
        ...


class Rehearsal:
    """Dance thread and frame loop wait for each other here, once."""

    def __init__(self, generator: object, then: Callable[[], None] = lambda: None) -> None:
        self._generator, self._then = generator, then
        self._loop = asyncio.get_running_loop()
        self._held: asyncio.Future[None] = self._loop.create_future()
        self._curtain = threading.Event()

    async def held(self) -> None:
        """Frame loop. Wait until it is over. Raises what the generator raised."""
        await self._held

    def raise_curtain(self) -> None:
        """Frame loop. Let the dance begin, or see that there is none."""
        self._curtain.set()

    def hold(self) -> None:
        """Dance thread. Call a generator that needs it, do what comes then, and wait for the curtain."""
        fault: Exception | None = None
        try:
            if isinstance(self._generator, Rehearsing):
                self._generator.warm()
                self._then()
        except Exception as why:
            fault = why
        with suppress(RuntimeError):  # a show that was left meanwhile has closed its loop
            self._loop.call_soon_threadsafe(self._end, fault)
        self._curtain.wait()

    def _end(self, fault: Exception | None) -> None:
        if self._held.done():  # nobody waits any more
            return
        if fault is None:
            self._held.set_result(None)
        else:
            self._held.set_exception(fault)
