"""Which engine dances: the one that was named, or the best that starts here; chosen once, before the show."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from groovecast.model.sampling import MOST_UNROLLED
from realtime.engines.engine import Engine, EngineError
from realtime.engines.foreign_kind import foreign_kinds
from realtime.engines.kind import MOST_DANCERS, EngineKind, Obstacle, Opening
from realtime.engines.onnx_runtime import PROVIDERS, OnnxRuntimeKind
from realtime.engines.rtx_kind import RtxKind
from realtime.engines.warm_up import warmed

AUTO = "auto"
# What is tried without being named, the fastest first.
ORDER = ("rtx", "tensorrt", "cuda", "directml", "coreml", "cpu")


@dataclass(frozen=True)
class Chosen:
    """An engine that is warm, and the line that says which, why, and what starting it cost."""

    engine: Engine
    announcement: str


def all_kinds() -> list[EngineKind]:
    """Every engine that has a name here: those that are tried in their order, then those of other packages."""
    own: list[EngineKind] = [RtxKind(), *(OnnxRuntimeKind(provider) for provider in PROVIDERS)]
    return [*sorted(own, key=lambda kind: ORDER.index(kind.name)), *foreign_kinds()]


def choose(asked: str, opening: Opening, kinds: Sequence[EngineKind] | None = None) -> Chosen:
    """The engine of this name, or with `auto` the best that starts here.

    Raises ValueError for what there is not, and EngineError for a named engine that cannot start: each in one line,
    with the mend. Nothing else is ever started in its place.
    """
    kinds = all_kinds() if kinds is None else kinds
    if not 1 <= opening.batch <= MOST_DANCERS:
        raise ValueError(f"asked for {opening.batch} dancers in one batch: give 1 to {MOST_DANCERS}")
    if opening.precision not in (AUTO, *opening.precisions):
        there = ", ".join((AUTO, *opening.precisions))
        raise ValueError(
            f"asked for {opening.precision} of model {opening.manifest.name!r}, it has {there}: choose one"
        )
    if asked == AUTO:
        return _best(opening, [kind for kind in kinds if kind.name in ORDER])
    for kind in kinds:
        if kind.name == asked:
            return _named(kind, opening)
    names = ", ".join((AUTO, *(kind.name for kind in kinds)))
    raise ValueError(f"asked for engine {asked!r}, there are {names}: choose one")


def _named(kind: EngineKind, opening: Opening) -> Chosen:
    obstacle = kind.obstacle()
    if obstacle is not None:
        raise EngineError(f"asked for engine {kind.name}, found {obstacle.found}: {obstacle.mend}")
    return _started(kind, replace(opening, precision=_precision(kind, opening)))


def _best(opening: Opening, kinds: Sequence[EngineKind]) -> Chosen:
    passed: dict[str, list[str]] = {}  # reason -> engines
    mend = 'pip install "groovecast[cpu]"'
    for kind in kinds:
        against = _against(kind, opening)
        if against is None:
            try:
                chosen = _started(kind, replace(opening, precision=_precision(kind, opening)))
                return replace(chosen, announcement=chosen.announcement + _told(passed))
            except EngineError as why:
                against = Obstacle(str(why), "see groovecast doctor")
        passed.setdefault(against.found, []).append(kind.name)
        mend = against.mend  # in the end that of the last, which is the easiest to have
    raise EngineError(f"asked for engine {AUTO}, none starts here{_told(passed)}: {mend}")


def _against(kind: EngineKind, opening: Opening) -> Obstacle | None:
    """Why an engine is passed over before it is tried, if it is."""
    obstacle = kind.obstacle()
    if obstacle is not None:
        return obstacle
    try:
        precision = _precision(kind, opening)
    except ValueError:
        if opening.precision == AUTO:
            return Obstacle(f"no {' or '.join(kind.precisions())}", "export the model again")
        return Obstacle(f"no {opening.precision}", f"choose --precision {AUTO}")
    if not kind.ready(replace(opening, precision=precision)):
        return Obstacle(f"not built yet, --engine {kind.name} builds it", f"choose --engine {kind.name}")
    return None


def _told(passed: dict[str, list[str]]) -> str:
    """The engines that were not taken, and why."""
    told = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in passed.items())
    return f" ({told})" if told else ""


def _precision(kind: EngineKind, opening: Opening) -> str:
    """What was asked for, or what the engine is best at of what the model has. Raises ValueError with the mend."""
    takes = kind.precisions()
    if opening.precision != AUTO:
        if opening.precision in takes:
            return opening.precision
        mend = "cpu" if opening.precision == "int8" else AUTO
        raise ValueError(
            f"asked for {opening.precision} of engine {kind.name}, it takes {', '.join(takes)}: "
            f"choose one, or --engine {mend}"
        )
    for precision in takes:
        if precision in opening.precisions:
            return precision
    raise ValueError(
        f"asked for engine {kind.name}, which takes {', '.join(takes)}, model {opening.manifest.name!r} has "
        f"{', '.join(opening.precisions) or 'none'}: choose another engine, or export the model again"
    )


def _started(kind: EngineKind, opening: Opening) -> Chosen:
    begin_s = opening.clock.now_s()
    engine = kind.open(opening)
    try:
        warm = warmed(engine, opening.clock)
    except EngineError:
        engine.close()
        raise
    took_s = opening.clock.now_s() - begin_s
    steps = engine.graph.config.steps
    calls = steps if steps > MOST_UNROLLED else 1  # for one plan
    return Chosen(
        engine,
        f"engine {kind.name}, {opening.precision}, on {engine.device}: ready in {took_s:.1f} s, "
        f"{calls * warm.last_ms:.1f} ms a plan",
    )
