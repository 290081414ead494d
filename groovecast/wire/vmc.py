"""Poses as VMC datagrams (OSC over UDP), as receivers in Unity, Warudo, VSeeFace, Unreal and Godot want them.

VMC's space is Unity's: left-handed, Y up, +Z forward, +X the figure's right; quaternions x y z w. From ours:
p' = (-x, y, z), q' = (x, -y, -z, w).
"""

import math

import numpy as np
from jaxtyping import Float32

from groovecast.motion.body import Body, Tailor, our_body
from groovecast.motion.pose import Pose
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.wire.osc import osc_integers, osc_message, osc_text, packed
from groovecast.wire.vmc_presets import GENERIC, VmcPreset

# VMC asks for bundles within 1500 bytes; the reference sender keeps to about 1200, which every path carries
MAX_DATAGRAM_BYTES = 1200
# what one datagram of UDP can hold; a whole frame has 4.5 kB
_ANY_BYTES = 65_507

# loaded, calibrated, normal mode, tracking well (VMC 2.7)
_OK = (1, 3, 0, 1)
# a quaternion shorter than this says nothing about a direction
_SHORTEST = np.float32(1e-6)
_MIRROR_POSITION = np.array([-1, 1, 1], np.float32)
_MIRROR_WXYZ = np.array([1, 1, -1, -1], np.float32)
_ON_THE_FLOOR = np.array([1, 0, 1], np.float32)
_NOWHERE = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)


class VmcEncoder:
    """Writes poses into a byte template, made once; keep one for each run of poses.

    Every frame is whole: the root and all bones that the body has, each with its true rest offset, then
    `Blend/Apply`, `OK` and `T`, at which receivers show it. Rotations are those of a figure whose T-pose is
    identity (a VRM 0; a VRM 1 in its normalised form), whatever the file of the body rests in.
    """

    def __init__(
        self, preset: VmcPreset = GENERIC, body: Body | None = None, max_bytes: int = MAX_DATAGRAM_BYTES
    ) -> None:
        skeleton, self._joints = groovecast_skeleton(), groovecast_skeleton().joints
        self._preset = preset
        self._tailor = None if body is None else Tailor(body)
        body = body or our_body()
        last = self._joints if preset.fingers else skeleton.body_joints
        self._sent = np.flatnonzero(body.has[:last])
        offsets = (body.rest_offset_m * _MIRROR_POSITION).tolist()
        named = preset.root_form == "named"
        messages = [osc_message("/VMC/Ext/Root/Pos", osc_text("root") if named else b"", _NOWHERE)]
        for joint in self._sent.tolist():
            numbers = (*offsets[joint], *_NOWHERE[3:])
            messages.append(osc_message("/VMC/Ext/Bone/Pos", osc_text(skeleton.unity_names[joint]), numbers))
        end = [
            osc_message("/VMC/Ext/Blend/Apply"),
            osc_integers("/VMC/Ext/OK", _OK),
            osc_message("/VMC/Ext/T", b"", (0.0,)),
        ]
        if preset.bundle == "none":
            datagrams = [message[4:] for message in (*messages, *end)]  # without a bundle's word of length
            ends = np.cumsum([len(datagram) for datagram in datagrams])[: len(messages)].tolist()
        else:
            datagrams, ends = packed(
                messages, b"".join(end), max_bytes if preset.bundle == "split" else _ANY_BYTES
            )
        self._bytes = np.frombuffer(bytearray(b"".join(datagrams)), np.uint8)
        self._cuts = np.cumsum([0, *map(len, datagrams)]).tolist()
        # OSC aligns everything to 4 bytes, so the whole frame is also an array of big-endian floats
        self._floats = self._bytes.view(">f4")
        last_word = np.array(ends) // 4  # one past each message's w
        self._wxyz_words = last_word[1:, None] + np.array([-1, -4, -3, -2])  # sent as x y z w
        self._root_words, self._hips_words = (slice(int(word) - 7, int(word) - 4) for word in last_word[:2])
        self._rest_hips = body.rest_offset_m[0]
        self._all_sent = len(self._sent) == self._joints
        self._before_wxyz = np.zeros((self._joints, 4), np.float32)
        self._before_wxyz[:, 0] = 1
        self._before_fitted = self._before_wxyz.copy()
        self._start_s: float | None = None

    def encode(self, pose: Pose) -> list[bytes]:
        """The datagrams of a pose, to be sent in this order. Joints that the pose lacks stay as they were.

        Raises ValueError when a number is not finite: receivers do not survive it.
        """
        few = (pose.time_s, *pose.root_m.tolist())
        if not all(map(math.isfinite, few)) or not np.isfinite(pose.local_quat_wxyz).all():
            raise ValueError("asked to send a pose with a number that is not finite")
        quat = _continuous(pose.local_quat_wxyz[: self._joints], self._before_wxyz)
        self._before_wxyz[: len(quat)] = quat
        if self._start_s is None:
            self._start_s = pose.time_s
        hips_m, wxyz = pose.root_m, self._before_wxyz
        if self._tailor is not None:
            hips_m, wxyz = self._tailor.fitted(hips_m, wxyz)
            if self._tailor.hands_on:  # two turns that keep their signs can make one that does not
                wxyz = self._before_fitted = _continuous(wxyz, self._before_fitted)
        if self._preset.yaw:
            hips_m, wxyz = _turned_round(hips_m, wxyz)
        if not self._all_sent:
            wxyz = wxyz[self._sent]
        self._floats[self._wxyz_words] = wxyz * _MIRROR_WXYZ
        if self._preset.root != "hips":
            # what Root carries of the hips' place; their own is on top of it
            whole = self._preset.root == "root"
            root_m = hips_m - self._rest_hips if whole else hips_m * _ON_THE_FLOOR
            self._floats[self._root_words] = root_m * _MIRROR_POSITION
            hips_m = hips_m - root_m
        self._floats[self._hips_words] = hips_m * _MIRROR_POSITION
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


def _turned_round(
    hips_m: Float32[np.ndarray, " 3"], wxyz: Float32[np.ndarray, "joints 4"]
) -> tuple[Float32[np.ndarray, " 3"], Float32[np.ndarray, "joints 4"]]:
    """Half a turn about the world's vertical: where the hips go and how they are turned, all else hangs on them."""
    turned = wxyz.copy()
    w, x, y, z = wxyz[0]
    turned[0] = (-y, z, w, -x)  # (0, 0, 1, 0) times it
    return hips_m * np.array([-1, 1, -1], np.float32), turned
