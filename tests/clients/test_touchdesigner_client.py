"""The scripts for TouchDesigner, run outside it: golden bytes, any bytes, and a bad network without a jump."""

import json
import random

import numpy as np
import pytest
from clients.touchdesigner_dance import (
    AWAY_S,
    FRAME_S,
    ROOT,
    SKELETON_TEXT,
    dance,
    dance_quat,
    places_m,
    source_speed_m_s,
    speeds_m_s,
)  # fmt: skip
from groovecast_link import Link
from groovecast_player import Player, ServerClock, Stance
from groovecast_wire import Frame, WireError, decode_frame, encode_frame, frame_from_json
from hypothesis import given
from hypothesis import strategies as st

GOLDEN = ROOT / "protocol" / "golden"
VECTORS = sorted(path.stem for path in GOLDEN.glob("*.bin") if not path.stem.startswith("sound_"))
TOLD = {name: json.loads((GOLDEN / f"{name}.json").read_text()) for name in VECTORS}
REJECTED = [name for name in VECTORS if TOLD[name]["expect"] == "reject"]
TOLD_FIELDS = (
    "seq",
    "dancer",
    "revision",
    "cut",
    "beat",
    "tempo_bpm",
    "energy",
    "t_capture_s",
    "t_present_s",
)


# ---- the codec ----


def test_there_are_golden_vectors_of_both_kinds() -> None:
    assert len(VECTORS) > 70 and len(REJECTED) >= 8


@pytest.mark.parametrize("name", [name for name in VECTORS if name not in REJECTED])
def test_a_golden_frame_is_read_as_its_json_says_and_written_again_to_the_byte(name: str) -> None:
    message, meant = (GOLDEN / f"{name}.bin").read_bytes(), TOLD[name]["frame"]
    frame = decode_frame(message)
    for field in TOLD_FIELDS:
        assert getattr(frame, field) == meant[field], field
    assert frame.root_m.tolist() == meant["root_m"] and list(frame.contacts) == meant["contacts"]
    quat = np.array(meant["local_quat_wxyz"], np.float32).reshape(-1, 4)
    np.testing.assert_array_equal(frame.local_quat_wxyz, quat)
    told = frame.next_beat
    assert (told and told._asdict()) == (meant["next_beat"] and pytest.approx(meant["next_beat"]))
    places = frame.contact_places_m
    assert (places if places is None else places.tolist()) == meant["contact_places_m"]
    assert [(kind, held.hex()) for kind, held in frame.blocks] == [
        (b["type"], b["hex"]) for b in meant["blocks"]
    ]
    if name not in ("unknown_flags", "i16_edges"):
        assert encode_frame(frame) == message


@pytest.mark.parametrize("name", REJECTED)
def test_a_golden_message_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(WireError):
        decode_frame((GOLDEN / f"{name}.bin").read_bytes())


@given(st.data())
def test_any_bytes_are_a_frame_or_a_named_error(data: st.DataObject) -> None:
    message = bytearray((GOLDEN / f"{data.draw(st.sampled_from(VECTORS))}.bin").read_bytes())
    for at, byte in data.draw(st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 255)), max_size=6)):
        message[at % max(len(message), 1) : at % max(len(message), 1) + 1] = bytes([byte])
    message = message[: data.draw(st.integers(0, len(message)))] + data.draw(st.binary(max_size=80))
    try:
        frame = decode_frame(bytes(message))
    except WireError:
        return
    assert np.isfinite(frame.local_quat_wxyz).all()


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    "type", "seq", "dancer", "t_capture_s", "t_present_s", "beat", "tempo_bpm", "energy", "root_m", "now_s", "t0",
    "local_quat_wxyz", "contacts", "cut", "revision", "next_beat", "contact_places_m", "joints", "dropped_here",
]  # fmt: skip


