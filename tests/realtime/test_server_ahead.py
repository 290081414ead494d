"""The server's look-ahead: moments early, told again when they are planned anew, with the blocks asked for."""

import asyncio

import numpy as np
import pytest
from server_stage import BIN, JSON, STATE, On, Stage, frame, said, tell

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.motion.soles import soles_of
from groovecast.wire.frame import decode_frame
from groovecast.wire.messages import Notice
from realtime import timeline


@pytest.mark.parametrize(
    ("asked_s", "gets_s"), [(0, 0), (0.25, 0.25), (0.5, 0.5), (0.51, 0.5), (1e300, 0.5), (None, 0.08)]
)
def test_a_client_may_ask_for_up_to_half_a_second(on: On, asked_s: float | None, gets_s: float) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as client:
            await tell(client, "subscribe", **({} if asked_s is None else {"look_ahead_s": asked_s}))
            assert (await said(client, "subscribed"))["look_ahead_s"] == gets_s
            assert stage.server.look_aheads_s == {0.08, gets_s}

    on(play)


def test_each_gets_a_moment_as_long_before_its_time_as_it_asked_for(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as far, stage.watch(BIN) as near:
            await tell(far, "subscribe", look_ahead_s=0.3)
            await said(far, "subscribed")
            await said(near, "skeleton")
            stage.show(60, ahead_s=0.3)
            for client, count in ((far, 60), (near, 60 - 14)):
                stage.server.publish(Notice(text="here"))
                seqs = []
                while isinstance(message := await client.recv(), bytes):
                    seqs.append(decode_frame(message).seq)
                assert seqs == list(range(count))

    on(play)


def test_one_that_comes_later_or_asks_for_more_gets_what_is_still_to_come_at_once(on: On) -> None:
    async def play(stage: Stage) -> None:
        stage.server.send(*(stage.moment(100 + tick / 60) for tick in range(1, 31)))
        stage.clock.now_s += 0.1  # six are over
        stage.server.send()
        async with stage.watch(BIN) as client:
            await said(client, "skeleton")
            stage.server.send()
            assert [(await frame(client)).seq for _ in range(4)] == [6, 7, 8, 9]
            await tell(client, "subscribe", look_ahead_s=0.5)
            await said(client, "subscribed")
            stage.server.send()
            assert [(await frame(client)).seq for _ in range(20)] == list(range(10, 30))
            stage.server.publish(Notice(text="that is all"))
            assert isinstance(await client.recv(), str)

    on(play)


def test_a_moment_planned_anew_comes_again_to_who_had_it_and_once_to_who_had_not(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as far, stage.watch(BIN) as near:
            await tell(far, "subscribe", look_ahead_s=0.5)
            await said(far, "subscribed")
            await said(near, "skeleton")
            stage.server.send(*(stage.moment(100 + tick / 60) for tick in range(1, 31)))
            old = [await frame(far) for _ in range(30)]
            stage.server.send(*(stage.moment(old[seq].pose.time_s, 0.7) for seq in range(20, 30)))
            again = [await frame(far) for _ in range(10)]
            assert [(one.seq, one.revision) for one in again] == [(seq, 1) for seq in range(20, 30)]
            assert [one.pose.time_s for one in again] == [one.pose.time_s for one in old[20:]]
            assert all(one.pose.root_m[1] == np.float32(0.7) for one in again)
            stage.server.send()
            stage.server.publish(Notice(text="nothing more of it comes"))
            assert isinstance(await far.recv(), str)
            stage.clock.now_s += 0.49
            stage.server.send()
            got = [await frame(near) for _ in range(30)]
            assert [(one.seq, one.revision) for one in got] == [(seq, int(seq >= 20)) for seq in range(30)]

    on(play)


def test_blocks_come_to_who_asked_for_them_in_binary_and_in_text(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with (
            stage.watch(BIN) as both,
            stage.watch(BIN) as beat,
            stage.watch(JSON) as text,
            stage.watch() as bare,
        ):
            assert (await said(both, "hello"))["blocks"] == []
            await said(bare, "skeleton")
            for client, blocks in (
                (both, ["contacts", "beat"]),
                (beat, ["beat"]),
                (text, ["contacts", "beat"]),
            ):
                await tell(client, "subscribe", blocks=blocks, look_ahead_s=0.3)
                assert (await said(client, "subscribed"))["blocks"] == sorted(blocks)
            stage.show(ahead_s=0, beat=6.75)
            full, short = await frame(both), await frame(beat)
            said_so, bare_said = await said(text, "pose"), await said(bare, "pose")
            assert full.next_beat == short.next_beat and short.contact_places_m is None
            assert full.next_beat is not None and full.contact_places_m is not None
            assert full.next_beat.next_beat_s == pytest.approx(100.125)
            assert (full.next_beat.period_s, full.next_beat.beats_per_bar, full.next_beat.bar_position) == (
                0.5,
                4,
                3,
            )
            skeleton = groovecast_skeleton()
            turns = full.pose.local_quat_wxyz[:22]
            world = world_from_local(full.pose.root_m, turns, skeleton.rest_offset_m, skeleton.parents)
            np.testing.assert_allclose(full.contact_places_m, soles_of(*world, skeleton).place_m, atol=1e-6)
            np.testing.assert_allclose(said_so["contact_places_m"], full.contact_places_m, atol=1e-5)
            assert said_so["next_beat"]["bar_position"] == 3
            assert bare_said["next_beat"] is bare_said["contact_places_m"] is None
            for height_m in (0.9, 0.7):  # planned anew: the feet too
                stage.server.send(stage.moment(stage.clock.now_s + 0.05, height_m, beat=None))
                unknown = await frame(both)
                assert unknown.next_beat is None and unknown.contact_places_m is not None
                assert unknown.contact_places_m[0, 1] - full.contact_places_m[0, 1] == pytest.approx(
                    height_m - 0.9
                )
            await tell(both, "subscribe", fps=60)
            assert (await said(both, "subscribed"))["blocks"] == ["beat", "contacts"], "as it was"
            await tell(both, "subscribe", blocks=[])
            assert (await said(both, "subscribed"))["blocks"] == []
            stage.clock.now_s += 0.1
            stage.show(ahead_s=0)
            assert (await frame(both)).blocks == ()
            await tell(both, "subscribe", blocks=["wings"])
            assert "wings" in (await said(both, "notice"))["text"]

    on(play)


def test_the_feet_are_reckoned_once_a_moment_and_only_if_somebody_asked(
    on: On, monkeypatch: pytest.MonkeyPatch
) -> None:
    reckoned, places = [], timeline.sole_places

    def counting(*pose: np.ndarray) -> np.ndarray:
        reckoned.append(pose)
        return places(*pose)

    monkeypatch.setattr(timeline, "sole_places", counting)

    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as one, stage.watch(BIN) as two, stage.watch(JSON) as three:
            for client in (one, two, three):
                await said(client, "skeleton")
            stage.show(3, ahead_s=0)
            assert not reckoned
            for client, encoding in ((one, "f32"), (two, "i16"), (three, "json")):
                await tell(client, "subscribe", encoding=encoding, blocks=["contacts"])
                await said(client, "subscribed")
            stage.show(5, ahead_s=0)
            assert len(reckoned) == 5

    on(play)


def test_equal_wishes_share_one_encoding(on: On, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded, encode = [], timeline.encode_frame

    def counting(*given: object) -> bytes:
        encoded.append(given)
        return encode(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(timeline, "encode_frame", counting)

    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as one, stage.watch(BIN) as two, stage.watch(BIN) as three:
            await tell(three, "subscribe", joints=22)
            for client in (one, two):
                await said(client, "skeleton")
            await said(three, "subscribed")
            stage.show(10)
            assert len(encoded) == 20
            for client in (one, two, three):
                assert [(await frame(client)).seq for _ in range(10)] == list(range(10))

    on(play)


def test_a_client_that_leaves_in_the_middle_of_the_look_ahead_leaves_the_others_theirs(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as stays:
            await tell(stays, "subscribe", look_ahead_s=0.2)
            await said(stays, "subscribed")
            async with stage.watch(BIN) as leaves:
                await tell(leaves, "subscribe", look_ahead_s=0.5)
                await said(leaves, "subscribed")
                stage.show(10, ahead_s=0.5)
            while stage.server.clients > 1:
                await asyncio.sleep(0)
            assert stage.server.look_aheads_s == {0.08, 0.2}
            stage.show(40, ahead_s=0.5)
            assert [(await frame(stays)).seq for _ in range(30)] == list(range(30))
            stage.server.publish(STATE)
            assert (await said(stays, "state"))["dropped_here"] == 0

    on(play)
