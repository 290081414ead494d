"""Groovecast in Blender: a live dance or a recorded take, on an armature.

Only `figure`, `bake` and `panel` know Blender; everything else is plain Python and is tested without it.
"""

bl_info = {
    "name": "Groovecast",
    "author": "The Groovecast authors",
    "version": (0, 1, 0),
    "blender": (3, 4, 0),
    "location": "3D View > Sidebar > Groovecast",
    "description": "A dancing figure, live or from a take, on an armature",
    "category": "Animation",
}


def register() -> None:
    """Blender switches the add-on on."""
    from . import panel

    panel.register()


def unregister() -> None:
    """Blender switches the add-on off."""
    from . import panel

    panel.unregister()
