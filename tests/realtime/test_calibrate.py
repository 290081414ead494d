"""The way of sound from an output back to an input is measured, to a fraction of a millisecond."""

import msgspec
import numpy as np
import pytest
from command import told
from fakes.sound_card import SoundCard, sound_card
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.calibrate import Recording, chirp, round_trips_s

__all__ = ["sound_card"]  # a fixture
PLAYED_S = 50 + 0.6 * np.arange(10)


def recording(delay_s: float, rate_hz: int, loudness: float, noise: float, jitter: float = 0.0) -> Recording:
    """Chirps that came back so much later, on an input of another rate than the output's."""
    rng = np.random.default_rng(3)
    samples = noise * rng.standard_normal(7 * rate_hz)
    times_s = 49.5 + np.arange(len(samples)) / rate_hz
    one = chirp(rate_hz)
    for at_s in PLAYED_S:
        first = round((at_s + delay_s - 49.5) * rate_hz)
        samples[first : first + len(one)] += loudness * one
        samples[first + 400 : first + 400 + len(one)] += 0.3 * loudness * one  # an echo
    return Recording(samples.astype(np.float32), times_s, rate_hz)


@settings(max_examples=15)
@given(
    st.floats(0.0, 0.5),
    st.sampled_from([16000, 44100, 48000]),
    st.sampled_from([(0.5, 0.001), (0.01, 0.0002), (0.5, 0.05)]),
)
def test_the_delay_that_is_there_is_found(delay_s: float, rate_hz: int, heard: tuple[float, float]) -> None:
    trips_s = round_trips_s(recording(delay_s, rate_hz, *heard), PLAYED_S)
    assert len(trips_s) == len(PLAYED_S)
    np.testing.assert_allclose(trips_s, delay_s, atol=1.5 / rate_hz)


def test_what_was_not_heard_is_left_out() -> None:
    silence = recording(0.1, 48000, 0.0, 0.01)
    assert len(round_trips_s(silence, PLAYED_S)) == 0
    half = recording(0.1, 48000, 0.5, 0.001)
    half.samples[: len(half.samples) // 2] = 0
    assert 0 < len(round_trips_s(half, PLAYED_S)) < len(PLAYED_S)


@pytest.mark.sound
def test_a_real_way_through_the_sound_service_is_measured_and_remembered(sound_card: SoundCard) -> None:
    words = ("devices", "--calibrate", "--device", "ci.monitor", "--output", sound_card.output_name)
    done = told(*words, "--json", env=sound_card.env)
    assert done.status == 0, done
    found = msgspec.json.decode(done.out)
    assert found["heard"] >= 10
    # the null sink plays at once what it is given, and PulseAudio holds what it was asked to hold
    assert found["round_trip_ms_p50"] == pytest.approx(found["claimed_output_ms"], abs=60)
    assert found["round_trip_ms_p95"] - found["round_trip_ms_p50"] < 20
    claimed_ms = found["claimed_input_ms"] + found["claimed_output_ms"]
    assert found["unclaimed_ms"] == pytest.approx(found["round_trip_ms_p50"] - claimed_ms, abs=0.02)
    again = told("live", "--device", "ci.monitor", "--seconds", "1", "--no-browser", "--port", "0",
                 "--json", env=sound_card.env)  # fmt: skip
    assert again.status == 0, again


@pytest.mark.sound
def test_an_output_that_the_input_does_not_hear_is_one_line_with_the_mend(sound_card: SoundCard) -> None:
    # a device's own name, so that the plugin hears a second card that nothing is played into
    done = told("devices", "--calibrate", "--device", "default", "--output", "gramophone", env=sound_card.env)
    assert done.status == 1
    assert "asked for device 'gramophone', devices found: " in done.err and done.err.count("\n") == 1


@pytest.mark.sound
def test_the_meter_tells_how_loud_each_input_is(sound_card: SoundCard) -> None:
    done = told(
        "devices", "--meter", "--device", "ci.monitor", "--seconds", "2", "--json", env=sound_card.env
    )
    (level,) = msgspec.json.decode(done.out)["levels"]
    assert (level["name"], level["host_api"], level["problem"]) == ("ci.monitor", "PulseAudio", None)
    assert level["rms_db"] <= level["peak_db"] <= 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--meter", "--calibrate"), "choose one"),
        (("--output", "x"), "asked for --output without --calibrate"),
        (("--calibrate", "--clicks", "3"), "asked for --clicks 3: give 10 to 100"),
        (("--meter", "--seconds", "0"), "asked for --seconds 0.0: give more than 0"),
    ],
)
def test_wishes_that_make_no_sense_are_one_line(words: tuple[str, ...], says: str) -> None:
    done = told("devices", *words)
    assert done.status in (1, 2) and done.out == ""
    assert says in done.err and done.err.count("\n") == 1
