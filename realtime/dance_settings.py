"""How to dance: what a performer may turn while the dance goes on, as the dance itself needs it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Voice:
    """A dance of its own: what is danced, and from which noise. `blend` are words and their shares, which sum to 1."""

    blend: tuple[tuple[str, float], ...]
    seed: int


@dataclass(frozen=True)
class DanceSettings:
    """What the next plan is made with."""

    style: str = "auto"
    seed: int = 1
    intensity: float = 1.0
    stride_frames: int = 8
    lead_s: float = 0.2  # so long before it is shown a plan is made
    patience_s: float = 0.06
    groove: float = 1.0
    seam_spring: bool = True
    foot_lock: bool = True
    blend: tuple[tuple[str, float], ...] = ()  # words and shares that sum to 1; empty: `style` alone
    smoothness: float = 0.0  # 0 as it is danced .. 1
    beat_trust: float = 1.0  # how far the beat is believed
    idle_on_silence: bool = True
    idle_after_s: float = 0.0  # how long silence is danced through before that
    dancers: int = 1  # at the start
    others: tuple[Voice, ...] = ()  # dances beside the first
    turns: int = 0  # how often somebody has turned anything so far
    may_hurry: bool = True  # whether a plan may begin here before its time; not shortly before a cue's
    kept_s: float = 3.0  # how much of the past can still be shown
    roam_m: float = 0.6  # so far from its spot one dances freely
    at_once: int = 16  # so many dances are planned in time together

    @property
    def first(self) -> Voice:
        """The dance that there always is."""
        return Voice(self.blend or ((self.style, 1.0),), self.seed)

    @property
    def voices(self) -> tuple[Voice, ...]:
        """All dances that are planned."""
        return (self.first, *self.others)
