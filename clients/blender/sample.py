"""A sample: a take that Groovecast recorded becomes a Blender file with our figure, a camera and the dance on it.

blender --background --python clients/blender/sample.py -- take.glb take.blend
"""

import math
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))

from groovecast_blender.bake import baked
from groovecast_blender.figure import Dancer, built
from groovecast_blender.takes import read_take


def main(take_path: str, blend_path: str) -> None:
    """Read the one, write the other."""
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    take, scene = read_take(take_path), bpy.context.scene
    scene.render.fps = round(take.fps)
    scene.frame_start, scene.frame_end = 1, take.frames
    baked(Dancer(built(bpy.context)), take, Path(take_path).stem, scene.frame_start, scene.render.fps)
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.location, camera.rotation_euler = (0, -5, 1.1), (math.radians(90), 0, 0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    bpy.ops.wm.save_as_mainfile(filepath=str(Path(blend_path).resolve()))


main(*sys.argv[sys.argv.index("--") + 1 :])
