"""What stands behind the server: everything that a client can turn, ask for and send."""

from collections.abc import Iterable
from typing import Literal, Protocol

import numpy as np
from jaxtyping import Float32

from groovecast.wire.desk_messages import CalibrateWish, CueWish, LearnWish, ToDesk, Value
from groovecast.wire.live_sound import LiveSound


class Backstage(Protocol):
    """What a client can turn and send. All raise ValueError, in words for the person, for what cannot be done."""

    def set(self, name: str, value: Value, by: str = "") -> None:
        """Frame loop. Turn a control: "playing", "position_s", ..."""

    def tap(self, at_s: float) -> None:
        """Frame loop. Somebody tapped a beat then."""

    def greeting(self) -> Iterable[ToDesk]:
        """Frame loop. What a new desk must know."""

    def hear_desk(self, said: CueWish | LearnWish | CalibrateWish, by: str) -> None:
        """Frame loop. Do what a desk asks beside turning a control."""

    async def song(
        self, client: object, title: str, samples: Float32[np.ndarray, " samples"], sample_rate_hz: int
    ) -> None:
        """Frame loop. Dance to this mono song of a client, which plays it itself. InputRefused while another sends."""

    def take_input(self, client: object, kind: Literal["microphone", "tab"], label: str) -> None:
        """Frame loop. That client, and no other, sends live sound from now on. Raises InputRefused."""

    def leave_input(self, client: object) -> None:
        """Frame loop. That client sends no more, if it did."""

    def hear_input(self, client: object, sound: LiveSound) -> None:
        """Frame loop. Hear what that client sent, if it is the one. Raises InputRefused when it is too much."""
