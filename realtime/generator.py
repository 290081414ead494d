"""Whatever can continue a dance, and how it is asked for the plans of several dancers at once."""

from collections.abc import Sequence
from typing import Protocol, cast, runtime_checkable

import numpy as np
from jaxtyping import Float32

from groovecast.model.config import ModelConfig
from groovecast.model.imagined import Imagined
from realtime.ask import Ask
from realtime.warm_start import WarmGenerator


@runtime_checkable
class Generator(Protocol):
    """Whatever can continue a dance: a model's engine, or a fake that hops."""

    @property
    def config(self) -> ModelConfig:
        """The window it works on."""
        ...

    def plan(
        self,
        history: Float32[np.ndarray, "history 141"],
        music: Float32[np.ndarray, "window 10"],
        style: Float32[np.ndarray, " styles"],
        noise: Float32[np.ndarray, "plan 141"],
    ) -> Imagined:
        """The frames that follow a history."""
        ...


@runtime_checkable
class CrewGenerator(Generator, Protocol):
    """One that plans for several dancers in one call, and can be told what a plan must hold."""

    def plan_all(self, asks: Sequence[Ask]) -> list[Imagined]:
        """The frames that follow each history."""
        ...


def answered(generator: Generator, asks: Sequence[Ask]) -> list[Imagined]:
    """Dance thread. What it answers to each: together where it can, else one after the other, and then unedited."""
    if isinstance(generator, CrewGenerator):
        return generator.plan_all(asks)
    if not generator.config.warm:
        return [generator.plan(ask.history, ask.music, ask.style, ask.noise) for ask in asks]
    warm = cast(WarmGenerator, generator)  # its config says that it is one
    return [
        warm.plan(ask.history, ask.music, ask.style, ask.noise, ask.before)
        for ask in asks
        if ask.before is not None
    ]
