"""The callbacks of an Execute DAT: at each frame it pings, opens a lost connection again, and lets the CHOPs cook."""

from groovecast_clock import now_s
from groovecast_link import LINK

SOCKET = "socket"  # the WebSocket DAT beside this one
CHOPS = ("joints", "instances", "music", "status")  # the Script CHOPs beside it, as many as there are
_closed_for_a_frame = [False]


def onFrameStart(frame):
    """TouchDesigner: a frame begins."""
    socket, at_s = op(SOCKET), now_s()
    delay = getattr(parent().par, "Delayms", None)
    LINK.delay_s = 0.0 if delay is None else delay.eval() / 1000
    for text in LINK.due(at_s):
        socket.sendText(text)
    if _closed_for_a_frame[0]:
        socket.par.active, _closed_for_a_frame[0] = True, False
    elif LINK.retry_due(at_s):
        socket.par.active, _closed_for_a_frame[0] = False, True
    for name in CHOPS:
        chop = op(name)
        if chop is not None:
            chop.cook(force=True)
