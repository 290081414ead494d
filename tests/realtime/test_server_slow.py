"""The server waits for nobody: those who do not read, who leave in the middle, and who are one too many."""

import asyncio
import os
import socket
import struct
import tracemalloc
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from server_stage import BIN, STATE, On, Stage, frame, frames_in, said, stuck_client
from websockets.exceptions import ConnectionClosed

from groovecast.wire.messages import Notice


def test_a_client_that_never_reads_costs_the_others_nothing_and_memory_stays_flat(on: On) -> None:
    async def play(stage: Stage) -> None:
        raw = stuck_client(stage.server.port)
        async with stage.watch(BIN) as good:
            while stage.server.clients < 2:
                await asyncio.sleep(0)
            [stuck] = (
                client
                for client in stage.server._clients
                if client._connection.remote_address == raw.getsockname()
            )
            held = []
            for seq in range(600):
                stage.show()
                stage.server.publish(STATE)
                stage.server.publish(Notice(text="n" * 500))
                assert (await frame(good)).seq == seq
                held.append(stuck._connection.transport.get_write_buffer_size())
            assert max(held) < 16_384 and stuck.dropped > 400
            assert len(stuck._waiting) <= 3
            assert stage.server.dropped == stuck.dropped
            assert (await said(good, "state"))["dropped_here"] == 0
        # it wakes up: what it finds after the old ones is new, and it learns what it lost
        raw.setblocking(False)
        loop, got = asyncio.get_running_loop(), b""
        while b'"dropped_here":0' in got or b'"dropped_here":' not in got:
            got = got[-200:] + await loop.sock_recv(raw, 65536)
            stage.show()
            stage.server.publish(STATE)
        raw.close()

    on(play)


def test_stopping_waits_for_nobody(on: On, page_dir: Path) -> None:
    async def play(stage: Stage) -> None:
        loop = asyncio.get_running_loop()
        stage.server.serve_track("long", bytes(50_000_000))
        spare, slow = socket.create_connection(("127.0.0.1", stage.server.port)), socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", stage.server.port))
        slow.sendall(b"GET /track/long.wav HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await asyncio.sleep(0.05)
        began_s = loop.time()
        await stage.server.__aexit__(None, None, None)
        assert loop.time() - began_s < 8  # a handshake is given up after 10
        spare.close()
        slow.close()

    on(play)


def test_those_who_leave_in_the_middle_leave_no_mark(on: On, caplog: pytest.LogCaptureFixture) -> None:
    async def play(stage: Stage) -> None:
        stage.server.serve_track("long", bytes(50_000_000))
        for request in (
            b"GET /track/long.wav HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"GET /ws HT",
            b"\0\1\n\n",
            b"",
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", stage.server.port)
            writer.write(request)
            await asyncio.sleep(0.02)
            # an RST, not a polite FIN
            linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        async with stage.watch(BIN) as client:
            await said(client, "skeleton")
            client.transport.abort()
        while stage.server.clients:
            stage.show()
            await asyncio.sleep(0)
        stage.show()

    on(play)
    assert [
        record.getMessage() for record in caplog.records if record.levelname in ("WARNING", "ERROR")
    ] == []


def test_one_client_too_many_is_told_so(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as first, stage.watch(BIN) as second:
            await said(first, "skeleton")
            with pytest.raises(ConnectionClosed):
                await second.recv()
            assert second.close_code == 1013

    on(play, max_clients=1)


def test_the_memory_of_a_server_with_a_client_that_never_reads_stays_flat_at_the_longest_look_ahead(
    on: On,
) -> None:
    async def play(stage: Stage) -> None:
        wish = '{"type":"subscribe","look_ahead_s":0.5,"blocks":["beat","contacts"]}'
        raw = stuck_client(stage.server.port, wish)
        while stage.server.look_aheads_s != {0.08, 0.5}:
            await asyncio.sleep(0)
        [stuck] = stage.server._clients
        held = np.zeros(900, int)
        for tick in range(len(held)):
            stage.show(ahead_s=0.5, height_m=0.9 + 0.01 * (tick % 7))
            if tick % 16 == 0:  # a plan: the last moments are others
                now_s = stage.clock.now_s - 1 / 60
                stage.server.send(*(stage.moment(now_s + 0.5 - k / 60, 0.8) for k in range(12)))
                await asyncio.sleep(0)
            if tick == 300:
                tracemalloc.start()
            held[tick] = tracemalloc.get_traced_memory()[0]
            assert stuck._connection.transport.get_write_buffer_size() < 12_000
        tracemalloc.stop()
        # half a second of moments with their messages, over and over
        assert held[600:].max() < 1.2 * held[400:600].max()
        assert stuck.dropped > 700
        raw.close()

    on(play)


def test_after_a_stall_a_client_gets_all_that_is_still_to_come_as_it_is_planned_now(on: On) -> None:
    async def play(stage: Stage) -> None:
        raw = stuck_client(stage.server.port, '{"type":"subscribe","look_ahead_s":0.4}')
        while stage.server.look_aheads_s != {0.08, 0.4}:
            await asyncio.sleep(0)
        stage.show(400, ahead_s=0.4)
        now_s = stage.clock.now_s - 1 / 60
        stage.server.send(*(stage.moment(now_s + k / 60, 0.7) for k in range(13, 25)))
        raw.setblocking(False)
        got = b""
        for _ in range(200):
            with suppress(BlockingIOError):
                got += raw.recv(1 << 20)
            stage.server.send()
            await asyncio.sleep(0.001)
        raw.close()
        begin = got.index(b"\r\n\r\n") + 4
        frames = list(frames_in(got[begin:]))
        [client] = stage.server._clients
        assert client.dropped == stage.server.dropped > 100
        coming = {one.seq: one for one in frames if one.pose.time_s > now_s}
        assert sorted(coming) == list(range(376, 400)), "the whole window, and once"
        for seq, one in coming.items():
            assert one.pose.root_m[1] == np.float32(0.7 if seq >= 388 else 0.9)
        before = [one.seq for one in frames if one.seq < 376]
        assert max(before) < 376 - 100, "what was over is not sent"
        assert len(frames) + client.dropped == 400

    on(play)
