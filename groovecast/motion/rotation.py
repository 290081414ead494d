"""Rotations as plain functions on arrays: quaternions w x y z, 3 x 3 matrices, 6D, axis-angle.

6D is the first two columns of the matrix, one after the other (Zhou et al. 2019, "On the Continuity of
Rotation Representations in Neural Networks", section 4). All functions keep the dtype they are given.
"""

import numpy as np
from jaxtyping import Float


def unit(vector: Float[np.ndarray, "*batch n"]) -> Float[np.ndarray, "*batch n"]:
    """The vector at length one; a zero vector stays zero."""
    length = np.linalg.norm(vector, axis=-1, keepdims=True)
    return vector / np.where(length == 0, 1, length)


def quat_multiply(
    a: Float[np.ndarray, "*batch 4"], b: Float[np.ndarray, "*batch 4"]
) -> Float[np.ndarray, "*batch 4"]:
    """The rotation that first does `b`, then `a`."""
    aw, ax, ay, az = a[..., 0], a[..., 1], a[..., 2], a[..., 3]
    bw, bx, by, bz = b[..., 0], b[..., 1], b[..., 2], b[..., 3]
    w = aw * bw - ax * bx - ay * by - az * bz
    out = np.empty((*w.shape, 4), w.dtype)
    out[..., 0] = w
    out[..., 1] = aw * bx + ax * bw + ay * bz - az * by
    out[..., 2] = aw * by - ax * bz + ay * bw + az * bx
    out[..., 3] = aw * bz + ax * by - ay * bx + az * bw
    return out


def quat_inverse(quat: Float[np.ndarray, "*batch 4"]) -> Float[np.ndarray, "*batch 4"]:
    """The opposite rotation of a unit quaternion."""
    opposite: np.ndarray = quat * np.array([1, -1, -1, -1], quat.dtype)
    return opposite


def quat_rotate(
    quat: Float[np.ndarray, "*batch 4"], vector: Float[np.ndarray, "*batch 3"]
) -> Float[np.ndarray, "*batch 3"]:
    """The vector turned by a unit quaternion."""
    w, x, y, z = quat[..., 0], quat[..., 1], quat[..., 2], quat[..., 3]
    vx, vy, vz = vector[..., 0], vector[..., 1], vector[..., 2]
    tx, ty, tz = 2 * (y * vz - z * vy), 2 * (z * vx - x * vz), 2 * (x * vy - y * vx)
    first = vx + w * tx + y * tz - z * ty
    out = np.empty((*first.shape, 3), first.dtype)
    out[..., 0] = first
    out[..., 1] = vy + w * ty + z * tx - x * tz
    out[..., 2] = vz + w * tz + x * ty - y * tx
    return out


def quat_continuous(quat: Float[np.ndarray, "frames *joints 4"]) -> Float[np.ndarray, "frames *joints 4"]:
    """The same rotations with signs chosen so that neighbouring frames lie in one hemisphere."""
    dots = np.sum(quat[1:] * quat[:-1], axis=-1)
    signs = np.cumprod(np.where(dots < 0, -1, 1), axis=0).astype(quat.dtype)
    out = quat.copy()
    out[1:] *= signs[..., None]
    return out


def quat_between(
    start: Float[np.ndarray, "*batch 3"], end: Float[np.ndarray, "*batch 3"]
) -> Float[np.ndarray, "*batch 4"]:
    """The shortest rotation that turns direction `start` into direction `end`.

    Opposite directions turn half way round an axis at right angles to `start`.
    """
    dtype = np.result_type(start, end)
    a, b = np.broadcast_arrays(unit(start.astype(np.float64)), unit(end.astype(np.float64)))
    cosine = np.sum(a * b, axis=-1, keepdims=True)
    axis = np.cross(a, b)
    seed = np.where(np.abs(a[..., :1]) < 0.9, [1.0, 0, 0], [0, 1.0, 0])
    opposite = cosine < -1 + 1e-14
    quat = np.concatenate(
        (np.where(opposite, 0, 1 + cosine), np.where(opposite, np.cross(a, seed), axis)), axis=-1
    )
    return unit(quat).astype(dtype)


def quat_from_axis_angle(axis_angle: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "*batch 4"]:
    """A rotation vector (axis times radians) as a quaternion."""
    angle = np.linalg.norm(axis_angle, axis=-1, keepdims=True)
    # np.sinc(x) is sin(pi x) / (pi x), so this is sin(angle / 2) / angle, finite at zero
    scale = np.sinc(angle / (2 * np.pi)) / 2
    return np.concatenate((np.cos(angle / 2), axis_angle * scale), axis=-1).astype(axis_angle.dtype)


