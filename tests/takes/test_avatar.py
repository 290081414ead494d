"""A person's own .vrm is read: both versions, bones in any axes, and any bytes at all give a body or one line."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from fakes.avatars import OPTIONAL, rest_places, vrm_file, vrm_of
from hypothesis import given
from hypothesis import strategies as st

from groovecast.motion.body import our_body
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.share import shared_path
from groovecast.takes.avatar import parse_avatar, read_avatar

SKELETON = groovecast_skeleton()
MANNEQUINS = ("mannequin.vrm", "mannequin0.vrm")


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize("lacking", [(), OPTIONAL])
@pytest.mark.parametrize("size", [0.4, 1.0, 2.5])
def test_bones_are_found_where_they_rest(version: int, lacking: tuple[str, ...], size: float) -> None:
    places = rest_places(size, lacking)
    body = parse_avatar(vrm_file(version, places), "mine.vrm")
    assert {name for name, has in zip(SKELETON.names, body.has, strict=True) if has} == set(places)
    for joint, name in enumerate(SKELETON.names):
        if name not in places:
            assert not body.rest_offset_m[joint].any()
            continue
        above = body.above[joint]
        start = places[SKELETON.names[above]] if above >= 0 else (0, 0, 0)
        np.testing.assert_allclose(body.rest_offset_m[joint], np.subtract(places[name], start), atol=1e-5)


def test_a_bone_that_is_lacking_is_left_out_of_the_line_of_descent() -> None:
    body = parse_avatar(vrm_file(1, rest_places(lacking=("chest", "upperChest"))))
    assert SKELETON.names[body.above[SKELETON.index("neck")]] == "spine"


@pytest.mark.parametrize("name", MANNEQUINS)
def test_our_mannequins_have_our_body(name: str) -> None:
    body = read_avatar(shared_path("web", name))
    np.testing.assert_allclose(body.rest_offset_m, our_body().rest_offset_m, atol=1e-6)
    assert body.has.all() and body.above == our_body().above


def test_only_the_beginning_of_a_file_is_read(tmp_path: Path) -> None:
    whole = vrm_file(1, rest_places())
    (tmp_path / "mine.vrm").write_bytes(whole + struct.pack("<I4s", 1 << 30, b"BIN\0"))
    assert read_avatar(tmp_path / "mine.vrm").title == "mine.vrm"


def test_a_file_that_is_not_there_is_one_line_with_the_mend(tmp_path: Path) -> None:
    for path in (tmp_path / "none.vrm", tmp_path):
        with pytest.raises(
            OSError, match=r"asked for the avatar .*, it cannot be read \(.*\): check the path"
        ):
            read_avatar(path)


def _document(version: int = 1) -> dict[str, object]:
    found: dict[str, object] = json.loads(vrm_file(version, rest_places())[20:])
    return found


@pytest.mark.parametrize("version", [0, 1])
def test_a_rotation_counts_by_its_direction_however_long(version: int) -> None:
    document = _document(version)
    for number, node in enumerate(document["nodes"][1:]):
        node["rotation"] = [value * (1e300, 1e-5, -3)[number % 3] for value in node["rotation"]]
    found, wanted = parse_avatar(vrm_of(document)), parse_avatar(vrm_file(version, rest_places()))
    np.testing.assert_allclose(found.rest_offset_m, wanted.rest_offset_m, atol=1e-5)


def test_a_bone_that_is_named_twice_the_same_is_that_bone() -> None:
    assert parse_avatar(vrm_of(_named(("hips", 1), ("leftEye", 1)))).has.all()


def _with_ring() -> dict[str, object]:
    document = _document()
    document["nodes"][52]["children"] = [0]
    return document


def _changed(node: int, **values: object) -> dict[str, object]:
    document = _document()
    document["nodes"][node] |= values
    return document


def _below(parents: int) -> dict[str, object]:
    """Its root is hung below so many other nodes."""
    document = _document()
    first = len(document["nodes"])
    document["nodes"] += [{"children": [first + one + 1]} for one in range(parents)]
    document["nodes"][-1] = {"children": [0]}
    return document


def _named(*more: tuple[str, int]) -> dict[str, object]:
    """A VRM 0 that names these bones besides."""
    document = _document(version=0)
    listed = document["extensions"]["VRM"]["humanoid"]["humanBones"]
    listed += [{"bone": bone, "node": node} for bone, node in more]
    return document


def _at_one_node() -> dict[str, object]:
    document = _document()
    document["extensions"]["VRMC_vrm"]["humanoid"]["humanBones"]["spine"]["node"] = 16
    return document


def _turned(**places: tuple[float, float, float]) -> bytes:
    return vrm_file(1, rest_places() | places)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "0 bytes"),
        (b"\x89PNG\r\n\x1a\n and so on, more", "no VRM"),
        (vrm_file(1, rest_places())[:900], "breaks off at byte 900"),
        (struct.pack("<4sIII4s", b"glTF", 2, 20, 1 << 31, b"JSON"), "2048 MB"),
        (vrm_of([]), "damaged"),
        (vrm_of({"nodes": [{"children": "all"}]}), "damaged"),
        (vrm_of({"nodes": [{}] * 70_000}), "damaged"),
        (vrm_of({"nodes": []}), "glTF without a VRM humanoid"),
        (vrm_of(_with_ring()), "ring"),
        (vrm_of(_below(60_000)), "deeper than 512"),
        (vrm_of(_named(("hips", 20))), "its hips is node 1 and node 20"),
        (vrm_of(_at_one_node()), "node 16 is its spine and its head"),
        (vrm_of(_changed(1, scale=[0, 0, 0])), "one above the other"),
        (vrm_of(_changed(1, scale=[-1, -1, -1])), "one above the other"),
        (_turned(leftLowerLeg=rest_places()["leftUpperLeg"]), "leftLowerLeg rests where the bone before"),
        (vrm_file(1, {name: (-x, y, -z) for name, (x, y, z) in rest_places().items()}), "looks backwards"),
        (vrm_file(0, {name: (x, 1 + z, y) for name, (x, y, z) in rest_places().items()}), "one above the other"),
        (vrm_of(_changed(1, name="x" * 9999, rotation=[0, 0, 0, 0])), f"'{'x' * 40}' is "),
        (vrm_of(_changed(3, children=[1])), "no tree"),
        (vrm_of(_changed(3, children=[99])), "no tree"),
        (vrm_of(_changed(1, rotation=[0, 0, 0, 0])), "rotation of 'bone of hips'"),
        (vrm_of(_changed(1, translation=[0, 1e300, 0])), "standing on the floor"),
        (vrm_of({"extensions": {"VRMC_vrm": {"humanoid": {"humanBones": {"hips": {"node": 4}}}}}}), "node 4 of 0"),
        (vrm_of({"nodes": [{}], "extensions": {"VRM": {"humanoid": {"humanBones": []}}}}), "no hips, spine"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_avatar_is_one_line_with_the_mend(data: bytes, found: str) -> None:
    with pytest.raises(ValueError, match=found) as why:
        parse_avatar(data, "mine.vrm")
    said = str(why.value)
    assert said.startswith("asked for the") and "mine.vrm" in said and "\n" not in said and ": " in said


@given(st.binary(max_size=200))
def test_any_bytes_are_a_body_or_a_named_error(data: bytes) -> None:
    for tried in (data, vrm_of({})[:12] + data, b"glTF\2\0\0\0\0\0\0\0" + data):
        with pytest.raises(ValueError, match="asked for"):
            parse_avatar(tried)


@given(st.integers(0, 1), st.integers(20, 6000), st.binary(min_size=1, max_size=4))
def test_a_file_with_a_wrong_place_is_a_body_or_a_named_error(version: int, at: int, noise: bytes) -> None:
    data = bytearray(vrm_file(version, rest_places()))
    data[at : at + len(noise)] = noise
    try:
        body = parse_avatar(bytes(data))
    except ValueError as why:
        assert str(why).startswith("asked for the")
    else:
        assert np.isfinite(body.rest_offset_m).all()


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 99) | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ("children", "rotation", "matrix", "translation", "node", "humanoid", "humanBones")
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(_json, _json)
def test_any_description_is_a_body_or_a_named_error(nodes: object, extension: object) -> None:
    for name in ("VRM", "VRMC_vrm"):
        data = vrm_of({"nodes": nodes, "extensions": {name: extension}})
        with pytest.raises(ValueError, match="asked for the"):
            parse_avatar(data)
