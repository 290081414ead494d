"""From the desk to the dance: what the board says of a moment, as the next plan is made with it."""

from dataclasses import replace

from realtime.dance_settings import DanceSettings
from realtime.desk.board import Board

_STRIDE_FRAMES, _REACTIVE_FRAMES = 8, 4
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


def settings_at(board: Board, at_s: float, start: DanceSettings) -> DanceSettings:
    """How to dance what is shown then; what the desk does not say is as it was at the start."""
    return replace(
        start,
        style=board.choice("style", at_s),
        blend=blend_at(board, at_s),
        seed=round(board.number("seed", at_s)),
        intensity=board.number("intensity", at_s),
        groove=board.number("groove", at_s),
        smoothness=board.number("smoothness", at_s),
        stride_frames=_REACTIVE_FRAMES if board.switch("reactive", at_s) else _STRIDE_FRAMES,
        lead_s=board.number("look_ahead_ms", at_s) / 1000 - earliest_s(board, at_s),
        foot_lock=board.switch("foot_lock", at_s),
        beat_trust=board.number("beat_trust", at_s),
        idle_on_silence=board.switch("idle_on_silence", at_s),
        idle_after_s=board.number("idle_after_s", at_s),
    )


def blend_at(board: Board, at_s: float) -> tuple[tuple[str, float], ...]:
    """What is danced then: both styles, each fading from word to word, by the blend between them."""
    second = board.number("style_blend", at_s)
    blend: dict[str, float] = {}
    for name, share in (("style", 1 - second), ("style_b", second)):
        for word, part in board.shares(name, at_s).items():
            if share * part > 0:
                blend[word] = blend.get(word, 0.0) + share * part
    return tuple(blend.items())
