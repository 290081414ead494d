"""TensorRT for RTX: a graph on an RTX card, compiled for it once, all its memory taken before the show.

Written from the documentation of its bindings 1.7 and tested with stand-ins for card and runtime; unrun on a card.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any  # TensorRT's bindings have no types

import numpy as np

from groovecast.model.graph import Graph
from groovecast.model.rtx_builder import LARGEST_BATCH, RTX_KIND, RtxError, Told, rtx_bindings
from realtime.engines.cache import EngineCache
from realtime.engines.cuda_driver import CudaContext, CudaError, Twins
from realtime.engines.engine import EngineError
from realtime.engines.rtx_source import (
    CPU_MEND,
    THIS_MACHINE,
    Installed,
    RtxSource,
    Shipped,
    chosen_card,
    waiting,
)


class RtxEngine:
    """A graph on a card. Nothing but the first start compiles: what was compiled for the card is kept in the cache."""

    name = RTX_KIND

    def __init__(
        self,
        graph: Graph,
        batch: int,
        *,
        cache: EngineCache,
        say: Callable[[str], None],
        shipped: Shipped = lambda _: None,
        of: Installed = THIS_MACHINE,
    ) -> None:
        """Open it. Raises EngineError with the mend when it cannot start, and then holds nothing."""
        if not 1 <= batch <= LARGEST_BATCH:
            raise EngineError(f"asked engine rtx for {batch} dancers in one batch: give 1 to {LARGEST_BATCH}")
        self.graph = graph
        self.batch = batch
        self._context: CudaContext | None = None
        self._stream = 0
        self._of_tensorrt: list[Any] = []  # each must outlive those after it; the last is what executes
        self._inputs: dict[str, Twins] = {}
        self._outputs: dict[str, Twins] = {}
        self._answers: dict[str, np.ndarray] = {}
        refused = ""
        try:
            self._rtx = of.bindings or rtx_bindings()
            driver, number, card = chosen_card(of.driver)
            self.device = card.name
            self._told = Told(self._rtx)
            self._context = driver.context(number)
            self._stream = self._context.stream()
            self._open(self._context, RtxSource(graph, self._rtx, card, cache, say), shipped)
        except (RtxError, EngineError) as why:
            refused = str(why)
        except CudaError as why:
            refused = f"asked for engine rtx, {why}: {CPU_MEND}"
        except Exception as why:
            # TensorRT's have no common base, and pybind's is TypeError where a factory gave nothing
            found = " ".join(f"{type(why).__name__} {why}".split())
            refused = f"asked for engine rtx, found {found}: {CPU_MEND}"
        if refused:
            # not above, where the error's frames still hold what must be let go before the card's memory
            self.close()
            raise EngineError(refused)

    def run(self, inputs: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        """Dance thread. All outputs, of inputs in the graph's shapes. What it answers holds until the next call."""
        if self._context is None:
            raise ValueError("asked engine rtx for a plan, it is closed: open another")
        self._take(inputs)
        try:
            self._go(self._context)
        except CudaError as why:
            raise EngineError(
                f"asked engine rtx for a plan, {why}: start again, or choose --engine cpu"
            ) from why
        return self._answers

    def close(self) -> None:
        """Give the card back. Nothing may be asked afterwards."""
        if self._context is None:
            return
        with suppress(CudaError):  # after a fault there is nothing to wait for
            self._context.enter()
            self._context.wait(self._stream)
        while self._of_tensorrt:
            self._of_tensorrt.pop()
        self._inputs, self._outputs, self._answers = {}, {}, {}
        self._context.close()
        self._context = None

    def _take(self, inputs: Mapping[str, np.ndarray]) -> None:
        """Check them, and put them where the card reads."""
        asked = f"asked model {self.graph.model!r} with"
        if inputs.keys() != self._inputs.keys():
            raise ValueError(f"{asked} {', '.join(inputs)}: give {', '.join(self._inputs)}")
        for name, twins in self._inputs.items():
            if inputs[name].shape != twins.array.shape:
                raise ValueError(f"{asked} {name} of shape {inputs[name].shape}: give {twins.array.shape}")
            np.copyto(twins.array, inputs[name], casting="same_kind")

    def _go(self, context: CudaContext) -> None:
        """To the card, through the graph, and back."""
        context.enter()  # one thread opens, another one asks
        for twins in self._inputs.values():
            context.to_card(twins, self._stream)
        if not self._of_tensorrt[-1].execute_async_v3(self._stream):
            raise self._refusal("to run")
        for twins in self._outputs.values():
            context.from_card(twins, self._stream)
        context.wait(self._stream)

    def _open(self, context: CudaContext, source: RtxSource, shipped: Shipped) -> None:
        """Engine, settings, kernels, memory; then run once, which compiles whatever is still to be compiled."""
        rtx = self._rtx
        content = source.engine(shipped)
        runtime = rtx.Runtime(self._told.logger)
        engine = runtime.deserialize_cuda_engine(content)
        if engine is None:
            raise self._refusal("to load its engine")
        config = engine.create_runtime_config()
        config.cuda_graph_strategy = rtx.CudaGraphStrategy.WHOLE_GRAPH_CAPTURE
        # The shapes never change: kernels for them are made before the show, and none is exchanged during it.
        eager = rtx.DynamicShapesKernelSpecializationStrategy.EAGER
        config.dynamic_shapes_kernel_specialization_strategy = eager
        kernels = config.create_runtime_cache()
        key = source.kernels_key(self.batch)
        kept = source.cache.read(key)
        if kept is not None and not kernels.deserialize(kept):
            source.say(
                f"TensorRT no longer takes the kernels it kept for {self.device}, so it compiles again"
            )
            kept = None
        keeping = config.set_runtime_cache(kernels)
        if not keeping:
            source.say(f"TensorRT keeps no kernels ({self._told.why()}), so it compiles again at every start")
        self._of_tensorrt += [runtime, engine, kernels, config]
        if keeping and kept is not None:
            self._begin(context, engine, config)
        else:
            with waiting(f"compiling for {self.device}, once", source.say):
                self._begin(context, engine, config)
        if not self._of_tensorrt[-1].is_stream_capturable(self._stream):
            source.say("TensorRT records no CUDA graph of this engine, so each plan takes longer")
        compiled = kernels.serialize() if keeping else None
        # some may have been compiled although some were kept
        if compiled is not None and bytes(compiled) != kept:
            source.cache.write(key, bytes(compiled))

    def _begin(self, context: CudaContext, engine: Any, config: Any) -> None:
        """Bind all memory to what executes, and run it for the first time."""
        execution = engine.create_execution_context(config)
        if execution is None:
            raise self._refusal("to compile")
        self._of_tensorrt.append(execution)
        wanted, answered = self.graph.inputs(self.batch), self.graph.outputs(self.batch)
        names = {engine.get_tensor_name(index) for index in range(engine.num_io_tensors)}
        if names != {*wanted, *answered}:
            differ = ", ".join(sorted(names ^ {*wanted, *answered}))
            raise EngineError(
                f"asked for engine rtx, engine and graph differ in {differ}: export the model again"
            )
        for name, shape in wanted.items():
            if not execution.set_input_shape(name, shape):
                raise self._refusal(f"{name} of shape {shape}")
            self._inputs[name] = self._bound(context, execution, name, shape)
        for name, shape in answered.items():
            found = tuple(execution.get_tensor_shape(name))
            if found != shape:  # the card would write past our memory
                raise EngineError(
                    f"asked for engine rtx, its {name} is {found}, not {shape}: export the model again"
                )
            self._outputs[name] = self._bound(context, execution, name, shape)
        self._answers = {name: twins.array for name, twins in self._outputs.items()}
        self._inputs["style"].array[:, 0] = 1
        self._go(context)

    def _bound(self, context: CudaContext, execution: Any, name: str, shape: tuple[int, ...]) -> Twins:
        twins = context.twins(shape, np.int64 if name == "step" else np.float32)
        if not execution.set_tensor_address(name, twins.card):
            raise self._refusal(f"memory for {name}")
        return twins

    def _refusal(self, what: str) -> CudaError:
        return CudaError(f"TensorRT refuses {what} ({self._told.why()})")
