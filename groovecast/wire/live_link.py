"""Poses as the JSON that JSONLiveLink, a plugin for Unreal, reads: one datagram a frame, the whole skeleton in each.

`{"Subject": [{"Name", "Parent", "Location", "Rotation", "Scale"}, ...]}`, ASCII only. Unreal's space: left-handed,
Z up, centimetres, the figure faces +Y and its left is +X; from ours p' = 100 (x, z, y), q' xyzw = (-x, -z, -y, w).
"""

import json

import numpy as np

from groovecast.motion.pose import Pose
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.wire.joint_places import unit_quat

# of a quaternion: 0.001 degrees; of a place: 0.01 mm
_TURN, _PLACE = "%.6f", "%.3f"
_MOST_NAME_LETTERS = 64


class LiveLinkEncoder:
    """Writes poses into a text whose numbers alone change; bone names are those of Unreal's mannequin."""

    def __init__(self, subject: str) -> None:
        plain = subject.isascii() and subject.isprintable() and '"' not in subject and "\\" not in subject
        if not plain or not 0 < len(subject) <= _MOST_NAME_LETTERS:
            raise ValueError(
                f"asked for the Live Link subject {subject!r}: give 1 to {_MOST_NAME_LETTERS} plain letters"
            )
        skeleton = groovecast_skeleton()
        self._quat = np.tile(np.array([1, 0, 0, 0], np.float64), (skeleton.joints, 1))
        turn, bones = ",".join([_TURN] * 4), []
        for joint, (name, parent) in enumerate(zip(skeleton.unreal_names, skeleton.parents, strict=True)):
            x, y, z = skeleton.rest_offset_m[joint].tolist()
            place = ",".join(_PLACE % (100 * number) for number in (x, z, y))
            if joint == 0:
                place = ",".join([_PLACE] * 3)
            bones.append(
                f'{{"Name":{json.dumps(name)},"Parent":{parent},"Location":[{place}],'
                f'"Rotation":[{turn}],"Scale":[1,1,1]}}'
            )
        self._text = f'{{"{subject.replace("%", "%%")}":[{",".join(bones)}]}}'

    def encode(self, pose: Pose) -> bytes:
        """The datagram of a pose; joints that it lacks rest. Raises ValueError when a number is not finite."""
        if not (np.isfinite(pose.local_quat_wxyz).all() and np.isfinite(pose.root_m).all()):
            raise ValueError("asked to send a pose with a number that is not finite")
        quat = unit_quat(pose.local_quat_wxyz[: len(self._quat)])
        # in the hemisphere of the frame before, for whoever blends without looking at signs
        side = np.where(np.vecdot(quat, self._quat[: len(quat)]) < 0, -1.0, 1.0)
        self._quat[: len(quat)] = quat * side[:, None]
        x, y, z = (100 * pose.root_m.astype(np.float64)).tolist()
        turns = (self._quat[:, [1, 3, 2, 0]] * (-1, -1, -1, 1)).ravel().tolist()
        return (self._text % (x, z, y, *turns)).encode("ascii")
