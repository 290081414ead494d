"""Motion capture as an archive holds it: somebody's joints, bone axes, units and frame rate, one clip at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from groovecast.motion.rotation import quat_multiply, quat_rotate, unit


@dataclass(frozen=True)
class Capture:
    """One clip; positions in centimetres, Y up. `offset_of_bone` says whose rotation carries an offset:
    the parent's (as BVH has it) or the bone's own (as ASF has it, the offset then reaching to the bone's end)."""

    source: str
    clip: str
    kind: str
    fps: float
    names: tuple[str, ...]
    parents: tuple[int, ...]
    offset_cm: Float64[np.ndarray, "joints 3"]
    offset_of_bone: bool
    root_cm: Float64[np.ndarray, "frames 3"]
    local_quat_wxyz: Float64[np.ndarray, "frames joints 4"]

    @property
    def id(self) -> str:
        """A name that no other clip has."""
        return f"{self.source}/{self.clip}"

    def world(self) -> tuple[Float64[np.ndarray, "frames joints 3"], Float64[np.ndarray, "frames joints 4"]]:
        """Every joint's place (cm) and rotation in world space.

        Where offsets belong to bones, a joint's place is where its bone begins: the end of its parent's.
        """
        turns = [self.local_quat_wxyz[:, 0]]
        heads, tails = [self.root_cm], [self.root_cm]
        for joint in range(1, len(self.parents)):
            parent = self.parents[joint]
            turns.append(quat_multiply(turns[parent], self.local_quat_wxyz[:, joint]))
            carrier = turns[joint] if self.offset_of_bone else turns[parent]
            heads.append(tails[parent])
            tails.append(tails[parent] + quat_rotate(carrier, self.offset_cm[joint]))
        places = heads if self.offset_of_bone else tails
        return np.stack(places, axis=1), np.stack(turns, axis=1)


def read_archive(path: Path) -> Iterator[Capture]:
    """The clips of one .npz archive: int16 rotations x y z w over 32767, root in centimetres.

    Raises ValueError, naming the key, when the file is no such archive.
    """
    with np.load(path, allow_pickle=False) as file:
        arrays = {key: file[key] for key in file.files}
    for key in ("q_i16", "root_cm", "starts", "clip", "names", "parents", "fps"):
        if key not in arrays:
            raise ValueError(
                f"asked for motion capture in {path.name}, key {key!r} is missing: see docs/data.md"
            )
    quat = unit(arrays["q_i16"].astype(np.float64)[..., [3, 0, 1, 2]] / 32767)
    of_bone = "end_offsets" in arrays
    offsets = arrays["end_offsets" if of_bone else "offsets"].astype(np.float64)
    starts = arrays["starts"]
    for index, clip in enumerate(arrays["clip"]):
        frames = slice(int(starts[index]), int(starts[index + 1]))
        yield Capture(
            source=path.stem,
            clip=str(clip),
            kind=str(arrays["kind"][index]) if "kind" in arrays else "",
            fps=float(arrays["fps"]),
            names=tuple(str(name) for name in arrays["names"]),
            parents=tuple(int(parent) for parent in arrays["parents"]),
            offset_cm=offsets[index],
            offset_of_bone=of_bone,
            root_cm=arrays["root_cm"][frames].astype(np.float64),
            local_quat_wxyz=quat[frames],
        )