@given(
    st.sampled_from(["pose", "pong", "hello", "skeleton", "state"]),
    st.dictionaries(st.sampled_from(FIELDS), JSON),
)
def test_any_text_leaves_a_link_that_still_shows_the_dance(kind: str, changes: dict[str, object]) -> None:
    link = Link()
    whole = {
        "type": kind, "seq": 1, "dancer": 0, "t_capture_s": 0, "t_present_s": 0, "beat": None, "tempo_bpm": 0,
        "energy": 0, "root_m": [0, 1, 0], "local_quat_wxyz": [], "contacts": [False] * 4, "cut": False, "now_s": 0,
        "t0": 0, "t1": 0, "t2": 0, "joints": [],
    }  # fmt: skip
    link.text(json.dumps(whole | changes), 0.0)
    link.text(json.dumps(changes), 0.0)
    link.text(str(changes), 0.0)
    link.text(json.dumps({"type": "hello", "now_s": 1.0, "session": "a"}), 1.0)
    link.text(SKELETON_TEXT, 1.0)
    link.binary(encode_frame(dance(1.0)))
    shown = link.show(1.0)
    assert shown is not None and np.isfinite(shown.stance.root_m).all()


def test_the_same_frame_comes_as_bytes_and_as_json() -> None:
    for name in ("beat_block", "contacts_block", "feet_and_cut", "revised", "beat_unknown"):
        meant = TOLD[name]["frame"]
        assert encode_frame(frame_from_json(meant)) == encode_frame(
            decode_frame((GOLDEN / f"{name}.bin").read_bytes())
        )


# ---- the clock ----


def test_the_shortest_way_there_and_back_says_what_time_the_server_has() -> None:
    clock, rng = ServerClock(), random.Random(1)
    for ping in range(16):
        out_s, back_s = rng.uniform(0.01, 0.07), rng.uniform(0.01, 0.07)
        if ping == 9:
            out_s = back_s = 0.01
        clock.pong(ping, ping + out_s + AWAY_S, ping + out_s + AWAY_S, ping + out_s + back_s)
    assert clock.at(20.0) == pytest.approx(20.0 + AWAY_S, abs=1e-9)
    assert clock.round_trip_s == pytest.approx(0.02)


def test_the_shown_time_follows_a_better_measure_by_five_percent_and_never_jumps_back() -> None:
    clock = ServerClock()
    clock.guess(AWAY_S + 0.1, 0.0)
    times = [clock.at(0.0)]
    clock.pong(0.0, AWAY_S + 0.001, AWAY_S + 0.001, 0.002)
    times += [clock.at(frame * FRAME_S) for frame in range(1, 241)]
    steps = np.diff(np.array(times, float))
    assert steps.min() > 0.95 * FRAME_S - 1e-9 and steps.max() < 1.05 * FRAME_S + 1e-9
    assert times[-1] == pytest.approx(240 * FRAME_S + AWAY_S)


def test_a_time_that_is_far_off_is_set_at_once() -> None:
    clock = ServerClock()
    clock.guess(10.0, 0.0)
    assert clock.at(0.0) == 10.0
    clock.pong(0.0, 99.0, 99.0, 0.0)
    assert clock.at(0.1) == pytest.approx(99.1)


# ---- the buffer ----


def shown_m(player: Player, time_s: float) -> np.ndarray:
    shown = player.show(time_s)
    assert shown is not None
    return places_m(shown.stance.root_m, shown.stance.quat)


def test_between_two_frames_the_figure_is_between_them_in_any_order_of_their_coming() -> None:
    player = Player()
    for at in (1.1, 1.0, 1.2):
        player.push(dance(at))
    middle = shown_m(player, 1.05)
    first, second = (places_m(dance(at).root_m, dance(at).local_quat_wxyz) for at in (1.0, 1.1))
    assert (np.linalg.norm(middle - first, axis=1) <= np.linalg.norm(second - first, axis=1) + 0.01).all()
    np.testing.assert_allclose(shown_m(player, 1.1), second, atol=1e-6)


def test_a_moment_planned_anew_takes_the_place_of_the_old_one_and_an_older_plan_does_not() -> None:
    player = Player()
    player.push(dance(1.0))
    newer, older = dance(2.0, revision=2, cut=True), dance(2.5, revision=1)
    player.push(newer)
    player.push(Frame(**{**older._asdict(), "t_present_s": 2.0 + 5e-7}))
    np.testing.assert_allclose(shown_m(player, 2.0), places_m(newer.root_m, newer.local_quat_wxyz), atol=1e-6)
    assert player.waiting == 2


