"""Watch a Groovecast show from Python: the dancing figure's poses, smooth and on time, over any network.

Unlike elsewhere in the house, names are gathered here: this is the front door of a package that others install.
"""

from groovecast_client.client import Client, Refused, connect
from groovecast_client.frame import Frame, NextBeat, WireError, decode_frame, encode_frame
from groovecast_client.jitter_buffer import Pose
from groovecast_client.messages import Hello, Notice, State, Subscribed, Transport
from groovecast_client.render_loop import watch
from groovecast_client.show import Counts, Wish
from groovecast_client.skeleton import Skeleton

__all__ = [
    "Client",
    "Counts",
    "Frame",
    "Hello",
    "NextBeat",
    "Notice",
    "Pose",
    "Refused",
    "Skeleton",
    "State",
    "Subscribed",
    "Transport",
    "WireError",
    "Wish",
    "connect",
    "decode_frame",
    "encode_frame",
    "watch",
]
