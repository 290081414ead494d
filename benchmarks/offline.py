"""How much faster than live a song is danced to: the real command, `play --offline`, start-up apart.

python -m benchmarks.offline [FILE] [--runs 3] [--model NAME] [--note TEXT] [--no-keep]
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from time import monotonic

import numpy as np

import groovecast.demo
from benchmarks.record import Neighbours, artefact, keep, origin
from groovecast.model.manifest import ONNX_FILE
from realtime.settings import BUNDLED_MODEL
from realtime.shows import model_folder


def main() -> None:
    """Measure, print a table, and append the line."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    club = Path(groovecast.demo.__path__[0]) / "club.ogg"
    arguments.add_argument("file", type=Path, nargs="?", default=club)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--model", default=BUNDLED_MODEL)
    arguments.add_argument("--note", default="", help="what else the machine was doing")
    arguments.add_argument("--no-keep", action="store_true", help="do not append the line to the results")
    asked = arguments.parse_args()
    line = origin("offline") | {"file": asked.file.name, "note": asked.note}
    line |= {"model": asked.model, "artefact": artefact(model_folder(asked.model) / ONNX_FILE)}
    command = [sys.executable, "-m", "realtime.cli", "play", str(asked.file), "--offline", "--json"]
    factors, reports, neighbours = [], [], Neighbours()
    print(f"{'run':>3}{'realtime factor':>18}{'with start-up':>16}{'misses':>8}{'rejected':>10}{'bpm':>8}")
    for run in range(asked.runs):
        begin_s = monotonic()
        done = subprocess.run([*command, "--model", asked.model], stdout=subprocess.PIPE, check=True)
        report = json.loads(done.stdout)
        whole = report["duration_s"] / (monotonic() - begin_s)
        factors.append(report["realtime_factor"])
        reports.append(report)
        print(
            f"{run + 1:3}{report['realtime_factor']:18.2f}{whole:16.2f}{report['misses']:8}"
            f"{report['rejected']:10}{report['tempo_bpm']:8.1f}"
        )
    line |= {
        "realtime_factor": round(float(np.median(factors)), 2),
        "realtime_factors": factors,
        "duration_s": reports[0]["duration_s"],
        "misses": max(report["misses"] for report in reports),
        "rejected": max(report["rejected"] for report in reports),
        **neighbours.figures(),
    }
    print(
        f"realtime factor {line['realtime_factor']} (median), neighbours took {line['neighbours_cores']} cores"
    )
    if not asked.no_keep:
        keep("offline", line)


if __name__ == "__main__":
    main()
