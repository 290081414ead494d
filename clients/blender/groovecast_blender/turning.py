"""Rotations as tuples w x y z, quick enough for 52 joints in every frame without any library."""

import math

Quat = tuple[float, float, float, float]
ONE: Quat = (1.0, 0.0, 0.0, 0.0)


def unit(q: Quat) -> Quat:
    """At length one; of length 0 it is the identity, as the protocol says."""
    length = math.sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3])
    if length == 0.0:
        return ONE
    return q[0] / length, q[1] / length, q[2] / length, q[3] / length


def multiply(a: Quat, b: Quat) -> Quat:
    """The rotation that first does `b`, then `a`."""
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return (
        aw * bw - ax * bx - ay * by - az * bz,
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
    )


def inverse(q: Quat) -> Quat:
    """The opposite rotation of a unit quaternion."""
    return q[0], -q[1], -q[2], -q[3]


def slerp(a: Quat, b: Quat, share: float) -> Quat:
    """From `a` (0) to `b` (1) at constant speed, the short way round; beyond 1 it goes on turning."""
    dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3]
    sign = 1.0 if dot >= 0 else -1.0
    dot = min(dot * sign, 1.0)
    if dot > 0.99999:  # the arc is too short to divide by its sine
        there = share * sign
        return unit(
            (
                a[0] * (1 - share) + b[0] * there,
                a[1] * (1 - share) + b[1] * there,
                a[2] * (1 - share) + b[2] * there,
                a[3] * (1 - share) + b[3] * there,
            )
        )
    angle = math.acos(dot)
    sine = math.sin(angle)
    here, there = math.sin((1 - share) * angle) / sine, math.sin(share * angle) / sine * sign
    return (
        a[0] * here + b[0] * there,
        a[1] * here + b[1] * there,
        a[2] * here + b[2] * there,
        a[3] * here + b[3] * there,
    )
