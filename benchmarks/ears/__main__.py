"""How well the ears hear the beat: the whole measuring set, our tracker beside others, one line of JSON.

python -m benchmarks.ears [--seed 1] [--only SUBSET] [--trackers ours,btrack,...] [--real DIR] [--quick] [--keep]
"""

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.ears.aubio import Aubio
from benchmarks.ears.btrack import BTrack
from benchmarks.ears.cost import click_bias_ms, cost_percent
from benchmarks.ears.measuring_set import Asked, Item, items, render_key, write_wavs
from benchmarks.ears.ours import Ours
from benchmarks.ears.plp import Plp
from benchmarks.ears.report import Row, by, for_json, no_music, print_sections, rows_of, sections
from benchmarks.ears.rival_files import RivalFiles, rivals
from benchmarks.ears.song import describe, plot_truth
from benchmarks.ears.track import Track
from benchmarks.ears.tracker import Tracked, Tracker
from benchmarks.record import keep, origin

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "music"  # recordings beside the checkout
_PLOTTED = 12


def _hear(task: tuple[Tracker, Item]) -> tuple[Track, Tracked] | None:
    """One tracker on one track; the sound stays behind, only the truth goes on to the referee."""
    tracker, item = task
    track = item.load()
    if isinstance(tracker, RivalFiles) and not tracker.heard(track):
        return None
    tracked = tracker.track(track)
    return replace(track, samples=np.zeros(0, np.float32)), tracked


def _heard(tracker: Tracker, chosen: list[Item], workers: int) -> list[tuple[Track, Tracked]]:
    tasks = [(tracker, item) for item in chosen]
    if workers == 1:
        return [answer for answer in map(_hear, tasks) if answer is not None]
    with ProcessPoolExecutor(workers) as pool:
        return [answer for answer in pool.map(_hear, tasks, chunksize=4) if answer is not None]


def _trackers(names: list[str], rival_folder: Path | None, fast: bool) -> tuple[list[Tracker], list[str]]:
    known: dict[str, Tracker] = {
        "ours": Ours(looks=not fast),
        "btrack": BTrack(),
        "plp": Plp(),
        "aubio": Aubio(),
    }
    left_out = []
    if "aubio" in names and not Aubio.found():
        left_out.append("aubio: install aubio-tools to compare with it")
        names = [name for name in names if name != "aubio"]
    for name in names:
        if name not in known:
            raise ValueError(f"asked for tracker '{name}', there are {', '.join(known)}: choose of these")
    chosen = [known[name] for name in names]
    return chosen + (list(rivals(rival_folder)) if rival_folder else []), left_out


def _print_worst(rows: list[Row]) -> None:
    for row in sorted((row for row in rows if "f" in row.figures), key=lambda row: row.figures["f"]):
        told = {key: row.figures[key] for key in ("f", "cmlt", "amlt", "ahead_35", "downbeat_f", "lock_s")}
        print(f"{row.track:44}" + "  ".join(f"{key} {value:6.2f}" for key, value in told.items()))


def measure(asked: Asked, trackers: list[Tracker], workers: int, each: bool) -> dict[str, object]:
    """Every figure of one run, printed on the way."""
    chosen, left_out = items(asked)
    told: dict[str, object] = {
        "seed": asked.seed,
        "only": asked.only,
        "quick": asked.quick,
        "set": render_key(),
        "left_out": left_out,
    }
    print(f"{len(chosen)} tracks, seed {asked.seed}, set {render_key()}")
    for line in left_out:
        print(f"left out: {line}")
    together = {}
    for tracker in trackers:
        late_ms, rows = rows_of(_heard(tracker, chosen, workers))
        parts, kinds, styles = sections(rows), by(rows, "kind"), by(rows, "style")
        together[tracker.name] = parts.get("all", {})
        print_sections(f"{tracker.name} ({late_ms:+.1f} ms late)", parts)
        if tracker.name == "ours":
            print_sections("kind, clean", kinds)
            print_sections("style, clean", styles)
        quiet = no_music(rows)
        if quiet and not np.isnan(quiet["all"]):
            print(
                "unsure where there is no music: " + ", ".join(f"{name} {x:.3f}" for name, x in quiet.items())
            )
        if each:
            _print_worst(rows)
        told[tracker.name] = {
            "late_ms": round(late_ms, 2),
            "by_subset": for_json(parts),
            "by_kind": for_json(kinds),
            "by_style": for_json(styles),
            "unsure": for_json({"no_music": quiet})["no_music"],
        }
    if len(trackers) > 1:
        print_sections("all tracks", {name: figures for name, figures in together.items() if figures})
    return told


def main() -> None:
    """Measure, print, and append the line if it is to be kept."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument(
        "--only", help="a subset (synthetic, drums_alone, club, real ...), a kind or a style"
    )
    arguments.add_argument("--quick", action="store_true", help="24 rendered tracks instead of all")
    arguments.add_argument(
        "--trackers", default="ours", help="of ours, btrack, plp, aubio; with commas, or all"
    )
    arguments.add_argument("--real", type=Path, default=_BESIDE, help="a folder of recordings")
    arguments.add_argument("--rivals", type=Path, help="a folder with one folder of answers for each tracker")
    arguments.add_argument("--write-wavs", type=Path, help="write the set into this folder instead")
    arguments.add_argument("--workers", type=int, default=1)
    arguments.add_argument("--fast", action="store_true", help="leave out what is shown, half of the work")
    arguments.add_argument("--each", action="store_true", help="print each track, the worst first")
    arguments.add_argument("--cost", action="store_true", help="also the cost of each part, and clicks")
    arguments.add_argument(
        "--song", type=Path, action="append", default=[], help="describe this file instead"
    )
    arguments.add_argument(
        "--plot", type=Path, help="picture of what was heard in --song, or of some true beats"
    )
    arguments.add_argument("--keep", action="store_true", help="append the line to the results")
    given = arguments.parse_args()
    for path in given.song:
        describe(path, given.plot)
    if given.song:
        return
    asked = Asked(given.seed, given.only, given.quick, given.real)
    if given.write_wavs:
        print(f"{write_wavs(asked, given.write_wavs)} tracks in {given.write_wavs}")
        return
    if given.plot:
        chosen, _ = items(asked)
        picked = np.random.default_rng(given.seed).permutation(len(chosen))[:_PLOTTED]
        plot_truth([chosen[n].load() for n in picked], given.plot)
        return
    names = ["ours", "btrack", "plp", "aubio"] if given.trackers == "all" else given.trackers.split(",")
    trackers, missing = _trackers(names, given.rivals, given.fast)
    for reason in missing:
        print(f"left out: {reason}")
    line = origin("ears") | measure(asked, trackers, given.workers, given.each)
    if given.cost:
        line |= {"click_bias_ms": click_bias_ms(given.seed), "cost_percent": cost_percent()}
    if given.keep:
        keep("ears", line)
    elif given.cost:
        print(json.dumps({key: line[key] for key in ("click_bias_ms", "cost_percent")}))


if __name__ == "__main__":
    main()
