"""A take in any format is the dance that was shown, in memory that does not grow, whatever cuts the recording off."""

import json
import shutil
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from fakes.bouncer import apart_rad, bouncing, places_of
from hypothesis import given
from hypothesis import strategies as st

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Motion, Pose
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.share import shared_path
from groovecast.takes import dance_keys, gltf
from groovecast.takes.bvh import motion_from_bvh, read_bvh
from groovecast.takes.gltf import array_of, parse_glb
from groovecast.takes.take_log import PART, RECORD, LogWriter, TakeLog
from groovecast.takes.take_writer import ENDINGS, recovered, take_writer
from groovecast.takes.vrma import read_vrma

LOGGED = (".glb", ".vrma", ".npz")
DANCE = bouncing(3.0, fingers=True)
SKELETON = groovecast_skeleton()


def pose(motion: Motion, frame: int) -> Pose:
    contacts = np.array([frame % 2 == 0, True, False, False])
    quat = motion.local_quat_wxyz[frame].astype(np.float32)
    return Pose(50 + frame / motion.fps, motion.root_m[frame].astype(np.float32), quat, contacts)


def record(path: Path, motion: Motion = DANCE) -> None:
    writer = take_writer(path, motion.fps)
    for frame in range(motion.frames):
        writer.write(pose(motion, frame), None if frame < 10 else frame / 15)
    writer.close()
    writer.close()  # a second time does nothing


def danced(path: Path) -> Motion:
    """What a reader that is not the recorder's finds in the take."""
    if path.suffix == ".bvh":
        return motion_from_bvh(read_bvh(path))
    if path.suffix == ".vrma":
        return read_vrma(path)
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            return Motion(float(arrays["fps"]), arrays["root_m"], arrays["local_quat_wxyz"])
    glb = parse_glb(path.read_bytes())
    animation, moved = glb.document.animations[0], {}
    for channel in animation.channels:
        sampler = animation.samplers[channel.sampler]
        assert channel.target.node is not None
        name = glb.document.nodes[channel.target.node].name, channel.target.path
        moved[name] = array_of(glb, sampler.output)
        times = array_of(glb, sampler.input)
    np.testing.assert_allclose(times[:, 0], np.arange(len(times)) / 30, atol=1e-5)
    assert len(moved) == 53
    turns = np.stack([moved[name, "rotation"] for name in SKELETON.names], axis=1)
    return Motion(30.0, moved["hips", "translation"], turns[..., [3, 0, 1, 2]])


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_take_is_the_dance_and_nothing_is_left_beside_it(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"take{ending}"
    record(path)
    again = danced(path)
    assert (again.fps, again.frames) == (30, DANCE.frames)
    np.testing.assert_allclose(again.root_m, DANCE.root_m, atol=1e-6 if ending != ".bvh" else 1e-5)
    assert apart_rad(again.local_quat_wxyz, DANCE.local_quat_wxyz) < 1e-5
    np.testing.assert_allclose(places_of(again), places_of(DANCE), atol=1e-4)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_an_array_take_says_when_where_the_beat_was_and_which_feet_stood(tmp_path: Path) -> None:
    record(tmp_path / "take.npz")
    with np.load(tmp_path / "take.npz", allow_pickle=False) as arrays:
        assert set(arrays) == {
            "root_m", "local_quat_wxyz", "times_s", "contacts", "beat", "fps", "names"
        }  # fmt: skip
        assert arrays["names"].tolist() == list(SKELETON.names)
        np.testing.assert_allclose(arrays["times_s"], np.arange(DANCE.frames) / 30, atol=1e-9)
        assert np.isnan(arrays["beat"][:10]).all()
        np.testing.assert_allclose(arrays["beat"][10:], np.arange(10, DANCE.frames) / 15)
        assert arrays["contacts"].dtype == bool
        assert arrays["contacts"][:, 0].tolist() == [frame % 2 == 0 for frame in range(DANCE.frames)]


def test_the_same_dance_gives_the_same_bytes(tmp_path: Path) -> None:
    for ending in LOGGED:
        for name in "ab":
            record(tmp_path / f"{name}{ending}")
        assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"b{ending}").read_bytes()


