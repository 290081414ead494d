"""Who was asked for turns a real show, and nobody else is even loaded."""

import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import pytest
from desk_stage import DeskStage
from fakes.osc_panel import Panel

from realtime.controllers.discovery import Discovery
from realtime.controllers.opened import opened
from realtime.controllers.osc_in import OscIn
from realtime.controllers.osc_query import OscQuery
from realtime.controllers.vmc_in import VmcIn
from realtime.controllers.wishes import ControllerWishes

PATIENCE_S = 15.0


def test_what_was_asked_for_is_opened_in_the_order_to_start_it() -> None:
    desk = DeskStage().desk
    assert opened(ControllerWishes(), desk) == []
    both = opened(
        ControllerWishes(osc_in="8123", osc_feedback=("9000", "127.0.0.1:9001"), vmc_in="0.0.0.0:39541"), desk
    )
    assert [type(one) for one in both] == [OscIn, OscQuery, VmcIn]
    assert [one.name for one in (both[0], both[2])] == [
        "OSC on 127.0.0.1:8123",
        "VMC control on 0.0.0.0:39541",
    ]
    assert [type(one) for one in opened(ControllerWishes(osc_in="8123", oscquery=0), desk)] == [OscIn]


def test_only_what_other_machines_reach_is_announced_to_them() -> None:
    desk = DeskStage().desk
    for asked, announced in (
        ("8123", False),
        ("localhost:8123", False),
        ("0.0.0.0:8123", True),
        ("192.0.2.5:8123", True),
    ):
        assert (Discovery in map(type, opened(ControllerWishes(osc_in=asked), desk))) is announced


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"osc_feedback": ("9000",)}, "add --osc-in 8000"),
        ({"oscquery": 8001}, "add --osc-in 8000"),
        ({"osc_in": "8000", "oscquery": 70000}, "asked for --oscquery 70000: give a port"),
        ({"osc_in": "8000", "osc_feedback": ("70000",)}, "asked for --osc-feedback 70000"),
        ({"osc_in": "8000", "osc_feedback": ("a:b",)}, "asked for target 'a:b'"),
        ({"osc_in": "everywhere"}, "asked for --osc-in 'everywhere': give a port such as 8000"),
        ({"vmc_in": "x:"}, "asked for --vmc-in 'x:': give a port such as 39540"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_the_mend(wishes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        opened(ControllerWishes(**wishes), DeskStage().desk)  # type: ignore[arg-type]


def test_a_show_loads_no_controller_before_anybody_asked_for_it() -> None:
    code = "import sys, realtime.cli, realtime.shows; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()
    assert "realtime.controllers.opened" in loaded
    assert not [
        name
        for name in loaded
        if name.startswith(("pythonosc", "realtime.controllers.osc", "realtime.controllers.vmc"))
    ]


def test_a_panel_turns_a_real_show_and_sees_what_vmc_turned(tmp_path: Path) -> None:
    own = os.environ | {"XDG_CONFIG_HOME": str(tmp_path)}  # what it remembers is nobody else's
    port, query_port, vmc_port = _free_port(), _free_port(), _free_port()
    words = ("demo", "--no-browser", "--port", "0", "--seconds", "20", "--osc-in", str(port))
    command = [
        sys.executable,
        "-m",
        "realtime.cli",
        *words,
        "--oscquery",
        str(query_port),
        "--vmc-in",
        str(vmc_port),
    ]
    with (
        subprocess.Popen(
            command, stdout=subprocess.DEVNULL, env=own, stderr=subprocess.PIPE, text=True
        ) as show,
        Panel() as panel,
    ):
        try:
            assert show.stderr is not None and any("is danced at" in line for line in show.stderr)
            panel.send(port, "/groovecast/intensity", 0.0)
            panel.send(port, "/groovecast/mirror", True)
            panel.send(port, "/groovecast/intensity", float("nan"))
            _until(lambda: (_value(query_port, "intensity"), _value(query_port, "mirror")) == (0.0, True))
            panel.send(vmc_port, "/VMC/Ext/Set/Shortcut", "freeze")
            _until(lambda: panel.told().get("/groovecast/freeze") == (1.0,))
            assert show.poll() is None
        finally:
            show.kill()


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _value(port: int, name: str) -> object:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}/groovecast/{name}?VALUE", timeout=5) as answer:
        return json.load(answer)["VALUE"][0]


def _until(true: Callable[[], bool]) -> None:
    end_s = monotonic() + PATIENCE_S
    while not true():
        assert monotonic() < end_s, "it did not come"
        sleep(0.02)
