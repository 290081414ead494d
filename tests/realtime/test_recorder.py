"""What was shown is kept at a steady rate, and a full disk costs only what comes after."""

import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from groovecast.motion.pose import Pose
from groovecast.motion.rotation import quat_from_axis_angle
from groovecast.takes.bvh import motion_from_bvh, read_bvh
from groovecast.wire.moment import Moment
from realtime.outlets.recorder import TakeRecorder
from realtime.outlets.sink import Sink


def pose(time_s: float) -> Pose:
    """A figure that walks 1 m a second along +X and turns half a radian a second."""
    quat = np.zeros((52, 4), np.float32)
    quat[:, 0] = 1
    quat[0] = quat_from_axis_angle(np.array([0, time_s / 2, 0]))
    return Pose(time_s, np.array([time_s, 1, 0], np.float32), quat, np.zeros(4, bool))


def send(recorder: TakeRecorder, time_s: float) -> None:
    recorder.send(Moment(pose(time_s), None, 120.0, 0.5, time_s))


def test_uneven_poses_become_an_even_take(tmp_path: Path) -> None:
    recorder = TakeRecorder(tmp_path / "take.bvh", 30)
    assert isinstance(recorder, Sink)
    for time_s in np.sort(np.random.default_rng(3).uniform(0, 2, 130)):
        send(recorder, float(time_s))
    recorder.close()
    motion = motion_from_bvh(read_bvh(recorder.path))
    assert recorder.problem is None
    assert motion.frames == recorder.frames
    assert np.abs(np.diff(motion.root_m[:, 0]) - 1 / 30).max() < 1e-4
    yaw = 2 * np.arctan2(motion.local_quat_wxyz[:, 0, 2], motion.local_quat_wxyz[:, 0, 0])
    assert np.abs(np.diff(yaw) - 0.5 / 30).max() < 1e-4


def test_poses_at_the_rate_of_the_take_are_kept_as_they_are(tmp_path: Path) -> None:
    recorder = TakeRecorder(tmp_path / "take.bvh", 30)
    for frame in range(90):
        send(recorder, 1000 + frame / 30)
        send(recorder, 1000 + frame / 30)  # the same moment again is dropped
    recorder.close()
    assert recorder.frames == 90
    assert recorder.dropped == 90
    x = motion_from_bvh(read_bvh(recorder.path)).root_m[:, 0]
    assert np.abs(x - 1000 - np.arange(90) / 30).max() < 1e-3


def test_a_machine_that_slept_leaves_no_glide(tmp_path: Path) -> None:
    recorder = TakeRecorder(tmp_path / "take.bvh", 30)
    send(recorder, 0.0)
    send(recorder, 3600.0)
    recorder.close()
    assert recorder.frames == 2


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file grows beyond 100 kB."""
    resource = pytest.importorskip("resource", reason="no limits on file sizes on this system")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_is_one_line_and_what_was_written_is_a_take(tmp_path: Path) -> None:
    recorder = TakeRecorder(tmp_path / "take.bvh", 30)
    for frame in range(150):
        send(recorder, frame / 30)
    recorder.close()
    kept = read_bvh(tmp_path / "take.bvh").position
    assert 30 <= len(kept) == recorder.frames < 150
    assert recorder.dropped > 0
    assert recorder.problem is not None
    assert f"its first {len(kept)} frames are safe: free space" in recorder.problem
    assert "\n" not in recorder.problem
    assert [entry.name for entry in tmp_path.iterdir()] == ["take.bvh"]


def test_a_place_where_nothing_can_be_written_is_told_before_the_show(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"its ending is '.mp4'; end it in .bvh"):
        TakeRecorder(tmp_path / "take.mp4")
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere; make it first"):
        TakeRecorder(tmp_path / "nowhere" / "take.bvh")
    (tmp_path / "folder.bvh").mkdir()
    with pytest.raises(ValueError, match="that is a folder"):
        TakeRecorder(tmp_path / "folder.bvh")
    with pytest.raises(ValueError, match="more than 0"):
        TakeRecorder(tmp_path / "take.bvh", 0)
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder.bvh"]
