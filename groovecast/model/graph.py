"""A model's graph as an engine is given it: the checked bytes, and the shape of all that goes in and comes out."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from groovecast.model.config import ModelConfig
from groovecast.model.manifest import Artefact, Manifest, checked_file
from groovecast.model.sampling import MOST_UNROLLED
from groovecast.motion.representation import BODY_JOINTS

PRECISIONS = ("fp32", "fp16", "int8")


@dataclass(frozen=True)
class Graph:
    """One artefact of a model. Everything is single precision outside, whatever it reckons with inside.

    The batch, how many dancers one call plans for, is the graph's only free axis.
    """

    model: str
    config: ModelConfig
    artefact: Artefact
    content: bytes
    needs: Mapping[str, bytes]  # the files that its tensors lie in, by the names the graph calls them

    @property
    def sha256(self) -> str:
        """The hash of the graph and of all that it needs."""
        whole = hashlib.sha256(self.content)
        for name in sorted(self.needs):
            whole.update(self.needs[name])
        return whole.hexdigest()

    def inputs(self, batch: int) -> dict[str, tuple[int, ...]]:
        """The shape of each input; all are float32 but `step`, int64, of a sampler that is asked step by step."""
        config = self.config
        plan = (batch, config.plan_frames, config.numbers)
        shapes: dict[str, tuple[int, ...]] = {
            "history": (batch, config.history_frames, config.numbers),
            "music": (batch, config.window_frames, config.music_channels),
            "style": (batch, len(config.styles) + 1),
            "noise": plan,
        }
        if config.warm:
            shapes["before"] = plan
        if config.editable:
            shapes["known"] = shapes["mask"] = plan
        if config.steps > MOST_UNROLLED:
            shapes["step"] = (1,)
        return shapes

    def outputs(self, batch: int) -> dict[str, tuple[int, ...]]:
        """The shape of each output; all are float32."""
        config = self.config
        plan = (batch, config.plan_frames, config.numbers)
        shapes: dict[str, tuple[int, ...]] = {
            "plan": plan,
            "root_m": (batch, config.plan_frames, 3),
            "local_quat_wxyz": (batch, config.plan_frames, BODY_JOINTS, 4),
        }
        if config.steps > MOST_UNROLLED:
            shapes["onward"] = plan
        return shapes


def graph_of(folder: Path, manifest: Manifest, precision: str) -> Graph:
    """The graph of a model in a precision. Raises ValueError, with the mend, when it has none or a file has changed."""
    found = next((one for one in manifest.artefacts if one.precision == precision), None)
    if found is None:
        there = ", ".join(one.precision for one in manifest.artefacts) or "none"
        raise ValueError(
            f"asked for {precision} of model {manifest.name!r}, it has {there}: choose one of these"
        )
    needs = {name: checked_file(folder, manifest.files, name) for name in found.needs}
    return Graph(
        manifest.name, manifest.config, found, checked_file(folder, manifest.files, found.file), needs
    )
