"""For programs with a loop of their own and no asyncio: a thread listens to the show, the loop asks for poses."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from groovecast_client.client import Client, connect
from groovecast_client.jitter_buffer import Pose
from groovecast_client.messages import State, Text, Transport
from groovecast_client.show import Counts, Wish
from groovecast_client.skeleton import Skeleton


class watch:
    """`with watch(url) as show:` and then `show.pose_at()` as often as a frame is drawn; it never waits.

    The arguments are those of `connect`; `on_text` is called in the thread that listens.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        wish: Wish = Wish(),  # noqa: B008  it is frozen
        delay_s: float = 0.0,
        on_text: Callable[[Text], None] | None = None,
        reconnect: bool = True,
    ) -> None:
        self._client: Client = connect(url, token, wish, delay_s, on_text, reconnect)
        self._thread = threading.Thread(target=self._listen, name="groovecast-client", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None
        self._began = threading.Event()
        self._error: BaseException | None = None

    def __enter__(self) -> "watch":
        self._thread.start()
        self._began.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None and self._ending is not None:
            with suppress(RuntimeError):  # the loop has ended by itself
                self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join()

    def pose_at(self, now_s: float | None = None, dancer: int = 0) -> Pose | None:
        """How a dancer stands now, or at a time of `time.monotonic()`; None before the dance is known.

        Raises Refused when the server will not have this client.
        """
        if self._error is not None:
            raise self._error
        return self._client.pose_at(now_s, dancer)

    def server_now_s(self, now_s: float | None = None) -> float | None:
        """The server's time now: what `next_beat_s` is to be compared with."""
        return self._client.server_now_s(now_s)

    def say(self, kind: str, **fields: object) -> None:
        """Send a text: `show.say("set", name="intensity", value=1.5)`."""
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._client.say(kind, **fields), self._loop)

    @property
    def dancers(self) -> tuple[int, ...]:
        """The numbers of the dancers that have been seen."""
        return self._client.dancers

    @property
    def skeleton(self) -> Skeleton | None:
        """The figure's bones."""
        return self._client.skeleton

    @property
    def state(self) -> State | None:
        """How the show is doing, as the server said last."""
        return self._client.state

    @property
    def transport(self) -> Transport | None:
        """Where the music is."""
        return self._client.transport

    @property
    def counts(self) -> Counts:
        """How well the show arrives."""
        return self._client.counts

    def _listen(self) -> None:
        """The listening thread."""
        try:
            asyncio.run(self._stay())
        except BaseException as why:
            self._error = why
        finally:
            self._began.set()

    async def _stay(self) -> None:
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        self._began.set()
        staying = asyncio.ensure_future(self._client.stay())
        ending = asyncio.ensure_future(self._ending.wait())
        await asyncio.wait((staying, ending), return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        if staying.done():
            staying.result()
        staying.cancel()
        await asyncio.wait((staying,))
