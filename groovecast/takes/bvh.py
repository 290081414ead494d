"""Anybody's BVH takes, read: the file that every 3D program writes, each in its own way."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_continuous, quat_multiply
from groovecast.motion.skeleton import groovecast_skeleton

_CM_PER_M = 100
_AXES = "XYZ"
_CHANNELS = tuple(f"{axis}{kind}" for kind in ("position", "rotation") for axis in _AXES)


@dataclass(frozen=True)
class Bvh:
    """A take as its file has it: joints parent before child, lengths in the file's own unit.

    Where a joint stands, relative to its parent, is `position`: its offset, or what its channels say.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offset: Float64[np.ndarray, "joints 3"]
    end_parents: tuple[int, ...]
    end_offset: Float64[np.ndarray, "ends 3"]
    fps: float
    position: Float64[np.ndarray, "frames joints 3"]
    local_quat_wxyz: Float64[np.ndarray, "frames joints 4"]


def read_bvh(path: Path | str) -> Bvh:
    """The take in a BVH file of any order, unit and habit.

    Raises ValueError with the line, what was found there and the mend.
    """
    path = Path(path)
    return parse_bvh(path.read_bytes().decode("utf-8-sig", errors="replace"), path.name)


def parse_bvh(text: str, title: str = "BVH") -> Bvh:
    """The take in such a text; `title` names it in errors."""
    lines = text.splitlines()
    tree = _Tree(title)
    motion_at = next((at for at, line in enumerate(lines) if line.strip().upper() == "MOTION"), len(lines))
    tree.read(_words(lines[:motion_at]))
    if motion_at == len(lines):
        raise tree.wrong(motion_at, "asked for MOTION, the file ends; it breaks off: export it again")
    fps, rows = _rows(tree, lines, motion_at)
    position, quat = _poses(tree, rows)
    return Bvh(
        names=tuple(tree.names),
        parents=tuple(tree.parents),
        offset=np.array(tree.offsets, np.float64).reshape(-1, 3),
        end_parents=tuple(tree.end_parents),
        end_offset=np.array(tree.end_offsets, np.float64).reshape(-1, 3),
        fps=fps,
        position=position,
        local_quat_wxyz=quat,
    )


def motion_from_bvh(take: Bvh) -> Motion:
    """A take of our own skeleton, in centimetres as `BvhWriter` leaves it, as a motion.

    Raises ValueError when its joints are others: such a take has to be retargeted.
    """
    skeleton = groovecast_skeleton()
    missing = [name for name in skeleton.names if name not in take.names]
    if missing:
        found = f"{len(take.names)} joints without {missing[0]!r}"
        raise ValueError(f"asked for a take of {skeleton.id}, found {found}; retarget it first")
    order = [take.names.index(name) for name in skeleton.names]
    root_m = take.position[:, order[0]] / _CM_PER_M
    return Motion(take.fps, root_m.astype(np.float32), take.local_quat_wxyz[:, order].astype(np.float32))


@dataclass(frozen=True)
class _Word:
    line: int  # counted from 1
    text: str


def _words(lines: list[str]) -> Iterator[_Word]:
    for number, line in enumerate(lines, start=1):
        for text in line.replace("{", " { ").replace("}", " } ").split():
            yield _Word(number, text)


