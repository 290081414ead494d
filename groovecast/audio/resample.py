"""Any sound card's rate to the ears' 24 kHz, block by block, with the same result however the blocks fall."""

from math import gcd

import numpy as np
from jaxtyping import Float, Float32

_LOBES = 16  # zero crossings of the sinc on each side, counted at the lower of the two rates
_KAISER_BETA = 6.0  # about 63 dB below in the stop band
_CUTOFF = 0.9  # of the lower Nyquist frequency: flat to 0.8, silent from 1.0 on
_PHASES = 4096  # finest steps between two input samples; odd ratios are rounded to these (error below -75 dB)


class Resampler:
    """A streaming windowed-sinc resampler from `from_hz` to `to_hz`.

    Output sample k is the sound at input time k / to_hz exactly: no delay to subtract. It comes out once
    `look_ahead_samples` further input samples are there (0.7 ms at 48 kHz; none when the rates agree).
    """

    def __init__(self, from_hz: int, to_hz: int = 24000) -> None:
        for rate_hz in (from_hz, to_hz):
            if not 8000 <= rate_hz <= 192000:
                raise ValueError(f"asked for a sample rate of {rate_hz} Hz: 8000 to 192000 can be heard")
        self.from_hz, self.to_hz = from_hz, to_hz
        common = gcd(from_hz, to_hz)
        self._up, self._down = to_hz // common, from_hz // common
        self._phases = min(self._up, _PHASES)
        stretch = max(1.0, from_hz / to_hz)
        half = 0 if from_hz == to_hz else int(np.ceil(_LOBES * stretch))
        self._taps = 2 * half
        self._spare = int(self._phases != self._up)  # rounding may take an output on to the next input sample
        self.look_ahead_samples = half + self._spare
        self._bank = _sinc_bank(self._phases, half, stretch)
        self.reset()

    def reset(self) -> None:
        """Forget everything heard."""
        # The first output stands on input 0: half the filter, less one tap, reaches into the silence before.
        self._kept = np.zeros(max(0, self._taps // 2 - 1), np.float32)
        self._step = 0  # the output to come next, counted so that _step * down / up is its place in _kept

    def ready(self, more: int) -> int:
        """How many samples of output so many more samples would complete."""
        if self.from_hz == self.to_hz:
            return more
        # Output s needs _taps samples from s * down // up on.
        needed = self._taps - 1 + self._spare
        return max(0, ((len(self._kept) + more - needed) * self._up - 1) // self._down + 1 - self._step)

    def push(self, samples: Float32[np.ndarray, " samples"]) -> Float32[np.ndarray, " resampled"]:
        """All output that these samples complete."""
        if self.from_hz == self.to_hz:
            return np.array(samples, np.float32)
        count = self.ready(len(samples))
        kept = np.concatenate((self._kept, samples.astype(np.float32, copy=False)))
        if not count:
            self._kept = kept
            return np.zeros(0, np.float32)
        end = self._step + count
        places = np.arange(self._step, end, dtype=np.int64) * self._down
        starts, phases = places // self._up, places % self._up
        if self._phases != self._up:
            rounded = (phases * self._phases + self._up // 2) // self._up
            starts, phases = starts + rounded // self._phases, rounded % self._phases
        windows = np.lib.stride_tricks.sliding_window_view(kept, self._taps)[starts]
        taps = self._bank.take(phases, axis=0)
        out: Float32[np.ndarray, " resampled"] = np.einsum("kt,kt->k", windows, taps)
        whole_turns = end // self._up
        self._kept = kept[whole_turns * self._down :].copy()
        self._step = end - whole_turns * self._up
        return out

    def whole(self, samples: Float32[np.ndarray, " samples"]) -> Float32[np.ndarray, " resampled"]:
        """The whole signal at once, its end included, as a fresh resampler gives it."""
        self.reset()
        wanted = -(-len(samples) * self.to_hz // self.from_hz)
        tail = np.zeros(self.look_ahead_samples + 2 + self.from_hz // self.to_hz, np.float32)
        signal = np.concatenate((samples, tail))
        block = self.from_hz // 10  # all at once, ten minutes would take gigabytes
        blocks = [self.push(signal[at : at + block]) for at in range(0, len(signal), block)]
        return np.concatenate(blocks)[:wanted]


def _sinc_bank(phases: int, half_taps: int, stretch: float) -> Float32[np.ndarray, "phases taps"]:
    """One windowed sinc for each place between two input samples, each summing to one."""
    if half_taps == 0:
        return np.ones((1, 1), np.float32)
    places = np.arange(phases)[:, None] / phases
    offsets: Float[np.ndarray, "phases taps"] = np.arange(-half_taps + 1, half_taps + 1) - places
    inside = np.clip(1 - (offsets / half_taps) ** 2, 0, None)
    taps = np.sinc(offsets * _CUTOFF / stretch) * np.i0(_KAISER_BETA * np.sqrt(inside))
    return np.asarray(taps / taps.sum(axis=1, keepdims=True), np.float32)
