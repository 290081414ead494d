"""What the command says of engines: one line when one cannot start, and in the report which one danced."""

import json
import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from command import club, song_file, told
from fakes.tiny_model import tiny_model

from groovecast.model.graph import PRECISIONS
from realtime.evaluation.wishes import EvaluationWishes
from realtime.settings import DanceWishes


@pytest.mark.parametrize("engine", ["directml", "coreml", "tensorrt"])
def test_a_command_that_names_an_engine_that_is_not_here_is_one_line(tmp_path: Path, engine: str) -> None:
    tiny_model(tmp_path / "tiny")
    song = song_file(tmp_path / "song.wav", club(0.5))
    done = told("play", str(song), "--offline", "--model", str(tmp_path / "tiny"), "--engine", engine)
    if done.status == 0:
        pytest.skip(f"{engine} starts on this machine")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith(f"groovecast: asked for engine {engine}, found no ")
    assert done.err.count("\n") == 1 and ": " in done.err


def test_an_engine_that_nobody_knows_is_one_line_with_all_names(tmp_path: Path) -> None:
    tiny_model(tmp_path / "tiny")
    song = song_file(tmp_path / "song.wav", club(0.5))
    done = told("play", str(song), "--offline", "--model", str(tmp_path / "tiny"), "--engine", "steam")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("groovecast: asked for engine 'steam', there are auto, rtx, tensorrt, cuda, ")
    assert done.err.count("\n") == 1


def test_the_report_says_which_engine_danced_on_what(tmp_path: Path) -> None:
    tiny_model(tmp_path / "tiny", ("fp32", "fp16"))
    song = song_file(tmp_path / "song.wav", club(1.5))
    words = ("play", str(song), "--offline", "--model", str(tmp_path / "tiny"), "--engine", "cpu")
    done = told(*words, "--precision", "fp16", "--json")
    assert done.status == 0
    report = json.loads(done.out)
    assert (report["engine"], report["precision"], report["model"]) == ("cpu", "fp16", "tiny")
    assert report["engine_device"].endswith(", 1 thread")


@pytest.mark.parametrize("json_too", [(), ("--json",)])
def test_what_auto_took_and_why_is_one_line_beside_the_report(
    tmp_path: Path, json_too: tuple[str, ...]
) -> None:
    tiny_model(tmp_path / "tiny")
    song = song_file(tmp_path / "song.wav", club(1.5))
    done = told("play", str(song), "--offline", "--model", str(tmp_path / "tiny"), *json_too)
    assert re.fullmatch(r"engine \w+, fp32, on .+: ready in .+ ms a plan.*\n", done.err)
    assert done.out.count("\n") == 1


@pytest.mark.parametrize("wishes", [DanceWishes, EvaluationWishes])
def test_every_precision_can_be_asked_for(wishes: type) -> None:
    assert get_args(get_type_hints(wishes)["precision"]) == ("auto", *PRECISIONS)
