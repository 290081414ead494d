"""The page for OBS in a real browser: the figure alone, see-through around it, silent whatever happens."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from fake_server import FakeServer, dancing_pose
from PIL import Image
from running_demo import running_demo
from watched import OpenPage, Watched

pytestmark = pytest.mark.browser

SIZE = (240, 240)
_SEEN = "window.groovecast && groovecast.seen && groovecast.counters.picturesDrawn >= 3"
_FADED_IN_MS = 600  # the figure comes and goes softly


@pytest.fixture(scope="module")
def show_address() -> Iterator[str]:
    """Where a running `groovecast demo` is seen."""
    with running_demo() as address:
        yield address


def picture_of(watched: Watched, path: Path | None = None) -> np.ndarray:
    """What OBS would get: red, green, blue and how opaque, row by row from the top."""
    watched.wait_for(_SEEN)
    watched.page.wait_for_timeout(_FADED_IN_MS)
    png = watched.page.screenshot(omit_background=True, path=path)
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA")).astype(int)


def picture_at(address: str, open_page: OpenPage, path: Path | None = None) -> np.ndarray:
    """The picture of a page that is closed again: two of them would share what there is for graphics."""
    watched = open_page(address, SIZE)
    picture = picture_of(watched, path)
    watched.page.close()
    return picture


def edge_of(picture: np.ndarray) -> np.ndarray:
    """How opaque the pixels of the top corners are."""
    return picture[0, [0, -1], 3]


def figure_box(picture: np.ndarray) -> tuple[int, int, int, int]:
    """Top, bottom, left and right of what is not see-through."""
    rows, columns = np.nonzero(picture[..., 3] > 200)
    return int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())


def heard_complaints(watched: Watched) -> list[str]:
    """What the page complained about, without what software graphics say of themselves."""
    return [line for line in watched.complaints if "GPU stall" not in line and "GL Driver" not in line]


def test_obs_gets_the_dancer_and_nothing_else(show_address: str, open_page: OpenPage, shots: Path) -> None:
    watched = open_page(f"{show_address}obs", SIZE)
    picture = picture_of(watched, shots / "obs_full.png")
    assert (edge_of(picture) == 0).all() and (picture[-1, [0, -1], 3] == 0).all()
    opaque = (picture[..., 3] > 200).mean()
    assert 0.03 < opaque < 0.35, "a figure, and no floor"
    top, bottom, left, right = figure_box(picture)
    assert min(top, left) > 0 and bottom < SIZE[1] - 1 and right < SIZE[0] - 1, "from hands to feet"
    assert watched.page.inner_text("body").strip() == ""
    gets = watched.page.evaluate("groovecast.gets")
    assert gets["look_ahead_s"] == 0.25 and gets["blocks"] == ["beat"]
    watched.wait_for("groovecast.shown.bar && groovecast.shown.bar.confidence > 0")
    assert watched.hosts - {""} == {urlsplit(show_address).netloc}, "nobody else is asked for anything"
    assert not heard_complaints(watched)


@pytest.mark.parametrize("camera", ["half", "feet", "face"])
def test_the_camera_comes_closer(camera: str, show_address: str, open_page: OpenPage, shots: Path) -> None:
    picture = picture_at(f"{show_address}obs?camera={camera}", open_page, shots / f"obs_{camera}.png")
    opaque = picture[..., 3] > 200
    assert opaque.mean() > 0.06
    cut_off = {"half": opaque[-1], "feet": opaque[0], "face": opaque[-1]}[camera]
    assert cut_off.any(), "the rest of the figure is outside"
    assert (picture[..., 3] == 0).mean() > 0.2


def test_what_the_address_asks_for_is_there(server: FakeServer, open_page: OpenPage) -> None:
    still = dancing_pose(1.3)
    server.pose_at = lambda time_s: replace(still, time_s=time_s)
    alone, mirrored, shadowed, green = (
        picture_at(f"{server.address}obs?{query}", open_page)
        for query in ("", "mirror=1", "shadow=1", "floor=1&bg=00ff00&avatar=..%2Fmannequin")
    )
    opaque, turned = alone[..., 3] > 128, mirrored[:, ::-1, 3] > 128
    assert (opaque != turned).mean() < 0.005
    assert (opaque != turned[:, ::-1]).mean() > 0.01, "the pose is not its own mirror image"
    assert (shadowed[..., 3] > 60).mean() > (alone[..., 3] > 60).mean() + 0.002
    assert green[0, 0].tolist() == [0, 255, 0, 255]
    assert green[-1, 0].tolist() != [0, 255, 0, 255], "there is the floor"
    assert not any("..%2F" in path or ".." in path for path in server.asked)


def test_a_dancer_who_is_not_there_is_not_shown(server: FakeServer, open_page: OpenPage) -> None:
    watched = open_page(f"{server.address}obs?dancer=1", SIZE)
    watched.wait_for("window.groovecast && groovecast.counters.received > 60")
    assert not watched.page.evaluate("groovecast.seen")
    png = watched.page.screenshot(omit_background=True)
    assert np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))[..., 3].max() == 0


def test_the_figure_leaves_with_the_server_without_a_word_and_comes_back_with_it(open_page: OpenPage) -> None:
    first = FakeServer()
    first.start()
    watched = open_page(f"{first.address}obs", SIZE)
    watched.wait_for(_SEEN)
    first.stop()
    watched.wait_for("!groovecast.seen")
    watched.page.wait_for_timeout(_FADED_IN_MS)
    png = watched.page.screenshot(omit_background=True)
    assert np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))[..., 3].max() == 0
    assert watched.page.inner_text("body").strip() == ""
    second = FakeServer(port=first.port)
    second.start()
    watched.wait_for("groovecast.seen")
    assert watched.page.evaluate("groovecast.counters.connects") == 2
    second.stop()


def test_the_main_page_leads_there_with_its_token(server: FakeServer, open_page: OpenPage) -> None:
    watched = open_page(f"{server.address}?token=a%20b")
    watched.wait_for("document.getElementById('obs-page').href")
    link = watched.page.evaluate("document.getElementById('obs-page').href")
    assert link == f"{server.address}obs?token=a%20b"
