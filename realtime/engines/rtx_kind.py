"""The engine for RTX cards before it is opened: nothing of TensorRT for RTX is loaded until it is."""

from collections.abc import Callable
from importlib.util import find_spec

from groovecast.model.rtx_builder import RTX_KIND
from realtime.engines.card import Card, cards
from realtime.engines.engine import Engine
from realtime.engines.kind import Obstacle, Opening
from realtime.engines.onnx_runtime import NO_CARD

_BINDINGS = "tensorrt_rtx_bindings"


class RtxKind:
    """TensorRT for RTX: the shipped engine, or one that is built of the graph at the first start."""

    name = RTX_KIND

    def __init__(
        self,
        found_cards: Callable[[], list[Card]] = cards,
        installed: Callable[[], bool] = lambda: find_spec(_BINDINGS) is not None,
    ) -> None:
        self._cards = found_cards
        self._installed = installed

    def precisions(self) -> tuple[str, ...]:
        """What it reckons with, the best first."""
        return ("fp16", "fp32")

    def obstacle(self) -> Obstacle | None:
        """No card, or no bindings."""
        if not self._cards():
            return NO_CARD
        if not self._installed():
            return Obstacle("no TensorRT for RTX", 'pip install "groovecast[rtx]"')
        return None

    def ready(self, opening: Opening) -> bool:
        """Its engine is built in seconds. What a card then compiles at the first start was not measured so far."""
        return True

    def open(self, opening: Opening) -> Engine:
        """The engine. Raises EngineError with the mend when it cannot start."""
        from realtime.engines.rtx import RtxEngine
        from realtime.engines.rtx_source import shipped_rtx

        def shipped(library: str) -> bytes | None:
            return shipped_rtx(opening.folder, opening.manifest, opening.graph, library, opening.say)

        return RtxEngine(opening.graph, opening.batch, cache=opening.cache, say=opening.say, shipped=shipped)