def test_a_figure_take_is_the_mannequin_and_obeys_the_format(tmp_path: Path) -> None:
    record(tmp_path / "take.glb")
    data, avatar = (
        (tmp_path / "take.glb").read_bytes(),
        shared_path("web", "mannequin.vrm").read_bytes(),
    )
    described, content = gltf.glb_chunks(data)
    take, mannequin = json.loads(described), json.loads(gltf.glb_chunks(avatar)[0])
    for part in ("meshes", "skins", "nodes", "materials", "textures", "images"):
        assert take[part] == mannequin[part]
    assert "extensions" not in take and "extensionsUsed" not in take
    assert content.startswith(gltf.glb_chunks(avatar)[1])
    assert len(data) % 4 == 0 and struct.unpack_from("<I", data, 8)[0] == len(data)
    assert take["buffers"] == [{"byteLength": len(content)}]
    for accessor in take["accessors"][len(mannequin["accessors"]) :]:
        view = take["bufferViews"][accessor["bufferView"]]
        assert view["byteOffset"] % 4 == 0
        width = {"SCALAR": 4, "VEC3": 12, "VEC4": 16}[accessor["type"]]
        assert view["byteLength"] == width * accessor["count"]
        assert view["byteOffset"] + view["byteLength"] <= len(content)


def test_neighbouring_keys_lie_in_one_hemisphere_over_the_seams_of_blocks(tmp_path: Path) -> None:
    turned = np.where(np.arange(DANCE.frames)[:, None, None] % 3 == 0, -1, 1) * DANCE.local_quat_wxyz
    keys = dance_keys.DanceKeys(DANCE.frames, 52, 30)
    with (tmp_path / "keys").open("w+b") as file:
        keys.write(file, 0, ((DANCE.root_m[at : at + 7], turned[at : at + 7]) for at in range(0, 90, 7)))
    floats = np.fromfile(tmp_path / "keys", "<f4")[90 * 4 :].reshape(52, 90, 4)
    assert floats.size * 4 + 90 * 16 == keys.size
    assert ((floats[:, 1:] * floats[:, :-1]).sum(axis=-1) > 0).all()


