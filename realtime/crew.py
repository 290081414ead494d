"""Who stands on the stage: where each of the crew is, which dance it shows, and how much later than the first."""

from dataclasses import dataclass

from realtime.desk.board import Board


@dataclass(frozen=True)
class Member:
    """One of the crew at a moment."""

    dancer: int
    voice: int = 0  # which dance it shows
    delay_s: float = 0.0  # so much later
    x_m: float = 0.0
    z_m: float = 0.0
    heading_rad: float = 0.0


def members_at(board: Board, at_s: float, beat_s: float) -> tuple[Member, ...]:
    """Everybody then, when a beat lasts so long."""
    return (Member(0),)
