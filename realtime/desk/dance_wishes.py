"""From the desk to the dance: what the board says of a moment, as the next plan is made with it."""

import math
from dataclasses import replace

from realtime.canon import LONGEST_S
from realtime.crew import count_at, own_name
from realtime.crew_budget import USUAL_WINDOW_S, CrewBudget
from realtime.dance_settings import DanceSettings, Voice
from realtime.desk.board import Board
from realtime.desk.controls import AS_FIRST

_STRIDE_FRAMES, _REACTIVE_FRAMES = 8, 4  # the second is the least that a machine is expected to keep up with
_FPS = 30
_ROUNDING_FRAMES = 1e-3
# What a plan is made with: where one of these is to change, a plan begins.
_DANCED = (
    "style",
    "style_b",
    "style_blend",
    "seed",
    "intensity",
    "groove",
    "smoothness",
    "unison",
    "foot_lock",
)
_USUAL_LOOK_AHEAD_S = 0.2
# Each dancer has seeds of its own, so that no two dance the same by chance.
_SEEDS = 10_000
# Who dances beside others that dance otherwise stays this near to its spot, in spacings, not to run into them.
_ROAM_SHARE = 0.15
# What can still be shown of the past: the last of a canon, on an outlet that shows everything later.
_KEPT_S = LONGEST_S + 3.0
_UNLIMITED = CrewBudget()
# A plan that waited for late sound must still be made, and sent, in time: so long before it is shown.
_READY_S = 0.115
OFFSET = "offset_ms"


def outlet_offset(number: int) -> str:
    """The name of an outlet's own offset, counted from 1."""
    return f"out{number}_offset_ms"


def earliest_s(board: Board, at_s: float) -> float:
    """How much before now something is shown, by the outlet that is the earliest; 0 or less."""
    common = board.number(OFFSET, at_s)
    own = (
        board.number(name, at_s) for name in board.values if name.startswith("out") and name.endswith(OFFSET)
    )
    return min(0.0, common, *(common + offset for offset in own)) / 1000


def settings_at(
    board: Board, at_s: float, start: DanceSettings, budget: CrewBudget = _UNLIMITED
) -> DanceSettings:
    """How to dance what is shown from then on; what the desk does not say is as it was at the start.

    A plan is as the desk stands in the middle of what is kept of it.
    """
    stride, first_s = stride_at(board, at_s), at_s
    at_s += stride / 2 / _FPS
    blend, look_ahead_s = blend_at(board, at_s), board.number("look_ahead_ms", at_s) / 1000
    others = others_at(board, at_s, blend, budget.own)
    return replace(
        start,
        style=board.choice("style", at_s),
        blend=blend,
        seed=round(board.number("seed", at_s)),
        intensity=board.number("intensity", at_s),
        groove=board.number("groove", at_s),
        smoothness=board.number("smoothness", at_s),
        stride_frames=stride,
        lead_s=look_ahead_s - earliest_s(board, at_s),
        patience_s=min(start.patience_s, look_ahead_s - _READY_S),
        foot_lock=board.switch("foot_lock", at_s),
        beat_trust=board.number("beat_trust", at_s),
        idle_on_silence=board.switch("idle_on_silence", at_s),
        idle_after_s=board.number("idle_after_s", at_s),
        others=others,
        roam_m=min(start.roam_m, _ROAM_SHARE * board.number("spacing_m", at_s)) if others else start.roam_m,
        at_once=budget.at_once(USUAL_WINDOW_S + look_ahead_s - _USUAL_LOOK_AHEAD_S),
        kept_s=_KEPT_S,
        turns=board.turns,
        may_hurry=not _cue_within(board, first_s, _REACTIVE_FRAMES / _FPS),
    )


def _cue_within(board: Board, at_s: float, length_s: float) -> bool:
    """Whether the dance is to change so soon: a plan from here on would bring that before its time."""
    return any(
        at_s < board.glides[name].start_s < at_s + length_s for name in _DANCED if name in board.glides
    )


def stride_at(board: Board, at_s: float) -> int:
    """How much of a plan from then on is kept: so much that where a cue is to change the dance, another begins."""
    usual = _REACTIVE_FRAMES if board.switch("reactive", at_s) else _STRIDE_FRAMES
    starts_s = [board.glides[name].start_s for name in _DANCED if name in board.glides]
    to_come = [start_s - at_s for start_s in starts_s if start_s > at_s]
    if not to_come:
        return usual
    frames = math.ceil(min(to_come) * _FPS - _ROUNDING_FRAMES)
    if _REACTIVE_FRAMES <= frames <= usual:
        return frames
    if usual < frames < usual + _REACTIVE_FRAMES and frames // 2 >= _REACTIVE_FRAMES:
        return frames // 2  # else what is left would be too little for a plan of its own
    return usual


def others_at(board: Board, at_s: float, first: tuple[tuple[str, float], ...], own: int) -> tuple[Voice, ...]:
    """The dances beside the first one then, of which there can be `own` in all; none in unison."""
    if board.switch("unison", at_s):
        return ()
    voices = []
    for dancer in range(1, min(count_at(board, at_s), own)):
        name = own_name(dancer)
        blend: dict[str, float] = {}
        for word, share in board.shares(f"{name}_style", at_s).items():
            for danced, part in first if word == AS_FIRST else ((word, 1.0),):
                blend[danced] = blend.get(danced, 0.0) + share * part
        seed = dancer * _SEEDS + round(board.wanted(f"{name}_seed", at_s))
        voices.append(Voice(tuple(blend.items()), seed))
    return tuple(voices)


def blend_at(board: Board, at_s: float) -> tuple[tuple[str, float], ...]:
    """What is danced then: both styles, each fading from word to word, by the blend between them."""
    second = board.number("style_blend", at_s)
    blend: dict[str, float] = {}
    for name, share in (("style", 1 - second), ("style_b", second)):
        for word, part in board.shares(name, at_s).items():
            if share * part > 0:
                blend[word] = blend.get(word, 0.0) + share * part
    return tuple(blend.items())
