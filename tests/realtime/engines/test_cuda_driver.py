"""CUDA's driver by ctypes: cards are named, copies arrive, all is given back, errors are in the driver's words."""

import threading
from pathlib import Path

import numpy as np
import pytest
from fakes.cuda_stand_in import told

from realtime.engines.card import Card, cards
from realtime.engines.cuda_driver import CudaDriver, CudaError


def test_cards_are_named_in_the_drivers_order(library: str) -> None:
    told(library).stand_in_cards(2)
    said = "580.65.06 (CUDA 13.0)"
    assert cards(library, library) == [
        Card("NVIDIA GeForce RTX Pretend", (8, 9), said, 12 << 10, (13, 0)),
        Card("NVIDIA Old Pretend", (6, 1), said, 12 << 10, (13, 0)),
    ]


def test_a_driver_that_does_not_tell_its_own_version_tells_that_of_cuda(library: str) -> None:
    told(library).stand_in_driver_version(12090)
    assert [one.driver for one in cards(library, "libnone.so")] == ["CUDA 12.9"]


def test_without_a_card_or_a_driver_there_are_no_cards_and_no_error(library: str, tmp_path: Path) -> None:
    told(library).stand_in_cards(0)
    assert cards(library, library) == []
    (tmp_path / "text.so").write_text("not a library")
    assert cards("libnone.so") == cards(str(tmp_path / "text.so")) == []


def test_a_missing_card_is_told_in_the_drivers_words(library: str) -> None:
    told(library).stand_in_cards(0)
    with pytest.raises(CudaError, match="asked cuInit, the driver says 100: no CUDA-capable device"):
        CudaDriver(library)


def test_a_library_that_is_not_cuda_is_named(library: str) -> None:
    with pytest.raises(CudaError, match=r"asked for libc\.so\.6, .* cannot be loaded"):
        CudaDriver("libc.so.6")


def test_what_goes_to_the_card_comes_back_when_the_stream_was_waited_for(library: str) -> None:
    context = CudaDriver(library).context(0)
    stream, there, back = context.stream(), *(context.twins((3, 4), np.float32) for _ in range(2))
    assert not there.array.any()  # the driver promises no zeros, this does
    there.array[...] = np.arange(12).reshape(3, 4)
    context.to_card(there, stream)
    context.wait(stream)
    there.array[...] = 0
    context.from_card(there, stream)
    assert not there.array.any()
    context.wait(stream)
    np.testing.assert_array_equal(there.array, np.arange(12).reshape(3, 4))
    assert back.card != there.card and not back.array.any()


def test_a_thread_that_has_not_entered_is_refused_and_one_that_has_is_not(library: str) -> None:
    context = CudaDriver(library).context(0)
    stream, said = context.stream(), []

    def dance() -> None:
        try:
            context.wait(stream)
        except CudaError as why:
            said.append(str(why))
        context.enter()
        context.wait(stream)
        said.append("waited")

    thread = threading.Thread(target=dance)
    thread.start()
    thread.join()
    assert said == ["asked cuStreamSynchronize, the driver says 201: invalid device context", "waited"]


def test_all_that_was_taken_is_given_back_once(library: str) -> None:
    context = CudaDriver(library).context(0)
    context.stream()
    context.twins((2,), np.int64)
    assert told(library).stand_in_held() == 4
    context.close()
    context.close()
    assert told(library).stand_in_held() == 0


def test_a_card_that_cannot_be_entered_is_given_back(library: str) -> None:
    class Refusing(CudaDriver):
        def ask(self, call: str, *arguments: object) -> None:
            if call == "cuCtxSetCurrent":
                raise CudaError("asked cuCtxSetCurrent, it refuses")
            super().ask(call, *arguments)

    with pytest.raises(CudaError, match="it refuses"):
        Refusing(library).context(0)
    assert told(library).stand_in_held() == 0


def test_too_little_memory_is_told_and_leaves_nothing_taken(library: str) -> None:
    context = CudaDriver(library).context(0)
    with pytest.raises(CudaError, match="asked cuMemHostAlloc, the driver says 2: out of memory"):
        context.twins((1 << 20,), np.float32)
    context.close()
    assert told(library).stand_in_held() == 0
