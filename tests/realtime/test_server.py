"""The server, over real sockets: what a client hears, and what it may say."""

import asyncio
import json

import numpy as np
import pytest
from server_stage import BIN, JSON, PLAYING, STATE, On, Stage, frame, said, tell
from websockets.exceptions import ConnectionClosed

from groovecast.wire.messages import Notice

# --- what a client hears


def test_the_server_introduces_itself_then_the_figure_then_the_music(on: On) -> None:
    async def play(stage: Stage) -> None:
        stage.server.publish(PLAYING)
        async with stage.watch(BIN) as client:
            hello, skeleton, transport = [json.loads(await client.recv()) for _ in range(3)]
            assert (hello["type"], hello["server"], hello["protocol"]) == ("hello", "groovecast", 1)
            assert hello["now_s"] == stage.clock.now_s and hello["skeleton"] == skeleton["hash"]
            assert (hello["fps"], hello["look_ahead_s"], hello["encoding"], hello["joints"]) == (
                60,
                0.08,
                "f32",
                52,
            )
            assert skeleton["type"] == "skeleton" and len(skeleton["joints"]) == 52
            assert transport == {"type": "transport", "playing": True, "title": "x", "track": "/track/a.wav",
                                 "local": False, "position_s": 1, "at_s": 2, "duration_s": 60}  # fmt: skip

    on(play)


def test_poses_arrive_as_binary_as_short_binary_and_as_text(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as full, stage.watch(BIN) as short, stage.watch() as text:
            await tell(short, "subscribe", encoding="i16", joints=22, fps=60)
            await said(short, "subscribed")
            await said(text, "skeleton")
            stage.show(ahead_s=0)
            got = await frame(full)
            assert got.pose.local_quat_wxyz.shape == (52, 4) and got.beat == 1.5 and got.tempo_bpm == 120
            assert (got.pose.time_s, got.t_capture_s) == (100.0, 99.9)
            assert (await frame(short)).pose.local_quat_wxyz.shape == (22, 4)
            pose = await said(text, "pose")
            assert len(pose["local_quat_wxyz"]) == 52 and pose["root_m"] == [0, 0.9, 0]

    on(play)


def test_no_subprotocol_and_json_are_the_same_and_an_unknown_version_is_told_why(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch() as bare, stage.watch(JSON) as text, stage.watch("mqtt", BIN) as binary:
            assert bare.subprotocol is None and text.subprotocol == JSON and binary.subprotocol == BIN
            for client, encoding in ((bare, "json"), (text, "json"), (binary, "f32")):
                assert (await said(client, "hello"))["encoding"] == encoding
        async with stage.watch("groovecast.v2+bin") as late:
            with pytest.raises(ConnectionClosed):
                await late.recv()
            assert late.close_code == 1002 and "groovecast.v1+bin" in (late.close_reason or "")

    on(play)


def test_a_client_of_thirty_gets_every_second_frame(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as all_of_them, stage.watch(BIN) as half:
            await tell(half, "subscribe", fps=30)
            assert (await said(half, "subscribed"))["fps"] == 30
            stage.show(8)
            assert [(await frame(all_of_them)).seq for _ in range(8)] == list(range(8))
            assert [(await frame(half)).seq for _ in range(4)] == [0, 2, 4, 6]

    on(play)


def test_a_client_gets_no_more_frames_a_second_than_there_are(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as client:
            await tell(client, "subscribe", fps=120, look_ahead_s=7)
            answer = await said(client, "subscribed")
            assert (answer["fps"], answer["look_ahead_s"]) == (60, 0.5)

    on(play)


def test_frames_come_early_to_those_who_keep_them_and_on_time_to_those_who_do_not(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as early, stage.watch(JSON) as late:
            await said(early, "skeleton")
            await said(late, "skeleton")
            stage.show(10)
            assert stage.clock.now_s < (await frame(early)).pose.time_s + 0.1
            # 80 ms are not yet five frames: the first is due when the sixth is sent
            stage.server.publish(Notice(text="here"))
            poses = 0
            while json.loads(await late.recv())["type"] == "pose":
                poses += 1
            assert poses == 5

    on(play)


def test_a_ping_is_answered_with_the_server_s_times(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as client:
            await tell(client, "ping", t0=12.5)
            assert await said(client, "pong") == {"type": "pong", "t0": 12.5, "t1": 100.0, "t2": 100.0}

    on(play)


def test_the_state_tells_each_client_what_it_lost(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as client:
            await said(client, "skeleton")
            stage.show(2, height_m=float("nan"))
            stage.server.publish(STATE)
            state = await said(client, "state")
            assert (state["clients"], state["dropped"], state["dropped_here"]) == (1, 2, 2)
            assert stage.server.dropped == 2 and stage.server.clients == 1

    on(play)


# --- what a client says


def test_a_control_reaches_the_desk_and_an_unknown_one_a_notice(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as client:
            await tell(client, "set", name="playing", value=False)
            await tell(client, "set", name="wings", value=2)
            assert "there is only playing" in (await said(client, "notice"))["text"]
            assert stage.desk.turned == {"playing": False}

    on(play)


@pytest.mark.parametrize(
    "bad",
    ["", "{", "[]", '{"type":"sing"}', '{"type":"ping"}', '{"type":"subscribe","fps":31}', "x" * 20_000,
     b"", b"GCPC", b"GCPC\0\0\0\0ab", b"\xff" * 100, '{"type":"subscribe","look_ahead_s":-1}',
     '{"type":"song","title":"","sample_rate_hz":24000,"samples":0}',
     '{"type":"song","title":"","sample_rate_hz":24000,"samples":99999999999}',
     '{"type":"song","title":"","sample_rate_hz":1,"samples":5}'],
)  # fmt: skip
def test_a_bad_message_is_answered_in_words_and_the_stream_goes_on(on: On, bad: str | bytes) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as client:
            await client.send(bad)
            assert (await said(client, "notice"))["text"]
            stage.show()
            assert (await frame(client)).seq == 0

    on(play)


def test_a_song_arrives_whole_and_once(on: On) -> None:
    async def play(stage: Stage) -> None:
        sound = np.arange(-20_000, 20_000, dtype="<i2")
        async with stage.watch(BIN) as client:
            await tell(client, "song", title="mine", sample_rate_hz=24000, samples=len(sound))
            for first in range(0, len(sound), 16_000):
                part = sound[first : first + 16_000].tobytes()
                await client.send(b"GCPC" + first.to_bytes(4, "little") + part)
            await tell(client, "set", name="playing", value=True)
            while not stage.desk.turned:
                await asyncio.sleep(0)
            [(title, samples, rate)] = stage.desk.songs
            assert (title, rate, samples.dtype) == ("mine", 24000, np.float32)
            np.testing.assert_array_equal(samples, sound / np.float32(32768))

    on(play)


def test_a_song_with_a_gap_is_refused_and_may_be_sent_again(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as client:
            for _ in range(2):
                await tell(client, "song", title="mine", sample_rate_hz=8000, samples=4)
                await client.send(b"GCPC\1\0\0\0" + bytes(4))
                assert "send the song again" in (await said(client, "notice"))["text"]
                await client.send(b"GCPC\0\0\0\0" + bytes(4))
                assert "not announced" in (await said(client, "notice"))["text"]
            assert stage.desk.songs == []

    on(play)
