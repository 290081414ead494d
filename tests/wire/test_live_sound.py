"""Live sound on the wire: what the golden vectors say, and nothing but WireError for all else."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groovecast.wire.errors import WireError
from groovecast.wire.live_sound import (
    LIVE_SOUND_HEADER_BYTES,
    LIVE_SOUND_MAGIC,
    LiveSound,
    decode_live_sound,
    encode_live_sound,
)

GOLDEN = Path(__file__).resolve().parents[2] / "protocol" / "golden"
SOUNDS = sorted(path.stem for path in GOLDEN.glob("sound_*.json"))


def meaning(name: str) -> dict:
    return json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))


def message(name: str) -> bytes:
    return (GOLDEN / f"{name}.bin").read_bytes()


@pytest.mark.parametrize("name", [name for name in SOUNDS if meaning(name)["expect"] == "sound"])
def test_an_accepted_block_means_what_its_json_says_and_is_written_again_to_the_bit(name: str) -> None:
    want, got = meaning(name)["sound"], decode_live_sound(message(name))
    assert (got.seq, got.sample_rate_hz) == (want["seq"], want["sample_rate_hz"])
    assert got.first_sample_time_s == want["t_capture_s"]
    np.testing.assert_allclose(got.samples, want["samples"], rtol=1e-7)
    assert encode_live_sound(got, want["encoding"]) == message(name)


@pytest.mark.parametrize("name", [name for name in SOUNDS if meaning(name)["expect"] == "reject"])
def test_a_rejected_block_is_a_wire_error(name: str) -> None:
    with pytest.raises(WireError, match="live sound"):
        decode_live_sound(message(name))


def test_there_are_blocks_of_both_kinds() -> None:
    assert {meaning(name)["expect"] for name in SOUNDS} == {"sound", "reject"}


def test_more_than_64_kib_are_refused() -> None:
    with pytest.raises(WireError, match="at most 65536 bytes, found 65538"):
        decode_live_sound(encode_live_sound(LiveSound(0, 0.0, 48000, np.zeros((32769, 1), np.float32))))


@pytest.mark.parametrize("broken", [np.nan, np.inf, 3.4e38, -3.4e38, 8.1])
def test_numbers_that_no_sound_reaches_are_refused(broken: float) -> None:
    said = encode_live_sound(LiveSound(0, 0.0, 48000, np.full((9, 1), broken, np.float32)), "f32")
    with pytest.raises(WireError, match="numbers from -8 to 8"):
        decode_live_sound(said)


@given(st.binary(max_size=120))
def test_any_bytes_are_a_block_or_a_wire_error(noise: bytes) -> None:
    for said in (noise, LIVE_SOUND_MAGIC + noise):
        try:
            sound = decode_live_sound(said)
        except WireError:
            continue
        assert np.isfinite(sound.samples).all() and len(sound.samples)
        assert len(said) > LIVE_SOUND_HEADER_BYTES
