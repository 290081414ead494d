"""A dance as the keys of a glTF animation: laid out by its number of frames, then written as they are read.

First the times, then the hips' places, then the turns of each joint: a stretch of bytes each, as glTF wants them. No
more than a block of frames is held at once, however long the dance is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from jaxtyping import Float

from groovecast.motion.rotation import quat_continuous
from groovecast.takes.gltf import Accessor, Animation, BufferView, Channel, Sampler, Target

_FLOAT = 5126
_FLOAT_BYTES = 4
_TIME, _PLACE, _TURN = 1, 3, 4  # numbers a key
_KINDS = {_TIME: "SCALAR", _PLACE: "VEC3", _TURN: "VEC4"}

# Places of the hips and turns w x y z of the joints, of some frames.
KeyBlock = tuple[Float[np.ndarray, "frames 3"], Float[np.ndarray, "frames joints 4"]]


@dataclass(frozen=True)
class DanceKeys:
    """Where the keys of so many frames lie, `start` bytes into the content of a glTF."""

    frames: int
    joints: int
    fps: float
    start: int = 0

    @property
    def size(self) -> int:
        """How many bytes they are."""
        return self.frames * _FLOAT_BYTES * sum(self._widths)

    @property
    def _widths(self) -> tuple[int, ...]:
        return _TIME, _PLACE, *(_TURN,) * self.joints

    @property
    def _starts(self) -> tuple[int, ...]:
        sizes = [self.frames * _FLOAT_BYTES * width for width in self._widths]
        return tuple(self.start + sum(sizes[:column]) for column in range(len(sizes)))

    def views(self) -> tuple[BufferView, ...]:
        """The stretches of bytes."""
        return tuple(
            BufferView(0, self.frames * _FLOAT_BYTES * width, start)
            for width, start in zip(self._widths, self._starts, strict=True)
        )

    def accessors(self, first_view: int = 0) -> tuple[Accessor, ...]:
        """What lies in those stretches, if the first of them is view `first_view`."""
        arrays = [
            Accessor(_FLOAT, self.frames, _KINDS[width], first_view + column)
            for column, width in enumerate(self._widths)
        ]
        last_s = float(np.float32((self.frames - 1) / self.fps))
        # of times, the format demands the range
        arrays[0] = Accessor(_FLOAT, self.frames, "SCALAR", first_view, min=(0.0,), max=(last_s,))
        return tuple(arrays)

    def animation(self, nodes: tuple[int, ...], first_accessor: int = 0) -> Animation:
        """The animation that turns those nodes, the hips first, and moves the hips."""
        targets = [Target("translation", nodes[0]), *(Target("rotation", node) for node in nodes)]
        return Animation(
            channels=tuple(Channel(number, target) for number, target in enumerate(targets)),
            samplers=tuple(
                Sampler(first_accessor, first_accessor + 1 + number) for number in range(len(targets))
            ),
            name="dance",
        )

    def write(self, file: BinaryIO, content_at: int, blocks: Iterable[KeyBlock]) -> None:
        """Put the keys of all frames into a file whose glTF content begins at byte `content_at`."""
        done, last = 0, np.zeros((0, self.joints, 4))
        for root_m, quat in blocks:
            # signs are chosen over the seam of two blocks too: a viewer goes from key to key by number
            turns = quat_continuous(np.concatenate((last, quat)))[len(last) :]
            last = turns[-1:]
            times = ((done + np.arange(len(root_m))) / self.fps)[:, None]
            columns = times, root_m, *np.moveaxis(turns[..., [1, 2, 3, 0]], 1, 0)
            for column, width, start in zip(columns, self._widths, self._starts, strict=True):
                file.seek(content_at + start + done * _FLOAT_BYTES * width)
                file.write(np.ascontiguousarray(column, "<f4").data)
            done += len(root_m)
        if done != self.frames:
            raise ValueError(f"asked to write {self.frames} frames, {done} came; record again")
