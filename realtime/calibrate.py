"""How long sound really takes from an output back to an input: chirps are played, heard again and compared."""

from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from jaxtyping import Float, Float32

from realtime.capture import DeviceSource
from realtime.clock import Clock
from realtime.devices import Device, find_device, mute, portaudio
from realtime.sample_clock import SampleClock

_CHIRP_S = 0.02
_CHIRP_HZ = 500.0, 6000.0
_LOUDNESS = 0.5
_LEAD_IN_S = 1.0  # until streams run evenly
_SPACING_S = 0.6
_LONGEST_S = 0.55  # of a round trip: less than the spacing, so that each chirp is known by its place
_ALIKE = 0.5  # normalised correlation above which a chirp was heard
_SLOW_START_S = 6.0
_OUTPUT_LATENCY_S = 0.15  # asked of the driver: a late output is measured, one that stumbles is not
_LOOK_EVERY_S = 0.02


class Calibration(msgspec.Struct, frozen=True):
    """What was measured, in milliseconds."""

    input: str
    output: str
    played: int
    heard: int
    round_trip_ms_p50: float
    round_trip_ms_p95: float
    claimed_input_ms: float  # by PortAudio
    claimed_output_ms: float
    unclaimed_ms: float  # the round trip beyond what is claimed
    input_latency_ms: float  # the round trip less the claimed output: what belongs to the input at the most


@dataclass(frozen=True)
class Recording:
    """All that was heard, and when each sample was captured as far as the sample clock knows."""

    samples: Float32[np.ndarray, " samples"]
    times_s: Float[np.ndarray, " samples"]
    sample_rate_hz: int


def chirp(sample_rate_hz: int) -> Float32[np.ndarray, " samples"]:
    """A short rising tone, which is found again in noise and in an echo to a fraction of a millisecond."""
    time_s = np.arange(round(_CHIRP_S * sample_rate_hz)) / sample_rate_hz
    low, high = _CHIRP_HZ
    phase = 2 * np.pi * (low * time_s + (high - low) * time_s**2 / (2 * _CHIRP_S))
    return (np.sin(phase) * np.hanning(len(time_s))).astype(np.float32)


def round_trips_s(
    recording: Recording, played_s: Float[np.ndarray, " chirps"]
) -> Float[np.ndarray, " heard"]:
    """How long after it was played each chirp was heard; those that were not heard are left out."""
    template = chirp(recording.sample_rate_hz).astype(np.float64)
    found = []
    for start_s in played_s:
        first, last = np.searchsorted(recording.times_s, (start_s, start_s + _LONGEST_S + _CHIRP_S))
        window = recording.samples[first:last].astype(np.float64)
        if len(window) <= len(template):
            continue
        dots = np.correlate(window, template)
        energy = np.convolve(window**2, np.ones(len(template)), "valid")
        alike = dots / np.sqrt(np.maximum(energy, 1e-12) * np.dot(template, template))
        alike[energy < energy.max() * 0.01] = 0  # the shape of faint noise says nothing
        place = int(np.argmax(alike))
        if alike[place] > _ALIKE:
            found.append(recording.times_s[first + place] - start_s)
    return np.array(found, np.float64)


