"""What engines keep between starts: valid by its full key and its hash, never because a file exists."""

import hashlib
import os
import shutil
import struct
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import platformdirs

from groovecast.whole_file import write_whole

# a file: magic, length of the key, key as JSON, SHA-256 of key and content, content
_MAGIC = b"groovecast engine 1\n"
_KEY_LENGTH = struct.Struct("<I")
_HASH_BYTES = 32
_SEAL = "groovecast.json"  # in a folder that a library filled itself: its key, and the hash of each file
_MOST_BYTES = 2 << 30  # of all that is kept; what was used longest ago goes first
_PART = ".part"  # how the name of what is still being written ends
_LEFT_BEHIND_NS = 24 * 60 * 60 * 10**9  # nothing is built for a day


class CacheKey(msgspec.Struct, frozen=True):
    """All that what is kept depends on. The graph fixes every shape but the batch."""

    what: str  # engine, runtime cache, ...
    engine: str  # as it is asked for: rtx, tensorrt, ...
    graph: str  # its SHA-256
    precision: str
    batch: int  # the largest
    library: str  # name and version
    device: str = "any"  # the card's name
    capability: tuple[int, int] = (0, 0)
    driver: str = ""  # where it matters

    @property
    def stem(self) -> str:
        """The name of its file or folder: another key has another one."""
        return f"{self.engine}-{hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:24]}"


class _Seal(msgspec.Struct, frozen=True):
    """What a kept folder holds."""

    key: CacheKey
    files: dict[str, str]  # hashes by path


def engine_folder() -> Path:
    """Where engines are kept unless told otherwise: the folder that the system means for caches."""
    return Path(platformdirs.user_cache_dir("groovecast", appauthor=False)) / "engines"


