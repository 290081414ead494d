"""VMC's control port does what an assistant may ask of a dancer, and nothing else."""

from collections.abc import Iterator

import numpy as np
import pytest
from desk_stage import CONTROLS, DeskStage
from fakes.osc_panel import Panel, Sent, osc_bytes
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_packet import OscPacket

from groovecast.motion.pose import Pose
from groovecast.wire.midi import ControlChange, MidiTouch, Note
from groovecast.wire.moment import Moment
from realtime.controllers.controller import Controller
from realtime.controllers.listening import Address
from realtime.controllers.vmc_in import T_POSE_S, SlowedReceiver, VmcIn
from realtime.desk.controls import show_controls
from realtime.outlets.vmc import VmcSink, VmcWish

HERE = Address("127.0.0.1", 0)


class Receiver:
    """A VMC receiver at some address."""

    def __init__(self, peer_host: str) -> None:
        self.peer_host = peer_host
        self.frames = 1

    def slow_down(self, frames: int) -> None:
        self.frames = frames


class Assistant:
    """Sends to the control port, and the frames go by."""

    def __init__(self) -> None:
        self.stage = DeskStage((*CONTROLS, *(one for one in show_controls() if one.name == "posture")))
        self.near, self.far = Receiver("127.0.0.1"), Receiver("192.0.2.7")
        self.moved: list[MidiTouch] = []
        self.vmc = VmcIn(
            self.stage.desk, HERE, (self.near, self.far), lambda touch, _: self.moved.append(touch)
        )
        self.stage.start(self.vmc)
        self.panel = Panel()

    def ask(self, what: str, *values: Sent) -> None:
        self.panel.send(self.vmc.address.port, f"/VMC/Ext/{what}", *values)
        self.stage.frame()


@pytest.fixture
def assistant() -> Iterator[Assistant]:
    assistant = Assistant()
    yield assistant
    assistant.stage.stop()
    assistant.panel.__exit__()


def test_a_shortcut_is_a_cue_a_button_or_a_switch(assistant: Assistant) -> None:
    stage = assistant.stage
    assistant.ask("Set/Shortcut", "pause café")
    assert stage.desk.value("cue") == "pause café"
    assistant.ask("Set/Shortcut", "resume")
    assert stage.pressed == ["resume"]
    for on in (True, False):
        assistant.ask("Set/Shortcut", "mirror")
        assert stage.desk.value("mirror") is on
    assert assistant.vmc.refused == 0
    before = stage.values()
    for name in ("intensity", "waltz", ""):
        assistant.ask("Set/Shortcut", name)
    assert assistant.vmc.refused == 3 and stage.values() == before
    assert "no cue, button or switch has that name" in stage.said[0]


def test_a_calibration_is_a_second_in_the_t_pose(assistant: Assistant) -> None:
    stage = assistant.stage
    assistant.ask("Set/Calib/Ready")
    assert stage.desk.value("posture") == "dance"
    assistant.ask("Set/Calib/Exec", 0)
    glide_s = stage.desk.control("posture").glide_s
    assert stage.desk.value("posture") == "t-pose"
    stage.frame(30)
    assistant.ask("Set/Calib/Exec", 1)  # again: it lasts longer
    stage.frame(round((glide_s + T_POSE_S) * 60) - 1)
    assert stage.desk.value("posture") == "t-pose"
    stage.frame(2)
    assert stage.desk.value("posture") == "dance"


def test_a_calibration_gives_back_what_was_and_takes_nothing_from_who_came_between(
    assistant: Assistant,
) -> None:
    stage = assistant.stage
    stage.desk.turn("posture", "standing", "page 1")
    assistant.ask("Set/Calib/Exec", 0)
    stage.frame(120)
    assert stage.desk.value("posture") == "standing"
    assistant.ask("Set/Calib/Exec", 0)
    stage.desk.turn("posture", "dance", "page 1")
    stage.frame(120)
    assert stage.desk.value("posture") == "dance"


