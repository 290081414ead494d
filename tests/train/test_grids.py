"""A beat grid is found where somebody dances, and nothing breaks where nobody moves."""

import numpy as np
from fakes.stepper import stepping

from groovecast.motion.pose import Motion
from groovecast.train.grids import grids_of, settled
from groovecast.train.pulse import Pulse


def test_a_take_that_never_moves_keeps_its_grid_and_is_not_believed() -> None:
    danced = stepping(8.0, 110.0)
    still = Motion(
        danced.fps,
        np.repeat(danced.root_m[:1], 240, axis=0),
        np.repeat(danced.local_quat_wxyz[:1], 240, axis=0),
    )
    pulse = Pulse(np.arange(0, 240, 15.0), 120.0, 5.0)
    assert settled(still, pulse) is pulse
    for style in ("street", "salsa"):
        (grid,) = grids_of([still], style)
        assert grid.pulse is None and grid.told.startswith("unknown: ")


def test_a_grid_is_moved_to_where_the_limbs_rest() -> None:
    danced = stepping(12.0, 120.0, first_beat_s=0.2)
    late = Pulse(np.arange(0.26, 12, 0.5) * 30, 120.0, 5.0)
    assert np.abs(settled(danced, late).beat_frames / 30 % 0.5 - 0.2).max() < 0.02
