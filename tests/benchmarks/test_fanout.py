"""`groovecast bench fanout`: many real clients on a real server, and how their bytes are read."""

import json
import socket
from pathlib import Path
from time import monotonic

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.cli import app
from benchmarks.fanout import main
from benchmarks.fanout_watch import Line, Watched
from benchmarks.report import printed
from groovecast.motion.pose import Pose
from groovecast.wire.moment import Moment
from realtime.server import ServerSettings
from realtime.timeline import Shown


def test_poses_reach_all_clients_and_one_that_never_reads_costs_them_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app(["fanout", "--clients", "3", "--seconds", "1", "--no-keep", "--json", "--note", "a try"])
    line = json.loads(capsys.readouterr().out)
    assert {"clients", "fps", "latency_ms", "dropped", "cpu_percent", "note", "machine", "command"} <= set(
        line
    )
    assert [(run["clients"], run["stuck"]) for run in line["runs"]] == [(3, 0), (3, 1)]
    for run in line["runs"]:
        assert run["frames"] > 20 * run["clients"], "of sixty, on a machine that does much else"
        assert 0 < run["latency_ms"]["p50"] <= run["latency_ms"]["max"]
    (tmp_path / "fanout.jsonl").write_text(json.dumps(line) + "\n")
    page = printed(tmp_path)
    assert "## One dancer to many clients" in page
    assert page.count(f"| {line['machine']} | server |") == 2


@pytest.mark.parametrize("words", [("--clients", "0"), ("--seconds", "0")])
def test_a_measurement_of_nothing_is_refused_in_words(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(words)
    assert "give --clients 1 or more" in capsys.readouterr().err


def _stream(frames: int, begin_s: float, lost: int) -> bytes:
    """What a server sends: frames that were captured and are due at the same time, some lost, between texts."""
    quat = np.tile(np.array([1, 0, 0, 0], np.float32), (52, 1))
    told = b'\x81\x05hello\x81\x1e{"type":"state","dropped":2  }'
    for seq in range(frames):
        pose = Pose(begin_s + ServerSettings.look_ahead_s, np.zeros(3, np.float32), quat, np.zeros(4, bool))
        if seq not in range(1, 1 + lost):
            told += Shown(Moment(pose, None, 0.0, 0.0, begin_s), seq, seq).message(("f32", 52, ()))
        told += b'\x81\x1e{"type":"state","dropped":%3d}' % (2 + seq)
    return told


@settings(max_examples=20)
@given(st.integers(4, 7), st.integers(0, 2), st.lists(st.integers(20, 3000), min_size=1, max_size=40))
def test_however_the_bytes_come_every_pose_is_counted_once(frames: int, lost: int, parts: list[int]) -> None:
    ours, theirs = socket.socketpair()
    begin_s = monotonic()
    with ours, theirs:
        for by_due in (False, True):
            line, seen = Line(ours), Watched(by_due)
            content, part = _stream(frames, begin_s, lost), 0
            while content:
                size = parts[part % len(parts)]
                theirs.sendall(content[:size])
                content, part = content[size:], part + 1
                assert seen.read(line, judged=True)
            assert (line.frames, line.lost, line.dropped, line.rest) == (frames - lost, lost, frames - 1, b"")
            assert len(seen.ages_s) == frames - lost
            assert 0 < min(seen.ages_s) <= max(seen.ages_s) <= monotonic() - begin_s
        theirs.close()
        assert not seen.read(line, judged=True), "the server has gone"
