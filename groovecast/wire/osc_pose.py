"""Poses and the beat as OSC of our own: one flat address a joint, for TouchDesigner, Max, Chataigne and the like.

Which addresses there are is in `docs/osc.md`. The space stays ours: right-handed, Y up, facing +Z, metres.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float64

from groovecast.motion.rotation import quat_from_matrix
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.wire.beat_count import BeatCount
from groovecast.wire.euler import EulerAngles
from groovecast.wire.joint_places import JointPlaces
from groovecast.wire.moment import Moment
from groovecast.wire.osc import IMMEDIATE, OscTemplate, osc_integers

OscProfile = Literal["generic", "touchdesigner"]
OscSpace = Literal["world", "local"]

# what a Transform of TouchDesigner calls its channels, and the order in which it turns unless told otherwise
CHANNELS = ("tx", "ty", "tz", "rx", "ry", "rz")
EULER_ORDER = "xyz"
_MUSIC = ("energy", "tempo", "phase", "bar_phase")


@dataclass(frozen=True)
class OscSettings:
    """What is sent to one receiver."""

    profile: OscProfile = "generic"
    space: OscSpace = "world"
    joints: int = 22
    prefix: str = ""

    def __post_init__(self) -> None:
        for name, asked, known in (
            ("profile", self.profile, get_args(OscProfile)),
            ("space", self.space, get_args(OscSpace)),
        ):
            if asked not in known:
                raise ValueError(f"asked for OSC {name} {asked!r}, there are {', '.join(known)}: choose one")
        if self.joints not in (22, 52):
            raise ValueError(f"asked for {self.joints} joints over OSC: give 22, or 52 with fingers")
        # what OSC keeps for patterns and bundles may stand in no address
        steps = self.prefix.split("/")
        if self.prefix and (steps[0] or not all(steps[1:]) or set(self.prefix) & set(" #*,?[]{}")):
            raise ValueError(f"asked for OSC prefix {self.prefix!r}: give one such as /groovecast")
        if not (self.prefix.isascii() and self.prefix.isprintable()) or len(self.prefix) > 64:
            raise ValueError(f"asked for OSC prefix {self.prefix!r}: give up to 64 plain letters")


class OscPoseEncoder:
    """Writes one dancer's moments as bundles of at most 1200 bytes; keep one for each dancer and receiver."""

    def __init__(self, settings: OscSettings | None = None, dancer: int = 0) -> None:
        self._settings = settings or OscSettings()
        skeleton, joints = groovecast_skeleton(), self._settings.joints
        self._places = JointPlaces(skeleton, joints)
        self._angles = EulerAngles(EULER_ORDER, joints)
        self._before_wxyz = np.tile((1.0, 0, 0, 0), (joints, 1))
        self._beats = BeatCount()
        # the music is the same for all dancers: it goes with the first
        self._music = dancer == 0
        start = self._settings.prefix if dancer == 0 else f"{self._settings.prefix}/dancer{dancer + 1}"
        names = skeleton.names[:joints]
        if self._settings.profile == "touchdesigner":
            messages = [(f"{start}/{name}:{channel}", 1) for name in names for channel in CHANNELS]
        else:
            messages = [(f"{start}/{name}", 7) for name in names]
        if self._music:
            messages += [(f"{start}/{name}", 1) for name in _MUSIC]
        self._template = OscTemplate(messages)

    def encode(self, moment: Moment) -> list[bytes]:
        """The datagrams of a moment's pose, and of what is known of the music. Missing joints rest.

        Raises ValueError when a number is not finite.
        """
        if not moment.finite:
            raise ValueError("asked to send a moment with a number that is not finite")
        find = self._places.world if self._settings.space == "world" else self._places.local
        matrix = find(moment.pose)
        if self._settings.profile == "touchdesigner":
            turns = self._angles.of(matrix[:, :3, :3])
        else:
            turns = self._continuous(quat_from_matrix(matrix[:, :3, :3]))[:, [1, 2, 3, 0]]
        values = np.concatenate((matrix[:, :3, 3], turns), axis=1).ravel()
        if not self._music:
            return self._template.filled(values)
        beat, per_bar = moment.beat or 0.0, moment.beats_per_bar
        music = (moment.energy, moment.tempo_bpm, beat % 1, beat / per_bar % 1)
        return self._template.filled(np.concatenate((values, music)))

    def passed(self, moment: Moment) -> list[bytes]:
        """A bundle that tells of the newest beat since the moment before; none at first, and none without a beat."""
        if not self._music or not moment.finite:
            return []
        beat = self._beats.passed(moment)
        if beat is None:
            return []
        start, pair = self._settings.prefix, (beat.number, beat.place)
        if self._settings.profile == "touchdesigner":  # a channel holds one number
            said = osc_integers(f"{start}/beat", pair[:1]) + osc_integers(f"{start}/beat_in_bar", pair[1:])
        else:
            said = osc_integers(f"{start}/beat", pair)
        if beat.place == 0:
            said += osc_integers(f"{start}/bar", (beat.bar,))
        return [IMMEDIATE + said]

    def _continuous(self, quat: Float64[np.ndarray, "joints 4"]) -> Float64[np.ndarray, "joints 4"]:
        """In the hemisphere of the frame before: receivers blend without looking at signs."""
        side = np.vecdot(quat, self._before_wxyz)
        self._before_wxyz = quat * np.where(side < 0, -1.0, 1.0)[:, None]
        return self._before_wxyz
