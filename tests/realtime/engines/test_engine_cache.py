"""The cache of engines: what it answers was written under that very key, byte for byte, or it answers nothing."""

import multiprocessing
import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.engines.cache import CacheKey, EngineCache, engine_folder

_KEY = CacheKey("engine", "rtx", "ab" * 32, "fp16", 16, "tensorrt-rtx 1.7.1", "RTX 4070", (8, 9), "580.65")


class _Cache(EngineCache):
    """A cache that remembers what it said."""

    def __init__(self, folder: Path, most_bytes: int = 1 << 20) -> None:
        self.said: list[str] = []
        super().__init__(folder, self.said.append, most_bytes)


def _only_file(folder: Path) -> Path:
    (found,) = folder.iterdir()
    return found


@given(content=st.binary(max_size=300))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("cache") / "not" / "there"
    cache = _Cache(folder)
    assert cache.read(_KEY) is None
    assert cache.write(_KEY, b"older") and cache.write(_KEY, content)
    assert cache.read(_KEY) == content
    assert len(list(folder.iterdir())) == 1 and not cache.said


@pytest.mark.parametrize(
    "other",
    [
        {"what": "runtime cache"},
        {"engine": "tensorrt"},
        {"graph": "cd" * 32},
        {"precision": "fp32"},
        {"batch": 1},
        {"library": "tensorrt-rtx 1.8.0"},
        {"device": "RTX 4080"},
        {"capability": (12, 0)},
        {"driver": "590.1"},
    ],
)
def test_another_key_finds_nothing(tmp_path: Path, other: dict[str, object]) -> None:
    cache = _Cache(tmp_path)
    cache.write(_KEY, b"engine")
    assert cache.read(msgspec.structs.replace(_KEY, **other)) is None
    assert cache.read(_KEY) == b"engine" and not cache.said


@given(at=st.integers(0), bit=st.integers(0, 7))
def test_a_bit_that_flipped_anywhere_is_found_said_and_removed(
    tmp_path_factory: pytest.TempPathFactory, at: int, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    cache = _Cache(folder)
    cache.write(_KEY, b"an engine")
    path = _only_file(folder)
    whole = bytearray(path.read_bytes())
    whole[at % len(whole)] ^= 1 << bit
    path.write_bytes(whole)
    assert cache.read(_KEY) is None
    assert not path.exists() and cache.said == [f"{path} is damaged, so it is removed and made again"]
    assert cache.write(_KEY, b"again") and cache.read(_KEY) == b"again"


@given(length=st.integers(0))
def test_a_file_that_was_cut_short_is_found_said_and_removed(
    tmp_path_factory: pytest.TempPathFactory, length: int
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    cache = _Cache(folder)
    cache.write(_KEY, b"an engine")
    path = _only_file(folder)
    whole = path.read_bytes()
    path.write_bytes(whole[: length % len(whole)])
    assert cache.read(_KEY) is None and not path.exists() and len(cache.said) == 1


def test_a_file_of_another_key_under_this_name_is_not_believed(tmp_path: Path) -> None:
    cache = _Cache(tmp_path)
    foreign = msgspec.structs.replace(_KEY, device="RTX 3060")
    cache.write(foreign, b"foreign")
    _only_file(tmp_path).rename(tmp_path / f"{_KEY.stem}.bin")
    assert cache.read(_KEY) is None and not list(tmp_path.iterdir())
    assert len(cache.said) == 1 and "was made for something else" in cache.said[0]


def _write_often(folder: str, content: bytes) -> None:
    cache = EngineCache(Path(folder), print)
    for _ in range(40):
        assert cache.write(_KEY, content)


def test_two_processes_that_write_at_once_leave_one_of_both_whole(tmp_path: Path) -> None:
    contents = [bytes([number]) * 100_000 for number in (1, 2)]
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_write_often, args=(str(tmp_path), content)) for content in contents]
    for one in writers:
        one.start()
    cache, seen = _Cache(tmp_path), set()
    while any(one.is_alive() for one in writers):
        seen.add(cache.read(_KEY))
    for one in writers:
        one.join()
    assert [one.exitcode for one in writers] == [0, 0]
    assert seen <= {None, *contents} and cache.read(_KEY) in contents
    assert len(list(tmp_path.iterdir())) == 1 and not cache.said


