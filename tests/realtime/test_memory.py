"""What is remembered is read again, whole or not at all, and a broken file harms nobody."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.memory import Memory, memory_file, read_memory, write_memory

NAMES = st.text(max_size=20)


@given(st.none() | NAMES, st.dictionaries(NAMES, st.floats(0, 1000)))
def test_what_was_written_is_read_again(device: str | None, latencies: dict[str, float]) -> None:
    with TemporaryDirectory() as folder:
        file, memory = Path(folder) / "deep" / "sound.json", Memory(device, latencies)
        assert write_memory(file, memory) == ""
        assert read_memory(file) == memory
        assert [path.name for path in file.parent.iterdir()] == ["sound.json"]


def test_nothing_is_remembered_at_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert read_memory(tmp_path / "sound.json") == Memory()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b'{"device": 3}'])
def test_a_broken_file_is_one_line_and_nothing_is_remembered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    file = tmp_path / "sound.json"
    file.write_bytes(content)
    assert read_memory(file) == Memory()
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "cannot be read" in said
    assert write_memory(file, Memory("Desk, ALSA")) == ""
    assert read_memory(file).device == "Desk, ALSA"


def test_a_broken_file_is_kept_beside_the_new_one(tmp_path: Path) -> None:
    """A calibration may be in it, which a person can mend."""
    file, broken = tmp_path / "sound.json", b'{"input_latency_ms": {"Desk": 31.5,}'
    file.write_bytes(broken)
    assert write_memory(file, Memory("Desk, ALSA")) == ""
    assert write_memory(file, Memory("Mixer, ALSA")) == ""
    assert read_memory(file) == Memory("Mixer, ALSA")
    assert (tmp_path / "sound.json.bad").read_bytes() == broken
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sound.json", "sound.json.bad"]


@pytest.mark.parametrize("latency_ms", [-1e9, -0.1, 1000.1, 1e300])
def test_a_latency_that_cannot_be_is_one_line_and_not_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], latency_ms: float
) -> None:
    file = tmp_path / "sound.json"
    file.write_text(f'{{"input_latency_ms": {{"Desk": {latency_ms}, "Mixer": 1000, "Webcam": 0}}}}')
    assert read_memory(file) == Memory(None, {"Mixer": 1000.0, "Webcam": 0.0})
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "'Desk'" in said and "0 to 1000" in said


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    problem = write_memory(tmp_path / "taken" / "sound.json", Memory())
    assert "cannot be written" in problem and "\n" not in problem


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have other folders")
def test_it_is_kept_where_the_system_keeps_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert memory_file() == tmp_path / "groovecast" / "sound.json"
