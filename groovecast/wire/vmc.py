"""Poses as VMC datagrams (OSC over UDP), as receivers in Unity, Warudo, VSeeFace, Unreal and Godot want them.

VMC's space is Unity's: left-handed, Y up, +Z forward, +X the figure's right; quaternions x y z w. From ours:
p' = (-x, y, z), q' = (x, -y, -z, w).
"""

import numpy as np
from jaxtyping import Float32

from groovecast.motion.pose import Pose
from groovecast.motion.skeleton import Skeleton, groovecast_skeleton

# VMC asks for bundles within 1500 bytes; the reference sender keeps to about 1200, which every path carries
MAX_DATAGRAM_BYTES = 1200

_IMMEDIATE = b"#bundle\0" + (1).to_bytes(8, "big")
# loaded, calibrated, normal mode, tracking well (VMC 2.7)
_OK = (1, 3, 0, 1)
# a quaternion shorter than this says nothing about a direction
_SHORTEST = np.float32(1e-6)
_MIRROR_POSITION = np.array([-1, 1, 1], np.float32)
_MIRROR_WXYZ = np.array([1, 1, -1, -1], np.float32)


class VmcEncoder:
    """Writes poses into a byte template, made once; keep one for each run of poses.

    Every frame is whole: the root and all bones, each with its true rest offset, then `Blend/Apply`, `OK` and
    `T`, at which receivers show it. The way goes in Hips; Root stays where it is, as receivers that move a
    stage expect, and those that ignore Root lose nothing.
    """

    def __init__(self, skeleton: Skeleton | None = None, max_bytes: int = MAX_DATAGRAM_BYTES) -> None:
        skeleton = skeleton or groovecast_skeleton()
        self._joints = skeleton.joints
        offsets = skeleton.rest_offset_m * _MIRROR_POSITION
        if not offsets.any(axis=1).all():
            raise ValueError(
                f"asked to send {skeleton.id}, a bone of it has no length: receivers would collapse it"
            )
        identity = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
        messages = [_message("/VMC/Ext/Root/Pos", _text("root"), identity)]
        for name, offset in zip(skeleton.unity_names, offsets.tolist(), strict=True):
            messages.append(_message("/VMC/Ext/Bone/Pos", _text(name), (*offset, *identity[3:])))
        end = (
            _message("/VMC/Ext/Blend/Apply")
            + _integers("/VMC/Ext/OK", _OK)
            + _message("/VMC/Ext/T", b"", (0.0,))
        )
        self._datagrams, ends = _packed(messages, end, max_bytes)
        self._bytes = np.frombuffer(bytearray(b"".join(self._datagrams)), np.uint8)
        self._cuts = np.cumsum([0, *map(len, self._datagrams)]).tolist()
        # OSC aligns everything to 4 bytes, so the whole frame is also an array of big-endian floats
        self._floats = self._bytes.view(">f4")
        last_word = np.array(ends[1:]) // 4  # one past each bone's w
        self._wxyz_words = last_word[:, None] + np.array([-1, -4, -3, -2])  # sent as x y z w
        self._hips_words = slice(int(last_word[0]) - 7, int(last_word[0]) - 4)
        self._sent_wxyz = np.zeros((self._joints, 4), np.float32)
        self._sent_wxyz[:, 0] = 1
        self._start_s: float | None = None

    def encode(self, pose: Pose) -> list[bytes]:
        """The datagrams of a pose, to be sent in this order. Joints that the pose lacks stay at rest.

        Raises ValueError when a number is not finite: receivers do not survive it.
        """
        numbers = pose.local_quat_wxyz, pose.root_m, pose.time_s
        if not all(np.isfinite(number).all() for number in numbers):
            raise ValueError("asked to send a pose with a number that is not finite")
        quat = _continuous(pose.local_quat_wxyz[: self._joints], self._sent_wxyz)
        self._sent_wxyz[: len(quat)] = quat
        if self._start_s is None:
            self._start_s = pose.time_s
        self._floats[self._wxyz_words] = self._sent_wxyz * _MIRROR_WXYZ
        self._floats[self._hips_words] = pose.root_m * _MIRROR_POSITION
        self._floats[-1] = pose.time_s - self._start_s
        frame = self._bytes.tobytes()
        return [frame[start:end] for start, end in zip(self._cuts, self._cuts[1:], strict=False)]


def _continuous(
    quat: Float32[np.ndarray, "joints 4"], before: Float32[np.ndarray, "all 4"]
) -> Float32[np.ndarray, "joints 4"]:
    """Unit length and in the hemisphere of the frame before: receivers blend without looking at signs."""
    length = np.sqrt(np.vecdot(quat, quat))
    side = np.vecdot(quat, before[: len(quat)])
    out: np.ndarray = quat * np.copysign(1 / np.maximum(length, _SHORTEST), side)[:, None]
    out[length < _SHORTEST] = (1, 0, 0, 0)
    return out


def _packed(messages: list[bytes], end: bytes, max_bytes: int) -> tuple[list[bytes], list[int]]:
    """Bundles as full as `max_bytes` allows, `end` in the last; and the byte at which each message ends."""
    datagrams, ends = [_IMMEDIATE], []
    for index, message in enumerate(messages):
        needed = len(message) + (len(end) if index == len(messages) - 1 else 0)
        if len(datagrams[-1]) + needed > max_bytes:
            datagrams.append(_IMMEDIATE)
        datagrams[-1] += message
        ends.append(sum(map(len, datagrams)))
    datagrams[-1] += end
    return datagrams, ends


def _message(address: str, text: bytes = b"", floats: tuple[float, ...] = ()) -> bytes:
    """A bundle's element: its size, then the OSC message with at most one text and then floats."""
    types = "," + "s" * bool(text) + "f" * len(floats)
    content = _text(address) + _text(types) + text + np.array(floats, ">f4").tobytes()
    return len(content).to_bytes(4, "big") + content


def _integers(address: str, values: tuple[int, ...]) -> bytes:
    """A bundle's element: its size, then an OSC message of whole numbers."""
    content = _text(address) + _text("," + "i" * len(values)) + np.array(values, ">i4").tobytes()
    return len(content).to_bytes(4, "big") + content


def _text(text: str) -> bytes:
    """An OSC string: UTF-8, ended by a zero and filled with zeros up to a multiple of 4."""
    data = text.encode() + b"\0"
    return data + bytes(-len(data) % 4)