@pytest.mark.parametrize("ending", LOGGED)
def test_memory_does_not_grow_with_the_take(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"long{ending}"
    long = LogWriter(path, 60)
    still = pose(DANCE, 0)
    for _ in range(24_000):  # 20 MB
        long.write(still, None)
    long.flush()
    long.close()
    tracemalloc.start()
    try:
        recovered(long.part)
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert path.stat().st_size > 18e6
    # the mannequin (1.5 MB) a few times, and blocks of some thousand frames
    assert held < 14e6


# -- what cuts a recording off -----------------------------------------------------------------------------


def log_of(path: Path, frames: int = 20, fps: float = 5) -> Path:
    """A log that nobody closed."""
    log = LogWriter(path, fps)
    for frame in range(frames):
        log.write(pose(DANCE, frame), float(frame))
    log.close()
    return log.part


def same_beginning(log: TakeLog) -> bool:
    """Its frames are the first ones of the dance."""
    found = np.concatenate([np.empty(0, RECORD), *log.blocks()])
    assert len(found) == log.frames
    return bool((found["beat"] == np.arange(len(found))).all()) and np.array_equal(
        found["local_quat_wxyz"], DANCE.local_quat_wxyz[: len(found)].astype("<f4")
    )


def test_a_log_cut_at_any_byte_is_read_up_to_the_last_whole_second(tmp_path: Path) -> None:
    part = log_of(tmp_path / "take.glb")
    whole, cut = part.read_bytes(), tmp_path / "cut.part"
    second = 12 + 5 * RECORD.itemsize
    begin = len(whole) - 4 * second
    for end in sorted({*range(0, len(whole), 41), *range(begin - 3, len(whole) + 1, second), len(whole)}):
        cut.write_bytes(whole[:end])
        if end < begin:
            with pytest.raises(ValueError, match=r"cut\.part"):
                TakeLog.read(cut)
        else:
            log = TakeLog.read(cut)
            assert log.frames == (end - begin) // second * 5
            assert (log.fps, log.ending) == (5, ".glb") and same_beginning(log)


_LOG = None


@given(st.data())
def test_a_damaged_log_is_read_up_to_the_damage_or_told_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    global _LOG
    _LOG = _LOG or log_of(tmp_path_factory.mktemp("logs") / "take.npz")
    damaged = bytearray(_LOG.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path = _LOG.with_name("damaged.part")
    path.write_bytes(damaged)
    try:
        log = TakeLog.read(path)
    except ValueError as told:
        assert len(str(told).splitlines()) == 1 and "damaged.part" in str(told)
    else:
        assert same_beginning(log)


@pytest.mark.parametrize("cut", [0.35, 0.7])
@pytest.mark.parametrize("ending", LOGGED)
def test_what_is_left_of_a_cut_log_becomes_a_take(tmp_path: Path, ending: str, cut: float) -> None:
    part = log_of(tmp_path / f"take{ending}", 20, 30)
    part.unlink()
    part = log_of(tmp_path / f"take{ending}", 90, 30)
    whole = part.read_bytes()
    part.write_bytes(whole[: int(cut * len(whole))])
    path, frames = recovered(part)
    assert (path, frames) == (tmp_path / f"take{ending}", 30 if cut == 0.35 else 60)
    again = danced(path)
    assert again.frames == frames
    assert apart_rad(again.local_quat_wxyz, DANCE.local_quat_wxyz[:frames]) < 1e-5
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


_ENDLESS = """
import sys
import numpy as np
from groovecast.motion.pose import Pose
from groovecast.takes.take_writer import take_writer
writer, quat, frame = take_writer(sys.argv[1], 30), np.tile(np.float32([1, 0, 0, 0]), (52, 1)), 0
while True:
    writer.write(Pose(frame / 30, np.float32([frame, 1, 0]), quat, np.zeros(4, bool)), float(frame))
    frame += 1
    if frame == 600:
        print("ten seconds", flush=True)
"""


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_was_recorded_before_a_kill_is_a_take(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"take{ending}"
    writing = subprocess.Popen([sys.executable, "-c", _ENDLESS, str(path)], stdout=subprocess.PIPE)
    assert writing.stdout is not None
    with writing:
        assert writing.stdout.readline() == b"ten seconds\n"
        writing.kill()
    assert not path.exists()
    (part,) = tmp_path.iterdir()
    if ending == ".bvh":
        path = part
    else:
        recovered(part)
    again = danced(path)
    assert again.frames >= 570, "at most the last second is lost"
    x = again.root_m[:, 0]
    np.testing.assert_allclose(x, np.arange(again.frames), atol=1e-3)


def test_a_recording_that_goes_on_leaves_what_a_killed_one_left(tmp_path: Path) -> None:
    part = log_of(tmp_path / "take.glb")
    left = part.read_bytes()
    record(tmp_path / "take.glb")
    assert part.read_bytes() == left
    with pytest.raises(ValueError, match=r"that is there already; give --to FILE.glb"):
        recovered(part)
    assert recovered(part, tmp_path / "older.glb") == (tmp_path / "older.glb", 20)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["older.glb", "take.glb"]


def test_a_dance_too_long_for_the_format_stays_and_becomes_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gltf, "MOST_GLB_BYTES", 60_000)
    with pytest.raises(OSError, match=r"a file holds .*all 90 frames are safe in take.vrma.part") as told:
        record(tmp_path / "take.vrma")
    assert f"groovecast recover {tmp_path / 'take.vrma.part'} --to FILE.npz" in str(told.value)
    assert [entry.name for entry in tmp_path.iterdir()] == ["take.vrma.part"]
    recovered(tmp_path / "take.vrma.part", tmp_path / "take.npz")
    assert danced(tmp_path / "take.npz").frames == DANCE.frames


def test_what_cannot_be_recovered_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"look for one that ends in \.part"):
        recovered(tmp_path / "gone.glb.part")
    (tmp_path / "notes.part").write_text("call mother")
    with pytest.raises(ValueError, match=r"no take that was being recorded; give a file that ends in \.part"):
        recovered(tmp_path / "notes.part")
    part = log_of(tmp_path / "take.glb", 4)  # nothing is sealed before the first second is full
    with pytest.raises(ValueError, match="holds no whole frame"):
        recovered(part)
    with pytest.raises(ValueError, match=r"as x\.mov: end it in one of \.glb, \.vrma, \.npz"):
        recovered(part, tmp_path / "x.mov")
    (tmp_path / "take.part.bvh").touch()
    with pytest.raises(ValueError, match="a whole take as it is; give it another name"):
        recovered(tmp_path / "take.part.bvh")
    assert part.name == f"take.glb{PART}"


def test_a_show_of_no_frame_leaves_nothing(tmp_path: Path) -> None:
    for ending in ENDINGS:
        take_writer(tmp_path / f"take{ending}", 30).close()
    assert list(tmp_path.iterdir()) == []


def test_the_joints_of_a_figure_take_are_where_ours_are(tmp_path: Path) -> None:
    record(tmp_path / "take.glb")
    again, offset = danced(tmp_path / "take.glb"), SKELETON.rest_offset_m.astype(np.float64)
    nodes = parse_glb((tmp_path / "take.glb").read_bytes()).document.nodes
    theirs = np.array(
        [next(node for node in nodes if node.name == name).translation for name in SKELETON.names]
    )
    found, _ = world_from_local(again.root_m, again.local_quat_wxyz, theirs, SKELETON.parents)
    ours, _ = world_from_local(
        DANCE.root_m.astype(np.float64), DANCE.local_quat_wxyz.astype(np.float64), offset, SKELETON.parents
    )
    np.testing.assert_allclose(found, ours, atol=1e-5)


# -- what others do to the files meanwhile ------------------------------------------------------------------


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_take_that_is_there_already_is_never_written_over(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"take{ending}"
    path.write_bytes(b"the show of yesterday")
    with pytest.raises(FileExistsError, match="that is there already; move it or choose another name"):
        take_writer(path, 30)
    assert path.read_bytes() == b"the show of yesterday"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", ENDINGS)
def test_two_shows_of_one_name_keep_both(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"take{ending}"
    first, second = take_writer(path, 30), take_writer(path, 30)
    for writer, frames in ((first, 40), (second, 70)):
        for frame in range(frames):
            writer.write(pose(DANCE, frame), None)
    second.close()
    with pytest.raises(OSError, match="that is there by now; all 40 frames are safe in take") as told:
        first.close()
    assert danced(path).frames == 70
    (part,) = (entry for entry in tmp_path.iterdir() if entry != path)
    assert part.name in str(told.value)
    if ending == ".bvh":
        assert danced(part).frames == 40
    else:
        assert f"recover {part} --to FILE{ending}" in str(told.value)
        assert recovered(part, tmp_path / f"other{ending}")[1] == 40


@pytest.mark.skipif(sys.platform == "win32", reason="Windows itself lets nobody take an open file away")
def test_a_take_that_is_being_recorded_is_not_recovered_away(tmp_path: Path) -> None:
    writer = take_writer(tmp_path / "take.glb", 30)
    for frame in range(60):
        writer.write(pose(DANCE, frame), None)
    with pytest.raises(
        ValueError, match="a show is recording it; end the show, and it makes the take itself"
    ):
        recovered(tmp_path / "take.glb.part")
    writer.close()
    assert danced(tmp_path / "take.glb").frames == 60


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_folder_that_is_taken_away_is_told_in_one_line_of_ours(tmp_path: Path, ending: str) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    writer = take_writer(folder / f"take{ending}", 30)
    for frame in range(60):
        writer.write(pose(DANCE, frame), None)
    shutil.rmtree(folder)
    with pytest.raises(OSError, match=r"asked (for|to) .*, no such file or directory; ") as told:
        writer.close()
    assert "Errno" not in str(told.value)


def test_a_log_of_another_version_says_so(tmp_path: Path) -> None:
    part = log_of(tmp_path / "take.glb")
    part.write_bytes(b"GCTAKE02" + part.read_bytes()[8:])
    with pytest.raises(
        ValueError, match="another version of Groovecast recorded it; recover it with that one"
    ):
        recovered(part)


def test_a_log_gives_the_name_that_was_asked_for_in_any_case_of_letters(tmp_path: Path) -> None:
    part = log_of(tmp_path / "Take.GLB")
    assert recovered(part)[0] == tmp_path / "Take.GLB"


def test_there_is_no_recovering_into_a_folder_that_is_not_there(tmp_path: Path) -> None:
    part = log_of(tmp_path / "take.glb")
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*; make it first"):
        recovered(part, tmp_path / "nowhere" / "take.glb")
