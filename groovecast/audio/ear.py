"""What the trained ear is given, and what it answers: spectra at any loudness in, chances of a beat out.

Strictly causal, and the same hop by hop as for a whole song. Levels are measured against a running maximum, so
that input gain does not matter; faint noise is kept below by a floor under that maximum.
"""

from dataclasses import dataclass
from itertools import accumulate

import msgspec
import numpy as np
from jaxtyping import Float, Float32

from groovecast.audio.features import HOP_S, MEL_BANDS

HOPS_PER_STEP = 4  # the ear thinks 25 times a second, and answers for each hop
INPUTS = HOPS_PER_STEP * 2 * MEL_BANDS
# The ear says of hop n whether a beat fell this much before the hop's end: it hears the attack first.
ANSWER_LAG_S = 0.03

EAR_FILE = "ear.onnx"
TEMPO_BINS = 36
LEAST_BIN_BPM = 50.0
BINS_PER_OCTAVE = 16
# where in the output: beat and downbeat of each hop, whether there is a pulse at all, and the tempo
BEAT = slice(0, HOPS_PER_STEP)
DOWNBEAT = slice(HOPS_PER_STEP, 2 * HOPS_PER_STEP)
PULSE = slice(2 * HOPS_PER_STEP, 2 * HOPS_PER_STEP + 1)
TEMPO = slice(2 * HOPS_PER_STEP + 1, 2 * HOPS_PER_STEP + 1 + TEMPO_BINS)
OUTPUTS = TEMPO.stop

_RANGE_DB = 60.0  # what lies further below the running maximum is silence
_LEAST_REFERENCE_DB = -5.0
_REFERENCE_FALL_DB = 2.0 * HOP_S
_RISE_HOPS = 2
_RISE_GAIN = 3.0


@dataclass(frozen=True)
class EarInputState:
    """What the next step needs from those before: begin with `EarInputState.start()`."""

    reference_db: float
    earlier: Float32[np.ndarray, "rise_hops mels"]

    @staticmethod
    def start() -> "EarInputState":
        """The state before any sound."""
        return EarInputState(_LEAST_REFERENCE_DB, np.zeros((_RISE_HOPS, MEL_BANDS), np.float32))


def ear_input(
    log_mel_db: Float32[np.ndarray, "hops mels"], state: EarInputState
) -> tuple[Float32[np.ndarray, "steps inputs"], EarInputState]:
    """The inputs of the next hops, four to a step: first all spectra, then all rises; and the state after.

    Raises ValueError for hops that do not fill their last step.
    """
    hops = len(log_mel_db)
    if hops % HOPS_PER_STEP:
        raise ValueError(f"asked for the ear's input of {hops} hops: give {HOPS_PER_STEP} for each step")
    references_db = list(
        accumulate(log_mel_db.max(axis=-1).tolist(), _reference_db, initial=state.reference_db)
    )
    below_db = log_mel_db - np.array(references_db[1:], np.float32)[:, None]
    level = np.minimum(np.maximum(1 + below_db / np.float32(_RANGE_DB), np.float32(0)), np.float32(1))
    known = np.concatenate((state.earlier, level))
    rise = np.maximum(level - known[:hops], np.float32(0)) * np.float32(_RISE_GAIN)
    steps = hops // HOPS_PER_STEP
    inputs = np.concatenate((level.reshape(steps, INPUTS // 2), rise.reshape(steps, INPUTS // 2)), axis=1)
    return inputs, EarInputState(references_db[-1], known[hops:])


def _reference_db(before_db: float, loudest_db: float) -> float:
    return max(before_db - _REFERENCE_FALL_DB, loudest_db, _LEAST_REFERENCE_DB)


class EarConfig(msgspec.Struct, frozen=True):
    """The size of an ear; it travels inside the weights."""

    width: int = 80
    kernel: int = 5
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 8, 32)

    @property
    def memory_steps(self) -> int:
        """How many columns the memory of all its layers has."""
        return (self.kernel - 1) * sum(self.dilations)


def bin_bpm() -> Float[np.ndarray, " bins"]:
    """The tempo in the middle of each bin."""
    return LEAST_BIN_BPM * 2 ** (np.arange(TEMPO_BINS) / BINS_PER_OCTAVE)


@dataclass(frozen=True)
class Answer:
    """What the ear says of one step; each chance is of a beat `ANSWER_LAG_S` before the end of its hop."""

    beat: Float32[np.ndarray, " hops"]
    downbeat: Float32[np.ndarray, " hops"]
    pulse: float  # whether there is a beat to follow at all
    tempo: Float32[np.ndarray, " bins"]  # sums to 1


def answer_of(logits: Float32[np.ndarray, " outputs"]) -> Answer:
    """The probabilities that one step's logits stand for."""
    chance = 1 / (1 + np.exp(-logits[: PULSE.stop]))
    tempo = np.exp(logits[TEMPO] - logits[TEMPO].max())
    return Answer(chance[BEAT], chance[DOWNBEAT], float(chance[PULSE][0]), tempo / tempo.sum())
