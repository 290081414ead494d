"""What our ears hear in a song of which nobody knows the truth, in words and as a picture."""

from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks.ears.track import Track
from groovecast.audio.decode import Audio, load_audio
from realtime.listener import BeatReport, Listener, beats_of


def describe(path: Path, plot_to: Path | None) -> None:
    """Print tempo, how long it took, how steady it is."""
    audio = load_audio(path)
    report = beats_of(audio)
    gaps = np.diff(report.beats)
    steady = float(np.mean(np.abs(gaps / np.median(gaps) - 1) < 0.05)) if len(gaps) else 0.0
    share = len(report.beats) * 60 / max(report.tempo_bpm, 1) / audio.duration_s
    print(
        f"{path.name}: {report.tempo_bpm:.1f} bpm, locked after {report.locked_after_s} s, {share:.0%} of the time"
    )
    print(f"    {steady:.0%} of the beats come within 5 % of the usual interval")
    if plot_to:
        plot(audio, report, plot_to)


def plot(audio: Audio, report: BeatReport, path: Path) -> None:
    """Onsets, energy, beats and confidence of a song, to look at."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    listener = Listener(audio.sample_rate_hz)
    block = audio.sample_rate_hz // 100
    rows = []
    for first in range(0, len(audio.samples) - block, block):
        samples = audio.samples[first : first + block].mean(axis=1)
        listener.listen(samples, first / audio.sample_rate_hz)
        now = np.array([listener.heard_until_s - 0.005])
        clock = listener.clock
        rows.append(
            (now[0], *listener.onset_at(now), *listener.energy_at(now), clock.confidence, clock.tempo_bpm)
        )
    time_s, onset, energy, confidence, tempo = np.array(rows).T
    figure, (top, middle, bottom) = pyplot.subplots(3, 1, figsize=(16, 9))
    shown = time_s < 20
    top.plot(time_s[shown], onset[shown], lw=0.7)
    top.vlines([x for x in report.beats if x < 20], 0, 1, "r", lw=0.6)
    top.vlines([x for x in report.downbeats if x < 20], 0, 1.1, "k", lw=1)
    middle.plot(time_s, energy, lw=0.5, label="energy")
    middle.plot(time_s, confidence, label="confidence")
    middle.legend()
    bottom.plot(time_s, tempo)
    figure.savefig(path)
    pyplot.close(figure)


def plot_truth(tracks: list[Track], path: Path, from_s: float = 0.0, seconds: float = 10.0) -> None:
    """Spectrograms with the true beats over them, one strip a track, to see that the truth is true."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, strips = pyplot.subplots(len(tracks), 1, figsize=(22, 2.6 * len(tracks)), squeeze=False)
    for axis, track in zip(strips[:, 0], tracks, strict=True):
        window, hop = 1024, 256
        first = round(from_s * track.rate_hz)
        samples = track.samples[first : first + round(seconds * track.rate_hz)]
        frames = np.lib.stride_tricks.sliding_window_view(samples, window)[::hop] * np.hanning(window)
        level_db = 20 * np.log10(np.abs(np.fft.rfft(frames)) + 1e-4)
        bands = np.unique(np.geomspace(1, window // 2, 60).astype(int))
        picture = np.stack([level_db[:, a:b].mean(axis=1) for a, b in pairwise(bands)])
        ends_s = (from_s + window / 2 / track.rate_hz, from_s + (len(samples) - window / 2) / track.rate_hz)
        axis.imshow(picture, aspect="auto", origin="lower", extent=(*ends_s, 0, 1), cmap="magma")
        if track.truth is not None:
            for times, colour, width in (
                (track.truth.beats_s, "cyan", 0.8),
                (track.truth.downbeats_s, "lime", 1.6),
            ):
                axis.vlines(times[(times > ends_s[0]) & (times < ends_s[1])], 0, 1, colour, lw=width)
        axis.set_title(track.name, fontsize=9)
    figure.tight_layout()
    figure.savefig(path)
    pyplot.close(figure)