def test_a_folder_that_cannot_be_written_is_said_and_survived(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")  # root may write to any folder, but nobody into a file
    cache = _Cache(tmp_path / "file")
    assert cache.read(_KEY) is None
    assert not cache.write(_KEY, b"engine")
    folder = cache.folder_of(_KEY)
    (folder / "engine").write_bytes(b"engine")
    assert not cache.keep(_KEY, folder)
    assert len(cache.said) == 3 and all("made again at the next start" in line for line in cache.said)


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = _Cache(tmp_path)
    cache.write(_KEY, b"older")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert not cache.write(_KEY, b"newer")
    assert cache.read(_KEY) == b"older" and len(list(tmp_path.iterdir())) == 1
    assert len(cache.said) == 1 and "(No space left on device)" in cache.said[0]


def test_a_folder_is_met_again_when_it_was_kept_and_only_then(tmp_path: Path) -> None:
    cache = _Cache(tmp_path)
    left = cache.folder_of(_KEY)
    (left / "engine").write_bytes(b"half an eng")
    folder = cache.folder_of(_KEY)
    assert folder != left and not list(folder.iterdir())
    (folder / "engine").write_bytes(b"engine")
    assert cache.keep(_KEY, folder)
    kept = cache.folder_of(_KEY)
    assert (kept / "engine").read_bytes() == b"engine" and cache.folder_of(_KEY) == kept
    assert cache.keep(_KEY, kept) and not cache.said


@pytest.mark.parametrize("harm", ["changed", "added", "removed", "unsealed", "foreign"])
def test_a_kept_folder_that_was_harmed_is_said_and_begun_again(tmp_path: Path, harm: str) -> None:
    cache = _Cache(tmp_path)
    key = msgspec.structs.replace(_KEY, driver="1") if harm == "foreign" else _KEY
    folder = cache.folder_of(key)
    (folder / "engine").write_bytes(b"engine")
    cache.keep(key, folder)
    kept = _only_file(tmp_path).rename(tmp_path / _KEY.stem)
    if harm == "changed":
        (kept / "engine").write_bytes(b"Engine")
    elif harm == "added":
        (kept / "more").write_bytes(b"")
    elif harm == "removed":
        (kept / "engine").unlink()
    elif harm == "unsealed":
        (kept / "groovecast.json").unlink()
    assert not list(cache.folder_of(_KEY).iterdir())
    assert not kept.exists() and len(cache.said) == 1 and "is removed and made again" in cache.said[0]


def test_the_faster_of_two_processes_keeps_its_folder(tmp_path: Path) -> None:
    cache = _Cache(tmp_path)
    faster, slower = cache.folder_of(_KEY), cache.folder_of(_KEY)
    (faster / "engine").write_bytes(b"faster")
    (slower / "engine").write_bytes(b"slower")
    assert cache.keep(_KEY, faster) and cache.keep(_KEY, slower)
    assert (cache.folder_of(_KEY) / "engine").read_bytes() == b"faster" and len(list(tmp_path.iterdir())) == 1


def test_what_was_used_longest_ago_makes_room(tmp_path: Path) -> None:
    cache = _Cache(tmp_path, most_bytes=2500)
    keys = [msgspec.structs.replace(_KEY, batch=batch) for batch in (1, 2, 3)]
    for age, key in ((30, keys[0]), (20, keys[1])):
        cache.write(key, bytes(700))
        os.utime(tmp_path / f"{key.stem}.bin", (age, age))
    assert cache.read(keys[0])  # used just now
    cache.write(keys[2], bytes(700))
    assert [cache.read(key) is not None for key in keys] == [True, False, True]


def test_what_another_process_is_writing_makes_no_room_until_it_is_a_day_old(tmp_path: Path) -> None:
    cache = _Cache(tmp_path, most_bytes=1000)
    file, folder = tmp_path / "rtx-1.bin.part", tmp_path / "tensorrt-1.part"
    for kept in (1, 0):
        folder.mkdir(exist_ok=True)
        file.write_bytes(bytes(900))
        (folder / "engine").write_bytes(bytes(900))
        age_s = file.stat().st_mtime - 60 * 60 * (23 if kept else 25)
        for one in (file, folder):
            os.utime(one, (age_s, age_s))
        cache.write(_KEY, bytes(700))
        assert len(list(tmp_path.glob("*.part"))) == 2 * kept and cache.read(_KEY) is not None


def test_what_another_process_replaced_while_it_was_judged_is_not_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, found = _Cache(tmp_path), [b"damaged"]
    cache.write(_KEY, b"newer")
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: found.pop() if found else read(path))
    assert cache.read(_KEY) == b"newer" and not cache.said and not found


def test_engines_are_kept_where_the_system_keeps_what_can_be_made_again() -> None:
    assert engine_folder().name == "engines" and "groovecast" in engine_folder().parts
