"""What Blender runs for the tests of its add-on: imports takes and follows a show, and says where the joints are."""

import builtins
import json
import math
import sys
import time
from types import SimpleNamespace

import bpy
import numpy as np

sys.path.insert(0, sys.argv[sys.argv.index("--") + 1])
WORDS = sys.argv[sys.argv.index("--") + 2 :]

import groovecast_blender  # noqa: E402
from groovecast_blender import figure, panel  # noqa: E402
from groovecast_blender.skeleton import skeleton  # noqa: E402


def told(**what: object) -> None:
    """One line for the test."""
    print("told", json.dumps(what), flush=True)


def emptied() -> None:
    """A scene without objects."""
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    bpy.context.view_layer.objects.active = None


def joints_m(armature: bpy.types.Object, names: tuple[str, ...]) -> list[tuple[float, ...]]:
    """Where the heads of bones are, in our space."""
    bpy.context.view_layer.update()
    places = [(armature.matrix_world @ armature.pose.bones[name].matrix).translation for name in names]
    return [(place.x, place.z, -place.y) for place in places]


class Sheet:
    """A layout of a panel that writes down what is put on it: without a window Blender draws none."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def column(self) -> "Sheet":
        """Part of it."""
        return self

    def prop(self, owner: object, name: str) -> None:
        """A field."""
        assert hasattr(owner, name)
        self.shown.append(name)

    def operator(self, name: str, icon: str = "") -> None:
        """A button."""
        assert hasattr(bpy.types, name.replace("groovecast.", "GROOVECAST_OT_"))
        self.shown.append(name)

    def label(self, text: str) -> None:
        """A line."""
        self.shown.append(text)

    def separator(self) -> None:
        """A gap."""


def take(frames: list[int], paths: list[str]) -> None:
    """Each take by our importer, and by Blender's own where it has one."""
    import addon_utils

    # Debian's Blender 3.4 has add-ons that its Python and NumPy have outgrown
    np.bool = bool  # type: ignore[attr-defined,assignment]
    opened = builtins.open
    builtins.open = lambda file, mode="r", *more, **named: opened(file, mode.replace("U", ""), *more, **named)  # type: ignore[assignment]
    addon_utils.enable("io_scene_gltf2")
    addon_utils.enable("io_anim_bvh")
    scene = bpy.context.scene
    for path in paths:
        for by in ("ours", "Blender"):
            emptied()
            scene.render.fps, scene.render.fps_base, first = 30, 1.0, scene.frame_start
            if by == "ours":
                bpy.ops.groovecast.import_take(filepath=path)
            elif path.endswith(".bvh"):
                bpy.ops.import_anim.bvh(filepath=path, global_scale=0.01, frame_start=first)
            elif path.endswith(".glb"):
                bpy.ops.import_scene.gltf(filepath=path)
                first = 0
            else:
                continue
            armature = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE")
            found = []
            for frame in frames:
                scene.frame_set(first + frame)
                found.append(joints_m(armature, skeleton().names))
            told(by=by, file=path, joints_m=found, fps=scene.render.fps / scene.render.fps_base)


def other() -> None:
    """Our figure, and one of other axes, twice as tall, without chest, toes and fingers, in one pose of both."""
    emptied()
    ours = figure.built(bpy.context)
    theirs = bpy.data.objects.new("other", bpy.data.armatures.new("other"))
    bpy.context.collection.objects.link(theirs)
    bpy.context.view_layer.objects.active = theirs
    bpy.ops.object.mode_set(mode="EDIT")
    bones = {}
    for joint, (name, place) in enumerate(zip(skeleton().names, skeleton().places_m(), strict=True)):
        if name in ("chest", "leftToes", "rightToes") or joint >= 22:
            continue
        bone = theirs.data.edit_bones.new(f"mine:{name}")
        x, y, z = place
        # an FBX's armature is Y up
        bone.head = (2 * x, 2 * y, 2 * z)
        bone.tail = (2 * x + 0.1 * math.sin(joint), 2 * y + 0.1 * math.cos(joint), 2 * z + 0.05)
        bone.roll = 0.3 * joint
        above = skeleton().parents[joint]
        while above >= 0 and skeleton().names[above] not in bones:
            above = skeleton().parents[above]
        if above >= 0:
            bone.parent = bones[skeleton().names[above]]
        bones[name] = bone
    bpy.ops.object.mode_set(mode="OBJECT")
    theirs.rotation_euler = (math.pi / 2, 0, 0)
    rng = np.random.default_rng(4)
    quats = rng.normal(0, 0.3, (52, 4)) + np.array([1.0, 0, 0, 0])
    quats = [tuple(quat / np.linalg.norm(quat)) for quat in quats]
    for armature in (ours, theirs):
        dancer = figure.Dancer(armature)
        dancer.prepare()
        dancer.show((0.3, 0.8, -0.2), quats)
    names = [
        name
        for name in skeleton().names[:22]
        if name in ("hips", "spine", "upperChest", "leftHand", "rightFoot")
    ]
    # the chest that it lacks bends it at the joint above, so only what hangs on no chest lies alike
    alike = tuple(name for name in names if name in ("hips", "spine", "rightFoot"))
    told(ours_m=joints_m(ours, alike), theirs_m=joints_m(theirs, tuple(f"mine:{name}" for name in alike)))


def live(address: str) -> None:
    """Follow a show for some seconds."""
    emptied()
    bpy.context.scene.groovecast.address = address
    assert bpy.ops.groovecast.connect() == {"FINISHED"}
    armature = bpy.context.view_layer.objects.active
    end_s = time.perf_counter() + 10
    while panel._stream.pose() is None and time.perf_counter() < end_s:
        time.sleep(0.02)
    for _ in range(90):  # Blender runs no timers in the background: the test does
        assert panel.tick() is not None
        server_s = panel._stream.buffers[0]._shown_s
        told(server_s=server_s, joints_m=joints_m(armature, skeleton().names))
        time.sleep(1 / 60)
    assert any("connected to" in line for line in panel.status()), panel.status()
    sheet = Sheet()
    panel.Panel.draw(SimpleNamespace(layout=sheet), bpy.context)
    assert {"address", "token", "groovecast.disconnect", "groovecast.import_take"} <= set(sheet.shown), (
        sheet.shown
    )
    # an undo puts another object of the same name in the place of the one that was followed with
    name, other_one = armature.name, armature.copy()
    bpy.data.objects.remove(armature)
    bpy.context.collection.objects.link(other_one)
    other_one.name = name
    before = joints_m(other_one, skeleton().names)
    time.sleep(0.1)
    assert panel.tick() is not None and joints_m(other_one, skeleton().names) != before
    bpy.data.objects.remove(other_one)
    assert panel.tick() is None and panel.status() == ["not connected"]
    assert bpy.ops.groovecast.connect() == {"FINISHED"} and bpy.ops.groovecast.disconnect() == {"FINISHED"}
    assert bpy.ops.groovecast.connect() == {"FINISHED"} and panel._stream is not None
    bpy.ops.wm.read_homefile(use_empty=True)
    assert panel.status() == ["not connected"]


groovecast_blender.register()
try:
    if WORDS[0] == "takes":
        take([int(word) for word in WORDS[1].split(",")], WORDS[2:])
        other()
    else:
        live(WORDS[1])
finally:
    groovecast_blender.unregister()
