"""Beats pass once: however the count wavers, is lost or begins anew."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage

from groovecast.motion.pose import Pose
from groovecast.wire.moment import Moment
from groovecast.wire.vmc_cues import VmcCues, cue_datagrams

POSE = Pose(0.0, np.zeros(3, np.float32), np.zeros((52, 4), np.float32), np.zeros(4, bool))


def at(beat: float | None, beats_per_bar: int = 4, scene: str = "") -> Moment:
    return Moment(POSE, beat, 120.0, 0.5, 0.0, beats_per_bar=beats_per_bar, scene=scene)


def said(messages: list[bytes]) -> list[tuple[str, str, float]]:
    """What python-osc reads of them."""
    return [
        (m.address, *m.params)
        for datagram in cue_datagrams(messages, bundled=True)
        for m in OscBundle(datagram)
    ]


def test_a_waltz_has_three_beats() -> None:
    cues = VmcCues()
    passed = [said(cues.passed(at(beat, 3))) for beat in (1.9, 2.1, 2.6, 3.0, 3.5)]
    thru = "/VMC/Thru/groovecast/"
    assert passed == [
        [], [(thru + "beat", "beat", 2)], [], [(thru + "beat", "downbeat", 0), (thru + "bar", "bar", 1)], [],
    ]  # fmt: skip


@given(st.floats(0, 50), st.lists(st.floats(0.001, 0.3), max_size=80))
def test_each_beat_passes_once_while_the_count_runs(start: float, steps: list[float]) -> None:
    beats, cues = start + np.cumsum([0, *steps]), VmcCues()
    count = sum("beat" in address for beat in beats for address, *_ in said(cues.passed(at(float(beat)))))
    assert count == int(np.floor(beats[-1])) - int(np.floor(start))


def test_a_count_that_is_set_back_a_little_does_not_beat_twice() -> None:
    cues = VmcCues()
    counts = [len(cues.passed(at(beat))) for beat in (4.98, 5.01, 4.99, 5.02, 5.99, 6.01)]
    assert counts == [0, 1, 0, 0, 0, 1]


def test_a_count_that_begins_anew_beats_on() -> None:
    cues = VmcCues()
    counts = [len(cues.passed(at(beat))) for beat in (40.9, 41.1, 0.9, 1.1, 1.6, 2.1)]
    assert counts == [0, 1, 0, 1, 0, 1]


@given(st.integers(-4, 4), st.integers(1, 9))
def test_when_another_beat_becomes_the_downbeat_beats_still_pass_once_each_and_in_time(
    shift: int, at_step: int
) -> None:
    cues, passed = VmcCues(), []
    for step in range(40):
        beat = 6.05 + step / 10 + (shift if step >= at_step else 0)
        if any("/beat" in address for address, *_ in said(cues.passed(at(beat)))):
            passed.append(step)
    assert passed == [10, 20, 30]


def test_where_the_beat_is_unknown_none_passes() -> None:
    cues = VmcCues()
    beats = (1.9, None, 2.1, None, None, 7.0, float("nan"), 8.0, float("inf"))
    assert [len(cues.passed(at(beat))) for beat in beats] == [0] * len(beats)


def test_a_message_of_its_own_is_a_datagram_of_its_own() -> None:
    cues = VmcCues()
    [message] = cue_datagrams(cues.passed(at(None, scene="music")), bundled=False)
    found = OscMessage(message)
    assert (found.address, found.params) == ("/VMC/Thru/groovecast/section", ["music", 0.0])
    assert cue_datagrams([], bundled=True) == cue_datagrams([], bundled=False) == []
