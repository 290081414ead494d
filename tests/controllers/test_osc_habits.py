"""What real programs send beside what their hands do: everything again with each frame, whole numbers, names."""

from collections.abc import Iterator

import pytest
from desk_stage import DeskStage
from fakes.osc_panel import Panel, osc_bundle

from realtime.controllers.listening import Address
from realtime.controllers.osc_in import OscIn

HERE = Address("127.0.0.1", 0)


@pytest.fixture
def stage() -> Iterator[DeskStage]:
    stage = DeskStage()
    yield stage
    stage.stop()


@pytest.fixture
def osc(stage: DeskStage) -> OscIn:
    osc = OscIn(stage.desk, HERE)
    stage.start(osc)
    return osc


@pytest.fixture
def panel() -> Iterator[Panel]:
    with Panel() as panel:
        yield panel


def test_a_button_that_is_held_is_pressed_once_however_often_it_says_so(
    stage: DeskStage, osc: OscIn, panel: Panel
) -> None:
    """TouchDesigner's OSC Out CHOP sends every channel with every frame, changed or not."""
    for held in (0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0):
        for _ in range(4):
            panel.send_bytes(
                osc.port, osc_bundle(("/groovecast/panic", held), ("/groovecast/intensity", 0.25))
            )
            stage.frame()
    assert stage.pressed == ["panic", "panic"]
    stage.desk.turn("intensity", 2.0, "page 1")  # and a fader that stands still is in nobody's way
    for _ in range(30):
        panel.send(osc.port, "/groovecast/intensity", 0.25)
        stage.frame()
    assert stage.desk.value("intensity") == 2.0
    stage.frame(30)
    panel.send(osc.port, "/groovecast/panic", 1.0)  # one that never says that it was let go
    panel.send(osc.port, "/groovecast/intensity", 0.25)
    stage.frame()
    assert len(stage.pressed) == 3 and stage.desk.value("intensity") == 0.5


def test_impulses_are_presses_each(stage: DeskStage, osc: OscIn, panel: Panel) -> None:
    for _ in range(3):
        panel.send(osc.port, "/groovecast/panic")
    stage.frame()
    assert len(stage.pressed) == 3


def test_a_share_beyond_its_range_is_told_once_with_the_address_that_takes_units(
    stage: DeskStage, osc: OscIn, panel: Panel
) -> None:
    for value in (42, 7.0, 43):
        panel.send(osc.port, "/groovecast/seed", value)
        stage.frame()
    stage.frame()
    assert stage.desk.value("seed") == 9999 and osc.hands.refused == 0
    assert stage.said == [
        f"asked by OSC for /groovecast/seed at 42: it takes a share from 0 to 1, its own unit goes to "
        f"/groovecast/seed/value ({panel.who})"
    ]


def test_who_is_told_by_name_is_known_by_its_address(stage: DeskStage, panel: Panel) -> None:
    """--osc-feedback tablet.local: it is the same tablet that sends."""
    with Panel() as ear:
        osc = OscIn(stage.desk, HERE, (f"localhost:{ear.port}",))
        stage.start(osc)
        for step in range(10):
            panel.send(osc.port, "/groovecast/intensity", step / 10)
            stage.frame()
        assert not ear.datagrams()
        stage.frame(32)
        assert len(ear.datagrams()) == 1
