"""The referee: what each figure of the table means, and how it is computed."""

import warnings
from dataclasses import replace

import mir_eval  # type: ignore[import-untyped]
import numpy as np
from jaxtyping import Float

from benchmarks.ears.track import Track, Truth
from benchmarks.ears.tracker import AHEAD_S, Tracked

HIT_S = 0.07  # Dixon (2001): a beat within 70 ms of a true one is right
NEAR_S = 0.035
FROM_S = 5.0  # what comes before is not scored, as in MIREX
IN_A_ROW = 4  # so many right beats are a lock
_ROUNDING_S = 1e-3
_BIAS_REACH_S = 0.1

Beats = Float[np.ndarray, " beats"]


def matched_errors_s(found_s: Beats, true_s: Beats, within_s: float = HIT_S) -> Beats:
    """Found minus true for the greatest number of pairs within reach, in which nobody is used twice."""
    if not len(found_s) or not len(true_s):
        return np.zeros(0)
    pairs = mir_eval.util.match_events(true_s, found_s, within_s)
    return np.array([found_s[found] - true_s[true] for true, found in pairs])


def bias_s(answers: list[tuple[Track, Tracked]]) -> float:
    """By how much a tracker is late over the whole set: the median distance to the nearest true beat.

    Only beats within 100 ms count, and the window is moved to the median until it stays: latency is no lack of ear,
    a show can subtract it. One number for all tracks.
    """
    late_s = 0.0
    for _ in range(4):
        errors = []
        for track, tracked in answers:
            if track.truth is not None and len(track.truth.beats_s) and len(tracked.beats_s):
                for true_s, found_s in _spans(track.truth, tracked.beats_s - late_s):
                    errors.append(matched_errors_s(found_s, true_s, _BIAS_REACH_S))
        together = np.concatenate(errors) if errors else np.zeros(0)
        if not len(together):
            return 0.0
        late_s += float(np.median(together))
    return late_s


def scores(track: Track, tracked: Tracked, late_s: float = 0.0) -> dict[str, float]:
    """Every figure of one track with truth, the tracker's constant lateness taken off first.

    f: F-measure, hits within 70 ms (Dixon 2001, via mir_eval). cmlt, amlt: the share of beats that are right in
    phase and period within 17.5 %, at the annotated level, or also at double, half or off-beat (Hainsworth 2004;
    Klapuri, Eronen, Astola 2006, via mir_eval). ahead_35, ahead_70: beats announced 200 ms before or earlier within
    35 or 70 ms of a true one, divided by the greater of the true and the announced. downbeat_f: as f, for bar lines.
    bar_f: the same, without what the level of the beat costs: only for tracks with cmlt over one half.
    lock_s, relock_s: see `locked_after_s`; from the first sound, and from the tempo's jump. shown_*: see `shown`.
    """
    truth = track.truth
    if truth is None:
        raise ValueError(
            f"asked for the scores of '{track.name}', it has no true beats: ask for its trust instead"
        )
    told_s = tracked.announced_s.reshape(-1, 2)
    # how early it was is judged by what the tracker itself said, where it was by what is left without its lateness
    early = told_s[told_s[:, 1] - told_s[:, 0] >= AHEAD_S - _ROUNDING_S]
    tracked = _unbiased(replace(tracked, announced_s=early), late_s)
    figures = _at_the_beats(truth, tracked)
    figures["lock_s"] = locked_after_s(truth.beats_s, tracked.beats_s, truth.sound_from_s)
    if truth.jump_s is not None:
        figures["relock_s"] = locked_after_s(truth.beats_s, tracked.beats_s, truth.jump_s)
    figures |= shown(truth, tracked)
    if tracked.downbeats_s is not None and figures["cmlt"] > 0.5:
        figures["bar_f"] = figures["downbeat_f"]
    figures["cpu_percent"] = tracked.cpu_percent
    return figures


def _unbiased(tracked: Tracked, late_s: float) -> Tracked:
    downbeats_s = None if tracked.downbeats_s is None else tracked.downbeats_s - late_s
    announced_s = tracked.announced_s - np.array([0.0, late_s])
    return replace(
        tracked, beats_s=tracked.beats_s - late_s, downbeats_s=downbeats_s, announced_s=announced_s
    )


def _spans(truth: Truth, found_s: Beats) -> list[tuple[Beats, Beats]]:
    """True and found beats of each span that is scored; found ones only as far as true ones reach."""
    spans = []
    for from_s, to_s in truth.scored_s:
        from_s = max(from_s, FROM_S)
        true_s = truth.beats_s[(truth.beats_s >= from_s) & (truth.beats_s <= to_s)]
        if len(true_s) >= 2:
            near = (found_s >= true_s[0] - HIT_S) & (found_s <= true_s[-1] + HIT_S)
            spans.append((true_s, np.unique(found_s[near])))
    return spans


