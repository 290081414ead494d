"""The golden vectors are what the script makes, and this codec reads and writes them."""

import json
import runpy
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.rotation import unit
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.wire.errors import WireError
from groovecast.wire.frame import decode_frame, encode_frame

PROTOCOL = Path(__file__).resolve().parents[2] / "protocol"
# what a server reads, live sound, is in test_live_sound.py
NAMES = sorted(
    path.stem for path in (PROTOCOL / "golden").glob("*.bin") if not path.stem.startswith("sound_")
)
IN_ENGINES = sorted(path.name.split(".")[0] for path in (PROTOCOL / "golden").glob("*.unity.json"))


def meaning(name: str) -> dict:
    return json.loads((PROTOCOL / "golden" / f"{name}.json").read_text("utf-8"))


def message(name: str) -> bytes:
    return (PROTOCOL / "golden" / f"{name}.bin").read_bytes()


def test_the_folder_holds_exactly_what_the_script_makes() -> None:
    made = runpy.run_path(str(PROTOCOL / "make_golden.py"))["golden_files"]()
    found = {path.name: path.read_bytes() for path in (PROTOCOL / "golden").iterdir()}
    assert sorted(found) == sorted(made)
    for name, content in made.items():
        # a checkout on Windows may have turned the line ends of the text
        assert (
            found[name].replace(b"\r\n", b"\n") == content
            if name.endswith(".json")
            else found[name] == content
        )


@pytest.mark.parametrize("name", [name for name in NAMES if meaning(name)["expect"] == "frame"])
def test_an_accepted_vector_means_what_its_json_says(name: str) -> None:
    want, got = meaning(name)["frame"], decode_frame(message(name))
    assert got.pose.time_s == want["t_present_s"]
    for field in ("seq", "revision", "dancer", "t_capture_s", "beat", "tempo_bpm", "energy", "cut"):
        assert getattr(got, field) == want[field], field
    assert got.pose.root_m.tolist() == want["root_m"]
    assert got.pose.contacts.tolist() == want["contacts"]
    quat = np.array(want["local_quat_wxyz"], np.float32).reshape(-1, 4)
    np.testing.assert_array_equal(got.pose.local_quat_wxyz, quat)
    assert [{"type": kind, "hex": content.hex()} for kind, content in got.blocks] == want["blocks"]
    assert (None if got.next_beat is None else asdict(got.next_beat)) == want["next_beat"]
    places_m = got.contact_places_m
    assert (None if places_m is None else places_m.tolist()) == want["contact_places_m"]


# these two hold bytes that a sender of today never writes
READ_ONLY = {"unknown_flags", "i16_edges"}


@pytest.mark.parametrize(
    "name", [name for name in NAMES if meaning(name)["expect"] == "frame" and name not in READ_ONLY]
)
def test_an_accepted_vector_is_written_again_to_the_bit(name: str) -> None:
    frame = decode_frame(message(name))
    assert encode_frame(frame, meaning(name)["frame"]["encoding"]) == message(name)


@pytest.mark.parametrize("name", [name for name in NAMES if meaning(name)["expect"] == "reject"])
def test_a_rejected_vector_is_a_wire_error(name: str) -> None:
    with pytest.raises(WireError):
        decode_frame(message(name))


@pytest.mark.parametrize("engine", ["unity", "unreal"])
@pytest.mark.parametrize("name", IN_ENGINES)
def test_a_pose_taken_over_to_an_engine_puts_the_joints_where_ours_are(name: str, engine: str) -> None:
    pose, skeleton = decode_frame(message(name)).pose, groovecast_skeleton()
    joints = len(pose.local_quat_wxyz)
    ours, _ = world_from_local(
        pose.root_m, unit(pose.local_quat_wxyz), skeleton.rest_offset_m, skeleton.parents
    )
    there = json.loads((PROTOCOL / "golden" / f"{name}.{engine}.json").read_text("utf-8"))
    if engine == "unity":  # left-handed: x the other way round
        unit_name, moved = "m", np.diag([-1.0, 1, 1])
    else:  # left-handed: y and z change places
        unit_name, moved = "cm", 100 * np.array([[1.0, 0, 0], [0, 0, 1], [0, 1, 0]])
    np.testing.assert_allclose(there[f"joints_{unit_name}"], ours @ moved, atol=1e-5 * abs(moved).max())
    # and its own forward kinematics, with its own quaternions, agree with that
    wxyz = unit(np.array(there["local_quat_xyzw"])[:, [3, 0, 1, 2]])
    offsets = skeleton.rest_offset_m[:joints] @ moved
    own, _ = world_from_local(np.array(there[f"root_{unit_name}"]), wxyz, offsets, skeleton.parents)
    np.testing.assert_allclose(own, there[f"joints_{unit_name}"], atol=1e-5 * abs(moved).max())


def test_every_kind_of_message_has_a_vector() -> None:
    asked = "beat_block contacts_block revised second_dancer rest_52 negative_w i16_52 seq_last seq_wrapped"
    asked += " joints_0 body_22 joints_255 unknown_blocks"
    assert sum(name.startswith("joint_") for name in NAMES) == 52
    assert set(asked.split()) | {"truncated_quaternions", "wrong_magic", "future_major"} <= set(NAMES)
