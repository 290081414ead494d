"""What a person sees in Blender: the Groovecast tab in the sidebar of the 3D view, and what its buttons do."""

from pathlib import Path

import bpy
from bpy_extras.io_utils import ImportHelper

from . import figure
from .bake import baked
from .stream import LiveStream
from .takes import ENDINGS, read_take
from .web_socket import Address

_STEP_S = 1 / 60
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
_TOLD_EVERY = 15  # steps from one look at the status to the next
_stream: LiveStream | None = None
_dancer: figure.Dancer | None = None
_steps = 0


class Settings(bpy.types.PropertyGroup):
    """Kept with the scene, but for the token."""

    address: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Address",
        default="127.0.0.1:8765",
        description="HOST:PORT of the show, or the address of its page",
    )
    token: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Token",
        subtype="PASSWORD",
        options={"SKIP_SAVE"},
        description="The word of --token; none on this machine",
    )
    delay_ms: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Delay (ms)", default=0.0, min=-200.0, max=2000.0, description="Show everything so much later"
    )
    dancer: bpy.props.IntProperty(name="Dancer", default=1, min=1, max=16)  # type: ignore[valid-type]
    travels: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Travels", default=True, description="Move over the floor; else dance in one place"
    )


def _armature(context: bpy.types.Context) -> bpy.types.Object:
    """The armature that is active, or a new one of our own."""
    active = context.view_layer.objects.active
    return active if active is not None and active.type == "ARMATURE" else figure.built(context)


class MakeFigure(bpy.types.Operator):
    """Add Groovecast's own skeleton in its T-pose"""

    bl_idname = "groovecast.make_figure"
    bl_label = "Add figure"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Build it."""
        figure.built(context)
        return {"FINISHED"}


class Connect(bpy.types.Operator):
    """Let the active armature, or a new figure, follow the show"""

    bl_idname = "groovecast.connect"
    bl_label = "Connect"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Begin to follow."""
        global _stream, _dancer
        _disconnected()
        settings = context.scene.groovecast
        try:
            address = Address.of(settings.address, settings.token or None)
            if not (address.host in _THIS_MACHINE or getattr(bpy.app, "online_access", True)):
                mend = "allow it in Preferences, System, Network"
                raise ValueError(f"asked to connect to {address.host}, Blender is to stay offline: {mend}")
            dancer = figure.Dancer(_armature(context))
        except ValueError as why:
            self.report({"ERROR"}, str(why))
            return {"CANCELLED"}
        dancer.prepare()
        _dancer, _stream = dancer, LiveStream(address)
        _stream.start()
        bpy.app.timers.register(tick, first_interval=_STEP_S)
        return {"FINISHED"}


class Disconnect(bpy.types.Operator):
    """Follow the show no more; the figure stays as it is"""

    bl_idname = "groovecast.disconnect"
    bl_label = "Disconnect"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """End the line."""
        _disconnected()
        return {"FINISHED"}


class ImportTake(bpy.types.Operator, ImportHelper):
    """Read a take (BVH, GLB, VRMA or NPZ) onto the active armature, or onto a new figure"""

    bl_idname = "groovecast.import_take"
    bl_label = "Import take"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012
    filter_glob: bpy.props.StringProperty(  # type: ignore[valid-type]
        default=";".join(f"*{ending}" for ending in ENDINGS), options={"HIDDEN"}
    )
    sets_scene: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Set frame rate and range",
        default=True,
        description="Make the scene as fast and as long as the take",
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Read it."""
        scene = context.scene
        try:
            take = read_take(self.filepath)
            dancer = figure.Dancer(_armature(context))
        except (ValueError, OSError) as why:
            self.report({"ERROR"}, " ".join(str(why).split()))
            return {"CANCELLED"}
        if self.sets_scene:
            scene.render.fps = max(1, round(take.fps))
            scene.render.fps_base = scene.render.fps / take.fps
        scene_fps = scene.render.fps / scene.render.fps_base
        baked(dancer, take, Path(self.filepath).stem, scene.frame_start, scene_fps)
        if self.sets_scene:
            scene.frame_end = scene.frame_start + take.frames - 1
        self.report({"INFO"}, f"{take.frames} frames on {dancer.armature.name}")
        return {"FINISHED"}


class Panel(bpy.types.Panel):
    """The tab."""

    bl_idname = "VIEW3D_PT_groovecast"
    bl_label = "Groovecast"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Groovecast"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw it."""
        layout, settings = self.layout, context.scene.groovecast
        column = layout.column()
        column.enabled = _stream is None
        column.prop(settings, "address")
        column.prop(settings, "token")
        layout.operator("groovecast.disconnect" if _stream else "groovecast.connect")
        for line in status():
            layout.label(text=line)
        layout.prop(settings, "delay_ms")
        layout.prop(settings, "dancer")
        layout.prop(settings, "travels")
        layout.separator()
        layout.operator("groovecast.import_take", icon="IMPORT")
        layout.operator("groovecast.make_figure", icon="ARMATURE_DATA")


def status() -> list[str]:
    """How it stands with the line, in a few words a line."""
    if _stream is None:
        return ["not connected"]
    lines = [_stream.status]
    buffer = _stream.buffers.get(0)
    if buffer is not None and _stream.connected:
        counts = buffer.counts
        lines.append(f"{_stream.tempo_bpm:.1f} bpm" if _stream.tempo_bpm else "no beat")
        lines.append(
            f"{counts.received} poses, {counts.late} late, {_stream.dropped_here} lost, {counts.starved} gaps"
        )
    return lines


def tick() -> float | None:
    """Main thread, 60 times a second. Show what is to be seen now; None ends the timer."""
    global _steps
    if _stream is None or _dancer is None:
        return None
    settings = bpy.context.scene.groovecast
    _stream.delay_s = settings.delay_ms / 1000
    pose = _stream.pose(settings.dancer - 1)
    try:
        if pose is not None:
            _dancer.show(pose.root_m, pose.local_quat_wxyz, settings.travels)
    except (ReferenceError, KeyError):  # the armature, or a bone of it, was deleted
        _disconnected()
        return None
    _steps += 1
    if _steps % _TOLD_EVERY == 0 and bpy.context.window_manager is not None:
        for window in bpy.context.window_manager.windows:
            for area in window.screen.areas:
                if area.type == "VIEW_3D":
                    area.tag_redraw()
    return _STEP_S


def _disconnected() -> None:
    global _stream, _dancer
    stream, _stream, _dancer = _stream, None, None
    if stream is not None:
        stream.stop()
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)


@bpy.app.handlers.persistent
def _another_file(*_: object) -> None:
    """Blender opens another file: what was followed with is not in it."""
    _disconnected()


_CLASSES = (Settings, MakeFigure, Connect, Disconnect, ImportTake, Panel)


def register() -> None:
    """Make all of it known to Blender."""
    for each in _CLASSES:
        bpy.utils.register_class(each)
    bpy.types.Scene.groovecast = bpy.props.PointerProperty(type=Settings)
    bpy.app.handlers.load_pre.append(_another_file)


def unregister() -> None:
    """Take all of it back."""
    _disconnected()
    bpy.app.handlers.load_pre.remove(_another_file)
    del bpy.types.Scene.groovecast
    for each in reversed(_CLASSES):
        bpy.utils.unregister_class(each)
