"""A dance as plain arrays: an .npz file that `numpy.load` reads, written column by column from a take's log."""

import zipfile
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from groovecast.takes.take_log import RECORD, TakeLog

_MADE = (1980, 1, 1, 0, 0, 0)  # the same take gives the same bytes, whenever it was danced


def stream_arrays(file: BinaryIO, log: TakeLog) -> None:
    """Write the take: root_m, local_quat_wxyz, times_s from the first frame, contacts, beat (NaN if unknown), fps,
    names."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name in ("root_m", "local_quat_wxyz", "contacts", "beat"):
            shape = log.frames, *RECORD[name].shape
            _stream(archive, name, shape, RECORD[name].base, (block[name] for block in log.blocks()))
        first_s = next((float(block["time_s"][0]) for block in log.blocks()), 0.0)
        times = (block["time_s"] - first_s for block in log.blocks())
        _stream(archive, "times_s", (log.frames,), np.dtype("<f8"), times)
        for name, array in (("fps", np.array(log.fps)), ("names", np.array(log.names))):
            _stream(archive, name, array.shape, array.dtype, iter((array,)))


def _stream(
    archive: zipfile.ZipFile,
    name: str,
    shape: tuple[int, ...],
    dtype: np.dtype,
    rows: Iterator[np.ndarray],
) -> None:
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    with archive.open(zipfile.ZipInfo(f"{name}.npy", _MADE), "w", force_zip64=True) as entry:
        np.lib.format.write_array_header_1_0(entry, header)
        for block in rows:
            entry.write(block.tobytes())
