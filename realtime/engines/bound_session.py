"""A session of ONNX Runtime whose inputs and outputs are bound once.

On a processor a plan costs no new memory. On a card `OrtValue.numpy()` makes one array an output, not pinned.
"""

from collections.abc import Mapping
from typing import Any  # ONNX Runtime has no types

import numpy as np

from groovecast.model.graph import Graph


class BoundSession:
    """Buffers for one batch. On a card there is a second set of them, and what is read back passes through a copy."""

    def __init__(self, session: Any, runtime: Any, graph: Graph, batch: int, device: str) -> None:
        self._shapes = graph.inputs(batch)
        self._model = graph.model
        self._session = session
        self._binding = session.io_binding()
        self._on_card = device != "cpu"
        self._given = {name: _buffer(name, shape) for name, shape in self._shapes.items()}
        self._answers = {name: _buffer(name, shape) for name, shape in graph.outputs(batch).items()}
        value = runtime.OrtValue.ortvalue_from_numpy
        # a value on the processor is the buffer itself, one on a card begins as its copy
        place = (device, 0) if self._on_card else ()
        self._inputs = {name: value(buffer, *place) for name, buffer in self._given.items()}
        self._outputs = {name: value(buffer, *place) for name, buffer in self._answers.items()}
        for name, bound in self._inputs.items():
            self._binding.bind_ortvalue_input(name, bound)
        for name, bound in self._outputs.items():
            self._binding.bind_ortvalue_output(name, bound)

    def run(self, inputs: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        """All outputs; they hold until the next call. Raises ValueError for inputs of other names or shapes."""
        if inputs.keys() != self._shapes.keys():
            raise ValueError(
                f"asked model {self._model!r} with {', '.join(inputs)}: give {', '.join(self._shapes)}"
            )
        for name, shape in self._shapes.items():
            if np.shape(inputs[name]) != shape:
                raise ValueError(
                    f"asked model {self._model!r} with {name} of shape {np.shape(inputs[name])}: give {shape}"
                )
            np.copyto(self._given[name], inputs[name], casting="same_kind")
        if not self._on_card:
            self._session.run_with_iobinding(self._binding)
            return self._answers
        for name, given in self._given.items():
            self._inputs[name].update_inplace(given)
        self._session.run_with_iobinding(self._binding)
        for name, answer in self._answers.items():
            np.copyto(answer, self._outputs[name].numpy())
        return self._answers

    def close(self) -> None:
        """Let go of session and buffers."""
        self._inputs, self._outputs, self._given, self._answers = {}, {}, {}, {}
        self._binding = self._session = None


def agreed(session: Any, graph: Graph) -> None:
    """See that a session takes and answers what its graph should. Raises ValueError, with the mend, if it does not."""
    asked, there = set(graph.inputs(1)), {one.name for one in session.get_inputs()}
    answered, answers = set(graph.outputs(1)), {one.name for one in session.get_outputs()}
    if asked != there or not answered <= answers:
        raise ValueError(
            f"asked for {graph.artefact.file} of model {graph.model!r}, it takes {', '.join(sorted(there))} and "
            f"answers {', '.join(sorted(answers))}: export the model again"
        )


def _buffer(name: str, shape: tuple[int, ...]) -> np.ndarray:
    return np.zeros(shape, np.int64 if name == "step" else np.float32)
