"""Run this inside TouchDesigner once: it makes a COMP with all that is needed to see Groovecast, wired and cooking.

Put it into a Text DAT by its File parameter and choose Run Script.
"""

from pathlib import Path

MODULES = (
    "groovecast_wire",
    "groovecast_player",
    "groovecast_clock",
    "groovecast_channels",
    "groovecast_link",
)
CALLBACKS = ("websocket_callbacks", "chop_callbacks", "frame_start")
CHOPS = ("joints", "instances", "music", "status")
HOST, PORT, PATH = "127.0.0.1", 8765, "/ws"


def build(where, folder, kinds):
    """Make the COMP `groovecast` in `where`, from the scripts in `folder`; `kinds` are operator types."""
    home = where.create(kinds["baseCOMP"], "groovecast")
    home.appendCustomPage("Groovecast").appendFloat("Delayms", label="Delay (ms)")
    for place, name in enumerate(MODULES + CALLBACKS):
        kind = kinds["executeDAT"] if name == "frame_start" else kinds["textDAT"]
        dat = home.create(kind, name)
        dat.text = (Path(folder) / f"{name}.py").read_text(encoding="utf-8")
        dat.nodeX, dat.nodeY = 200 * place, 400
    socket = home.create(kinds["websocketDAT"], "socket")
    for docked in list(socket.docked):  # the empty callbacks that came with it
        docked.destroy()
    socket.par.callbacks = "websocket_callbacks"
    socket.par.netaddress, socket.par.port = HOST + PATH, PORT
    socket.nodeX, socket.nodeY = 0, 200
    for place, name in enumerate(CHOPS):
        chop = home.create(kinds["scriptCHOP"], name)
        for docked in list(chop.docked):
            docked.destroy()
        chop.par.callbacks = "chop_callbacks"
        home.op("chop_callbacks").module.onSetupParameters(chop)
        chop.par.Content = name
        chop.nodeX, chop.nodeY = 200 * place, 0
    socket.par.active = True
    home.op("frame_start").par.framestart = True
    home.op("frame_start").par.active = True
    return home


try:
    here = me  # TouchDesigner's name for the DAT that runs; its names may be globals or built in
except NameError:
    here = None
if here is not None:
    types = {
        "baseCOMP": baseCOMP,
        "textDAT": textDAT,
        "executeDAT": executeDAT,
        "websocketDAT": websocketDAT,
        "scriptCHOP": scriptCHOP,
    }
    build(here.parent(), Path(here.par.file.eval()).parent, types)
