"""The golden vectors are what the script makes, and this codec reads and writes them."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from groovecast.wire.errors import WireError
from groovecast.wire.frame import decode_frame, encode_frame

PROTOCOL = Path(__file__).resolve().parents[2] / "protocol"
# what a server reads, live sound, is in test_live_sound.py
NAMES = sorted(
    path.stem for path in (PROTOCOL / "golden").glob("*.json") if not path.stem.startswith("sound_")
)


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
    for field in ("seq", "dancer", "t_capture_s", "beat", "tempo_bpm", "energy", "cut"):
        assert getattr(got, field) == want[field], field
    assert got.pose.root_m.tolist() == want["root_m"]
    assert got.pose.contacts.tolist() == want["contacts"]
    quat = np.array(want["local_quat_wxyz"], np.float32).reshape(-1, 4)
    np.testing.assert_array_equal(got.pose.local_quat_wxyz, quat)
    assert [{"type": kind, "hex": content.hex()} for kind, content in got.blocks] == want["blocks"]


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


def test_every_kind_of_message_has_a_vector() -> None:
    asked = "rest_52 negative_w i16_52 seq_last seq_wrapped joints_0 body_22 joints_255 unknown_blocks"
    assert set(asked.split()) | {"truncated_quaternions", "wrong_magic", "future_major"} <= set(NAMES)
