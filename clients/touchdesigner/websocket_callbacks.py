"""The callbacks of a WebSocket DAT that is connected to Groovecast: each message goes to the link, answers go back."""

from groovecast_clock import now_s
from groovecast_link import LINK


def onConnect(dat):
    """TouchDesigner: the connection is open."""
    for text in LINK.opened(now_s()):
        dat.sendText(text)


def onDisconnect(dat):
    """TouchDesigner: the connection is closed."""
    LINK.closed(now_s())


def onReceiveText(dat, rowIndex, message):
    """TouchDesigner: a text came, JSON of Groovecast."""
    LINK.text(message, now_s())


def onReceiveBinary(dat, contents):
    """TouchDesigner: bytes came, a pose."""
    LINK.binary(bytes(contents))


def onReceivePing(dat, contents):
    """TouchDesigner: the WebSocket's own ping."""
    dat.sendPong(contents)


def onReceivePong(dat, contents):
    """TouchDesigner: the WebSocket's own pong."""


def onMonitorMessage(dat, message):
    """TouchDesigner: words about the connection."""
