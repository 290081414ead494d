"""Rotations as three angles in degrees, for programs that know no quaternions; they run on and do not jump."""

import numpy as np
from jaxtyping import Float, Float64

# nearer to straight up or down than this (a cosine), two of the angles turn about one axis
_LOCKED = 1e-5


class EulerAngles:
    """Turns of some joints as angles x y z, frame after frame.

    `order` names the axes as they are applied: "xyz" turns about x first, then y, then z, all about axes that stand
    still (the matrix is Z Y X). Of all angles that say the same turn, those nearest to the frame before are given, so
    that filters and recordings on the other side see no jump.
    """

    def __init__(self, order: str, joints: int) -> None:
        if sorted(order) != ["x", "y", "z"]:
            raise ValueError(f"asked for angles in order {order!r}: give each of x, y and z once, as 'xyz'")
        # the matrix is R(outer) R(middle) R(inner)
        self._inner, self._middle, self._outer = ("xyz".index(axis) for axis in order)
        self._sign = 1.0 if (self._middle - self._outer) % 3 == 1 else -1.0
        self._before_deg = np.zeros((joints, 3))

    def of(self, matrix: Float[np.ndarray, "joints 3 3"]) -> Float64[np.ndarray, "joints 3"]:
        """The angles about x, y and z of these rotation matrices, in degrees."""
        i, j, k, sign = self._outer, self._middle, self._inner, self._sign
        m = np.asarray(matrix, np.float64)
        angles = np.empty_like(self._before_deg)
        cosine = np.hypot(m[:, i, i], m[:, i, j])
        angles[:, i] = np.degrees(np.arctan2(-sign * m[:, j, k], m[:, k, k]))
        angles[:, j] = np.degrees(np.arctan2(sign * m[:, i, k], cosine))
        angles[:, k] = np.degrees(np.arctan2(-sign * m[:, i, j], m[:, i, i]))
        locked = cosine < _LOCKED
        if locked.any():
            # only the sum or the difference of outer and inner is known: the inner one stays as it was
            inner = np.radians(self._before_deg[locked, k])
            side = np.where(m[locked, i, k] > 0, 1.0, -1.0)
            both = np.arctan2(sign * m[locked, k, j], m[locked, j, j])
            angles[locked, i] = np.degrees(both - side * inner)
            angles[locked, k] = self._before_deg[locked, k]
        other = angles + 180.0
        other[:, j] = 180.0 - angles[:, j]
        near, far = (self._wound(candidate) for candidate in (angles, other))
        closer = np.abs(far - self._before_deg).sum(axis=1) < np.abs(near - self._before_deg).sum(axis=1)
        self._before_deg = np.where(closer[:, None], far, near)
        return self._before_deg

    def _wound(self, angles: Float64[np.ndarray, "joints 3"]) -> Float64[np.ndarray, "joints 3"]:
        """The same angles, by whole turns nearest to those before."""
        turned: np.ndarray = angles + 360.0 * np.rint((self._before_deg - angles) / 360.0)
        return turned


def matrix_from_euler(
    order: str, angles_deg: Float[np.ndarray, "joints 3"]
) -> Float64[np.ndarray, "joints 3 3"]:
    """The rotation matrices of angles about x, y and z that are applied in this order."""
    matrix = np.broadcast_to(np.eye(3), (len(angles_deg), 3, 3))
    for axis in order:
        at = "xyz".index(axis)
        after, last = (at + 1) % 3, (at + 2) % 3
        angle = np.radians(np.asarray(angles_deg, np.float64)[:, at])
        turn = np.zeros((len(angle), 3, 3))
        turn[:, at, at] = 1
        turn[:, after, after] = turn[:, last, last] = np.cos(angle)
        turn[:, last, after] = np.sin(angle)
        turn[:, after, last] = -turn[:, last, after]
        matrix = turn @ matrix
    return matrix
