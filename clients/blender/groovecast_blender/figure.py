"""An armature that dances: our own, built here, or anybody's that rests in a T-pose.

Space: ours is Y up and faces +Z; Blender's is Z up and faces -Y. So x y z here is x -z y there.
"""

from collections.abc import Sequence

import bpy
from mathutils import Quaternion, Vector

from .bone_names import joints_of
from .skeleton import skeleton
from .turning import ONE, Quat, multiply
from .wire import Place

_SHORTEST_BONE_M = 0.01
_ONWARD = {
    "hips": "spine",
    "upperChest": "neck",
    "leftHand": "leftMiddleProximal",
    "rightHand": "rightMiddleProximal",
}


def built(context: bpy.types.Context, name: str = "Groovecast") -> bpy.types.Object:
    """Our skeleton as a new armature, in its T-pose on the floor."""
    if context.object is not None and context.object.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    armature = bpy.data.objects.new(name, bpy.data.armatures.new(name))
    context.collection.objects.link(armature)
    for other in context.selected_objects:
        other.select_set(False)
    armature.select_set(True)
    context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    shape, bones = skeleton(), []
    places = [_to_blender(place) for place in shape.places_m()]
    for joint, (bone_name, parent) in enumerate(zip(shape.names, shape.parents, strict=True)):
        bone = armature.data.edit_bones.new(bone_name)
        bone.head = places[joint]
        bone.tail = places[joint] + _along(joint, places)
        if parent >= 0:
            bone.parent = bones[parent]
        bones.append(bone)
    bpy.ops.object.mode_set(mode="OBJECT")
    armature.data.display_type = "STICK"
    armature.show_in_front = True
    return armature


def _to_blender(place: Sequence[float]) -> Vector:
    x, y, z = place
    return Vector((x, -z, y))


def _along(joint: int, places: list[Vector]) -> Vector:
    """Where a bone points: to its child, or to the end of the limb."""
    shape = skeleton()
    name = shape.names[joint]
    children = [child for child, parent in enumerate(shape.parents) if parent == joint]
    onward = _ONWARD.get(name)
    if onward is not None:
        children = [shape.names.index(onward)]
    if children:
        along = places[children[0]] - places[joint]
    else:
        along = _to_blender(shape.ends_m.get(name, (0.0, _SHORTEST_BONE_M, 0.0)))
    return along if along.length >= _SHORTEST_BONE_M else along.normalized() * _SHORTEST_BONE_M


class Dancer:
    """An armature whose bones are known, and what our rotations are in the axes of each."""

    def __init__(self, armature: bpy.types.Object) -> None:
        """Raises ValueError, with the mend, when its bones are not known."""
        shape, bones = skeleton(), armature.data.bones
        known = joints_of(bones.keys(), _vrm_bones(armature))
        self._armature, self._name = armature, armature.name
        self._upright = _upright(bones, known)
        # a joint, the joints above it that the armature lacks (their turns are its own too), its bone and axes at rest
        self.bones: list[tuple[str, tuple[int, ...], Quaternion]] = []
        for joint, name in enumerate(shape.names):
            if name in known:
                rest = bones[known[name]].matrix_local.to_quaternion()
                self.bones.append((known[name], (*_lacking(joint, known), joint), rest))
        hips = bones[known["hips"]]
        self.hips = hips.name
        self._hips_axes = hips.matrix_local.to_3x3().inverted()
        self._hips_rest = hips.matrix_local.translation.copy()
        height = self._hips_rest[2 if self._upright else 1]
        if height <= 0:
            mend = "move its origin between the feet"
            raise ValueError(f"asked to dance with {armature.name}, its hips are not above its floor: {mend}")
        self.scale = height / shape.hips_height_m

    @property
    def armature(self) -> bpy.types.Object:
        """The armature, also after an undo, which makes another object of it. Raises ReferenceError when it is gone."""
        try:
            self._name = self._armature.name
        except ReferenceError:
            found = bpy.data.objects.get(self._name)
            if found is None:
                raise
            self._armature = found
        return self._armature

    def prepare(self) -> None:
        """Let the bones be turned by quaternions."""
        for bone, _, _ in self.bones:
            self.armature.pose.bones[bone].rotation_mode = "QUATERNION"

    def show(self, root_m: Place, local_quat_wxyz: Sequence[Quat], travels: bool = True) -> None:
        """Take on a pose; without `travels` the figure dances in its place."""
        posed = self.armature.pose.bones
        for bone, joints, rest in self.bones:
            posed[bone].rotation_quaternion = self.turn(joints, local_quat_wxyz, rest)
        posed[self.hips].location = self.place(root_m if travels else (0.0, root_m[1], 0.0))

    def turn(self, joints: tuple[int, ...], local_quat_wxyz: Sequence[Quat], rest: Quaternion) -> Quaternion:
        """The rotation of a bone in its own axes."""
        whole = ONE
        for joint in joints:
            if joint < len(local_quat_wxyz):
                whole = multiply(whole, local_quat_wxyz[joint])
        w, x, y, z = whole
        turned = Quaternion((w, x, -z, y) if self._upright else (w, x, y, z))
        return rest.inverted() @ turned @ rest

    def place(self, root_m: Place) -> Vector:
        """The location of the hips in their own axes."""
        root = (_to_blender(root_m) if self._upright else Vector(root_m)) * self.scale
        return self._hips_axes @ (root - self._hips_rest)


def _lacking(joint: int, known: dict[str, str]) -> tuple[int, ...]:
    """The joints right above one that the armature has no bones for, from the top down."""
    shape, lacking = skeleton(), []
    above = shape.parents[joint]
    while above > 0 and shape.names[above] not in known:
        lacking.append(above)
        above = shape.parents[above]
    return tuple(reversed(lacking))


def _upright(bones: bpy.types.ArmatureBones, known: dict[str, str]) -> bool:
    """Whether the armature's own up is Z, as Blender's, or Y, as where an FBX came from."""
    tip = known.get("head") or known["spine"]
    up = bones[tip].matrix_local.translation - bones[known["hips"]].matrix_local.translation
    return abs(up.z) >= abs(up.y)


def _vrm_bones(armature: bpy.types.Object) -> dict[str, str] | None:
    """What the VRM add-on knows of an avatar's bones, if it is one."""
    extension = getattr(armature.data, "vrm_addon_extension", None)
    humanoid = getattr(getattr(getattr(extension, "vrm1", None), "humanoid", None), "human_bones", None)
    if humanoid is None:
        return None
    named = {}
    for joint in skeleton().names:
        snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in joint)
        node = getattr(getattr(humanoid, snake, None), "node", None)
        bone = getattr(node, "bone_name", "")
        if bone:
            named[joint] = bone
    return named