def _at_the_beats(truth: Truth, tracked: Tracked) -> dict[str, float]:
    spans = _spans(truth, tracked.beats_s)
    sizes = np.array([len(true_s) for true_s, _ in spans], dtype=np.float64)
    levels = np.array([continuity(true_s, found_s) for true_s, found_s in spans]).reshape(-1, 2)
    nan = float("nan")
    figures = {"f": _f(spans), "cmlt": nan, "amlt": nan, "ahead_35": nan, "ahead_70": nan, "downbeat_f": nan}
    if not sizes.sum():
        return figures
    figures["cmlt"], figures["amlt"] = (float(x) for x in sizes @ levels / sizes.sum())
    foretold = _spans(truth, np.sort(tracked.announced_s[:, 1]))
    most = sum(max(len(true_s), len(found_s)) for true_s, found_s in foretold)
    for name, within_s in (("ahead_35", NEAR_S), ("ahead_70", HIT_S)):
        figures[name] = sum(len(matched_errors_s(found, true, within_s)) for true, found in foretold) / most
    if tracked.downbeats_s is not None:
        figures["downbeat_f"] = _f(_spans(replace(truth, beats_s=truth.downbeats_s), tracked.downbeats_s))
    return figures


def _f(spans: list[tuple[Beats, Beats]]) -> float:
    everybody = sum(len(true_s) + len(found_s) for true_s, found_s in spans)
    right = sum(len(matched_errors_s(found_s, true_s)) for true_s, found_s in spans)
    return 2 * right / everybody if everybody else float("nan")


def continuity(true_s: Beats, found_s: Beats) -> tuple[float, float]:
    """CMLt and AMLt of mir_eval; 0 where it would only warn that there is too little to compare."""
    if len(found_s) < 2 or len(true_s) < 2:
        return 0.0, 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        _, cmlt, _, amlt = mir_eval.beat.continuity(true_s, found_s)
    return float(cmlt), float(amlt)


def locked_after_s(true_s: Beats, found_s: Beats, from_s: float) -> float:
    """How long after `from_s` the first of four true beats in a row is that was hit within 70 ms; inf: never.

    Between the first and the last of the four there must be no other beat, so double time is no lock.
    """
    true_s = true_s[true_s >= from_s - _ROUNDING_S]
    for first in range(len(true_s) - IN_A_ROW + 1):
        row = true_s[first : first + IN_A_ROW]
        heard = found_s[(found_s >= row[0] - HIT_S) & (found_s <= row[-1] + HIT_S)]
        if len(heard) == IN_A_ROW and np.all(np.abs(heard - row) <= HIT_S):
            return max(0.0, float(row[0] - from_s))
    return float("inf")


def shown(truth: Truth, tracked: Tracked) -> dict[str, float]:
    """What a dancer would show at the moment of each true beat, no bias taken off; beats where it is sure.

    shown_ms: median error, late is positive. shown_35: share within 35 ms. sure: the share of the beats at which the
    confidence was 0.3 or more.
    """
    nan = float("nan")
    figures = {"shown_ms": nan, "shown_35": nan, "sure": nan}
    if tracked.shown is None:
        return figures
    said, none = tracked.shown, np.zeros(0)
    beats_s = np.concatenate([true_s for true_s, _ in _spans(truth, none)] or [none])
    at = np.clip(np.searchsorted(said.time_s, beats_s) - 1, 0, len(said.time_s) - 2)
    share = (beats_s - said.time_s[at]) / (said.time_s[at + 1] - said.time_s[at])
    beat = said.beat[at] + share * (said.beat[at + 1] - said.beat[at])
    sure = said.confidence[at] >= SURE
    errors_s = -(beat - np.round(beat)) * 60 / said.tempo_bpm[at]
    if len(beats_s):
        figures["sure"] = float(np.mean(sure))
    if sure.any():
        figures["shown_ms"] = float(np.median(errors_s[sure]) * 1000)
        figures["shown_35"] = float(np.mean(np.abs(errors_s[sure]) <= NEAR_S))
    return figures


SURE = 0.3  # the confidence from which a dancer dances to the beat


def unsure_share(tracked: Tracked) -> float:
    """The share of time in which the tracker did not believe in a beat; nan where it does not say."""
    return float("nan") if tracked.shown is None else float(np.mean(tracked.shown.confidence < SURE))
