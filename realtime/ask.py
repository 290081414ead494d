"""What a generator is asked for one dancer's next plan."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from groovecast.model.editing import Edit


@dataclass(frozen=True)
class Ask:
    """The frames that a plan follows, the music, the weights of the styles (they sum to 1), the noise it is made of.

    `before` is what the plan before said of these frames: a warm model must have it, any other takes none. `edit` is
    what must be so: only a model whose config is editable can be asked for that.
    """

    history: Float32[np.ndarray, "history 141"]
    music: Float32[np.ndarray, "window 10"]
    style: Float32[np.ndarray, " styles"]
    noise: Float32[np.ndarray, "plan 141"]
    before: Float32[np.ndarray, "plan 141"] | None = None
    edit: Edit | None = None
