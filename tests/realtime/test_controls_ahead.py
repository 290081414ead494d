"""How far ahead is planned, and how often: the less and the oftener, the sooner what nobody could foresee is danced."""

import numpy as np
import pytest
from command import club
from desk_dance import FPS, danced
from hopper import Hopper

from groovecast.audio.decode import Audio
from groovecast.wire.desk_messages import Value

RATE_HZ = 24000
# As silence comes anywhere between two plans: four places a quarter of a stride apart.
STOPS_S = tuple(4.0 + quarter * 2 / 30 for quarter in range(4))
# What Hopper hops otherwise is another dance.
_SEEN_M = 1e-5


def reacted_s(name: str, value: Value) -> float:
    """How long after the sound is gone the dance is another than it would have been, on average."""
    sound = club(5.6, RATE_HZ)
    turns: dict[float, list[tuple[str, Value]]] = {0.0: [(name, value)]}
    playing = danced(Hopper(), Audio(sound[:, None], RATE_HZ), turns)
    later_s = []
    for stops_s in STOPS_S:
        stopped = sound.copy()
        stopped[int(stops_s * RATE_HZ) :] = 0
        apart = danced(Hopper(), Audio(stopped[:, None], RATE_HZ), turns).apart_m(playing)
        later_s.append(float(np.argmax(apart > _SEEN_M)) / FPS - stops_s)
    assert min(later_s) > 0, "it is not known before"
    return float(np.mean(later_s))


@pytest.fixture(scope="module")
def usually_s() -> float:
    return reacted_s("look_ahead_ms", 200)


@pytest.mark.parametrize(("look_ahead_ms", "later_s"), [(140, -0.06), (400, 0.2), (600, 0.4)])
def test_with_less_look_ahead_silence_is_danced_sooner_by_as_much(
    usually_s: float, look_ahead_ms: int, later_s: float
) -> None:
    assert reacted_s("look_ahead_ms", look_ahead_ms) - usually_s == pytest.approx(
        later_s, abs=0.04 + 0.1 * abs(later_s)
    )


def test_who_decides_twice_as_often_reacts_sooner_by_half_of_half_a_stride(usually_s: float) -> None:
    assert reacted_s("reactive", True) - usually_s == pytest.approx(-8 / 30 / 4, abs=0.04)