class _Tree:
    """The HIERARCHY part."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.names: list[str] = []
        self.parents: list[int] = []
        self.offsets: list[list[float]] = []
        self.channels: list[list[str]] = []
        self.end_parents: list[int] = []
        self.end_offsets: list[list[float]] = []

    def wrong(self, line: int, what: str) -> ValueError:
        """The error that says what was wrong in that line."""
        return ValueError(f"{self.title} line {line}: {what}")

    def read(self, words: Iterator[_Word]) -> None:
        """Take in all words up to MOTION."""
        open_nodes: list[int | None] = []  # joints that a } must still close; None: an End Site
        last = self._take(words, 1, "HIERARCHY")
        if last.text.upper() != "HIERARCHY":
            raise self.wrong(last.line, f"asked for HIERARCHY, found {last.text!r}; this is no BVH file")
        for word in words:
            last = word
            kind = word.text.upper()
            if kind == "}" and open_nodes:
                open_nodes.pop()
            elif kind == "OFFSET" and open_nodes:
                self._place(open_nodes[-1], [self._number(words, word.line) for _ in _AXES])
            elif kind == "CHANNELS" and open_nodes:
                self._channel(open_nodes[-1], words, word.line)
            elif kind == "END" and open_nodes and open_nodes[-1] is not None:
                self._name(words, word.line)
                self.end_parents.append(open_nodes[-1])
                self.end_offsets.append([0.0, 0.0, 0.0])
                open_nodes.append(None)
            elif (
                kind in ("ROOT", "JOINT") and (kind == "ROOT") == (not self.names) and None not in open_nodes
            ):
                parent = open_nodes[-1] if open_nodes else -1
                self._join(self._name(words, word.line), -1 if parent is None else parent)
                open_nodes.append(len(self.names) - 1)
            elif kind == "ROOT" and self.names:
                raise self.wrong(word.line, "found a second ROOT; keep one figure in a file")
            else:
                raise self.wrong(
                    word.line, f"asked for a joint's description, found {word.text!r}; export it again"
                )
        if open_nodes or not self.names:
            what = f"{len(open_nodes)} brackets open" if self.names else "no ROOT"
            raise self.wrong(
                last.line, f"the hierarchy ends with {what}; the file breaks off: export it again"
            )

    def _join(self, name: str, parent: int) -> None:
        self.names.append(name)
        self.parents.append(parent)
        self.offsets.append([0.0, 0.0, 0.0])
        self.channels.append([])

    def _place(self, node: int | None, offset: list[float]) -> None:
        if node is None:
            self.end_offsets[-1] = offset
        else:
            self.offsets[node] = offset

    def _channel(self, node: int | None, words: Iterator[_Word], line: int) -> None:
        count = self._number(words, line)
        if not count.is_integer() or not 0 <= count <= len(_CHANNELS):
            raise self.wrong(
                line, f"asked for 0 to {len(_CHANNELS)} channels, found {count:g}; correct the count"
            )
        found = [self._take(words, line, "a channel") for _ in range(int(count))]
        for word in found:
            if word.text.capitalize() not in _CHANNELS or word.line != line:
                mend = f"{int(count)} of {' '.join(_CHANNELS)}"
                raise self.wrong(line, f"asked for a channel, found {word.text!r}; give {mend}")
        names = [word.text.capitalize() for word in found]
        if len(set(names)) < len(names):
            raise self.wrong(line, f"found a channel twice in {' '.join(names)}; name each once")
        if node is not None:
            self.channels[node] = names

    def _name(self, words: Iterator[_Word], line: int) -> str:
        parts: list[str] = []
        while (word := self._take(words, line, "{")).text != "{":
            parts.append(word.text)
            if len(parts) > 8 or word.text == "}":
                raise self.wrong(
                    line, f"asked for a name and {{, found {word.text!r}; the bracket is missing"
                )
        return " ".join(parts)

    def _take(self, words: Iterator[_Word], line: int, asked: str) -> _Word:
        word = next(words, None)
        if word is None:
            raise self.wrong(
                line, f"asked for {asked}, the hierarchy ends; the file breaks off: export it again"
            )
        return word

    def _number(self, words: Iterator[_Word], line: int) -> float:
        word = self._take(words, line, "a number")
        try:
            return _finite(word.text)
        except ValueError:
            raise self.wrong(word.line, f"asked for a number, found {word.text!r}; correct it") from None


def _finite(text: str) -> float:
    number = float(text)
    if not np.isfinite(number):
        raise ValueError(text)
    return number


def _rows(
    tree: _Tree, lines: list[str], motion_at: int
) -> tuple[float, Float64[np.ndarray, "frames channels"]]:
    filled = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    ahead = [entry for entry in filled if entry[0] > motion_at + 1]
    frames_at, frames = _setting(tree, ahead[:1], r"frames\s*:?\s*(\S+)", "Frames: and a whole number")
    time_at, frame_s = _setting(tree, ahead[1:2], r"frame\s*time\s*:?\s*(\S+)", "Frame Time: and seconds")
    if frames < 0 or not frames.is_integer():
        raise tree.wrong(frames_at, f"asked for a number of frames, found {frames:g}; correct it")
    if frame_s <= 0:
        raise tree.wrong(time_at, f"asked for a frame time above 0 s, found {frame_s:g}; correct it")
    width = sum(map(len, tree.channels))
    rows = np.empty((min(int(frames), len(ahead) - 2), width))
    for row, (number, line) in zip(rows, ahead[2:], strict=False):
        values = line.split()
        if len(values) != width:
            raise tree.wrong(number, f"asked for {width} numbers, found {len(values)}; the line is damaged")
        try:
            row[:] = [float(value) for value in values]
        except ValueError as error:
            raise tree.wrong(number, f"asked for numbers, {error}; correct it") from None
        if not np.isfinite(row).all():
            raise tree.wrong(
                number, f"asked for finite numbers, found {row[~np.isfinite(row)][0]}; correct it"
            )
    if len(rows) < frames:
        mend = f"the file breaks off: write Frames: {len(rows)} there to read what is left"
        raise tree.wrong(frames_at, f"asked for {int(frames)} frames, found {len(rows)}; {mend}")
    # A frame time has few digits: 0.0333333 means 30 and 0.00833333 means 120 frames a second.
    fps = 1 / frame_s
    return (float(round(fps)) if abs(fps - round(fps)) < 1e-4 * fps else fps), rows


def _setting(tree: _Tree, entries: list[tuple[int, str]], pattern: str, asked: str) -> tuple[int, float]:
    number, line = entries[0] if entries else (0, "the end of the file")
    found = re.fullmatch(pattern, line.strip(), re.IGNORECASE)
    try:
        return number, _finite(found[1] if found else "")
    except ValueError:
        raise tree.wrong(number, f"asked for {asked}, found {line.strip()!r}; correct it") from None


def _poses(
    tree: _Tree, rows: Float64[np.ndarray, "frames channels"]
) -> tuple[Float64[np.ndarray, "frames joints 3"], Float64[np.ndarray, "frames joints 4"]]:
    frames, joints = len(rows), len(tree.names)
    position = np.empty((frames, joints, 3))
    quat = np.zeros((frames, joints, 4))
    quat[..., 0] = 1
    column = 0
    for joint, channels in enumerate(tree.channels):
        offset = np.array(tree.offsets[joint])
        values = rows[:, column : column + len(channels)]
        column += len(channels)
        moved = np.tile(offset, (frames, 1))
        for channel, value in zip(channels, values.T, strict=True):
            axis = _AXES.index(channel[0])
            if channel.endswith("position"):
                moved[:, axis] = value
            else:
                turn = np.zeros((frames, 4))
                half = np.radians(value) / 2
                turn[:, 0], turn[:, 1 + axis] = np.cos(half), np.sin(half)
                quat[:, joint] = quat_multiply(quat[:, joint], turn)
        # A position channel stands in the place of the offset for most programs and adds to it for some: the
        # take itself tells, by whether its values lie about the offset or about zero.
        has_all = sum(channel.endswith("position") for channel in channels) == len(_AXES)
        if (
            has_all
            and frames
            and np.linalg.norm(moved.mean(axis=0)) < np.linalg.norm(moved.mean(axis=0) - offset)
        ):
            moved += offset
        position[:, joint] = moved
    return position, quat_continuous(quat) if frames else quat
