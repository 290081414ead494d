"""The bad network that clients are tested behind: it loses, delays and reorders what it says, and nothing else."""

import asyncio
import http.client
import re
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
from clients.rough_network import Roughness, RoughNetwork
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Request, Response

from clients import rough_network

MESSAGES = 200
Network = Callable[[RoughNetwork], Coroutine[None, None, None]]


async def counting(line: ServerConnection) -> None:
    """A server that sends poses and texts in turn, then says what the client said, and closes."""
    for number in range(MESSAGES):
        await line.send(number.to_bytes(2, "little"))
        if number % 10 == 0:
            await line.send(str(number))
    await line.send(f"you said {await line.recv()}")
    await line.close(4000, "that was all")


async def answered(_line: ServerConnection, request: Request) -> Response | None:
    """A page, a refusal, or the stream."""
    if request.path == "/page":
        return Response(200, "OK", Headers({"Content-Type": "text/plain", "Content-Length": "5"}), b"hello")
    return Response(401, "Unauthorized", Headers(), b"") if "token=x" not in request.path else None


def behind(rough: Roughness, play: Network) -> RoughNetwork:
    """Run a test's coroutine behind a network before that server."""

    async def main() -> RoughNetwork:
        async with serve(counting, "127.0.0.1", 0, process_request=answered) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            async with asyncio.timeout(20), RoughNetwork(port, rough) as network:
                await play(network)
                return network

    return asyncio.run(main())


def heard(rough: Roughness) -> tuple[list[int], list[str], RoughNetwork]:
    """What comes through: poses and texts."""
    poses: list[int] = []
    texts: list[str] = []

    async def play(network: RoughNetwork) -> None:
        async with connect(f"ws://127.0.0.1:{network.port}/ws?token=x", proxy=None) as line:
            await line.send("hi")
            try:
                while True:
                    said = await line.recv()
                    if isinstance(said, str):
                        texts.append(said)
                    else:
                        poses.append(int.from_bytes(said, "little"))
            except ConnectionClosed:
                assert (line.close_code, line.close_reason) == (4000, "that was all")

    return poses, texts, behind(rough, play)


def test_poses_are_lost_and_overtake_one_another_and_texts_do_neither() -> None:
    poses, texts, network = heard(Roughness(0.02, 0.02, loss=0.1))
    assert network.passed.lost == MESSAGES - len(poses) and 8 <= network.passed.lost <= 35
    assert len(set(poses)) == len(poses) and poses != sorted(poses) and network.passed.overtaken > 20
    assert texts == [str(number) for number in range(0, MESSAGES, 10)] + ["you said hi"]


def test_the_same_seed_loses_the_same_poses() -> None:
    first, second, other = (sorted(heard(Roughness(0.01, 0.01, 0.2, seed))[0]) for seed in (1, 1, 2))
    assert first == second != other


def test_in_order_nothing_is_lost_or_overtakes_and_what_was_lost_comes_later() -> None:
    poses, _, network = heard(Roughness(0.02, 0.02, 0.1, in_order=True, resent_s=0.05))
    assert poses == list(range(MESSAGES)) and network.passed.overtaken == 0 and network.passed.lost > 5


def test_a_message_takes_as_long_as_the_network_says() -> None:
    async def play(network: RoughNetwork) -> None:
        loop = asyncio.get_running_loop()
        async with connect(f"ws://127.0.0.1:{network.port}/ws?token=x", proxy=None) as line:
            begin_s = loop.time()
            await line.recv()
            assert loop.time() - begin_s > 0.13

    behind(Roughness(0.15, 0.01, 0), play)


def test_pages_pass_and_refusals_too() -> None:
    async def play(network: RoughNetwork) -> None:
        def page() -> bytes:
            line = http.client.HTTPConnection("127.0.0.1", network.port, timeout=10)
            line.request("GET", "/page")
            body = line.getresponse().read()
            line.close()
            return body

        assert await asyncio.to_thread(page) == b"hello"
        with pytest.raises(InvalidStatus) as refused:
            async with connect(f"ws://127.0.0.1:{network.port}/ws", proxy=None):
                pass
        assert refused.value.response.status_code == 401

    behind(Roughness(), play)


def test_nobody_behind_it_is_a_bad_gateway() -> None:
    async def main() -> None:
        async with RoughNetwork(9) as network:
            with pytest.raises(InvalidStatus) as refused:
                async with connect(f"ws://127.0.0.1:{network.port}/ws", proxy=None):
                    pass
            assert refused.value.response.status_code == 502

    asyncio.run(main())


def test_the_command_says_where_it_listens_and_what_it_did() -> None:
    command = [
        sys.executable,
        str(Path(rough_network.__file__)),
        "127.0.0.1:9",
        "--seconds",
        "0.1",
        "--seed",
        "7",
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.splitlines()
    assert re.match(r"rough network at http://127\.0\.0\.1:\d+/ before 127\.0\.0\.1:9, .*seed=7", said[0])
    assert said[1].startswith("0 connections, 0 poses")


@pytest.mark.parametrize("bad", [{"jitter_s": 0.05}, {"loss": 2.0}])
def test_a_network_that_cannot_be_is_refused_in_words(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="asked"):
        Roughness(**bad)  # type: ignore[arg-type]
