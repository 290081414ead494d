"""A crew on the first page and on the page for OBS: everybody is there, in their size, and nobody else."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_desk import FakeDesk
from fake_server import dancing_pose
from fakes.avatars import rest_places, vrm_file
from PIL import Image
from watched import OpenPage, Watched

pytestmark = pytest.mark.browser

WIDE = (480, 270)
SMALL_WIDE = (240, 135)
SPACING_M = 2.4
_BOTH = "window.groovecast && groovecast.figures === 2"
_LOOK_EVERY_MS = 300


@pytest.fixture
def crew() -> Iterator[FakeDesk]:
    """Two who stand still alike, 2.4 m apart; the second, on the right of the picture's middle, is twice as large."""
    still = dancing_pose(1.3)
    both = FakeDesk(
        values={"dancers": 2, "spacing_m": SPACING_M},
        sizes=(1.0, 2.0),
        pose_at=lambda time_s: replace(still, time_s=time_s),
    )
    both.start()
    yield both
    both.stop()


def opaque_in(watched: Watched, path: Path) -> np.ndarray:
    """How opaque each pixel is that OBS gets, row by row from the top, once the camera has come to rest."""
    opaque = np.zeros(0)
    for _ in range(20):
        watched.page.wait_for_timeout(_LOOK_EVERY_MS)
        png = watched.page.screenshot(omit_background=True, path=path)
        before, opaque = opaque, np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))[..., 3].astype(int)
        if opaque.max() == 255 and np.array_equal(before > 200, opaque > 200):
            break
    return opaque


def heights_px(opaque: np.ndarray) -> list[int]:
    """How many rows each figure covers, from left to right: empty columns part them."""
    solid = opaque > 200
    there = np.concatenate([[False], solid.any(axis=0), [False]])
    edges = np.flatnonzero(there[1:] != there[:-1])
    rows = [np.flatnonzero(solid[:, left:right].any(axis=1)) for left, right in edges.reshape(-1, 2)]
    return [int(np.ptp(one)) + 1 for one in rows]


def head_m(watched: Watched, dancer: int) -> list[float]:
    """Where a dancer's head is in the page's world."""
    place: list[float] = watched.page.evaluate(f"groovecast.place('head', {dancer})")
    return place


def test_the_first_page_shows_both_in_their_places_and_one_twice_as_high(
    crew: FakeDesk, open_page: OpenPage, shots: Path
) -> None:
    watched = open_page(crew.address, WIDE)
    watched.wait_for(_BOTH)
    watched.wait_for_poses(1)
    first, second = head_m(watched, 0), head_m(watched, 1)
    assert second[1] == pytest.approx(2 * first[1], rel=1e-3)
    hips = [watched.page.evaluate(f"groovecast.place('hips', {dancer})") for dancer in (0, 1)]
    assert hips[1][0] - hips[0][0] == pytest.approx(SPACING_M, abs=1e-3), "each grows about its own place"
    watched.wait_for_poses(10)
    watched.page.screenshot(path=shots / "crew_first_page.png")


def test_obs_gets_both_whole_and_one_twice_as_high_and_nothing_else(
    crew: FakeDesk, open_page: OpenPage, shots: Path
) -> None:
    watched = open_page(f"{crew.address}obs", WIDE)
    watched.wait_for(_BOTH)
    opaque = opaque_in(watched, shots / "crew_obs.png")
    small, large = heights_px(opaque)
    assert large / small == pytest.approx(2, rel=0.12)  # looked at in perspective
    edges = np.concatenate([opaque[0], opaque[-1], opaque[:, 0], opaque[:, -1]])
    assert edges.max() == 0, "nobody is cut off, and there is no floor"


def test_obs_shows_one_alone_as_if_there_were_no_other(
    crew: FakeDesk, open_page: OpenPage, shots: Path
) -> None:
    crew.sizes = ()
    pictures = []
    for query, dancers, drawn in (("?dancer=1", 2, [1]), ("", 1, [0])):
        crew.values["dancers"] = dancers
        watched = open_page(f"{crew.address}obs{query}", SMALL_WIDE)
        watched.wait_for("window.groovecast && groovecast.figures === 1")
        pictures.append(opaque_in(watched, shots / f"crew_obs_{len(pictures)}.png") > 128)
        assert drawn_by(watched) == drawn
        watched.page.close()
    assert all(picture.any() for picture in pictures)
    assert (pictures[0] != pictures[1]).mean() < 0.005, "one dancer looks as ever"


def drawn_by(watched: Watched) -> list[int]:
    """The dancers that the page has a figure for."""
    found: list[int] = watched.page.evaluate("[0, 1].filter((k) => groovecast.place('hips', k) !== null)")
    return found


def test_who_comes_goes_and_hides_does_so_on_both_pages(crew: FakeDesk, open_page: OpenPage) -> None:
    pages = [open_page(f"{crew.address}{page}", (160, 120)) for page in ("", "obs")]
    for name, value, seen in (
        ("dancers", 1, 1),
        ("dancers", 3, 3),
        ("blackout", True, 0),
        ("blackout", False, 3),
    ):
        crew.turn(name, value)
        for watched in pages:
            watched.wait_for(f"window.groovecast && groovecast.figures === {seen}")


def test_an_own_avatar_is_worn_by_all(crew: FakeDesk, open_page: OpenPage) -> None:
    watched = open_page(crew.address, SMALL_WIDE)
    watched.wait_for(_BOTH)
    mannequin = head_m(watched, 0)[1]
    file = vrm_file(1, rest_places(1.6, legs=1.15))
    watched.page.set_input_files("#avatar-file", {"name": "mine.vrm", "mimeType": "", "buffer": file})
    watched.wait_for_words("made up is dancing")
    watched.wait_for(_BOTH)
    watched.wait_for_poses(2)
    small, large = (head_m(watched, dancer)[1] for dancer in (0, 1))
    assert large == pytest.approx(2 * small, rel=1e-3)
    assert abs(small - mannequin) > 0.1
    assert not [line for line in watched.complaints if "GPU stall" not in line and "GL Driver" not in line]


def test_of_several_avatars_each_dancer_wears_its_own(crew: FakeDesk, open_page: OpenPage) -> None:
    watched = open_page(crew.address, WIDE)
    watched.wait_for(_BOTH)
    usual, long_legs = (vrm_file(1, rest_places(legs=legs)) for legs in (1.0, 1.5))
    files = [
        {"name": f"{name}.vrm", "mimeType": "", "buffer": file}
        for name, file in (("usual", usual), ("tall", long_legs))
    ]
    watched.page.set_input_files("#avatar-file", files)  # type: ignore[arg-type]
    watched.wait_for_words("2 avatars are dancing")
    watched.wait_for(f"{_BOTH} && groovecast.place('head', 1)[1] > 2.2 * groovecast.place('head', 0)[1]")
