"""BENCHMARKS.md: what the lines say, of each kind the newest, and nothing else."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import benchmarks
from benchmarks.lines import lines_of, newest
from benchmarks.report import SECTIONS, printed
from benchmarks.tables import figure

_ROOT = Path(__file__).resolve().parents[2]
_MS = {"p50": 1.0, "p95": 2.0, "p99": 3.0, "max": 4.0}


def _row(engine: str, precision: str, p50_ms: float = 10.0) -> dict[str, object]:
    spread = {**_MS, "p50": p50_ms}
    names = ("engine_alone_ms", "update_alone_ms", "engine_ms", "update_ms")
    return {
        "engine": engine,
        "precision": precision,
        "device": f"{engine}'s own",
        "model": "tiny",
        "artefact": "0123456789ab",
        "steps": 2,
        "threads": 1,
        "stride_ms": 250.0,
        "load_ms": 5.0,
        "first_plan_ms": 6.0,
        **dict.fromkeys(names, spread),
        "engine_alone_core_ms": p50_ms,
        "update_alone_core_ms": 2 * p50_ms,
        "realtime_factor": 7.5,
        "updates": 9,
        "misses": 0,
        "batch_ms": {"1": spread, "4": {**_MS, "p50": 3 * p50_ms}},
    }


def _line(*rows: dict[str, object], at: str = "2026-01-01", **more: object) -> dict[str, object]:
    origin = {
        "at": f"{at}T00:00:00+00:00",
        "command": f"groovecast bench update --note {at}",
        "commit": "abc",
    }
    return {**origin, "machine": "an abacus", "load": [0.25], **rows[0], "engines": list(rows), **more}


def _page(folder: Path, lines: Mapping[str, list[dict[str, object]]]) -> str:
    for name, some in lines.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in some))
    return printed(folder)


def test_benchmarks_md_is_what_the_program_prints() -> None:
    assert (_ROOT / "BENCHMARKS.md").read_text(encoding="utf-8") == printed(
        _ROOT / "benchmarks" / "results"
    ), "print it again: python -m benchmarks.report > BENCHMARKS.md"


def test_every_kind_of_line_that_is_kept_here_is_on_the_page() -> None:
    assert set(lines_of(Path(benchmarks.__path__[0]) / "results")) <= set(SECTIONS)


@given(st.permutations(range(6)))
def test_the_newest_line_of_a_kind_is_told_in_whatever_order_they_lie(order: list[int]) -> None:
    lines = [{"at": f"2026-01-0{number + 1}", "kind": number % 2} for number in order]
    found = newest(lines, lambda line: line["kind"])
    assert {line["kind"]: line["at"] for line in found} == {0: "2026-01-05", 1: "2026-01-06"}


def test_each_engine_and_precision_stands_there_once_as_newest_with_its_command(tmp_path: Path) -> None:
    old = _line(_row("cpu", "fp32", 11.1), _row("cpu", "int8", 22.2), at="2026-01-01")
    new = _line(_row("cpu", "fp32", 33.3), at="2026-01-02")
    page = _page(tmp_path, {"update": [new, old]})
    assert "| cpu:fp32 | cpu's own | 5 | 6 | 33.3 / 2 / 3 / 4 |" in page
    assert "| cpu:int8 | cpu's own | 5 | 6 | 22.2 / 2 / 3 / 4 |" in page
    assert "11.1 /" not in page
    for day in ("01", "02"):
        assert (
            f"`groovecast bench update --note 2026-01-{day}` (2026-01-{day}, commit abc, load 0.25)" in page
        )
    assert "| cpu:fp32 | 33.3 (33.3) | 99.9 (25) |" in page  # many dancers, and what each of them costs


def test_two_cards_in_one_machine_are_two_machines(tmp_path: Path) -> None:
    cards = [{"name": name, "driver": "580"} for name in ("big", "small")]
    lines = [_line(_row("rtx", "fp16", 1.0 + number), cards=[card]) for number, card in enumerate(cards)]
    page = _page(tmp_path, {"update": lines})
    assert "### an abacus; big, driver 580" in page and "### an abacus; small, driver 580" in page


def test_the_page_says_that_no_card_was_measured_until_one_was(tmp_path: Path) -> None:
    card = [{"name": "big", "driver": "580"}]
    for cards in ([], card):
        not_used = _line(_row("cpu", "fp32"), cards=cards)
        assert "no line here is from a card" in _page(tmp_path, {"update": [not_used]})
    used = _line(_row("cpu", "fp32"), {**_row("rtx", "fp16"), "on_card": True}, cards=card)
    assert "no line here is from a card" not in _page(tmp_path, {"update": [used]})


def test_figures_that_other_programs_disturbed_are_told_to_be_doubted(tmp_path: Path) -> None:
    quiet, loud = ({**_row("cpu", "fp32"), "neighbours_cores": cores} for cores in (0.1, 0.7))
    assert "**" not in _page(tmp_path, {"update": [_line(quiet)]})
    page = _page(tmp_path, {"update": [_line(loud)]})
    assert "**Other programs took up to 0.7 cores meanwhile: do not trust these figures.**" in page


def test_what_could_not_be_measured_is_told_with_the_reason(tmp_path: Path) -> None:
    page = _page(tmp_path, {"update": [_line(_row("cpu", "fp32"), left_out={"rtx:auto": "no card"})]})
    assert "Left out in the newest run on this machine (rtx:auto: no card)." in page


def test_rivals_are_compared_by_the_clock_and_in_core_time_and_precisions_are_said(tmp_path: Path) -> None:
    sized = {
        "precision": "fp32", "compiled": False, "evaluations_chained": 1,
        "runtime": "torch", "device": "cpu", "encoded_once": False, "threads": 2, "parameters": 49_000_000,
        "evaluations_timed": 3, "evaluations_needed": 100, "ms_per_second_of_dance": 2000.0,
        "core_ms_per_second_of_dance": 3600.0,
    }  # fmt: skip
    rows = _row("cpu", "fp32", 10.0), _row("cpu", "int8", 5.0)
    page = _page(tmp_path, {"update": [_line(*rows, edge_sized=[sized])]})
    # ours: 10 ms every 250 ms, and 5 ms
    assert "| ours, cpu, engine alone | fp32 | 1 | 40 | 40 |" in page
    assert "| EDGE-sized, PyTorch, eager | fp32 | 2 | 2000 | 3600 |" in page
    assert "| cpu:fp32 | EDGE-sized, PyTorch, eager | 2 | fp32 against fp32 | 50 | 90 | 50 | 45 |" in page
    assert "| cpu:int8 | EDGE-sized, PyTorch, eager | 2 | int8 against fp32 | 100 | 180 | 100 | 90 |" in page
    said = "49 million parameters, random weights; 3 on cpu evaluations were timed, 5 s of dance take 100."
    assert said in page and "No two of them" not in page


def test_a_page_says_so_when_a_run_has_no_two_of_the_same_precision(tmp_path: Path) -> None:
    sized = {
        "runtime": "torch", "device": "cpu", "encoded_once": False, "threads": 2, "parameters": 49_000_000,
        "evaluations_timed": 3, "evaluations_needed": 100, "ms_per_second_of_dance": 2000.0,
        "core_ms_per_second_of_dance": 3600.0, "precision": "fp32",
    }  # fmt: skip
    page = _page(tmp_path, {"update": [_line(_row("cpu", "int8"), edge_sized=[sized])]})
    assert "No two of them reckon in the same precision" in page


def test_what_was_left_out_is_of_the_newest_run_and_libraries_of_each_in_whatever_order_they_lie(
    tmp_path: Path,
) -> None:
    old = _line(
        _row("cpu", "fp32"),
        _row("cpu", "int8"),
        at="2026-01-01",
        left_out={"rtx": "old"},
        libraries={"numpy": "1"},
    )
    new = _line(_row("cpu", "fp32"), at="2026-01-02", left_out={"rtx": "new"}, libraries={"numpy": "2"})
    for lines in ([old, new], [new, old]):
        page = _page(tmp_path, {"update": lines})
        assert "(rtx: new)" in page and "rtx: old" not in page
        assert "cpu:fp32 with numpy 2.  " in page and "cpu:int8 with numpy 1.  " in page


_OF_ENGINES: dict[str, dict[str, object]] = {
    "loop": {
        "minutes": 4.0, "source": "file", "poses_per_s": 60.0, "jitter_ms": _MS, "control_late_ms": _MS,
        "update_ms": _MS, "misses": 0, "rejected": 1, "late_frames": 1, "callback_overruns": 0, "cpu_percent": 26.2,
        "rss_mb": 280.0,
    },
    "offline": {"file": "x.ogg", "realtime_factor": 7.0, "realtime_factors": [7.0], "misses": 0, "rejected": 0},
    "dance": {
        "file": "x.ogg", "style": "auto", "bare": False, "seconds": 110.0, "longest_still_s": 0.0,
        "fastest_joint_m_s": 9.0, "lowest_sole_mm": -1.0, "on_floor_share": 0.9, "fsr": 0.1, "hips_m": [0.9, 0.9],
        "farthest_m": 2.0, "rejected": 0,
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", list(_OF_ENGINES))
def test_each_engine_and_precision_has_its_row_and_the_first_lines_were_of_cpu_fp32(
    tmp_path: Path, kind: str
) -> None:
    about = {"at": "2026-01-01", "command": "x", "commit": "abc", "machine": "an abacus", "model": "tiny"}
    old = {**about, **_OF_ENGINES[kind], "artefact": "0ld"}
    new = {**old, "at": "2026-01-02", "engine": "cpu", "artefact": "new"}
    lines = [{**new, "precision": "int8"}, old, {**new, "precision": "fp32"}]
    page = _page(tmp_path, {kind: lines})
    assert "tiny new | cpu:int8 |" in page and "tiny new | cpu:fp32 |" in page and "0ld" not in page
    assert "no machine" not in page


def test_a_folder_without_lines_gives_a_page_without_tables(tmp_path: Path) -> None:
    page = printed(tmp_path)
    assert "groovecast bench update" in page and "|---|" not in page


@pytest.mark.parametrize(
    ("value", "told"),
    [(35.387, "35.4"), (1949.2, "1949"), (0.03, "0.03"), (-2.43, "-2.43"), (4.0, "4"), (0.0342, "0.0342"),
     (None, "-"), (75, "75"), ([2.14, 2.0], "2.14, 2"), ("file", "file")],
)  # fmt: skip
def test_figures_have_three_digits_that_matter(value: object, told: str) -> None:
    assert figure(value) == told
