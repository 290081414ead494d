"""How likely a moment is an onset, from how much is new in each band: what the dancer accents, at any loudness."""

import numpy as np
from jaxtyping import Float32

from groovecast.audio.features import HOP_S


class OnsetMeter:
    """From the newness of each band to how likely this hop is an onset, at any loudness and density."""

    _SHARE = 0.45, 0.3, 0.25  # of low, middle and high band
    _MEAN_KEPT = 1 - HOP_S / 1.5  # the usual newness is a mean over 1.5 s
    _PEAK_KEPT = 1 - HOP_S / 6.0  # the usual peak fades over 6 s
    _LEAST_PEAK_DB = 4.0, 3.0, 3.0  # above the usual: what steady noise does not reach

    def __init__(self) -> None:
        self._mean_db = [0.0, 0.0, 0.0]
        self._peak_db = list(self._LEAST_PEAK_DB)

    def hear(self, flux_db: Float32[np.ndarray, " 4"]) -> float:
        """How likely this hop is an onset, 0 to 1."""
        onset = 0.0
        for band, newness_db in enumerate(flux_db[:3].tolist()):
            above_db = newness_db - self._mean_db[band]
            self._mean_db[band] += above_db * (1 - self._MEAN_KEPT)
            peak_db = max(self._peak_db[band] * self._PEAK_KEPT, above_db, self._LEAST_PEAK_DB[band])
            self._peak_db[band] = peak_db
            onset += max(above_db / peak_db, 0.0) * self._SHARE[band]
        return onset