class EngineCache:
    """A folder of things that can be made again. Trouble with it is said in one line each, and survived.

    What is corrupted, or was made for another key, is removed and said: it is made again by whoever asked.
    """

    def __init__(self, folder: Path, say: Callable[[str], None], most_bytes: int = _MOST_BYTES) -> None:
        self._folder = folder
        self._say = say
        self._most_bytes = most_bytes

    def read(self, key: CacheKey) -> bytes | None:
        """What was written under this key, byte for byte; None when there is nothing sound."""
        path = self._file(key)
        whole = self._whole(path)
        if whole is None:
            return None
        content, trouble = _content(whole, key)
        if trouble and (again := self._whole(path)) not in (None, whole):
            content, trouble = _content(again, key)  # another process has just replaced it
        if trouble:
            self._discard(path, trouble)
            return None
        self._used(path)
        return content

    def _whole(self, path: Path) -> bytes | None:
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as why:
            self._say(f"{path} cannot be read ({_reason(why)}), so it is made again")
            return None

    def write(self, key: CacheKey, content: bytes) -> bool:
        """Keep this, as a whole or not at all, in the place of what was there; False, and said, if it cannot be."""
        told = msgspec.json.encode(key)
        parts = (_MAGIC, _KEY_LENGTH.pack(len(told)), told, hashlib.sha256(told + content).digest(), content)
        path = self._file(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, *parts)
        except OSError as why:
            self._say(f"{path} cannot be written ({_reason(why)}), so it is made again at the next start")
            return False
        self._make_room(path)
        return True

    def folder_of(self, key: CacheKey) -> Path:
        """A folder for a library that keeps its own files: what `keep` kept under this key, or a new empty one.

        A new one belongs to this process until `keep` is given it, so nobody meets half an engine.
        """
        path = self._folder / key.stem
        if path.is_dir():
            trouble = _folder_trouble(path, key)
            if not trouble:
                self._used(path)
                return path
            self._discard(path, trouble)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            return Path(tempfile.mkdtemp(dir=self._folder, prefix=path.name, suffix=_PART))
        except OSError as why:
            self._say(
                f"{self._folder} cannot be written ({_reason(why)}), so it is made again at the next start"
            )
            return Path(tempfile.mkdtemp(prefix=path.name))

    def keep(self, key: CacheKey, folder: Path) -> bool:
        """Keep a folder that `folder_of` gave, now that its library has written it; False, and said, if it cannot be.

        Nothing is done when it is kept already, in which case the library read it and wrote nothing.
        """
        path = self._folder / key.stem
        if folder == path:
            return True
        try:
            if path.is_dir():  # another process was faster, and its own is as good
                shutil.rmtree(folder, ignore_errors=True)
                return True
            seal = msgspec.json.encode(_Seal(key, _hashes(folder)))
            write_whole(folder / _SEAL, seal)
            folder.rename(path)
        except OSError as why:
            self._say(f"{path} cannot be kept ({_reason(why)}), so it is made again at the next start")
            return False
        self._make_room(path)
        return True

    def _file(self, key: CacheKey) -> Path:
        return self._folder / f"{key.stem}.bin"

    def _discard(self, path: Path, trouble: str) -> None:
        self._say(f"{path} {trouble}, so it is removed and made again")
        with suppress(OSError):
            _remove(path)

    def _used(self, path: Path) -> None:
        """What was used last is thrown away last."""
        with suppress(OSError):
            os.utime(path)

    def _make_room(self, newest: Path) -> None:
        """Engines of old drivers and models are never asked for again; nobody else would remove them."""
        with suppress(OSError):
            kept = sorted((one.stat().st_mtime_ns, one) for one in self._folder.iterdir() if one != newest)
            now_ns = newest.stat().st_mtime_ns  # it was written just now
            for at_ns, one in [of for of in kept if of[1].suffix == _PART]:
                kept.remove((at_ns, one))  # until it is left behind, another process is writing it
                if now_ns - at_ns > _LEFT_BEHIND_NS:
                    _remove(one)
            sizes = {one: _bytes_of(one) for _, one in kept}
            over = sum(sizes.values()) + _bytes_of(newest) - self._most_bytes
            for _, one in kept:
                if over <= 0:
                    return
                over -= sizes[one]
                _remove(one)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _content(whole: bytes, key: CacheKey) -> tuple[bytes, str]:
    """What a file holds and "", or nothing and what is wrong with it."""
    broken = b"", "is damaged"
    key_at = len(_MAGIC) + _KEY_LENGTH.size
    if not whole.startswith(_MAGIC) or len(whole) < key_at:
        return broken
    hash_at = key_at + _KEY_LENGTH.unpack_from(whole, len(_MAGIC))[0]
    told, content = whole[key_at:hash_at], whole[hash_at + _HASH_BYTES :]
    if whole[hash_at : hash_at + _HASH_BYTES] != hashlib.sha256(told + content).digest():
        return broken
    # compared as bytes: a key of another version of this file is another key
    return (content, "") if told == msgspec.json.encode(key) else (b"", "was made for something else")


def _folder_trouble(folder: Path, key: CacheKey) -> str:
    """What is wrong with a kept folder, "" when it holds exactly what its library wrote for this key."""
    try:
        seal = msgspec.json.decode((folder / _SEAL).read_bytes(), type=_Seal)
        files = _hashes(folder)
    except (OSError, msgspec.MsgspecError, UnicodeError):
        return "is damaged"
    if seal.key != key:
        return "was made for something else"
    return "" if files == seal.files else "is damaged"


def _hashes(folder: Path) -> dict[str, str]:
    files = sorted(one for one in folder.rglob("*") if one.is_file() and one != folder / _SEAL)
    return {one.relative_to(folder).as_posix(): hashlib.sha256(one.read_bytes()).hexdigest() for one in files}


def _bytes_of(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else (path,)
    return sum(one.stat().st_size for one in files if one.is_file())


def _reason(why: OSError) -> str:
    return why.strerror or str(why)
