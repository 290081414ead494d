"""Whether the feet carry the body: physical foot contact (PFC) and the share of planted feet that skate (FSR).

PFC of EDGE (Tseng et al. 2023, `eval_pfc.py`) at 30 frames a second, the root in place of the centre of mass, its
upward acceleration kept and its downward one set to 0, f the horizontal way of a joint in one frame:

    PFC = 10^4 mean_t |a(t)| / max|a| * min(f_left ankle, f_left toes) * min(f_right ankle, f_right toes)

Its division by the largest acceleration makes it depend on the clip's length: compare clips of one length.

FSR of Lodge (Li et al. 2024, `foot_skating.py`) at 30 frames a second: a foot stands where its ankle is within 8 cm
and its toe joint within 5 cm of the ground; it skates where the mean of the signed x and z ways of either exceeds 1
cm in a frame, which lets a foot skate freely along one diagonal. FSR is skating over standing frames, the mean of
both feet. `foot_skate_ratio_corrected` takes the true horizontal way.
"""

import numpy as np
from jaxtyping import Bool, Float

PUBLISHED_FPS = 30.0

_LOW_ANKLE_M, _LOW_TOES_M = 0.08, 0.05
_SKATES_M = 0.01  # a frame
_EVEN_M = 0.02
_ROUNDING_M = 1e-4  # an ankle that stands exactly at the limit, in float32
# SMPL's joints
_LEFT, _RIGHT = (7, 10), (8, 11)  # ankle, toes
_LEVEL = [0, 2]

Places = Float[np.ndarray, "frames joints 3"]


def physical_foot_contact(place_m: Places) -> float:
    """PFC of one clip at 30 frames a second; lower is more plausible, 0 when nothing accelerates."""
    if len(place_m) < 3:
        raise ValueError(f"asked for foot contact in {len(place_m)} frames: give 3 or more")
    push = np.diff(place_m[:, 0], n=2, axis=0)
    push[:, 1] = np.maximum(push[:, 1], 0)
    size = np.linalg.norm(push, axis=-1)
    if size.max() == 0:
        return 0.0
    way = np.linalg.norm(np.diff(place_m[..., _LEVEL], axis=0), axis=-1)[1:]
    left, right = (np.minimum(way[:, ankle], way[:, toes]) for ankle, toes in (_LEFT, _RIGHT))
    return float(1e4 * np.mean(size / size.max() * left * right))


def first_ground_m(place_m: Places) -> float:
    """Where Lodge puts the ground: at the toe joints of the first frame, the lower if they differ by 2 cm."""
    left, right = float(place_m[0, _LEFT[1], 1]), float(place_m[0, _RIGHT[1], 1])
    return (left + right) / 2 if abs(left - right) < _EVEN_M else min(left, right)


def foot_skate_ratio(place_m: Places, ground_m: float) -> float:
    """FSR of one clip at 30 frames a second, as published; `ground_m` is the height of a toe joint that rests on it."""
    step = np.diff(place_m, axis=0, append=place_m[-1:])
    return _ratio(place_m, ground_m, np.abs(step[..., _LEVEL].mean(axis=-1)) > _SKATES_M)


def foot_skate_ratio_corrected(place_m: Places, ground_m: float) -> float:
    """The same with the horizontal way in every direction: more than 1 cm a frame, 0.3 m/s."""
    step = np.diff(place_m, axis=0, append=place_m[-1:])
    return _ratio(place_m, ground_m, np.linalg.norm(step[..., _LEVEL], axis=-1) > _SKATES_M)


def _ratio(place_m: Places, ground_m: float, skates: Bool[np.ndarray, "frames joints"]) -> float:
    """The mean over the feet that stand at all; NaN if neither does."""
    ratios = []
    for ankle, toes in (_LEFT, _RIGHT):
        low = place_m[:, ankle, 1] <= ground_m + _LOW_ANKLE_M + _ROUNDING_M
        standing = low & (place_m[:, toes, 1] <= ground_m + _LOW_TOES_M + _ROUNDING_M)
        if standing.any():
            ratios.append((standing & (skates[:, ankle] | skates[:, toes])).sum() / standing.sum())
    return float(np.mean(ratios)) if ratios else float("nan")
