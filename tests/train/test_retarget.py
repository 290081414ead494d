"""Somebody's motion capture on our skeleton: the joints are where they were, the feet on the floor."""

from pathlib import Path

import numpy as np
import pytest

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.motion.soles import contacts_of, soles_of
from groovecast.train.capture import read_archive
from groovecast.train.retarget import Retargeter
from groovecast.train.roster import cast, reason_left_out
from groovecast.train.takes import load_takes, read_takes, retargeted, save_takes

pytestmark = pytest.mark.shared

_CLIPS = [
    ("cmu_salsa_indian_martial", "salsa_03"),
    ("cmu_street_modern_martial", "mjackson_131_02"),
    ("cmu_breakdance_karate", "85_03"),
    ("cmu_dance_walk_run", "55_01"),
    ("cmu_jump_turns", "91_48"),
    ("quaternius_loops", "Dance_Loop"),
]


@pytest.mark.parametrize(("archive", "clip"), _CLIPS)
def test_limbs_point_where_the_capture_points(capture_folder: Path, archive: str, clip: str) -> None:
    skeleton = groovecast_skeleton()
    capture = next(c for c in read_archive(capture_folder / f"{archive}.npz") if c.clip == clip)
    retargeter = Retargeter(capture)
    motion = retargeter.motion()
    place, _ = world_from_local(
        motion.root_m, motion.local_quat_wxyz, skeleton.rest_offset_m.astype(np.float64), skeleton.parents
    )
    for side in ("left", "right"):
        for (top, end), (here, there) in {
            ("shoulder", "elbow"): ("UpperArm", "LowerArm"),
            ("elbow", "wrist"): ("LowerArm", "Hand"),
            ("hip", "knee"): ("UpperLeg", "LowerLeg"),
            ("knee", "ankle"): ("LowerLeg", "Foot"),
        }.items():
            theirs = retargeter.place[f"{side} {end}"] - retargeter.place[f"{side} {top}"]
            ours = place[:, skeleton.index(side + there)] - place[:, skeleton.index(side + here)]
            cosine = (
                np.sum(theirs * ours, axis=-1)
                / np.linalg.norm(theirs, axis=-1)
                / np.linalg.norm(ours, axis=-1)
            )
            assert cosine.min() > 0.999, (side, top)


@pytest.mark.parametrize(("archive", "clip"), _CLIPS)
def test_feet_stand_on_the_floor_and_never_below_it(capture_folder: Path, archive: str, clip: str) -> None:
    skeleton = groovecast_skeleton()
    motion = retargeted(next(c for c in read_archive(capture_folder / f"{archive}.npz") if c.clip == clip))
    soles = soles_of(
        *world_from_local(
            motion.root_m, motion.local_quat_wxyz, skeleton.rest_offset_m.astype(np.float64), skeleton.parents
        ),
        skeleton,
    )
    assert soles.height_m.min() > -0.005
    assert np.quantile(soles.height_m.min(axis=-1), 0.5) < 0.04
    assert contacts_of(soles, motion.fps).any(axis=1).mean() > 0.5


def test_every_clip_is_cast_or_left_out_with_a_reason(capture_folder: Path) -> None:
    styles = set()
    for archive in sorted(capture_folder.glob("*.npz")):
        for capture in read_archive(archive):
            if reason_left_out(capture) is None:
                styles.add(cast(capture).style)
    assert styles == {"salsa", "street", "modern", "indian", "break", "martial", "idle", "move"}


def test_takes_come_back_from_their_cache(capture_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    name = "cmu_breakdance_karate.npz"
    (tmp_path / "in" / name).symlink_to(capture_folder / name)
    found = list(read_takes(tmp_path / "in", lambda line: None))
    save_takes(tmp_path / "takes.npz", found)
    for before, after in zip(found, load_takes(tmp_path / "takes.npz"), strict=True):
        assert before.id == after.id and before.casting == after.casting
        np.testing.assert_allclose(before.motion.root_m, after.motion.root_m, atol=1e-5)
        close = np.abs(np.sum(before.motion.local_quat_wxyz * after.motion.local_quat_wxyz, axis=-1))
        assert close.min() > 1 - 1e-7
        assert (before.pulse is None) == (after.pulse is None)
