"""Which channels are heard, as a person writes it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.channels import Channels, channels_from_text


@pytest.mark.parametrize(
    ("asked", "there", "picked"),
    [
        (None, 1, (0,)),
        (None, 18, (0, 1)),
        ("1", 2, (0,)),
        ("2", 2, (0, 1)),
        ("8", 32, tuple(range(8))),
        ("3-4", 4, (2, 3)),
        ("1,4", 8, (0, 3)),
        (" 1 - 2, 5 ", 8, (0, 1, 4)),
    ],
)
def test_a_number_is_how_many_and_a_range_is_which(
    asked: str | None, there: int, picked: tuple[int, ...]
) -> None:
    assert channels_from_text(asked, there).picked == picked


@pytest.mark.parametrize("asked", ["", "0", "x", "2-1", "1,1", "1-9", "1-", "-2", "1;2"])
def test_what_names_no_channels_is_one_line_with_the_mend(asked: str) -> None:
    with pytest.raises(ValueError, match=r"asked for --channels .*: give a number"):
        channels_from_text(asked, 32)


def test_channels_that_are_not_there_are_one_line() -> None:
    with pytest.raises(ValueError, match="asked for --channels 3-4, the input has 2: "):
        channels_from_text("3-4", 2)


@given(st.integers(1, 8), st.integers(0, 50), st.integers(0, 1000))
def test_mixing_is_the_mean(channels: int, samples: int, seed: int) -> None:
    heard = np.random.default_rng(seed).standard_normal((samples, channels)).astype(np.float32)
    out = np.empty(samples, np.float32)
    Channels(tuple(range(channels))).mixed(heard, out)
    np.testing.assert_allclose(out, heard.mean(axis=1), atol=1e-6)
