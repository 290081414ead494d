"""`groovecast train`: takes from motion capture, and a dancer from takes."""

import time
from pathlib import Path

from cyclopts import App
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

app = App(name="train", help="Make a model: takes, training. Needs the train extra.")
_told = Console(stderr=True, highlight=False)


@app.command
def takes(*, source: Path, out: Path, sheets: Path | None = None) -> None:
    """Convert motion capture to takes: our skeleton, 30 fps, feet on the floor, beats from the accents.

    Parameters
    ----------
    source
        A folder of .npz archives, laid out as docs/data.md says.
    out
        The .npz take cache to write.
    sheets
        A folder for contact sheets (stick figures and beat grids, one PNG a source).
    """
    from groovecast.train.takes import read_takes, save_takes

    found = []
    with Progress(TextColumn("{task.description}"), BarColumn(), console=_told, transient=True) as progress:
        bar = progress.add_task("converting", total=None)
        for take in read_takes(source, _told.print):
            found.append(take)
            progress.update(bar, description=f"converting {take.id}")
    out.parent.mkdir(parents=True, exist_ok=True)
    save_takes(out, found)
    minutes = sum(take.motion.duration_s for take in found) / 60
    print(
        f"{out}: {len(found)} takes, {minutes:.1f} minutes, {sum(take.pulse is not None for take in found)} with beats"
    )
    if sheets is not None:
        from groovecast.train.sheet import write_sheets

        for path in write_sheets(found, sheets):
            print(path)


@app.command
def dancer(*, takes: Path, run: Path, minutes: float = 90.0, seed: int = 7) -> None:
    """Train a dancer on takes; run again with more minutes to go on from where it stopped.

    Parameters
    ----------
    takes
        The take cache that `groovecast train takes` wrote.
    run
        The folder of this training: checkpoints, weights and a log line every 100 steps.
    minutes
        The budget of wall-clock time, earlier runs in the same folder counted in.
    seed
        Another seed, another dancer.
    """
    from groovecast.model.config import ModelConfig
    from groovecast.train.dancer import Trainer, TrainSettings

    trainer = Trainer(takes, run, TrainSettings(minutes=minutes, seed=seed), ModelConfig(), time.monotonic)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_told) as progress:
        bar = progress.add_task("training", total=minutes)
        progress.update(bar, completed=trainer.spent_s / 60)

        def told(line: dict[str, float]) -> None:
            said = f"step {line['step']:.0f}, loss {line['simple']:.3f}, held out {line['test_simple']:.3f}"
            progress.update(bar, completed=line["minutes"], description=said)

        trainer.fit(told)
    print(f"{run / 'dancer.safetensors'}: {trainer.step} steps in {trainer.spent_s / 60:.1f} minutes")


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

    trainer = EarTrainer(songs, run, EarSettings(minutes=minutes, seed=seed), EarConfig(), time.monotonic)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_told) as progress:
        bar = progress.add_task("training", total=minutes)
        progress.update(bar, completed=trainer.spent_s / 60)

        def told(line: dict[str, float]) -> None:
            said = f"step {line['step']:.0f}, beat {line['beat']:.4f}, held out {line['test_beat']:.4f}"
            progress.update(bar, completed=line["minutes"], description=said)

        trainer.fit(told)
    print(f"{run / 'ear.safetensors'}: {trainer.step} steps in {trainer.spent_s / 60:.1f} minutes")


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
