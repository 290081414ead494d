"""NumPy's files as anybody may bring them: plain arrays out of .npy and .npz, or one line that says why not."""

from pathlib import Path

import numpy as np


def array_of_file(path: Path) -> np.ndarray:
    """The array in an .npy file. Raises ValueError with the reason alone: the caller knows what it asked for."""
    with path.open("rb") as file:
        try:
            return np.asarray(np.lib.format.read_array(file, allow_pickle=False))
        except Exception as why:  # a damaged header raises whatever its parts raise
            raise ValueError(_reason(why)) from None


def arrays_of_file(path: Path, keys: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Those arrays of an .npz file. Raises ValueError with the reason alone."""
    with path.open("rb") as file:
        try:
            found = np.load(file, allow_pickle=False)
            if isinstance(found, np.ndarray):
                raise ValueError("it is a single array")
            with found:
                return {key: found[key] for key in keys}
        except Exception as why:  # so does a damaged archive: of zip, of zlib, of struct
            raise ValueError(_reason(why)) from None


def _reason(why: Exception) -> str:
    return " ".join(str(why).split()) or type(why).__name__
