"""The size of a dance model, and what of it must be known to feed one; it travels inside the weights."""

import msgspec

from groovecast.model.conditions import MUSIC_CHANNELS
from groovecast.motion.representation import NUMBERS


class ModelConfig(msgspec.Struct, frozen=True):
    """A window of `history_frames` known and `plan_frames` imagined frames, `fps` a second."""

    fps: float = 30.0
    history_frames: int = 40
    plan_frames: int = 50
    frames_per_token: int = 2
    numbers: int = NUMBERS
    music_channels: int = MUSIC_CHANNELS
    width: int = 256
    layers: int = 5
    heads: int = 4
    # the sampler: logarithms of signal to noise between its evaluations (one more than these), and its inflation
    log_snrs: tuple[float, ...] = (-5.5, -3.0, -0.7)
    inflate: float = 1.1
    # whether a plan begins from the one before, with the last of those evaluations alone
    warm: bool = False
    # whether the network is told how far ahead the music is known, and how strongly to follow music and style
    look_ahead: bool = False
    guided: bool = False
    # how strongly it follows them when it dances; 1: as it learned
    guidance: float = 1.0
    # whether its graph can be told what a plan must hold, such as a pose at a frame (groovecast/model/editing.py)
    editable: bool = False
    styles: tuple[str, ...] = ("salsa", "street", "modern", "indian", "break", "martial", "idle", "move")

    @property
    def guided_outside(self) -> bool:
        """Whether a plan needs each evaluation twice, with and without music, to follow it more strongly."""
        return self.guidance != 1 and not self.guided

    @property
    def window_frames(self) -> int:
        """History and plan together."""
        return self.history_frames + self.plan_frames

    @property
    def steps(self) -> int:
        """How many evaluations one plan takes."""
        return 1 if self.warm else len(self.log_snrs) + 1

    @property
    def tokens(self) -> int:
        """How many tokens a window is."""
        return self.window_frames // self.frames_per_token
