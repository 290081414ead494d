"""`groovecast train`: takes from motion capture, and a dancer from takes."""

import time
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import App
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from groovecast.train.folders import Hearing
    from groovecast.train.run import Training

_EARS_GROUP = "groovecast.ears"

now_s = time.monotonic  # of a run's budget


app = App(name="train", help="Make a model: takes, training. Needs the train extra.")
_told = Console(stderr=True, highlight=False)


def trained(trainer: "Training[Any]", doing: str, figures: str) -> None:
    """Train until the budget is spent, with a bar that says the `figures` of the last line, and name the weights."""
    minutes = trainer.pace.minutes
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_told) as progress:
        bar = progress.add_task(doing, total=minutes)
        progress.update(bar, completed=trainer.spent_s / 60)

        def told(line: dict[str, float]) -> None:
            said = f"step {line['step']:.0f}, " + figures.format(**line)
            progress.update(bar, completed=line["minutes"], description=said)

        trainer.fit(told)
    print(f"{trainer.folder.weights}: {trainer.step} steps in {trainer.spent_s / 60:.1f} minutes")


@app.command
def takes(*, source: Path, out: Path, music: Path | None = None, sheets: Path | None = None) -> None:
    """Convert motion to takes: our skeleton, 30 fps, feet on the floor, beats from its music or from the accents.

    Parameters
    ----------
    source
        A folder of AIST++, FineDance, Motorica, BVH or VRMA files, or of .npz archives: docs/data.md says more.
    out
        The .npz take cache to write; a .md of the same name beside it says what became of each clip, and why.
    music
        The folder of the songs that were danced to, heard with our own ears; otherwise those in `source`.
    sheets
        A folder for contact sheets (stick figures and beat grids, one PNG a source).
    """
    from groovecast.train.folders import read_folder
    from groovecast.train.ledger import Outcome, brief, ledger_of
    from groovecast.train.takes import read_takes, save_takes

    found, outcomes = [], list[Outcome]()
    with Progress(TextColumn("{task.description}"), BarColumn(), console=_told, transient=True) as progress:
        bar = progress.add_task("converting", total=None)
        archived = any(source.glob("*.npz"))
        if archived and music is not None:
            raise ValueError(
                f"asked for the music of {source}, its .npz archives have none: leave out --music"
            )
        each = (
            read_takes(source, outcomes.append)
            if archived
            else read_folder(source, music, _ears(), outcomes.append)
        )
        for take in each:
            found.append(take)
            progress.update(bar, description=f"converting {take.id}")
    if not found:
        raise ValueError(
            f"asked for takes of {source}, all {len(outcomes)} are left out; the first: {outcomes[0]}"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    save_takes(out, found)
    out.with_suffix(".md").write_text(ledger_of(outcomes), encoding="utf-8")
    _told.print(f"{brief(outcomes)}; all of it, with figures, in {out.with_suffix('.md')}")
    minutes = sum(take.motion.duration_s for take in found) / 60
    print(
        f"{out}: {len(found)} takes, {minutes:.1f} minutes, {sum(take.pulse is not None for take in found)} with beats"
    )
    if sheets is not None:
        from groovecast.train.sheet import write_grid_plots, write_sheets

        for path in (*write_sheets(found, sheets), *write_grid_plots(found, sheets / "grids")):
            print(path)


def _ears() -> "Hearing":
    """The show's own ears, by the name under which it offers them: nothing here imports the show."""
    for ears in entry_points(group=_EARS_GROUP, name="live"):
        hear: Hearing = ears.load()
        return hear
    raise ImportError(
        "asked to hear music as the show does, this installation lacks its ears: install it again"
    )


@app.command
def teacher(
    *, takes: Path, run: Path, minutes: float = 90.0, seed: int = 7, layers: int = 8, width: int = 256,
    begin_from: Path | None = None, device: str = "cpu", batch: int = 32, compiled: bool = False,
) -> None:  # fmt: skip
    """Train a teacher on takes; run again with more minutes to go on from where it stopped.

    Parameters
    ----------
    takes
        The take cache that `groovecast train takes` wrote.
    run
        The folder of this training: checkpoints, weights and a log line every 50 steps.
    minutes
        The budget of wall-clock time, earlier runs in the same folder counted in.
    seed
        Another seed, another dancer.
    layers
        How deep the network is; 8 of width 256 are 7 million parameters.
    width
        How wide it is; 384 with 8 layers are 15 million parameters, for a GPU.
    begin_from
        Weights of an earlier run of the same width, perhaps with fewer layers.
    device
        Where to train: cpu or cuda.
    batch
        How many windows a step.
    compiled
        Whether to compile the network first: faster on a GPU, not on a CPU.
    """
    from groovecast.model.config import ModelConfig
    from groovecast.train.teacher import TeacherSettings, TeacherTrainer

    config = ModelConfig(width=width, layers=layers, look_ahead=True)
    settings = TeacherSettings(minutes=minutes, seed=seed, batch=batch, device=device, compiled=compiled)
    trainer = TeacherTrainer(takes, run, settings, config, now_s, begin_from)
    trained(trainer, "training", "loss {simple:.3f}, held out {test_simple:.3f}")


@app.command
def ears(*, songs: Path, run: Path, minutes: float = 60.0, seed: int = 3) -> None:
    """Train an ear on rendered songs; run again with more minutes to go on from where it stopped.

    Parameters
    ----------
    songs
        The folder of songs and noises that `groovecast train songs` wrote.
    run
        The folder of this training: checkpoints, weights and a log line every 100 steps.
    minutes
        The budget of wall-clock time, earlier runs in the same folder counted in.
    seed
        Another seed, another ear.
    """
    from groovecast.audio.ear import EarConfig
    from groovecast.train.ears import EarSettings, EarTrainer

    trainer = EarTrainer(songs, run, EarSettings(minutes=minutes, seed=seed), EarConfig(), now_s)
    trained(trainer, "training", "beat {beat:.4f}, held out {test_beat:.4f}")


@app.command
def songs(*, out: Path, songs: int = 1200, noises: int = 300, seed: int = 0, workers: int = 1) -> None:
    """Make up music with known beats, and noises, for ears to learn from; run again to go on.

    Parameters
    ----------
    out
        The folder of the shards; those that are there are kept.
    songs
        How many songs of 25 to 45 seconds.
    noises
        How many noises of 20 to 40 seconds.
    seed
        Another seed, other songs.
    workers
        How many processes render.
    """
    from groovecast.train.songs.render import render_cache

    render_cache(out, songs, noises, seed, workers, _told.print)
    print(f"{out}: {songs} songs and {noises} noises")