def axis_angle_from_quat(quat: Float[np.ndarray, "*batch 4"]) -> Float[np.ndarray, "*batch 3"]:
    """The rotation vector of a unit quaternion, at most pi long."""
    quat = np.where(quat[..., :1] < 0, -quat, quat)
    sine = np.linalg.norm(quat[..., 1:], axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, quat[..., :1])
    scale = np.where(sine < 1e-8, 2.0, angle / np.where(sine < 1e-8, 1, sine))
    return (quat[..., 1:] * scale).astype(quat.dtype)


def quat_from_yaw(yaw_rad: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch 4"]:
    """A turn about +Y; positive turns +Z towards +X."""
    yaw = np.asarray(yaw_rad)
    zero = np.zeros_like(yaw)
    return np.stack((np.cos(yaw / 2), zero, np.sin(yaw / 2), zero), axis=-1)


def yaw_from_quat(quat: Float[np.ndarray, "*batch 4"]) -> Float[np.ndarray, "*batch"]:
    """The heading of a rotation: its swing-twist turn about +Y, in radians.

    Undefined, and answered as 0, only where the rotation is exactly half a turn about a level axis.
    """
    w, y = quat[..., 0], quat[..., 2]
    angle = 2 * np.arctan2(y, w)
    yaw: np.ndarray = np.arctan2(np.sin(angle), np.cos(angle)).astype(quat.dtype)
    return yaw


def matrix_from_quat(quat: Float[np.ndarray, "*batch 4"]) -> Float[np.ndarray, "*batch 3 3"]:
    """The 3 x 3 matrix of a unit quaternion; it turns column vectors."""
    w, x, y, z = np.moveaxis(quat, -1, 0)
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def quat_from_matrix(matrix: Float[np.ndarray, "*batch 3 3"]) -> Float[np.ndarray, "*batch 4"]:
    """The unit quaternion of a rotation matrix, w >= 0 (Shepperd 1978: the largest of four squares is divided by)."""
    m = matrix
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    wx, wy, wz = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    xy, xz, yz = m[..., 0, 1] + m[..., 1, 0], m[..., 0, 2] + m[..., 2, 0], m[..., 1, 2] + m[..., 2, 1]
    candidates = np.stack(
        (
            np.stack((1 + xx + yy + zz, wx, wy, wz), axis=-1),
            np.stack((wx, 1 + xx - yy - zz, xy, xz), axis=-1),
            np.stack((wy, xy, 1 - xx + yy - zz, yz), axis=-1),
            np.stack((wz, xz, yz, 1 - xx - yy + zz), axis=-1),
        ),
        axis=-2,
    )
    squares = np.diagonal(candidates, axis1=-2, axis2=-1)
    best = np.argmax(squares, axis=-1)[..., None, None]
    quat = unit(np.take_along_axis(candidates, best, axis=-2)[..., 0, :])
    return np.where(quat[..., :1] < 0, -quat, quat)


def six_from_quat(quat: Float[np.ndarray, "*batch 4"]) -> Float[np.ndarray, "*batch 6"]:
    """The 6D form of a unit quaternion: column 0, then column 1 of its matrix."""
    w, x, y, z = np.moveaxis(quat, -1, 0)
    return np.stack(
        (
            1 - 2 * (y * y + z * z),
            2 * (x * y + w * z),
            2 * (x * z - w * y),
            2 * (x * y - w * z),
            1 - 2 * (x * x + z * z),
            2 * (y * z + w * x),
        ),
        axis=-1,
    )


def quat_from_six(six: Float[np.ndarray, "*batch 6"]) -> Float[np.ndarray, "*batch 4"]:
    """The rotation nearest in Gram-Schmidt's sense to any six numbers (Zhou et al. 2019, eq. 15)."""
    first = unit(six[..., :3])
    second = unit(six[..., 3:] - np.sum(first * six[..., 3:], axis=-1, keepdims=True) * first)
    return quat_from_matrix(np.stack((first, second, np.cross(first, second)), axis=-1))


def slerp(
    a: Float[np.ndarray, "*batch 4"],
    b: Float[np.ndarray, "*batch 4"],
    share: Float[np.ndarray, "*batch"] | float,
) -> Float[np.ndarray, "*batch 4"]:
    """From `a` (share 0) to `b` (share 1) at constant angular speed, the short way round."""
    turn = axis_angle_from_quat(quat_multiply(b, quat_inverse(a)))
    return quat_multiply(quat_from_axis_angle(turn * np.asarray(share, turn.dtype)[..., None]), a)
