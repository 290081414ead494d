"""Every outlet carries the whole crew, over real sockets and into real files, or the one dancer that was asked for."""

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes.avatars import rest_places, vrm_file
from pythonosc.osc_bundle import OscBundle
from test_outlets import a_moment, at, heard

from groovecast.takes.bvh import motion_from_bvh, read_bvh
from realtime.outlets.crew_takes import CrewTakes, path_of
from realtime.outlets.live_link import LiveLinkSink, LiveLinkWish
from realtime.outlets.opened import sinks_of
from realtime.outlets.osc import OscSink, OscWish
from realtime.outlets.sink import OffsetSink, Sink
from realtime.outlets.vmc import VmcWish
from realtime.outlets.vmc_crew import VmcCrew
from realtime.outlets.vrchat import VrChatSink, VrChatWish
from realtime.settings import ShowWishes


@pytest.fixture
def row() -> Iterator[list[socket.socket]]:
    """Three receivers at ports that follow one another."""
    for _ in range(50):
        first = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        first.bind(("127.0.0.1", 0))
        ears, port = [first], first.getsockname()[1]
        try:
            for step in (1, 2):
                ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                ears.append(ear)
                ear.bind(("127.0.0.1", port + step))
        except (OSError, OverflowError):
            for ear in ears:
                ear.close()
            continue
        break
    yield ears
    for ear in ears:
        ear.close()


def hips_x(ear: socket.socket) -> list[float]:
    """Where the hips were said to be, by every frame of VMC that came."""
    messages = [message for data in heard(ear) for message in OscBundle(data)]
    return [
        message.params[1]
        for message in messages
        if message.address == "/VMC/Ext/Bone/Pos" and message.params[0] == "Hips"
    ]


def crew_moments(time_s: float, dancers: int) -> list:
    """Each so many metres to the left as its number."""
    moments = [a_moment(time_s, dancer=dancer) for dancer in range(dancers)]
    return [
        replace(one, pose=replace(one.pose, root_m=np.array([one.dancer, 0.9, 0], np.float32)))
        for one in moments
    ]


def test_each_dancer_goes_to_a_vmc_port_of_its_own(row: list[socket.socket]) -> None:
    sink = VmcCrew(VmcWish.from_text(at(row[0])))
    assert isinstance(sink, Sink) and isinstance(sink, OffsetSink)
    for frame in range(5):
        for moment in crew_moments(frame / 60, 3):
            sink.send(moment)
    came = [hips_x(ear) for ear in row]
    assert [len(xs) for xs in came] == [5, 5, 5] and sink.sent == 15 and sink.dropped == 0
    assert len({round(abs(xs[0]), 3) for xs in came}) == 3, "and each to its own"
    sink.close()


def test_of_several_avatars_each_dancer_has_its_own_and_one_is_shared(
    row: list[socket.socket], tmp_path: Path
) -> None:
    files = []
    for size in (0.5, 1.0):
        files.append(tmp_path / f"{size}.vrm")
        files[-1].write_bytes(vrm_file(0, rest_places(size)))
    for avatars, ratio in ((files, [0.5, 1.0, 0.5]), (files[:1], [0.5, 0.5, 0.5])):
        [sink] = sinks_of(ShowWishes(vmc=(at(row[0]),), avatar=tuple(avatars)), 3)
        for moment in crew_moments(0.0, 3):
            sink.send(replace(moment, pose=replace(moment.pose, root_m=np.array([1, 0.9, 0], np.float32))))
        came = [abs(hips_x(ear)[0]) for ear in row]
        sink.close()
        assert np.array(came) == pytest.approx(ratio, abs=1e-5), "as far as each one's size wants"


def test_a_vmc_receiver_can_be_sent_one_dancer_alone(row: list[socket.socket]) -> None:
    sink = VmcCrew(VmcWish.from_text(at(row[0]) + ",dancer=2"))
    for moment in crew_moments(0.0, 3):
        sink.send(moment)
    came = [hips_x(ear) for ear in row]
    assert [len(xs) for xs in came] == [1, 0, 0] and abs(came[0][0]) == pytest.approx(1.0)
    assert "dancer 2" in sink.name
    sink.close()


def test_a_dancer_beyond_the_last_port_is_counted_and_named() -> None:
    sink = VmcCrew(VmcWish("127.0.0.1", 65535))
    for moment in crew_moments(0.0, 2):
        sink.send(moment)
    assert sink.dropped >= 1 and sink.problem is not None and "dancer 2 has no port" in sink.problem
    sink.close()


def test_a_receiver_that_wants_fewer_frames_gets_fewer_of_everybody(row: list[socket.socket]) -> None:
    sink = VmcCrew(VmcWish.from_text(at(row[0])))
    sink.slow_down(2)
    came = [0, 0]
    for frame in range(60):
        for moment in crew_moments(frame / 60, 2):
            sink.send(moment)
        came = [before + len(hips_x(ear)) for before, ear in zip(came, row, strict=False)]
    assert came == [pytest.approx(30, abs=2)] * 2
    sink.close()


