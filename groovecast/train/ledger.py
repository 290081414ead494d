"""What became of every clip: kept, mended, cut or left out, with the reason and the figures, as a page to read."""

from collections import Counter
from dataclasses import dataclass, field

from groovecast.train.checks import CHECKS


@dataclass(frozen=True)
class Outcome:
    """One clip on its way into the takes. `reason` says why it stays out; None: it is learned from."""

    id: str
    style: str
    split: str
    clip_s: float
    kept_s: float
    reason: str | None = None
    mends: tuple[str, ...] = ()
    figures: dict[str, float] = field(default_factory=dict)
    beats: str = ""

    def __str__(self) -> str:
        if self.reason:
            return f"{self.id}: left out, {self.reason}"
        return f"{self.id}: {self.kept_s:.1f} of {self.clip_s:.1f} s kept, {', '.join(self.mends) or 'as it was'}"


def brief(outcomes: list[Outcome]) -> str:
    """Three lines for the terminal: how much is kept, mended and left out, and the commonest reasons."""
    kept = [outcome for outcome in outcomes if not outcome.reason]
    mended = [outcome for outcome in kept if outcome.mends]
    out = [outcome for outcome in outcomes if outcome.reason]
    mends = Counter(mend.split(":")[0] for outcome in mended for mend in outcome.mends)
    reasons = Counter(str(outcome.reason).split(" (")[0] for outcome in out)
    minutes, of_minutes = sum(o.kept_s for o in kept) / 60, sum(o.clip_s for o in kept) / 60
    return "\n".join(
        (
            f"{len(kept)} clips kept, {minutes:.1f} of {of_minutes:.1f} minutes",
            f"{len(mended)} of them mended: " + ", ".join(f"{name} {n}" for name, n in mends.most_common()),
            f"{len(out)} left out: " + ", ".join(f"{reason} {n}" for reason, n in reasons.most_common(6)),
        )
    )


def ledger_of(outcomes: list[Outcome]) -> str:
    """The whole list as Markdown: what is learned from with its figures, then what is left out and why."""
    names = [check.name for check in CHECKS]
    limits = [f"{check.limit:.3g} {check.unit}" for check in CHECKS]
    lines = [
        "# What became of every clip",
        "",
        brief(outcomes).replace("\n", "  \n"),
        "",
        "## Learned from",
        "",
        f"| clip | style | split | kept s | of s | beats | mends | {' | '.join(names)} |",
        f"|{'---|' * (7 + len(names))}",
        f"| *at most* | | | | | | | {' | '.join(limits)} |",
    ]
    for outcome in outcomes:
        if not outcome.reason:
            figures = " | ".join(
                f"{outcome.figures[name]:.3g}" if name in outcome.figures else "" for name in names
            )
            lines.append(
                f"| {outcome.id} | {outcome.style} | {outcome.split} | {outcome.kept_s:.1f} | {outcome.clip_s:.1f} "
                f"| {outcome.beats} | {', '.join(outcome.mends)} | {figures} |"
            )
    lines += ["", "## Left out", "", "| clip | s | reason |", "|---|---|---|"]
    lines += [f"| {o.id} | {o.clip_s:.1f} | {o.reason} |" for o in outcomes if o.reason]
    return "\n".join(lines) + "\n"
