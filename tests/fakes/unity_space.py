"""Turns and places as engines hold them, quaternions x y z w, for fake receivers: written apart from our own."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Transform:
    """A place and a turn relative to a parent; the formulas are the same in either handedness."""

    place: np.ndarray
    xyzw: tuple[float, float, float, float]

    def then(self, child: "Transform") -> "Transform":
        """The child, which is relative to this, as this one's parent sees it."""
        x, y, z, w = self.xyzw
        matrix = np.array(
            (
                (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
                (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
                (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
            )
        )
        cx, cy, cz, cw = child.xyzw
        turn = (
            w * cx + x * cw + y * cz - z * cy,
            w * cy - x * cz + y * cw + z * cx,
            w * cz + x * cy - y * cx + z * cw,
            w * cw - x * cx - y * cy - z * cz,
        )
        return Transform(self.place + matrix @ child.place, turn)


def identity() -> Transform:
    """Nowhere, and not turned."""
    return Transform(np.zeros(3), (0.0, 0.0, 0.0, 1.0))


def transform(numbers: list[float]) -> Transform:
    """Of seven numbers: x y z, then x y z w."""
    px, py, pz, x, y, z, w = numbers
    return Transform(np.array((px, py, pz)), (x, y, z, w))


def all_worlds(
    local: dict[str, Transform], parents: dict[str, str | None], root: Transform
) -> dict[str, Transform]:
    """Every bone in the world, of a table in which parents come first."""
    world: dict[str, Transform] = {}
    for name, parent in parents.items():
        world[name] = (root if parent is None else world[parent]).then(local[name])
    return world