def test_osc_tells_dancers_apart_by_address_and_can_tell_of_one_alone(row: list[socket.socket]) -> None:
    everybody = OscSink(OscWish.from_text(at(row[0])))
    second = OscSink(OscWish.from_text(at(row[1]) + ",dancer=2"))
    for moment in crew_moments(0.0, 3):
        everybody.send(moment)
        second.send(moment)
    said = {message.address: message.params for data in heard(row[0]) for message in OscBundle(data)}
    assert [said[f"{start}/hips"][0] for start in ("", "/dancer2", "/dancer3")] == [0, 1, 2]
    alone = {message.address: message.params for data in heard(row[1]) for message in OscBundle(data)}
    assert alone["/hips"][0] == 1 and "/dancer2/hips" not in alone and "/energy" in alone
    everybody.close()
    second.close()


def test_live_link_has_a_subject_a_dancer_or_one_alone(row: list[socket.socket]) -> None:
    everybody = LiveLinkSink(LiveLinkWish.from_text(at(row[0])))
    third = LiveLinkSink(LiveLinkWish.from_text(at(row[1]) + ":Tess,dancer=3"))
    for moment in crew_moments(0.0, 3):
        everybody.send(moment)
        third.send(moment)
    subjects = [list(json.loads(data)) for data in heard(row[0])]
    assert subjects == [["Groovecast"], ["Groovecast2"], ["Groovecast3"]]
    assert [list(json.loads(data)) for data in heard(row[1])] == [["Tess"]]
    everybody.close()
    third.close()


def test_vrchat_gets_the_dancer_that_was_asked_for(row: list[socket.socket]) -> None:
    sink = VrChatSink(VrChatWish.from_text(at(row[0]) + ",dancer=3"))
    for moment in crew_moments(0.0, 3):
        sink.send(moment)
    [bundle] = [{m.address: m.params for m in OscBundle(data)} for data in heard(row[0])]
    assert bundle["/tracking/trackers/1/position"][0] == pytest.approx(-2)
    sink.close()


@pytest.mark.parametrize("text", ["h:1,dancer=0", "h:1,dancer=17", "h:1,dancer=1.5", "h:1,dancer=me"])
def test_a_dancer_that_there_cannot_be_is_refused_in_words(text: str) -> None:
    for wish in (VmcWish, OscWish, LiveLinkWish, VrChatWish):
        with pytest.raises(ValueError, match=r"asked for dancer=.*: give (1 to 16|a number)"):
            wish.from_text(text)


# -- takes --------------------------------------------------------------------------------------------------


def test_there_is_a_take_a_dancer_and_all_are_as_long_as_the_first(tmp_path: Path) -> None:
    takes = CrewTakes(tmp_path / "dance.bvh", 2, in_real_time=False)
    for frame in range(240):
        dancers = 2 if frame < 120 else 3 if frame < 180 else 1
        for moment in crew_moments(1000 + frame / 60, dancers):
            takes.send(moment)
    takes.close()
    assert takes.problem is None and takes.dropped == 0
    assert [path.name for path in takes.paths] == ["dance.bvh", "dance-2.bvh", "dance-3.bvh"]
    motions = [motion_from_bvh(read_bvh(path)) for path in takes.paths]
    assert {motion.frames for motion in motions} <= {119, 120, 121}
    late = motions[2].root_m
    assert (late[:58, 1] < -50).all() and late[64:100, 1] == pytest.approx(0.9, abs=1e-3)
    assert late[64:100, 0] == pytest.approx(2, abs=1e-3), "and from then on it is where it danced"


def test_a_take_that_is_there_already_stops_a_show_that_begins_with_its_dancer(tmp_path: Path) -> None:
    path_of(tmp_path / "dance.bvh", 1).write_text("older")
    with pytest.raises(OSError, match=r"dance-2\.bvh"):
        sinks_of(ShowWishes(record=(tmp_path / "dance.bvh",)), 2)
    takes = CrewTakes(tmp_path / "other.bvh", 1, in_real_time=False)
    path_of(tmp_path / "other.bvh", 1).write_text("older")
    for frame in range(10):
        for moment in crew_moments(frame / 60, 2):
            takes.send(moment)
    takes.close()
    assert takes.frames >= 4 and takes.dropped == 10
    assert takes.problem is not None and "other-2.bvh" in takes.problem
    assert path_of(tmp_path / "other.bvh", 1).read_text() == "older"


def test_in_real_time_everybody_is_recorded_aside(tmp_path: Path) -> None:
    [takes] = sinks_of(ShowWishes(record=(tmp_path / "dance.npz",)), 3)
    for frame in range(60):
        for moment in crew_moments(frame / 60, 3):
            takes.send(moment)
    takes.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dance-2.npz", "dance-3.npz", "dance.npz"]
    assert takes.dropped == 0 and takes.problem is None


def test_who_was_away_for_long_is_back_in_its_take_when_it_is_back_in_the_show(tmp_path: Path) -> None:
    takes = CrewTakes(tmp_path / "dance.bvh", 2, in_real_time=False)
    for frame in range(30 * 14):
        for moment in crew_moments(frame / 30, 1 if 30 <= frame < 30 * 13 else 2):
            takes.send(moment)
    takes.close()
    first, second = (motion_from_bvh(read_bvh(path)).frames for path in takes.paths)
    assert first == pytest.approx(30 * 14, abs=1) and second == pytest.approx(first, abs=1)
