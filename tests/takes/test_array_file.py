"""Whatever lies in a NumPy file that somebody brought, every reader of one takes it or says in one line why not."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groovecast.takes.array_file import array_of_file, arrays_of_file
from groovecast.takes.finedance import read_finedance
from groovecast.takes.take_cache import read_take_cache
from groovecast.train.motion_files import motion_of_file
from realtime.evaluation.anybodys import read_motion


def _archive(path: Path) -> bytes:
    with path.open("wb") as file:
        np.savez_compressed(file, a=np.arange(100.0), b=np.zeros(3))
    return path.read_bytes()


@pytest.mark.parametrize("read", [read_finedance, motion_of_file, read_motion])
@pytest.mark.parametrize(
    "content", [b"PK\x03\x04garbage", b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00\x08\x00{'descr'"]
)
def test_what_is_no_array_is_told_in_one_line(
    read: Callable[[Path], object], content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.npy") as told:
        read(path)
    assert len(str(told.value).splitlines()) == 1


@pytest.mark.parametrize("read", [read_take_cache, read_motion])
def test_what_is_no_archive_is_told_in_one_line(read: Callable[[Path], object], tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    whole = _archive(path)
    np.save(tmp_path / "single.npy", np.zeros(3))
    for content in (b"PK\x03\x04garbage", b"", whole[:-30], (tmp_path / "single.npy").read_bytes(), whole):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"a\.npz") as told:
            read(path)
        assert len(str(told.value).splitlines()) == 1


def test_an_archive_gives_the_arrays_that_were_asked_for(tmp_path: Path) -> None:
    _archive(tmp_path / "a.npz")
    assert arrays_of_file(tmp_path / "a.npz", ("b",))["b"].tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match="c is not a file"):
        arrays_of_file(tmp_path / "a.npz", ("c",))


def test_an_archive_that_is_packed_in_an_unknown_way_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.npy", bytes(200))
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 10] = 99  # the way of packing, in the list at the end
    path.write_bytes(bytes(content))
    with pytest.raises(ValueError, match="not supported"):
        arrays_of_file(path, ("a",))


@given(data=st.data())
def test_no_damage_is_more_than_a_value_error(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    np.save(folder / "damaged.npy", np.arange(20.0))
    whole = {folder / "damaged.npz": _archive(folder / "damaged.npz")}
    whole[folder / "damaged.npy"] = (folder / "damaged.npy").read_bytes()
    for path, content in whole.items():
        at = data.draw(st.integers(0, len(content) - 1))
        path.write_bytes(content[:at] + data.draw(st.binary(max_size=4)) + content[at + 2 :])
        try:
            _ = array_of_file(path) if path.suffix == ".npy" else arrays_of_file(path, ("a", "b"))
        except ValueError as told:
            assert len(str(told).splitlines()) == 1