def test_a_quaternion_that_comes_with_the_other_sign_is_the_same_turn() -> None:
    plain, flipped = Player(), Player()
    for at in (1.0, 1.1):
        plain.push(dance(at))
        flipped.push(
            Frame(**{**dance(at)._asdict(), "local_quat_wxyz": dance_quat(at) * (-1 if at > 1 else 1)})
        )
    np.testing.assert_allclose(shown_m(flipped, 1.04), shown_m(plain, 1.04), atol=1e-9)


def test_nothing_is_blended_over_a_cut() -> None:
    player = Player()
    for frame in (dance(1.0), dance(1.0 + FRAME_S, cut=True)):
        player.push(frame)
    np.testing.assert_allclose(shown_m(player, 1.0), shown_m(player, 1.0 + 0.9 * FRAME_S), atol=1e-9)


def test_without_frames_it_goes_on_for_a_tenth_of_a_second_then_holds_then_blends_back() -> None:
    player, shown = Player(), []
    for frame in range(31):
        player.push(dance(frame * FRAME_S))
    times = np.arange(0.25, 2.0, FRAME_S)
    for time_s in times.tolist():
        if time_s > 1.0:
            player.push(dance(time_s + 0.1))
        shown.append(shown_m(player, time_s))
    step_m = np.linalg.norm(np.diff(shown, axis=0), axis=-1).max(axis=1)
    holds = (times[1:] > 0.62) & (times[1:] < 1.0)
    assert step_m[holds].max() < 1e-9 < step_m[(times[1:] > 0.5) & (times[1:] < 0.58)].min()
    assert player.starved == 1
    off_m = [
        np.linalg.norm(place - places_m(dance(at).root_m, dance(at).local_quat_wxyz), axis=1).max()
        for at, place in zip(times.tolist(), shown, strict=True)
    ]
    assert max(off_m[-20:]) < 0.01
    # back it goes in about 0.15 s: no frame has more than a fifth of the way
    back = times[1:] > 1.0
    assert step_m[back].max() < 0.2 * max(off_m) + 1.5 * source_speed_m_s() * FRAME_S


def over_a_network(
    seconds: float, seed: int, loss: float = 0.02, in_order: bool = False
) -> tuple[float, Player]:
    """The highest joint speed that is shown, m/s, through 40 ms plus or minus 30; and the player."""
    rng, link, coming = random.Random(seed), Link(), []
    last_s = 0.0

    def way_s() -> float:
        return 0.04 + rng.uniform(-0.03, 0.03)

    for frame in range(round(seconds * 60)):
        sent_s, lost = frame * FRAME_S, rng.random() < loss
        come_s = sent_s + way_s() + (0.2 if lost else 0.0)
        if in_order:
            come_s = last_s = max(come_s, last_s)
        if not lost or in_order:
            coming.append((come_s, encode_frame(dance(AWAY_S + sent_s + 0.25))))
    coming.sort(key=lambda came: came[0])
    link.opened(0.0)
    link.text(json.dumps({"type": "hello", "now_s": AWAY_S, "session": "a"}), way_s())
    pongs: list[tuple[float, str]] = []
    times_s: list[float] = []
    stances: list[Stance] = []
    for tick in range(10, round(seconds * 60) - 20):
        now_s = tick * FRAME_S + rng.uniform(
            0, 0.004
        )  # callbacks come when a frame begins, and frames are uneven
        for text in link.due(now_s):
            there_s, back_s = way_s(), way_s()
            stamp_s = now_s + there_s + AWAY_S
            pong = {"type": "pong", "t0": json.loads(text)["t0"], "t1": stamp_s, "t2": stamp_s}
            pongs.append((now_s + there_s + back_s, json.dumps(pong)))
        for due in [pong for pong in pongs if pong[0] <= now_s]:
            link.text(due[1], now_s)
            pongs.remove(due)
        while coming and coming[0][0] <= now_s:
            link.binary(coming.pop(0)[1])
        shown = link.show(now_s)
        if shown is not None:
            times_s.append(now_s)
            stances.append(shown.stance)
    speeds = speeds_m_s(times_s, [each.root_m for each in stances], [each.quat for each in stances])
    return float(speeds.max()), link._players[0]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_network_of_40_ms_give_or_take_30_that_loses_2_percent_makes_no_joint_jump(seed: int) -> None:
    fastest_m_s, player = over_a_network(20, seed)
    assert player.starved == 0 and player.late == 0
    assert player.received > 1100
    assert fastest_m_s <= 1.2 * source_speed_m_s()
