"""The network of operators for TouchDesigner, on a stand-in for it: what its CHOPs show, and a real show in them."""

import ast
import builtins
import json
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import groovecast_clock
import groovecast_link
import numpy as np
import pytest
from clients.touchdesigner_dance import (
    FRAME_S,
    SKELETON,
    SKELETON_TEXT,
    dance,
    places_m,
    skeleton,
    speeds_m_s,
)
from fakes.touchdesigner import KINDS, Operator, ScriptChop, SocketDat, scripts_folder
from groovecast_channels import Angles
from groovecast_link import STATUS, Link
from groovecast_player import Player, Shown
from groovecast_wire import Frame, decode_frame, encode_frame
from hypothesis import given
from hypothesis import strategies as st
from websockets.sync.client import connect

from groovecast.wire.euler import matrix_from_euler


def test_angles_and_places_put_every_joint_where_our_own_figure_has_it() -> None:
    frame, player = dance(3.0), Player()
    player.push(frame)
    shown = player.show(3.0)
    assert shown is not None
    matrix = skeleton().transforms(shown.stance, world=True, fingers=True)
    np.testing.assert_allclose(matrix[:, :3, 3], places_m(frame.root_m, frame.local_quat_wxyz), atol=1e-5)
    angles = Angles().of(matrix[:, :3, :3])
    np.testing.assert_allclose(matrix_from_euler("xyz", angles), matrix[:, :3, :3], atol=1e-9)


@given(st.sampled_from([90.0, -90.0]), st.floats(-180, 180), st.floats(-180, 180), st.floats(-180, 180))
def test_angles_straight_up_say_the_turn_too(up: float, before: float, rx: float, rz: float) -> None:
    angles = Angles()
    angles.of(matrix_from_euler("xyz", np.array([[before, 20.0, 30.0]])))
    matrix = matrix_from_euler("xyz", np.array([[rx, up, rz]]))
    np.testing.assert_allclose(matrix_from_euler("xyz", angles.of(matrix)), matrix, atol=1e-4)


class Stopwatch:
    """Time that a test turns."""

    at_s = 0.0

    def __call__(self) -> float:
        return self.at_s


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stopwatch]:
    stopwatch = Stopwatch()
    monkeypatch.setattr(groovecast_clock, "now_s", stopwatch)
    monkeypatch.setattr(groovecast_link, "LINK", Link())
    yield stopwatch


def network() -> Operator:
    """What `build_network.py` makes in TouchDesigner."""
    scope: dict[str, object] = {"__name__": "build_network"}
    exec((scripts_folder() / "build_network.py").read_text(), scope)
    return scope["build"](Operator("project1"), scripts_folder(), KINDS)  # type: ignore[operator, no-any-return]


def test_run_script_builds_the_network_beside_it_wherever_touchdesigner_keeps_its_names() -> None:
    for built_in in (False, True):
        project = Operator("project1")
        dat = project.create(Operator, "text1")
        dat.par.file = str(scripts_folder() / "build_network.py")
        theirs = {"me": dat, **KINDS}
        scope = {"__builtins__": {**vars(builtins), **theirs}} if built_in else theirs
        exec((scripts_folder() / "build_network.py").read_text(), {**scope, "__name__": "text1"})
        home = project.op("groovecast")
        assert home is not None and home.op("socket") is not None


