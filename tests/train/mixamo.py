"""A BVH as strangers export it: Mixamo's names, an A-pose of wild bone axes, centimetres or inches, a root on top."""

from pathlib import Path

import numpy as np

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_from_axis_angle, quat_inverse, quat_multiply, quat_rotate
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.takes.bvh_writer import euler_zxy_degrees

NAMES = (
    "Hips", "LeftUpLeg", "RightUpLeg", "Spine", "LeftLeg", "RightLeg", "Spine1", "LeftFoot", "RightFoot", "Spine2",
    "LeftToeBase", "RightToeBase", "Neck", "LeftShoulder", "RightShoulder", "Head", "LeftArm", "RightArm",
    "LeftForeArm", "RightForeArm", "LeftHand", "RightHand",
)  # fmt: skip


def write_mixamo(
    path: Path, motion: Motion, unit_per_m: float = 100.0, prefix: str = "mixamorig:", seed: int = 0,
    names: tuple[str, ...] = NAMES, t_pose_first: bool = False,
) -> Path:  # fmt: skip
    """The motion's body under a root of its own that stands still, turned by 90 degrees."""
    skeleton, random = groovecast_skeleton(), np.random.default_rng(seed)
    joints = skeleton.body_joints
    axes = quat_from_axis_angle(random.normal(0, 1, (joints, 3)))
    above = quat_from_axis_angle(np.array([0, np.pi / 2, 0]))
    offset, local = np.empty((joints, 3)), np.empty((motion.frames, joints, 4))
    for joint in range(joints):
        parent = skeleton.parents[joint]
        base = axes[parent] if parent >= 0 else above
        offset[joint] = (
            quat_rotate(quat_inverse(base), skeleton.rest_offset_m[joint].astype(float)) * unit_per_m
        )
        own = quat_multiply(
            motion.local_quat_wxyz[:, joint], np.broadcast_to(axes[joint], (motion.frames, 4))
        )
        local[:, joint] = quat_multiply(np.broadcast_to(quat_inverse(base), own.shape), own)
    hips = quat_rotate(quat_inverse(above), motion.root_m) * unit_per_m
    if t_pose_first:
        local[0] = [1, 0, 0, 0]
    order: list[int] = []

    def lines(joint: int) -> list[str]:
        order.append(joint)
        kind = "6 Xposition Yposition Zposition" if joint == 0 else "3"
        x, y, z = offset[joint]
        text = [f"JOINT {prefix}{names[joint]}", "{", f"OFFSET {x} {y} {z}"]
        text.append(f"CHANNELS {kind} Zrotation Xrotation Yrotation")
        children = [child for child in range(joints) if skeleton.parents[child] == joint]
        for child in children:
            text += lines(child)
        return [*text, *([] if children else ["End Site", "{", "OFFSET 0 1 0", "}"]), "}"]

    head = ["HIERARCHY", "ROOT Armature", "{", "OFFSET 0 0 0", "CHANNELS 3 Zrotation Xrotation Yrotation"]
    head += [*lines(0), "}", "MOTION", f"Frames: {motion.frames}", f"Frame Time: {1 / motion.fps:.8f}"]
    top = np.broadcast_to(euler_zxy_degrees(above), (motion.frames, 3))
    angles = euler_zxy_degrees(local[:, order]).reshape(motion.frames, -1)
    rows = np.concatenate((top, hips, angles), axis=1)
    path.write_text("\n".join([*head, *(" ".join(f"{value:.5f}" for value in row) for row in rows)]) + "\n")
    return path
