"""What the model is told of the music: a frame counts as heard in the show as it does in training."""

import numpy as np
import pytest

from groovecast.audio.beat import BeatTracker
from groovecast.train.windows import LOOK_AHEAD_FRAMES
from realtime.listener import Listener
from realtime.mood import Mood, music_for

_HEARD = 9  # the channel that says so


@pytest.mark.parametrize("off_s", [-1e-9, 0.0, 1e-9])
@pytest.mark.parametrize("beyond", LOOK_AHEAD_FRAMES[:2])
def test_the_frame_that_sounds_now_is_not_heard_yet_however_its_time_is_rounded(
    off_s: float, beyond: int
) -> None:
    listener = Listener(24_000)
    listener.listen(np.random.default_rng(0).normal(0, 0.1, 4 * 24_000).astype(np.float32), 0.0)
    times_s = np.arange(90) / 30 + 1.0
    told = music_for(
        listener, BeatTracker().clock, Mood.calm(("salsa", "idle")), times_s, times_s[34 + beyond] + off_s
    )
    assert told[:, _HEARD].sum() == 34 + beyond