def test_the_network_that_is_built_shows_a_dance_in_every_chop(watch: Stopwatch) -> None:
    home = network()
    socket, start = home.op("socket"), home.op("frame_start").module
    calls = home.op(str(socket.par.callbacks.val)).module
    assert isinstance(socket, SocketDat) and socket.par.active.val is True
    assert {name for name in home.within if name.endswith("_callbacks")} == {
        "websocket_callbacks",
        "chop_callbacks",
    }
    start.onFrameStart(0)
    assert home.op("joints").values() == {"waiting": [1.0]}
    calls.onConnect(socket)
    assert json.loads(socket.sent[0])["blocks"] == ["beat"]
    calls.onReceiveText(socket, 0, json.dumps({"type": "hello", "now_s": 0.0, "session": "a"}))
    calls.onReceiveText(socket, 1, SKELETON_TEXT)
    calls.onReceiveText(socket, 2, json.dumps({"type": "state", "dropped_here": 3}))
    for frame in range(60):
        calls.onReceiveBinary(socket, encode_frame(dance(frame * FRAME_S)))
    calls.onReceiveBinary(socket, b"GC no pose")
    calls.onReceivePing(socket, b"x")
    assert socket.ponged == [b"x"]
    for frame in range(4):
        watch.at_s = 0.5 + frame * FRAME_S
        start.onFrameStart(frame)
    joints, instances, music, status = (home.op(name) for name in ("joints", "instances", "music", "status"))
    assert isinstance(joints, ScriptChop) and isinstance(instances, ScriptChop)
    meant = dance(watch.at_s)
    hand_m = places_m(meant.root_m, meant.local_quat_wxyz)[SKELETON.index("leftHand")]
    found = [joints.values()[f"leftHand:{channel}"][0] for channel in ("tx", "ty", "tz")]
    np.testing.assert_allclose(found, hand_m, atol=1e-3)
    assert len(joints.chans()) == 22 * 6 == joints.made - 1, "channels are made once"
    assert list(instances.values()) == ["tx", "ty", "tz", "rx", "ry", "rz"] and instances.numSamples == 22
    np.testing.assert_allclose(instances.values()["ty"][SKELETON.index("leftHand")], hand_m[1], atol=1e-3)
    heard = {name: values[0] for name, values in music.values().items()}
    assert heard["beat"] == 1.0 and heard["phase"] == pytest.approx(2 * watch.at_s - 1)
    assert heard["tempo"] == 120.0 and heard["next_beat_in"] == pytest.approx((1 - heard["phase"]) / 2)
    told = {name: status.values()[name][0] for name in STATUS}
    assert (told["connected"], told["received"], told["dropped_here"], told["refused"]) == (1, 60, 3, 1)
    joints.par.Space, joints.par.Fingers = "local", True
    joints.cook()
    np.testing.assert_allclose(joints.values()["leftLowerLeg:ty"], SKELETON.rest_offset_m[4, 1], atol=1e-6)
    assert len(joints.chans()) == 52 * 6


def test_the_delay_of_the_comp_shows_everything_so_much_later(watch: Stopwatch) -> None:
    home = network()
    start, link = home.op("frame_start").module, groovecast_link.LINK
    link.opened(0.0)
    link.text(json.dumps({"type": "hello", "now_s": 0.0, "session": "a"}), 0.0)
    link.text(SKELETON_TEXT, 0.0)
    for frame in range(120):
        link.binary(encode_frame(dance(frame * FRAME_S)))
    home.par.Delayms = 250.0
    watch.at_s = 1.0
    start.onFrameStart(0)
    assert home.op("music").values()["phase"][0] == pytest.approx(0.5)


def test_a_lost_connection_is_opened_again_ever_less_often(watch: Stopwatch) -> None:
    home = network()
    socket, start = home.op("socket"), home.op("frame_start").module
    calls = home.op("websocket_callbacks").module
    calls.onConnect(socket)
    calls.onDisconnect(socket)
    opened = []
    for tick in range(60 * 30):
        watch.at_s = tick * FRAME_S
        was = socket.par.active.val
        start.onFrameStart(tick)
        if socket.par.active.val and not was:
            opened.append(watch.at_s)
            calls.onDisconnect(socket)
    gaps = np.diff([0.0, *opened])
    np.testing.assert_allclose(gaps, [0.25, 0.5, 1, 2, 4, 5, 5, 5, 5], atol=0.1)
    calls.onConnect(socket)
    calls.onDisconnect(socket)
    assert not groovecast_link.LINK.retry_due(watch.at_s) and groovecast_link.LINK.retry_due(
        watch.at_s + 0.25
    )


