"""A take as the keys of an armature's action."""

from collections.abc import Callable

import bpy
import numpy as np
from mathutils import Matrix

from .figure import Dancer
from .takes import Take, multiplied

_LINEAR = 1


def baked(dancer: Dancer, take: Take, name: str, first_frame: float, scene_fps: float) -> bpy.types.Action:
    """The take as a new action of the armature, a key a frame, at the scene's frame rate."""
    dancer.prepare()
    armature = dancer.armature
    action = bpy.data.actions.new(name)
    frames = first_frame + np.arange(take.frames) * scene_fps / take.fps
    if armature.animation_data is None:
        armature.animation_data_create()
    armature.animation_data.action = action
    curve = _curves(action, armature)
    for bone, joints, rest in dancer.bones:
        turns = take.local_quat_wxyz[:, joints[0]]
        for joint in joints[1:]:
            turns = multiplied(turns, take.local_quat_wxyz[:, joint])
        keys = turns @ _linear(lambda quat, rest=rest: dancer.turn((0,), [tuple(quat)], rest), 4)
        path = f'pose.bones["{bpy.utils.escape_identifier(bone)}"].rotation_quaternion'
        for index in range(4):
            _filled(curve(path, index, bone), frames, keys[:, index])
    moved = _linear(lambda root: dancer.place(tuple(root)) - dancer.place((0.0, 0.0, 0.0)), 3)
    places = take.root_m @ moved + np.array(dancer.place((0.0, 0.0, 0.0)))
    path = f'pose.bones["{bpy.utils.escape_identifier(dancer.hips)}"].location'
    for index in range(3):
        _filled(curve(path, index, dancer.hips), frames, places[:, index])
    return action


def _linear(change: Callable[[np.ndarray], object], numbers: int) -> np.ndarray:
    """The matrix of a change that is linear, so that a whole take changes at once."""
    return np.array([list(change(unit)) for unit in np.array(Matrix.Identity(4))[:numbers, :numbers]])


def _curves(
    action: bpy.types.Action, armature: bpy.types.Object
) -> Callable[[str, int, str], bpy.types.FCurve]:
    """How a curve is made: actions of Blender 4.4 and later have a slot for each object."""
    if hasattr(action, "fcurve_ensure_for_datablock"):
        return lambda path, index, group: action.fcurve_ensure_for_datablock(
            armature, path, index=index, group_name=group
        )
    return lambda path, index, group: action.fcurves.new(path, index=index, action_group=group)


def _filled(curve: bpy.types.FCurve, frames: np.ndarray, values: np.ndarray) -> None:
    points = curve.keyframe_points
    points.add(len(frames))
    points.foreach_set("co", np.stack((frames, values), axis=-1).astype(np.float32).ravel())
    points.foreach_set("interpolation", np.full(len(frames), _LINEAR, np.int32))
    curve.update()
