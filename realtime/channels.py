"""Which channels of an input are heard, as a person writes it: `2`, `3-4`, `1,4`."""

import re
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from groovecast.audio.decode import MOST_CHANNELS

_BY_ITSELF = 2  # of a mixer, whose further inputs are other signals
_ONE = re.compile(r"[1-9]\d?")
_RANGE = re.compile(r"([1-9]\d?)-([1-9]\d?)")


@dataclass(frozen=True)
class Channels:
    """Channels of one input, counted from 0, mixed with equal shares."""

    picked: tuple[int, ...]

    @property
    def fewest(self) -> int:
        """As many channels must the input have."""
        return max(self.picked) + 1

    def mixed(
        self, heard: Float32[np.ndarray, "samples channels"], out: Float32[np.ndarray, " samples"]
    ) -> None:
        """Audio thread. The mean of the picked channels, without an array of its own."""
        np.copyto(out, heard[:, self.picked[0]])
        for channel in self.picked[1:]:
            np.add(out, heard[:, channel], out=out)
        np.multiply(out, np.float32(1 / len(self.picked)), out=out)


def channels_from_text(asked: str | None, there: int) -> Channels:
    """The channels that were asked for, of `there`: "2" is the first two, "3-4" and "1,4" are those; None: up to two.

    Raises ValueError with the mend.
    """
    if asked is None:
        return Channels(tuple(range(min(there, _BY_ITSELF))))
    picked: list[int] = []
    text = asked.replace(" ", "")
    if _ONE.fullmatch(text):
        picked = list(range(int(text)))
    else:
        for part in text.split(","):
            if several := _RANGE.fullmatch(part):
                picked += range(int(several[1]) - 1, int(several[2]))
            elif _ONE.fullmatch(part):
                picked.append(int(part) - 1)
            else:
                picked = []
                break
    mend = f"give a number (2: the first two), or which (3-4, or 1,4), at most {MOST_CHANNELS}"
    if not picked or len(set(picked)) != len(picked) or len(picked) > MOST_CHANNELS:
        raise ValueError(f"asked for --channels {asked}: {mend}")
    if max(picked) >= there:
        raise ValueError(f"asked for --channels {asked}, the input has {there}: {mend}")
    return Channels(tuple(picked))
