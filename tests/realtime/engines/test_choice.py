"""Which engine dances: as named or not at all, and with `auto` the first that starts, with every reason told."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from fakes.tiny_model import tiny_inputs, tiny_model, tiny_plan

from groovecast.model.graph import PRECISIONS, Graph
from groovecast.model.imagined import Imagined
from groovecast.model.manifest import WEIGHTS_FILE, BuiltEngine, entry_of
from realtime.clock import FakeClock
from realtime.engine import opened
from realtime.engines.cache import EngineCache
from realtime.engines.card import Card
from realtime.engines.choice import ORDER, all_kinds, choose
from realtime.engines.engine import Engine, EngineError
from realtime.engines.foreign_kind import ENGINES_GROUP, ForeignKind
from realtime.engines.kind import Obstacle, Opening
from realtime.engines.processor import processor_name
from realtime.engines.rtx_kind import RtxKind
from realtime.generator import Generator
from realtime.settings import DanceWishes

_NO_CARD = Obstacle("no card", "buy one")


class Abacus:
    """An engine that reckons as the tiny graph does."""

    def __init__(self, name: str, graph: Graph, batch: int) -> None:
        self.name, self.device, self.graph, self.batch = name, "beads", graph, batch
        self.closed = False

    def run(self, inputs: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        """All outputs."""
        plan = tiny_plan(**{name: value for name, value in inputs.items() if name != "step"})
        return {name: np.resize(plan, shape) for name, shape in self.graph.outputs(self.batch).items()}

    def close(self) -> None:
        """Put it away."""
        self.closed = True


class AbacusKind:
    """A kind whose fate is told beforehand."""

    def __init__(
        self,
        name: str,
        obstacle: Obstacle | None = None,
        fault: str = "",
        ready: bool = True,
        precisions: tuple[str, ...] = ("fp16", "fp32"),
    ) -> None:
        self.name, self._obstacle, self._fault, self._ready, self._precisions = (
            name, obstacle, fault, ready, precisions,
        )  # fmt: skip
        self.made: list[Abacus] = []

    def precisions(self) -> tuple[str, ...]:
        """As told."""
        return self._precisions

    def obstacle(self) -> Obstacle | None:
        """As told."""
        return self._obstacle

    def ready(self, opening: Opening) -> bool:
        """As told."""
        return self._ready

    def open(self, opening: Opening) -> Engine:
        """An abacus, or the fault."""
        if self._fault:
            raise EngineError(self._fault)
        self.made.append(Abacus(self.name, opening.graph, opening.batch))
        return self.made[-1]


@pytest.fixture
def opening(tmp_path: Path) -> Opening:
    """A model in two precisions, for one dancer."""
    manifest = tiny_model(tmp_path / "tiny", ("fp32", "fp16"))
    return Opening(tmp_path / "tiny", manifest, "auto", 1, EngineCache(tmp_path, print), print, FakeClock())


# -- by name --------------------------------------------------------------------------------------------------


def test_a_named_engine_that_cannot_start_is_an_error_and_no_other_starts(opening: Opening) -> None:
    cpu = AbacusKind("cpu")
    with pytest.raises(EngineError, match=r"^asked for engine cuda, found no card: buy one$"):
        choose("cuda", opening, [AbacusKind("cuda", _NO_CARD), cpu])
    with pytest.raises(EngineError, match=r"^it smokes$"):
        choose("cuda", opening, [AbacusKind("cuda", fault="it smokes"), cpu])
    assert not cpu.made


def test_a_named_engine_is_built_however_long_it_takes(opening: Opening) -> None:
    assert choose("tensorrt", opening, [AbacusKind("tensorrt", ready=False)]).engine.name == "tensorrt"


def test_an_unknown_name_is_told_all_names(opening: Opening) -> None:
    with pytest.raises(ValueError, match=r"^asked for engine 'gpu', there are auto, rtx, cpu: choose one$"):
        choose("gpu", opening, [AbacusKind("rtx"), AbacusKind("cpu")])


def test_every_engine_of_the_issue_has_a_name() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    ours = project["entry-points"][ENGINES_GROUP]
    assert set(ours) == {"torch", "torch-tensorrt"}
    names = [kind.name for kind in all_kinds()]
    assert tuple(names[: len(ORDER)]) == ORDER
    assert set(ours) <= set(names[len(ORDER) :]), "an older install knows none of them: install it again"


@pytest.mark.parametrize(
    ("engine", "precision", "says"),
    [
        ("cuda", "int8", "asked for int8 of model 'tiny', it has auto, fp32, fp16: choose one"),
        ("coreml", "fp16", "asked for fp16 of engine coreml, it takes fp32: choose one, or --engine auto"),
    ],
)
def test_a_precision_that_is_not_there_is_one_line(
    opening: Opening, engine: str, precision: str, says: str
) -> None:
    kinds = [AbacusKind("cuda"), AbacusKind("coreml", precisions=("fp32",))]
    with pytest.raises(ValueError, match=f"^{says}$"):
        choose(engine, replace(opening, precision=precision), kinds)


def test_int8_of_a_card_is_refused_with_the_engine_that_takes_it(tmp_path: Path) -> None:
    manifest = tiny_model(tmp_path / "tiny", ("fp32", "int8"))
    asked = Opening(tmp_path / "tiny", manifest, "int8", 1, EngineCache(tmp_path, print), print)
    with pytest.raises(
        ValueError, match=r"^asked for int8 of engine cuda, it takes fp16, fp32: .* --engine cpu$"
    ):
        choose("cuda", asked, [AbacusKind("cuda")])


def test_more_dancers_than_a_batch_holds_are_refused(opening: Opening) -> None:
    for batch in (0, 17):
        with pytest.raises(ValueError, match=f"^asked for {batch} dancers in one batch: give 1 to 16$"):
            choose("cpu", replace(opening, batch=batch), [AbacusKind("cpu")])


# -- auto -----------------------------------------------------------------------------------------------------


def test_auto_takes_the_first_that_starts_and_tells_why_not_those_before(opening: Opening) -> None:
    kinds = [
        AbacusKind("rtx", _NO_CARD),
        AbacusKind("tensorrt", ready=False),
        AbacusKind("cuda", _NO_CARD),
        AbacusKind("directml", fault="it smokes"),
        AbacusKind("coreml", precisions=("int8",)),
        AbacusKind("cpu"),
    ]
    chosen = choose("auto", opening, kinds)
    assert chosen.announcement == (
        "engine cpu, fp16, on beads: ready in 0.0 s, 0.0 ms a plan (rtx, cuda: no card; "
        "tensorrt: not built yet, --engine tensorrt builds it; directml: it smokes; coreml: no int8)"
    )
    assert chosen.engine.graph.artefact.precision == "fp16"


def test_auto_never_takes_an_engine_for_developers(opening: Opening) -> None:
    with pytest.raises(EngineError, match=r"none starts here \(rtx: no card\): buy one$"):
        choose("auto", opening, [AbacusKind("torch"), AbacusKind("rtx", _NO_CARD)])


@pytest.mark.parametrize(
    ("cpu", "mend"),
    [
        (AbacusKind("cpu", Obstacle("no ONNX Runtime", "install it")), "install it"),
        (
            AbacusKind("cpu", fault="asked for engine cpu, found smoke: open a window"),
            "see groovecast doctor",
        ),
        (AbacusKind("cpu", precisions=("int8",)), "export the model again"),
        (AbacusKind("cpu", ready=False), "choose --engine cpu"),
    ],
    ids=["missing", "broken", "no precision", "not built"],
)
def test_when_nothing_starts_the_mend_is_that_of_the_last_resort(
    opening: Opening, cpu: AbacusKind, mend: str
) -> None:
    with pytest.raises(EngineError, match=rf"^asked for engine auto, none starts here \(.*\): {mend}$"):
        choose("auto", opening, [AbacusKind("cuda", _NO_CARD), cpu])


@pytest.mark.parametrize(("steps", "told"), [(2, "7.0 ms a plan"), (10, "70.0 ms a plan")])
def test_a_plan_of_a_sampler_that_is_asked_step_by_step_takes_all_its_steps(
    tmp_path: Path, steps: int, told: str
) -> None:
    clock = FakeClock()

    class Slow(Abacus):
        def run(self, inputs: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
            clock.advance(0.007)
            return super().run(inputs)

    class SlowKind(AbacusKind):
        def open(self, opening: Opening) -> Engine:
            return Slow(self.name, opening.graph, opening.batch)

    manifest = tiny_model(tmp_path / "tiny", steps=steps)
    asked = Opening(tmp_path / "tiny", manifest, "auto", 1, EngineCache(tmp_path, print), print, clock)
    assert choose("cpu", asked, [SlowKind("cpu")]).announcement.endswith(told)


def test_auto_passes_over_what_does_not_take_the_precision(tmp_path: Path) -> None:
    manifest = tiny_model(tmp_path / "tiny", ("fp32", "int8"))
    asked = Opening(tmp_path / "tiny", manifest, "int8", 1, EngineCache(tmp_path, print), print)
    chosen = choose("auto", asked, [AbacusKind("cuda"), AbacusKind("cpu", precisions=PRECISIONS)])
    assert "cpu, int8" in chosen.announcement and "(cuda: no int8)" in chosen.announcement


def test_auto_does_not_hide_a_model_that_has_changed(opening: Opening) -> None:
    weights = opening.folder / WEIGHTS_FILE
    weights.write_bytes(b"x" + weights.read_bytes()[1:])
    with pytest.raises(ValueError, match="the file has changed, install the model again"):
        choose("auto", opening, [AbacusKind("rtx"), AbacusKind("cpu")])


def test_an_engine_that_fails_its_first_plans_is_closed_and_passed_over(opening: Opening) -> None:
    class Broken(Abacus):
        def run(self, inputs: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
            raise OSError("out of memory")

    class BrokenKind(AbacusKind):
        def open(self, opening: Opening) -> Engine:
            self.made.append(Broken(self.name, opening.graph, opening.batch))
            return self.made[-1]

    cuda = BrokenKind("cuda")
    chosen = choose("auto", opening, [cuda, AbacusKind("cpu")])
    assert chosen.engine.name == "cpu" and cuda.made[0].closed
    assert (
        "(cuda: asked engine cuda for a first plan, it raised OSError (out of memory)" in chosen.announcement
    )


# -- rtx, and the engines of other packages -------------------------------------------------------------------


def test_rtx_asks_for_a_card_and_then_for_its_library() -> None:
    card = Card("NVIDIA Abacus 9000", (9, 9), "999.9", 1 << 20)
    found = RtxKind(list, lambda: True).obstacle()
    assert found is not None and found.found == "no NVIDIA card with a driver"
    found = RtxKind(lambda: [card], lambda: False).obstacle()
    assert found is not None and found.mend == 'pip install "groovecast[rtx]"'
    assert RtxKind(lambda: [card], lambda: True).obstacle() is None


def test_rtx_is_opened_with_the_engine_that_shipped_for_its_library(
    opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Card0(Abacus):
        def __init__(
            self,
            graph: Graph,
            batch: int,
            *,
            cache: object,
            say: object,
            shipped: Callable[[str], bytes | None],
        ) -> None:
            super().__init__("rtx", graph, batch)
            self.shipped = shipped

    monkeypatch.setattr("realtime.engines.rtx.RtxEngine", Card0)
    (opening.folder / "dancer.rtx").write_bytes(b"built ahead")
    half = replace(opening, precision="fp16")
    built = BuiltEngine("dancer.rtx", "rtx", half.graph.sha256, "tensorrt-rtx 9.9", "fp16", 16)
    files = opening.manifest.files | {"dancer.rtx": entry_of(opening.folder / "dancer.rtx")}
    manifest = msgspec.structs.replace(opening.manifest, engines=(built,), files=files)
    said: list[str] = []
    engine = RtxKind().open(replace(half, manifest=manifest, say=said.append))
    assert isinstance(engine, Card0) and engine.shipped("tensorrt-rtx 9.9") == b"built ahead"
    assert said == [] and engine.shipped("tensorrt-rtx 10.0") is None and "is not used" in said[0]


def test_an_engine_of_another_package_is_opened_by_its_name(opening: Opening) -> None:
    class Theirs(Abacus):
        def __init__(self, folder: Path, graph: Graph, batch: int, say: object) -> None:
            super().__init__("torch", graph, batch)
            if batch > 1:
                raise ValueError("they dance\nalone")

        @classmethod
        def precisions(cls) -> tuple[str, ...]:
            return ("fp32",)

    kind = ForeignKind(SimpleNamespace(name="torch", value="their.engine:Theirs", load=lambda: Theirs))  # type: ignore[arg-type]
    assert choose("torch", opening, [kind]).engine.graph.artefact.precision == "fp32"
    with pytest.raises(
        EngineError, match=r"^asked for engine torch, it raised ValueError \(they dance alone\): choose"
    ):
        choose("torch", replace(opening, batch=2), [kind])


_BROKEN = r"that it does not load \(%s\): install it again as docs/engines.md says, or choose --engine cpu$"


@pytest.mark.parametrize(
    ("why", "says"),
    [
        (ModuleNotFoundError("No module named 'torch'", name="torch"), r'no torch: pip install "groovecast'),
        (
            ModuleNotFoundError("No module named 'torch_tensorrt'", name="torch_tensorrt"),
            "no .*: pip install torch$",
        ),
        (ModuleNotFoundError("No module named 'torch._C'", name="torch._C"), _BROKEN % "No .* 'torch._C'"),
        (
            ImportError("libcudart.so.13: cannot\nopen", name="torch._C"),
            _BROKEN % "libcudart.so.13: cannot open",
        ),
        (ImportError("two NumPys"), _BROKEN % "two NumPys"),
        (OSError("libcublas.so.13: cannot open"), _BROKEN % "libcublas.so.13: cannot open"),
    ],
)
def test_an_engine_of_another_package_that_does_not_load_says_what_is_missing(
    opening: Opening, why: Exception, says: str
) -> None:
    def load() -> None:
        raise why

    kind = ForeignKind(SimpleNamespace(name="torch", value="their.engine:Theirs", load=load))  # type: ignore[arg-type]
    with pytest.raises(EngineError, match=f"^asked for engine torch, found {says}"):
        choose("torch", opening, [kind])


# -- at work --------------------------------------------------------------------------------------------------


def test_a_model_on_an_engine_answers_plans_that_are_its_own(tmp_path: Path) -> None:
    tiny_model(tmp_path / "tiny")
    generator = opened(tmp_path / "tiny", DanceWishes(engine="cpu"))
    assert isinstance(generator, Generator)
    inputs, other = tiny_inputs(seed=1), tiny_inputs(seed=2)
    plan = generator.plan(**inputs)
    assert isinstance(plan, Imagined)
    kept = plan.numbers.copy()
    generator.plan(**other)
    np.testing.assert_array_equal(plan.numbers, kept)  # the engine's buffers hold the other plan by now
    expected = tiny_plan(**{name: value[None] for name, value in inputs.items()})[0]
    np.testing.assert_allclose(plan.numbers, expected, atol=1e-5)
    np.testing.assert_allclose(plan.root_m, expected[:, :3], atol=1e-5)
    np.testing.assert_allclose(plan.local_quat_wxyz, expected[:, :88].reshape(50, 22, 4), atol=1e-5)
    assert (generator.name, generator.precision, generator.manifest.name) == ("cpu", "fp32", "tiny")
    assert generator.announcement.startswith(f"engine cpu, fp32, on {generator.device}: ready in ")
    generator.close()


def test_a_processor_has_a_name(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(
        "processor\t: 0\nmodel name\t: Abacus 9000: fast\nmodel name\t: other\n"
    )
    assert processor_name(tmp_path / "cpuinfo") == "Abacus 9000: fast"
    assert processor_name(tmp_path / "absent")
