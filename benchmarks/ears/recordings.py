"""A folder of real recordings as tracks, whole and in excerpts, where somebody has annotated their beats."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.ears.track import Track, Truth
from groovecast.audio.decode import load_audio, mono

ANNOTATIONS = Path(__file__).parent / "annotations"
EXCERPT_S = 30.0
_LEAST_S = 15.0  # what is left at the end is a track when it is this long
_LEAST_BEATS = 8  # that can be scored, after the first 5 s
_FROM_S = 5.0
_SOUNDS = frozenset({".ogg", ".wav", ".flac", ".mp3", ".aiff"})


def whole(folder: Path, annotations: Path = ANNOTATIONS) -> Iterator[Track]:
    """Each annotated recording from beginning to end, as one track; labelled `real_whole`."""
    for path in sorted(folder.iterdir()):
        note = annotations / f"{path.stem}.json"
        if path.suffix.lower() not in _SOUNDS or not note.exists():
            continue
        told = json.loads(note.read_text(encoding="utf-8"))
        if not told["beats"]:
            continue
        audio = load_audio(path)
        samples = mono(audio.samples)
        loud = np.flatnonzero(np.abs(samples) > 1e-3)
        sound_from_s = float(loud[0] / audio.sample_rate_hz) if len(loud) else 0.0
        scored_s = tuple((float(from_s), float(to_s)) for from_s, to_s in told["scored"])
        truth = Truth(np.array(told["beats"]), np.array(told["downbeats"]), scored_s, sound_from_s)
        labels = frozenset({"real_whole"})
        yield Track(f"{path.stem} whole", path.stem, labels, samples, audio.sample_rate_hz, truth)


def excerpts(folder: Path, annotations: Path = ANNOTATIONS) -> Iterator[Track]:
    """The same recordings cut every 30 s; each piece is a track of its own, on which a tracker begins anew."""
    for recording in whole(folder, annotations):
        from_s = 0.0
        while from_s + _LEAST_S <= recording.seconds:
            cut = excerpt(recording, from_s, min(from_s + EXCERPT_S, recording.seconds))
            if cut is not None:
                yield cut
            from_s += EXCERPT_S


def excerpt(recording: Track, from_s: float, to_s: float) -> Track | None:
    """What lies between two times, the truth moved with it; None where too little of it can be judged."""
    truth = recording.truth
    if truth is None:
        return None
    beats_s, downbeats_s = (
        times[(times >= from_s) & (times < to_s)] - from_s for times in (truth.beats_s, truth.downbeats_s)
    )
    scored_s = tuple(
        (max(a, from_s) - from_s, min(b, to_s) - from_s) for a, b in truth.scored_s if a < to_s and b > from_s
    )
    judged = sum(int(((beats_s >= max(a, _FROM_S)) & (beats_s <= b)).sum()) for a, b in scored_s)
    if judged < _LEAST_BEATS:
        return None
    rate_hz = recording.rate_hz
    return replace(
        recording,
        name=f"{recording.style} {from_s:.0f} s",
        labels=frozenset({"real"}),
        samples=recording.samples[round(from_s * rate_hz) : round(to_s * rate_hz)],
        truth=Truth(beats_s, downbeats_s, scored_s, max(0.0, truth.sound_from_s - from_s)),
    )
