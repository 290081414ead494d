"""Whatever can continue a dance, and how it is asked for the plans of several dancers at once."""

from collections.abc import Iterator, Sequence
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

    @property
    def batch(self) -> int:
        """For how many dancers at most."""
        ...

    def plan_all(self, asks: Sequence[Ask]) -> list[Imagined]:
        """The frames that follow each history."""
        ...


def answered(generator: Generator, asks: Sequence[Ask]) -> Iterator[Imagined]:
    """Dance thread. What it answers to each: as many together as it can, else one after the other, and then unedited.

    Each is there as soon as it can be, so the first does not wait for the last.
    """
    if isinstance(generator, CrewGenerator):
        for begin in range(0, len(asks), generator.batch):
            yield from generator.plan_all(asks[begin : begin + generator.batch])
        return
    for ask in asks:
        if generator.config.warm:
            warm = cast(WarmGenerator, generator)  # its config says that it is one
            assert ask.before is not None  # a warm model's figure always has one
            yield warm.plan(ask.history, ask.music, ask.style, ask.noise, ask.before)
        else:
            yield generator.plan(ask.history, ask.music, ask.style, ask.noise)
