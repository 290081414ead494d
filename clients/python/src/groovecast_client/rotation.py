"""Quaternions w x y z, many at a time: products, the shorter way from one to another, and a smooth way through four."""

import numpy as np
import numpy.typing as npt

Quats = npt.NDArray[np.float64]  # (..., 4)

_CLOSE = 0.9995  # cosine of half the angle above which a straight line is as good as the arc
_TINY = 1e-9


def unit(quat: npt.NDArray[np.floating]) -> Quats:
    """Of length one; identity where there was nothing to scale."""
    quat64 = np.asarray(quat, np.float64)
    length = np.linalg.norm(quat64, axis=-1, keepdims=True)
    return np.where(length < _TINY, (1.0, 0.0, 0.0, 0.0), quat64 / np.maximum(length, _TINY))


def multiply(a: Quats, b: Quats) -> Quats:
    """Turn by b, then by a."""
    aw, ax, ay, az = np.moveaxis(a, -1, 0)
    bw, bx, by, bz = np.moveaxis(b, -1, 0)
    return np.stack(
        (
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ),
        axis=-1,
    )


def inverse(quat: Quats) -> Quats:
    """The turn back, of a unit quaternion."""
    return quat * (1.0, -1.0, -1.0, -1.0)


def rotate(quat: Quats, place_m: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Places turned."""
    w, axis = quat[..., :1], quat[..., 1:]
    across = 2 * np.cross(axis, place_m)
    turned: npt.NDArray[np.float64] = place_m + w * across + np.cross(axis, across)
    return turned


def near(quat: Quats, other: Quats) -> Quats:
    """The same turns, each with the sign that lies on the other's side: q and -q are one turn."""
    return np.where((quat * other).sum(axis=-1, keepdims=True) < 0, -quat, quat)


def slerp(a: Quats, b: Quats, share: float) -> Quats:
    """From a (0) to b (1) the shorter way round at an even pace; beyond 1 it goes on turning."""
    b = near(b, a)
    cosine = np.clip((a * b).sum(axis=-1, keepdims=True), -1, 1)
    angle = np.arccos(np.minimum(cosine, _CLOSE))
    straight = cosine > _CLOSE
    sine = np.sin(angle)
    to_a = np.where(straight, 1 - share, np.sin((1 - share) * angle) / sine)
    to_b = np.where(straight, share, np.sin(share * angle) / sine)
    return unit(to_a * a + to_b * b)
