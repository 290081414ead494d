"""BENCHMARKS.md, printed from the lines that are kept: no figure in it is written by hand.

python -m benchmarks.report > BENCHMARKS.md
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.desk_sections import control_section, crew_section
from benchmarks.lines import Line, engine_rows, lines_of
from benchmarks.record import results_folder
from benchmarks.sections import (
    clients_section,
    dance_section,
    ears_section,
    fanout_section,
    first_pose_section,
    loop_section,
    offline_section,
    wire_section,
)
from benchmarks.update_section import update_section

_TITLE = """# Measured: how fast, how good

Printed by `python -m benchmarks.report` from the lines in [benchmarks/results](benchmarks/results), the newest of each
kind. Below each table are the commands that made it.
"""
_UNSAID = """\
- Two cores are few: whatever else ran shows in p99 and max. Beside each command stands the load at its beginning.
- EDGE-sized is not EDGE. It is a network of that shape with random weights, written by us from the paper (Tseng et al.
  2023). It dances nothing; a few of its evaluations are timed and multiplied. What EDGE needs besides is left out, in
  its favour: its music features (Jukebox, minutes a song), the arithmetic between its steps, overlapping windows.
- Rivals on several threads wait by spinning, as is their default. PyTorch takes ten times as long and more as soon as
  another program uses one of its cores. Such figures hold for an idle machine; those of one thread hold beside other
  programs too.
- Cost is compared there, not quality: an offline network hears the whole song, and no deadline binds it. For quality
  see [docs/evaluation.md](docs/evaluation.md).
- By the clock and in core time are two ratios where a rival uses more cores than the one thread that we use. By the
  clock is how long one waits; in core time is what is left of the machine for everything else.
- Precision stands on both sides, ours first. int8 against fp32 is a smaller precision against a larger one, and not one
  program against the other: for that see the same precision on both sides.
- On a card evaluations of the EDGE-sized network follow each other without a wait, as in its sampler.
- Teacher and EDGE-sized network have random weights unless it says otherwise. What they take does not depend on them.
- Loading is timed in a fresh process, with files in the system's cache and engine caches as they were found. The very
  first start on a card takes longer.
- A line is of the model and the commit that it names (`+`: with changes), and may be older than both.
"""
_ADD = """## Add your line
One command, on any machine; it takes some minutes, and nothing else should run:

    groovecast bench update

In a checkout the line goes to `benchmarks/results/update.jsonl`, elsewhere to a file whose path is printed. Send us
that line: it names processor, card, driver, library versions and the command as it was typed. With an NVIDIA card
install `".[rtx]"` or `".[gpu]"` first; with `".[train]"` teacher and EDGE-sized network are measured too.
"""
SECTIONS: dict[str, Callable[[Sequence[Line]], list[str]]] = {
    "update": update_section,
    "loop": loop_section,
    "offline": offline_section,
    "first_pose": first_pose_section,
    "dance": dance_section,
    "ears": ears_section,
    "wire": wire_section,
    "fanout": fanout_section,
    "clients": clients_section,
    "control": control_section,
    "crew": crew_section,
}


def from_card(line: Line) -> bool:
    """Whether a line of `bench update` says anything about a graphics card."""
    return any(row.get("on_card") for row in engine_rows(line))


def unsaid(lines: Mapping[str, Sequence[Line]]) -> list[str]:
    """What the figures do not say, as far as these lines do not say it."""
    told = ["## What these figures do not say"]
    if not any(map(from_card, lines.get("update", ()))):
        told.append(
            "- Nothing about a GPU: no line here is from a card. What runs on one is written from documentation."
        )
    machines = list(dict.fromkeys(line["machine"] for some in lines.values() for line in some))
    if len(machines) == 1:
        told.append(f"- Nothing about any machine but one: {machines[0]}.")
    return [*told, *_UNSAID.splitlines(), ""]


def printed(folder: Path | None = None) -> str:
    """The whole page."""
    lines = lines_of(folder or results_folder())
    told = [*_TITLE.splitlines(), "", *unsaid(lines), *_ADD.splitlines(), ""]
    for name, section in SECTIONS.items():
        if lines.get(name):
            told += section(lines[name])
    return "\n".join(told).rstrip() + "\n"


if __name__ == "__main__":
    sys.stdout.write(printed())
