"""The command line: what was typed in, one line for what went wrong, and the exit status."""

import sys
from collections.abc import Callable
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, CycloptsError, Parameter

from realtime.controllers.wishes import ControllerWishes
from realtime.evaluation.wishes import EvaluationWishes
from realtime.settings import DanceWishes, ListingWishes, ShowWishes, SoundWishes

# Verbs that the development extras bring along; each is loaded only when it is typed.
_VERBS_GROUP = "groovecast.verbs"
_FLAG = Parameter(negative=())
_DANCE, _SHOW, _SOUND = DanceWishes(), ShowWishes(), SoundWishes()
_HANDS = ControllerWishes()
_LISTING = ListingWishes()
_EVALUATION = EvaluationWishes()

app = App(
    name="groovecast",
    help="Live music in, a dancing figure out.",
    version=lambda: version("groovecast"),
    result_action="return_value",
    help_on_error=False,
)


@app.command
def demo(*, dance: DanceWishes = _DANCE, show: ShowWishes = _SHOW, hands: ControllerWishes = _HANDS) -> None:
    """The bundled model dances to the bundled track on a page; nothing else is needed."""
    from realtime.shows import demo as run

    _print_report(run(dance, show, hands), show.json)


@app.command
def play(
    file: Path,
    /,
    *,
    offline: Annotated[bool, _FLAG] = False,
    dance: DanceWishes = _DANCE,
    show: ShowWishes = _SHOW,
    hands: ControllerWishes = _HANDS,
) -> None:
    """Dance to a song; the page plays it.

    Parameters
    ----------
    file
        Any WAV, FLAC, Ogg, MP3 or AIFF file.
    offline
        As fast as it goes, without page or sound, with the same result.
    """
    from realtime.shows import play as run
    from realtime.shows import play_offline

    if offline and hands != _HANDS:
        raise ValueError("asked for controllers with --offline, where nobody turns anything: leave them away")
    _print_report(play_offline(file, dance, show) if offline else run(file, dance, show, hands), show.json)


@app.command
def live(
    *,
    sound: SoundWishes = _SOUND,
    dance: DanceWishes = _DANCE,
    show: ShowWishes = _SHOW,
    hands: ControllerWishes = _HANDS,
) -> None:
    """Dance to what is heard now: a sound device, this machine's own sound, standard input, or a page."""
    from realtime.shows import live as run

    _print_report(run(sound, dance, show, hands), show.json)


@app.command
def beats(file: Path, /, *, json: Annotated[bool, _FLAG] = False) -> None:
    """The beats of a song, as they are found while it is heard."""
    from groovecast.audio.decode import load_audio
    from realtime.listener import beats_of

    report = beats_of(load_audio(file))
    if json:
        return _print_json(report)
    locked = "never" if report.locked_after_s is None else f"after {report.locked_after_s:.1f} s"
    print(f"{report.tempo_bpm:.1f} bpm, {len(report.beats)} beats, locked {locked}")
    for beat in report.beats:
        print(f"{beat:8.3f}{'  |' if beat in report.downbeats else ''}")


@app.command
def devices(*, wishes: ListingWishes = _LISTING) -> None:
    """The sound devices that can be heard, how loud they are (--meter), and how late (--calibrate)."""
    from realtime.listing import listed

    report = listed(wishes)
    if wishes.json:
        _print_json(report)


@app.command
def recover(file: Path, /, *, to: Path | None = None, json: Annotated[bool, _FLAG] = False) -> None:
    """Make a take of what a recording that was cut off left behind.

    Parameters
    ----------
    file
        The file that ends in .part.
    to
        The take to make, .glb, .vrma or .npz; as it was to be without it.
    """
    from groovecast.takes.take_writer import recovered

    take, frames = recovered(file, to)
    if json:
        return _print_json({"recorded": str(take), "frames": frames})
    print(f"{frames} frames, take in {take}")


@app.command
def doctor(*, port: int = 8765, json: Annotated[bool, _FLAG] = False) -> None:
    """What works on this machine, what does not, and the mend."""
    from realtime.doctor import examine

    report = examine(port)
    if json:
        return _print_json(report)
    for check in report.checks:
        print(
            f"{'ok ' if check.ok else 'NO '} {check.name:8} {check.found}{'' if check.ok else f' -> {check.mend}'}"
        )


@app.command
def evaluate(*, wishes: EvaluationWishes = _EVALUATION) -> None:
    """How well a model dances: every measure, beside real takes, a slower model, other music and plain retrieval."""
    from realtime.evaluation.verb import evaluate as run

    report = run(wishes)
    if wishes.json:
        _print_json(report)


def _print_json(value: object) -> None:
    print(msgspec.json.encode(value).decode())


def _print_report(report: msgspec.Struct, json: bool) -> None:
    if json:
        return _print_json(report)
    shown = msgspec.to_builtins(report)
    print(
        "{duration_s:.1f} s, {frames} frames, {realtime_factor:.1f} x real time, {tempo_bpm:.1f} bpm, "
        "{misses} misses".format(**shown)
        + (f", take in {', '.join(shown['takes'])}" if shown["takes"] else "")
    )


def _add_further_verbs(words: list[str]) -> None:
    """Make `train`, `export` and whatever else is installed known; only the one that is typed is loaded."""
    for verb in entry_points(group=_VERBS_GROUP):
        if words[:1] == [verb.name]:
            app.command(verb.load(), name=verb.name)
        elif verb.name not in app:
            app.command(_unloaded(verb.name), name=verb.name)


def _unloaded(name: str) -> Callable[[], None]:
    def verb() -> None:
        raise ImportError(f"asked for `groovecast {name}`")

    verb.__doc__ = {
        "train": "Make a model: takes, training. Needs the train extra.",
        "export": "Make a model's artefacts. Needs the train extra.",
        "distil": "Make a student of two steps from a teacher. Needs the train extra.",
        "bench": "How fast it is on this machine.",
    }.get(name, "")
    return verb


def main(words: list[str] | None = None) -> int:
    """Run one command; returns 0 done, 1 failed, 2 bad arguments. What went wrong is one line on standard error."""
    words = sys.argv[1:] if words is None else words
    try:
        _add_further_verbs(words)
        app(words, exit_on_error=False, print_error=False)
    except CycloptsError as why:
        print(
            "groovecast: " + " ".join(str(why).split()).rstrip(".") + "; see groovecast --help",
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        return 130
    except ModuleNotFoundError as why:
        asked = f"asked for `{' '.join(words[:2])}`, module {why.name} is missing"
        extra = "train" if words[0] in ("train", "export", "distil") else "cpu"
        print(f'groovecast: {asked}: pip install "groovecast[{extra}]"', file=sys.stderr)
        return 1
    except (OSError, ValueError, ImportError, RuntimeError) as why:
        print("groovecast: " + " ".join(str(why).split()), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