def test_who_asks_is_told_how_it_is_but_not_without_end(assistant: Assistant) -> None:
    assistant.stage.frame(59)
    assistant.ask("Set/Req")
    assistant.ask("Set/Req")
    (answer,) = assistant.panel.datagrams()
    said = {one.message.address: list(one.message) for one in OscPacket(answer).messages}
    assert said["/VMC/Ext/OK"] == [1, 3, 0, 1]
    assert said["/VMC/Ext/Rcv"] == [1, assistant.vmc.address.port]
    assert said["/VMC/Ext/T"] == [pytest.approx(59 / 60)]
    assistant.stage.frame(6)
    assistant.ask("Set/Req")
    assert len(assistant.panel.datagrams()) == 1


def test_a_receiver_is_sent_fewer_frames_and_no_other(assistant: Assistant) -> None:
    assistant.ask("Set/Period", 1, 1, 3, 1, 1, 1)
    assert (assistant.near.frames, assistant.far.frames) == (3, 1)
    stage = DeskStage()
    alone = VmcIn(stage.desk, HERE)
    stage.start(alone)
    assistant.panel.send(alone.address.port, "/VMC/Ext/Set/Period", 1, 1, 3, 1, 1, 1)
    stage.frame()
    stage.stop()
    assert "add --vmc 127.0.0.1" in stage.said[0]


def test_an_outlet_that_is_slowed_down_sends_every_third_frame() -> None:
    quat = np.tile(np.array([1, 0, 0, 0], np.float32), (52, 1))
    with Panel() as ear:
        sink = VmcSink(VmcWish("127.0.0.1", ear.port))
        assert isinstance(sink, SlowedReceiver) and sink.peer_host == "127.0.0.1"
        sent = []
        for frames in (1, 3, 1):
            sink.slow_down(frames)
            before = sink.sent
            for number in range(60):
                pose = Pose(number / 60, np.array([0, 0.9, 0], np.float32), quat, np.zeros(4, bool))
                sink.send(Moment(pose, None, 0.0, 0.5, 0.0))
            sent.append(sink.sent - before)
        sink.close()
        assert sent == [60, 20, 60]


def test_no_file_that_the_network_names_is_opened(assistant: Assistant) -> None:
    assistant.ask("Set/Config", "/etc/passwd")
    (line,) = assistant.stage.said
    assert "no file that the network names is opened here" in line


def test_midi_is_passed_on_and_a_body_is_left_alone(assistant: Assistant) -> None:
    assistant.ask("Midi/CC/Val", 7, 0.5)
    assistant.ask("Midi/Note", 1, 0, 60, 1.0)
    assert assistant.moved == [ControlChange(0, 7, 64), Note(0, 60, 127)]
    before = assistant.stage.values()
    for what in ("Hmd/Pos", "Con/Pos", "Tra/Pos/Local", "Blend/Apply", "Cam"):
        assistant.ask(what, "a", 1.0)
    assert assistant.vmc.ignored == 5 and assistant.vmc.refused == 0
    assert assistant.stage.values() == before and not assistant.stage.said


def test_a_wild_assistant_is_told_of_once_a_second(assistant: Assistant) -> None:
    for _ in range(120):
        for _ in range(8):
            assistant.panel.send(assistant.vmc.address.port, "/VMC/Ext/Nonsense", 1.0)
        assistant.stage.frame()
    assert assistant.vmc.refused == 960
    assert 2 <= len(assistant.stage.said) <= 3
    for _ in range(200):
        assistant.panel.send(assistant.vmc.address.port, "/VMC/Ext/Hmd/Pos", 1.0)
    assistant.stage.frame()
    assert assistant.vmc.ignored == 64  # the rest waits for the next frame


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_no_bytes_raise_or_turn_anything(datagrams: list[bytes]) -> None:
    stage = DeskStage()
    vmc = VmcIn(stage.desk, HERE)
    assert isinstance(vmc, Controller)
    stage.start(vmc)
    before = stage.values()
    with Panel() as panel:
        for data in datagrams:
            panel.send_bytes(vmc.address.port, data)
            panel.send_bytes(vmc.address.port, osc_bytes("/VMC/Ext/Set/Shortcut") + data)
            panel.send_bytes(vmc.address.port, b"#bundle\0" + data)
        stage.frame(2)
    stage.stop()
    assert stage.values() == before and not stage.pressed
