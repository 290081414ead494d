"""Costs for each second of dance: what is compared with what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.per_second import Cost, comparisons, on_card

_MS = st.floats(0.01, 1e6)
_OURS = {
    "engine": "cpu", "precision": "fp32", "threads": 1, "stride_ms": 250.0,
    "engine_alone_ms": {"p50": 20.0}, "engine_alone_core_ms": 20.0,
    "update_ms": {"p50": 50.0}, "update_alone_core_ms": 40.0,
}  # fmt: skip
_TEACHER = {
    "steps": 50,
    "evaluations": 100,
    "engine": "cpu",
    "precision": "fp32",
    "plan_ms": {"p50": 1000.0},
    "plan_core_ms": 900.0,
}


def _sized(device: str, threads: int, **more: object) -> dict[str, object]:
    return {
        "runtime": "onnx", "device": device, "threads": threads, "encoded_once": True,
        "ms_per_second_of_dance": 1600.0, "core_ms_per_second_of_dance": 3200.0,
        "precision": "fp32", "compiled": False, **more,
    }  # fmt: skip


@given(_MS, _MS, _MS, _MS)
def test_who_costs_twice_as_much_as_we_costs_us_half_of_it(
    a_ms: float, b_ms: float, a_core_ms: float, b_core_ms: float
) -> None:
    a, b = Cost("a", 1, a_ms, a_core_ms), Cost("b", 2, b_ms, b_core_ms)
    assert a.times(b) * b.times(a) == pytest.approx(1)
    a_core, b_core = a.core_times(b), b.core_times(a)
    assert a_core is not None and b_core is not None and a_core * b_core == pytest.approx(1)


def test_every_rival_is_compared_with_every_engine_on_the_like_of_it_in_the_same_run() -> None:
    other = {**_OURS, "precision": "int8", "engine_alone_ms": {"p50": 10.0}}
    line = {"engines": [_OURS, other], "teachers": [_TEACHER], "edge_sized": [_sized("cpu", 2)]}
    found = {(one["ours"], str(one["rival"])[:4]): one for one in comparisons(line)}
    assert len(found) == 4
    # ours: 20 ms every 250 ms are 80 ms a second; the update 200 ms, 160 of them of a core
    sized = found["cpu:fp32", "EDGE"]
    assert (sized["engine_times"], sized["engine_core_times"]) == (20, 40)
    assert (sized["update_times"], sized["update_core_times"]) == (8, 20)
    assert found["cpu:int8", "EDGE"]["engine_times"] == 40
    teacher = found["cpu:fp32", "50-s"]
    assert (teacher["engine_times"], teacher["engine_core_times"]) == (50, 45)


def test_precisions_are_said_on_both_sides() -> None:
    engines = [_OURS, {**_OURS, "precision": "int8"}]
    line = {"engines": engines, "teachers": [_TEACHER], "edge_sized": [_sized("cpu", 2)]}
    told = [one["precisions"] for one in comparisons(line)]
    assert told == ["fp32 against fp32"] * 2 + ["int8 against fp32"] * 2


def test_a_card_is_compared_with_a_card_and_a_processor_with_a_processor() -> None:
    card = {**_OURS, "engine": "rtx", "precision": "fp16", "on_card": True}
    line = {
        "engines": [card, _OURS], "teachers": [_TEACHER, {**_TEACHER, "engine": "cuda"}],
        "edge_sized": [_sized("cpu", 2), _sized("cuda", 1, runtime="torch", precision="fp16", compiled=True)],
    }  # fmt: skip
    assert [(one["ours"], one["rival"], one["precisions"]) for one in comparisons(line)] == [
        ("rtx:fp16", "50-step teacher (100 evaluations), cuda", "fp16 against fp32"),
        ("rtx:fp16", "EDGE-sized, PyTorch, compiled on cuda, music encoded once", "fp16 against fp16"),
        ("cpu:fp32", "50-step teacher (100 evaluations), cpu", "fp32 against fp32"),
        ("cpu:fp32", "EDGE-sized, ONNX Runtime, music encoded once", "fp32 against fp32"),
    ]


def test_a_card_has_no_core_time() -> None:
    line = {"engines": [{**_OURS, "on_card": True}], "edge_sized": [_sized("cuda", 1)]}
    assert [one["engine_core_times"] for one in comparisons(line)] == [None]


def test_pytorch_uses_a_card_where_there_is_one_and_a_cards_engine_always() -> None:
    assert on_card("rtx", 0) and on_card("torch", 1)
    assert not on_card("torch", 0) and not on_card("cpu", 2)


def test_without_rivals_nothing_is_compared() -> None:
    assert comparisons({"engines": [_OURS]}) == comparisons({}) == []
