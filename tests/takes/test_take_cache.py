"""The take cache: the show's reader finds what the training wrote, and says what it is not."""

from pathlib import Path

import numpy as np
import pytest
from fakes.swinging import swinging

from groovecast.takes.take_cache import read_take_cache
from groovecast.train.pulse import Pulse
from groovecast.train.roster import Casting
from groovecast.train.takes import Take, load_takes, save_takes


def test_the_show_reads_what_the_training_wrote(tmp_path: Path) -> None:
    beats = np.arange(0, 90, 15.0)
    takes = [
        Take("a/one@0", Casting("salsa", "train"), swinging(3.0, 0.5), Pulse(beats, 120.0, 0.9)),
        Take("a/two@0", Casting("modern", "test"), swinging(2.0, 0.7), None),
    ]
    path = tmp_path / "takes.npz"
    save_takes(path, takes)
    for ours, theirs in zip(read_take_cache(path), load_takes(path), strict=True):
        assert (ours.id, ours.style) == (theirs.id, theirs.casting.style)
        assert ours.held_out == (theirs.casting.split == "test")
        assert ours.motion.root_m == pytest.approx(theirs.motion.root_m)
        assert ours.motion.local_quat_wxyz == pytest.approx(theirs.motion.local_quat_wxyz, abs=1e-6)
        assert ours.beat_frames.tolist() == (
            [] if theirs.pulse is None else theirs.pulse.beat_frames.tolist()
        )
    assert read_take_cache(path)[0].beats_s == pytest.approx(np.arange(6) * 0.5)


def test_a_file_of_another_kind_is_refused_with_the_mend(tmp_path: Path) -> None:
    other = tmp_path / "other.npz"
    np.savez(other, ids=np.zeros(1))
    with pytest.raises(ValueError, match="no take cache: make one with `groovecast train takes`"):
        read_take_cache(other)