def calibrate(asked_in: str | None, asked_out: str | None, clicks: int, clock: Clock) -> Calibration:
    """Play chirps into an output, hear them in an input. Raises ValueError or OSError with the mend."""
    source = DeviceSource(asked_in, clock)
    output = find_device(asked_out, output_devices())
    blocks: list[tuple[Float32[np.ndarray, " samples"], float]] = []
    source.start(lambda block, time_s: blocks.append((block.copy(), time_s)))
    try:
        given_up_s = clock.now_s() + _SLOW_START_S
        while not source.blocks and clock.now_s() < given_up_s:
            clock.sleep_until_s(clock.now_s() + _LOOK_EVERY_S)
        played_s, claimed_output_s = _play(output, clicks, clock)
    finally:
        source.stop()
    rate = source.sample_rate_hz
    samples = np.concatenate([np.zeros(0, np.float32), *(block for block, _ in blocks)])
    times_s = np.concatenate([np.zeros(0), *(at + np.arange(len(block)) / rate for block, at in blocks)])
    trips_ms = 1000 * round_trips_s(Recording(samples, times_s, rate), played_s)
    if len(trips_ms) < max(3, clicks // 2):
        mend = f"connect {output.name} to {source.title} by a cable, or turn the output up"
        raise ValueError(f"asked to calibrate, {len(trips_ms)} of {clicks} chirps were heard: {mend}")
    p50, p95 = (float(value) for value in np.percentile(trips_ms, (50, 95)))
    claimed_in, claimed_out = source.latency.stream_ms, 1000 * claimed_output_s
    return Calibration(
        input=source.device.full_name,
        output=output.full_name,
        played=clicks,
        heard=len(trips_ms),
        round_trip_ms_p50=round(p50, 2),
        round_trip_ms_p95=round(p95, 2),
        claimed_input_ms=round(claimed_in, 2),
        claimed_output_ms=round(claimed_out, 2),
        unclaimed_ms=round(p50 - claimed_in - claimed_out, 2),
        input_latency_ms=round(max(0.0, p50 - claimed_out), 2),
    )


def output_devices() -> list[Device]:
    """All devices that sound can be played on. Raises OSError with the mend when PortAudio cannot say."""
    sounds = portaudio()
    try:
        apis, entries, default = sounds.query_hostapis(), sounds.query_devices(), sounds.default.device[1]
    except sounds.PortAudioError as error:
        raise mute(error) from error
    return [
        Device(
            index=index,
            name=entry["name"],
            host_api=apis[entry["hostapi"]]["name"],
            channels=entry["max_output_channels"],
            default_rate_hz=int(entry["default_samplerate"]),
            default=index == default,
            loopback=False,
        )
        for index, entry in enumerate(entries)
        if entry["max_output_channels"] > 0
    ]


def _play(output: Device, clicks: int, clock: Clock) -> tuple[Float[np.ndarray, " chirps"], float]:
    """Play the chirps; when the first sample of each was handed over, and the latency that PortAudio claims."""
    sounds, rate = portaudio(), output.default_rate_hz
    one, firsts = chirp(rate), np.round((_LEAD_IN_S + _SPACING_S * np.arange(clicks)) * rate).astype(int)
    signal = np.zeros(firsts[-1] + round((_SPACING_S + _LONGEST_S) * rate), np.float32)
    for first in firsts:
        signal[first : first + len(one)] = _LOUDNESS * one
    handed, samples, place = SampleClock(rate), [0.0], [0]

    def callback(out: Float32[np.ndarray, "samples channels"], count: int, _time: Any, _status: Any) -> None:
        # Audio thread. The lowest lateness of the blocks is the mapping, as it is for an input.
        begin, part = place[0], signal[place[0] : place[0] + count]
        samples[0] = (
            handed.stamp(count, clock.now_s()) + count / rate - begin / rate
        )  # of sample 0, as known now
        out[: len(part), 0] = part
        out[len(part) :, 0] = 0
        out[:, 1:] = out[:, :1]
        place[0] += count

    try:
        with sounds.OutputStream(
            device=output.index, samplerate=rate, channels=min(2, output.channels), dtype="float32",
            latency=_OUTPUT_LATENCY_S, callback=callback,
        ) as stream:  # fmt: skip
            given_up_s = clock.now_s() + len(signal) / rate + _SLOW_START_S
            while place[0] < len(signal) and clock.now_s() < given_up_s:
                clock.sleep_until_s(clock.now_s() + _LOOK_EVERY_S)
            claimed_s = float(stream.latency)
    except sounds.PortAudioError as error:
        reason = " ".join(str(error).split())
        raise OSError(f"asked to play on {output.name!r}, PortAudio says {reason}: choose another") from error
    return samples[0] + firsts / rate, claimed_s
