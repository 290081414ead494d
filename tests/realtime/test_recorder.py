"""What was shown is kept at a steady rate, and a full disk costs only what comes after."""

import json
import shutil
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from groovecast.motion.pose import Pose
from groovecast.motion.rotation import quat_from_axis_angle
from groovecast.takes.bvh import motion_from_bvh, read_bvh
from groovecast.takes.take_writer import ENDINGS, recovered
from groovecast.wire.moment import Moment
from realtime.cli import main
from realtime.outlets.aside import AsideRecorder
from realtime.outlets.crew_takes import CrewTakes
from realtime.outlets.opened import sinks_of
from realtime.outlets.recorder import TakeRecorder
from realtime.outlets.sink import Sink
from realtime.settings import ShowWishes


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


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_without_room_for_the_take_leaves_what_recover_makes_a_take_of(tmp_path: Path) -> None:
    recorder = TakeRecorder(tmp_path / "take.glb", 30)
    for frame in range(150):
        send(recorder, frame / 30)
    recorder.close()
    assert recorder.problem is not None and "\n" not in recorder.problem
    assert (
        "its first 90 frames are safe in take.glb.part: free space and say groovecast recover"
        in recorder.problem
    )
    assert recorder.frames == 90 and recorder.dropped > 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["take.glb.part"]
    assert recovered(tmp_path / "take.glb.part", tmp_path / "small.npz")[1] == 90


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_with_room_for_the_take_keeps_it(tmp_path: Path) -> None:
    recorder = TakeRecorder(tmp_path / "take.npz", 30)
    for frame in range(150):
        send(recorder, frame / 30)
    recorder.close()
    assert recorder.problem is not None and "its first 90 frames are safe: free space" in recorder.problem
    with np.load(tmp_path / "take.npz") as arrays:
        assert len(arrays["root_m"]) == 90
    assert [entry.name for entry in tmp_path.iterdir()] == ["take.npz"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_disk_that_is_full_from_the_beginning_is_told_then_and_keeps_no_empty_file(
    tmp_path: Path, ending: str
) -> None:
    resource = pytest.importorskip("resource", reason="no limits on file sizes on this system")
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(OSError, match="choose another place"):
            TakeRecorder(tmp_path / f"take{ending}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_rots_while_it_is_written_is_told_at_the_end(tmp_path: Path) -> None:
    recorder = TakeRecorder(tmp_path / "take.glb", 30)
    for frame in range(40):
        send(recorder, frame / 30)
    (tmp_path / "take.glb.part").write_bytes(b"rotten")
    recorder.close()
    assert recorder.problem is not None and "it is no take that was being recorded" in recorder.problem


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def test_beats_are_counted_on_between_two_poses(tmp_path: Path) -> None:
    recorder = TakeRecorder(tmp_path / "take.npz", 30)
    for number in range(20):  # 20 a second
        beat = None if number < 5 else 0.1 * number
        recorder.send(Moment(pose(number / 20), beat, 120.0, 0.5, 0.0))
    recorder.close()
    take = arrays_of(recorder.path)
    known = take["times_s"] >= 5 / 20
    assert np.isnan(take["beat"][take["times_s"] < 4 / 20]).all()
    np.testing.assert_allclose(take["beat"][known], 2 * take["times_s"][known], atol=1e-9)


def test_a_cut_is_not_glided_over(tmp_path: Path) -> None:
    recorder = TakeRecorder(tmp_path / "take.npz", 30)
    for time_s, x, cut in ((0.0, 0, False), (0.5, 0, False), (1.0, 8, True), (1.5, 8, False)):
        shown = replace(pose(time_s), root_m=np.array([x, 1, 0], np.float32))
        recorder.send(Moment(shown, None, 0.0, 0.5, 0.0, cut=cut))
    recorder.close()
    x = arrays_of(recorder.path)["root_m"][:, 0]
    assert sorted(set(x.tolist())) == [0, 8] and (x[:30] == 0).all() and (x[30:] == 8).all()


def test_each_recorder_keeps_one_dancer_and_no_pose_that_is_no_number(tmp_path: Path) -> None:
    first, second = (TakeRecorder(tmp_path / f"{dancer}.npz", 30, dancer) for dancer in (0, 1))
    for frame in range(30):
        for dancer in (0, 1):
            shown = replace(pose(frame / 30), root_m=np.array([dancer, 1, 0], np.float32))
            for recorder in (first, second):
                recorder.send(Moment(shown, None, 0.0, 0.5, 0.0, dancer=dancer))
    send(first, float("nan"))
    first.send(Moment(replace(pose(5.0), root_m=np.full(3, np.inf, np.float32)), None, 0.0, 0.5, 0.0))
    for dancer, recorder in enumerate((first, second)):
        recorder.close()
        assert set(arrays_of(recorder.path)["root_m"][:, 0].tolist()) == {dancer}
        assert (recorder.frames, recorder.dropped, recorder.problem) == (30, 2 - 2 * dancer, None)


# -- the recorder's own thread ------------------------------------------------------------------------------


class StuckDisk(TakeRecorder):
    """Takes nothing until it is let go; `fault` is what it raises then."""

    def __init__(self, path: Path, fault: Exception | None = None) -> None:
        super().__init__(path)
        self.freed, self.reached = threading.Event(), threading.Event()
        self.fault = fault

    def send(self, moment: Moment) -> None:
        self.reached.set()
        self.freed.wait()
        if self.fault is not None:
            raise self.fault
        super().send(moment)


def test_a_disk_that_is_stuck_holds_up_no_frame_and_costs_counted_ones(tmp_path: Path) -> None:
    disk = StuckDisk(tmp_path / "take.npz")
    aside = AsideRecorder(disk, most_waiting=20)
    assert isinstance(aside, Sink)
    for frame in range(60):
        aside.send(Moment(pose(frame / 30), None, 0.0, 0.5, 0.0))
        if not frame:
            disk.reached.wait()
    assert (aside.dropped, aside.frames) == (39, 0)
    disk.freed.set()
    aside.close()
    aside.close()
    assert (aside.dropped, aside.problem, aside.frames) == (39, None, 21)
    assert len(arrays_of(aside.path)["root_m"]) == 21
    assert "groovecast-take" not in " ".join(thread.name for thread in threading.enumerate())


def test_a_fault_of_the_recorder_is_one_line_and_the_show_goes_on(tmp_path: Path) -> None:
    disk = StuckDisk(tmp_path / "take.npz", RuntimeError("two\nlines"))
    disk.freed.set()
    aside = AsideRecorder(disk)
    for frame in range(3):
        aside.send(Moment(pose(frame / 30), None, 0.0, 0.5, 0.0))
    aside.close()
    assert aside.problem is not None and aside.problem.endswith("RuntimeError: two lines; please report this")
    assert aside.dropped == 3


def test_a_fault_at_the_end_is_one_line_too(tmp_path: Path) -> None:
    class Jammed(TakeRecorder):
        """Takes everything and cannot end."""

        def close(self) -> None:
            super().close()
            raise RuntimeError("jammed")

    aside = AsideRecorder(Jammed(tmp_path / "take.npz"))
    aside.send(Moment(pose(0.0), None, 0.0, 0.5, 0.0))
    aside.close()
    assert aside.problem is not None and aside.problem.endswith("RuntimeError: jammed; please report this")


def test_two_recordings_to_one_file_are_refused_before_the_show(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    asked = tmp_path / "take.glb", tmp_path / "folder" / ".." / "take.glb"
    with pytest.raises(ValueError, match="twice: give each --record another name"):
        sinks_of(ShowWishes(record=asked))
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


def test_a_show_that_never_began_leaves_no_take_and_no_thread(tmp_path: Path) -> None:
    AsideRecorder(TakeRecorder(tmp_path / "take.glb")).close()
    assert list(tmp_path.iterdir()) == []


def test_every_recording_that_is_asked_for_is_made_or_none(tmp_path: Path) -> None:
    asked = tuple(tmp_path / f"take{ending}" for ending in ENDINGS)
    sinks = sinks_of(ShowWishes(record=asked))
    assert all(isinstance(sink, CrewTakes) and sink.aside for sink in sinks)
    for frame in range(30):
        for sink in sinks:
            sink.send(Moment(pose(frame / 30), None, 0.0, 0.5, 0.0))
    for sink in sinks:
        sink.close()
    assert sorted(tmp_path.iterdir()) == sorted(asked)
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match=r"end it in .bvh"):
        sinks_of(ShowWishes(record=(tmp_path / "none" / "take.glb", tmp_path / "none" / "take.mov")))
    assert list((tmp_path / "none").iterdir()) == []
    (waiting,) = sinks_of(ShowWishes(record=(tmp_path / "none" / "take.glb",)), in_real_time=False)
    assert isinstance(waiting, CrewTakes) and not waiting.aside, (
        "what is danced faster than it sounds waits for the disk"
    )
    waiting.close()


def test_recover_makes_a_take_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorder = TakeRecorder(tmp_path / "take.vrma", 30)
    for frame in range(70):
        send(recorder, frame / 30)
    shutil.copy(tmp_path / "take.vrma.part", tmp_path / "cut.vrma.part")  # as if it had ended here
    recorder.close()
    assert main(["recover", str(tmp_path / "cut.vrma.part"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said == {"recorded": str(tmp_path / "cut.vrma"), "frames": 60}
    assert main(["recover", str(tmp_path / "cut.vrma.part")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_place_where_nothing_can_be_written_is_told_before_the_show(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"its ending is '.mp4'; end it in .bvh, .glb, .vrma or .npz"):
        TakeRecorder(tmp_path / "take.mp4")
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere; make it first"):
        TakeRecorder(tmp_path / "nowhere" / "take.bvh")
    (tmp_path / "folder.bvh").mkdir()
    with pytest.raises(ValueError, match="that is a folder"):
        TakeRecorder(tmp_path / "folder.bvh")
    with pytest.raises(ValueError, match="more than 0"):
        TakeRecorder(tmp_path / "take.bvh", 0)
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder.bvh"]
