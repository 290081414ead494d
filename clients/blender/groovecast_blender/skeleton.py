"""The figure that every dance is of: 52 joints, as `skeleton.json` beside this file has them."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

Place = tuple[float, float, float]


@dataclass(frozen=True)
class Skeleton:
    """Joints, parents before children; offsets in metres from the parent, the first one's from the floor."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets_m: tuple[Place, ...]
    ends_m: dict[str, Place]  # where the last bone of a limb ends, from its joint
    known_as: tuple[dict[str, str], ...]  # what other programs call the joints, a table a program

    @property
    def hips_height_m(self) -> float:
        """Of the rest pose."""
        return self.offsets_m[0][1]

    def places_m(self) -> list[Place]:
        """Where the joints are in the rest pose."""
        places: list[Place] = []
        for parent, (x, y, z) in zip(self.parents, self.offsets_m, strict=True):
            px, py, pz = places[parent] if parent >= 0 else (0.0, 0.0, 0.0)
            places.append((px + x, py + y, pz + z))
        return places


@lru_cache(maxsize=1)
def skeleton() -> Skeleton:
    """The shipped one, read once."""
    file = json.loads(Path(__file__).with_name("skeleton.json").read_text("utf-8"))
    names = tuple(joint["name"] for joint in file["joints"])
    return Skeleton(
        names=names,
        parents=tuple(names.index(joint["parent"]) if joint["parent"] else -1 for joint in file["joints"]),
        offsets_m=tuple(tuple(joint["offset_m"]) for joint in file["joints"]),
        ends_m={end["parent"]: tuple(end["offset_m"]) for end in file["ends"]},
        known_as=tuple(
            {joint[program]: joint["name"] for joint in file["joints"]}
            for program in ("unity", "unreal", "smpl")
        ),
    )