def test_the_scripts_are_python_3_9_and_need_numpy_only() -> None:
    ours = {path.stem for path in scripts_folder().glob("*.py")}
    assert len(ours) == 9
    for name in ours:
        tree = ast.parse((scripts_folder() / f"{name}.py").read_text(), feature_version=(3, 9))
        imported = {
            alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
        }
        imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert (
            not {word.split(".")[0] for word in imported} - set(sys.stdlib_module_names) - ours - {"numpy"}
        ), name
        said = ast.get_docstring(tree)
        assert said and len(said.splitlines()[0]) > 20


@pytest.mark.parametrize("name", sorted(path.stem for path in scripts_folder().glob("groovecast_*.py")))
def test_a_module_runs_as_the_text_of_a_dat_that_python_knows_no_module_of(name: str) -> None:
    dat = Operator("project1").create(Operator, f"{name} of a DAT")
    dat.text = (scripts_folder() / f"{name}.py").read_text()
    assert dat.module.__doc__


@contextmanager
def demo_port() -> Iterator[int]:
    """The port of `groovecast demo`, which runs in a process of its own."""
    words = [sys.executable, "-m", "realtime.cli", "demo", "--no-browser", "--port", "0"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stderr is not None
            said = ""
            for line in process.stderr:
                said += line
                if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                    yield int(found[1])
                    return
            raise AssertionError(f"the show did not begin: {said}")
        finally:
            process.kill()


def test_a_real_show_dances_in_the_chops(monkeypatch: pytest.MonkeyPatch) -> None:
    link = Link()
    monkeypatch.setattr(groovecast_link, "LINK", link)
    home = network()
    socket, start = home.op("socket"), home.op("frame_start").module
    calls = home.op("websocket_callbacks").module
    came: queue.SimpleQueue[str | bytes] = queue.SimpleQueue()
    frames: dict[float, Frame] = {}
    shown: list[Shown] = []
    hands, music = [], []
    with demo_port() as port, connect(f"ws://127.0.0.1:{port}/ws", proxy=None) as line:

        def listen() -> None:
            for message in line:
                came.put(message)

        threading.Thread(target=listen, daemon=True).start()
        assert isinstance(socket, SocketDat)
        socket.wire = line.send
        calls.onConnect(socket)
        begin_s = time.perf_counter()
        for tick in range(60 * 6):
            time.sleep(max(0.0, begin_s + tick * FRAME_S - time.perf_counter()))
            while not came.empty():  # TouchDesigner calls back when a frame begins
                message = came.get()
                if isinstance(message, bytes):
                    calls.onReceiveBinary(socket, message)
                    frame = decode_frame(message)
                    frames[frame.t_present_s] = frame
                else:
                    calls.onReceiveText(socket, 0, message)
            start.onFrameStart(tick)
            joints = home.op("joints").values()
            if "hips:tx" in joints and tick > 60:
                hands.append([joints[f"leftHand:{axis}"][0] for axis in ("tx", "ty", "tz")])
                music.append({name: values[0] for name, values in home.op("music").values().items()})
                seen = link.show(groovecast_clock.now_s())
                assert seen is not None
                shown.append(seen)
        told = dict(zip(STATUS, link.status(), strict=True))
    assert told["refused"] == 0 and link.last_error == ""
    assert told["received"] > 200 and told["round_trip_ms"] < 200
    came_s = sorted(frames)
    meant = speeds_m_s(
        came_s, [frames[at].root_m for at in came_s], [frames[at].local_quat_wxyz for at in came_s]
    )
    times_s = [each.time_s for each in shown]
    found = speeds_m_s(times_s, [each.stance.root_m for each in shown], [each.stance.quat for each in shown])
    assert len(shown) > 100
    # where this machine or the show stood still for long, the figure has to hurry
    stalls_s = [
        now.time_s for was, now in pairwise(shown) if now.time_s - was.time_s > 0.2 or was.held or now.held
    ]
    calm = [all(not 0 <= at_s - stall_s < 0.3 for stall_s in stalls_s) for at_s in times_s[1:]]
    assert np.mean(calm) > 0.3 and found[calm].max() <= 1.2 * meant.max(), "no joint jumps"
    assert np.ptp(hands, axis=0).max() > 0.05, "it dances"
    assert max(heard["tempo"] for heard in music) < 250
