"""The web client's sample in a real browser, behind 40 +- 30 ms and a loss of 2 %: as smooth as what was sent."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from clients.light_show import FPS, LightShow, dance, joints_of
from clients.rough_network import Roughness
from watched import OpenPage

pytestmark = pytest.mark.browser

WEB = Path(__file__).resolve().parents[2] / "clients" / "web"
SECONDS = 6.0
SETTLED_S = 1.0  # the clock's first pings
REACH_S = (
    0.15  # what look-ahead the network leaves: a machine that stands still for longer is no client's fault
)

# what each picture shows: when its turn came, of which moment it is, and where all joints are
RECORD = """seconds => new Promise(resolve => {
  const seen = [], end = performance.now() + 1000 * seconds;
  const look = atMs => {
    const pose = show.pose(atMs / 1000);
    seen.push([atMs / 1000, pose.atS, Number(pose.held), ...show.skeleton.placesM(pose)]);
    if (performance.now() < end) requestAnimationFrame(look); else resolve(seen);
  };
  requestAnimationFrame(look);
})"""


def fastest_m_s(places_m: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """The speed of each joint from one picture to the next, slowest first."""
    return np.sort(np.ravel(np.linalg.norm(np.diff(places_m, axis=0), axis=-1) / np.diff(times_s)[:, None]))


def danced_m(times_s: np.ndarray) -> np.ndarray:
    """Where the joints are at those moments of the dance."""
    poses = [dance(float(time_s)) for time_s in times_s]
    return joints_of([pose.root_m for pose in poses], [pose.local_quat_wxyz for pose in poses])


def test_a_browser_shows_the_dance_as_smoothly_as_it_was_sent_behind_a_rough_network(
    open_page: OpenPage, shots: Path
) -> None:
    with LightShow(WEB, rough=Roughness(seed=4)) as show:
        stream = f"ws://127.0.0.1:{show.rough_port}/ws"
        watched = open_page(f"http://127.0.0.1:{show.port}/sample/index.html?server={stream}")
        watched.wait_for("window.show && show.clock.synced && show.gets.look_ahead_s === 0.25")
        watched.wait_for("show.skeleton && show.pose() && !show.pose().held")
        watched.page.wait_for_timeout(1000 * SETTLED_S)
        show.longest_gap_s = 0.0
        rows = np.array(watched.page.evaluate(RECORD, SECONDS))
        counters = watched.page.evaluate("({...show.player.counters, added: show.player.addedDelayS})")
        stall_s = show.longest_gap_s
        watched.page.screenshot(path=shots / "stick_figure.png")
    drawn_s, at_s, held = rows[:, 0], rows[:, 1], rows[:, 2]
    places_m = rows[:, 3:].reshape(len(rows), -1, 3)
    sixtieths_s = at_s[0] + np.arange(SECONDS * FPS) / FPS
    source = np.quantile(fastest_m_s(danced_m(sixtieths_s), sixtieths_s), 0.999)
    fastest = fastest_m_s(places_m, drawn_s)
    most, usual = fastest[-1] / source, np.quantile(fastest, 0.999) / source
    rate = (len(rows) - 1) / (drawn_s[-1] - drawn_s[0])
    print(
        f"{rate:.1f} pictures a second, fastest joint {most:.3f} and p99.9 {usual:.3f} x the dance's p99.9, "
        f"{counters}, longest gap of the server {1000 * stall_s:.0f} ms"
    )
    assert len(rows) > 10 * SECONDS
    assert not watched.complaints
    assert np.abs(places_m - danced_m(at_s)).max() < 0.02, "what is shown is the dance of that moment"
    assert usual <= 1.2
    picture_s = max(later - sooner for sooner, later in pairwise(drawn_s))
    if max(stall_s, picture_s) < REACH_S:
        assert not held.any(), "no picture waited for a pose"
        assert (np.diff(at_s) > 0).all(), "every picture shows something new"
        assert most <= 1.2
