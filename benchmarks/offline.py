"""How much faster than live a song is danced to: the real command, `play --offline`, start-up apart.

python -m benchmarks.offline [FILE] [--runs 3] [--model NAME] [--engine NAME] [--note TEXT] [--no-keep] [--json]
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from time import monotonic

import numpy as np

import groovecast.demo
from benchmarks.record import Neighbours, artefact, keep, nameless_line, origin
from realtime.settings import BUNDLED_MODEL
from realtime.shows import model_folder


def main(words: list[str] | None = None) -> None:
    """Measure, print a table, and append the line."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    club = Path(groovecast.demo.__path__[0]) / "club.ogg"
    arguments.add_argument("file", type=Path, nargs="?", default=club)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--model", default=BUNDLED_MODEL)
    arguments.add_argument("--engine", default="auto")
    arguments.add_argument("--precision", default="auto")
    arguments.add_argument(
        "--json", action="store_true", help="print the line to standard output, and nothing else"
    )
    arguments.add_argument("--note", default="", help="what else the machine was doing")
    arguments.add_argument("--no-keep", action="store_true", help="do not append the line to the results")
    asked = arguments.parse_args(words)
    line = origin("offline") | {"file": asked.file.name, "note": asked.note}
    told = sys.stderr if asked.json else sys.stdout
    command = [sys.executable, "-m", "realtime.cli", "play", str(asked.file), "--offline", "--json"]
    command += ["--model", asked.model, "--engine", asked.engine, "--precision", asked.precision]
    factors, reports, neighbours = [], [], Neighbours()
    print(
        f"{'run':>3}{'realtime factor':>18}{'with start-up':>16}{'misses':>8}{'rejected':>10}{'bpm':>8}",
        file=told,
    )
    for run in range(asked.runs):
        begin_s = monotonic()
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        report = json.loads(done.stdout)
        whole = report["duration_s"] / (monotonic() - begin_s)
        factors.append(report["realtime_factor"])
        reports.append(report)
        print(
            f"{run + 1:3}{report['realtime_factor']:18.2f}{whole:16.2f}{report['misses']:8}"
            f"{report['rejected']:10}{report['tempo_bpm']:8.1f}",
            file=told,
        )
    precision = reports[0]["precision"]
    line |= {
        "model": asked.model,
        "artefact": artefact(model_folder(asked.model), precision),
        "engine": reports[0]["engine"],
        "precision": precision,
        "realtime_factor": round(float(np.median(factors)), 2),
        "realtime_factors": factors,
        "duration_s": reports[0]["duration_s"],
        "misses": max(report["misses"] for report in reports),
        "rejected": max(report["rejected"] for report in reports),
        **neighbours.figures(),
    }
    print(
        f"realtime factor {line['realtime_factor']} (median), neighbours took {line['neighbours_cores']} cores",
        file=told,
    )
    if asked.json:
        print(json.dumps(nameless_line(line)))
    if not asked.no_keep:
        keep("offline", line)


if __name__ == "__main__":
    main()
