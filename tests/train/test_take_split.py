"""What is learned from and what is tested on: whole takes, both partners on one side, nothing under two names."""

from pathlib import Path

import numpy as np
import pytest

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_from_axis_angle
from groovecast.train.capture import Capture
from groovecast.train.ledger import Outcome, brief, ledger_of
from groovecast.train.pulse import Pulse
from groovecast.train.roster import STYLES, Casting, cast, reason_left_out
from groovecast.train.takes import Take, load_takes, read_takes, save_takes


def _made(seed: int = 0) -> list[Take]:
    rng = np.random.default_rng(seed)
    made = []
    for number, frames in enumerate((40, 7, 90)):
        quat = quat_from_axis_angle(rng.standard_normal((frames, 22, 3)))
        pulse = Pulse(np.sort(rng.uniform(0, frames, 9)), 101.5, 2.0) if number else None
        casting = Casting(STYLES[number], "test" if number == 1 else "train")
        made.append(
            Take(f"made/{number}", casting, Motion(30.0, rng.standard_normal((frames, 3)), quat), pulse)
        )
    return made


def test_a_cache_gives_back_its_takes_as_exactly_as_16_bits_can(tmp_path: Path) -> None:
    before = _made()
    save_takes(tmp_path / "a.npz", before)
    once = load_takes(tmp_path / "a.npz")
    for given, got in zip(before, once, strict=True):
        assert given.id == got.id and given.casting == got.casting
        np.testing.assert_array_equal(given.motion.root_m.astype(np.float32), got.motion.root_m)
        # half a step of int16 in each number, as an angle
        dot = np.abs(np.sum(given.motion.local_quat_wxyz * got.motion.local_quat_wxyz, axis=-1))
        assert np.degrees(2 * np.arccos(np.clip(dot, 0, 1))).max() < 0.01
        assert (given.pulse is None) == (got.pulse is None)
        if given.pulse and got.pulse:
            np.testing.assert_array_equal(given.pulse.beat_frames, got.pulse.beat_frames)
    save_takes(tmp_path / "b.npz", once)
    for got, again in zip(once, load_takes(tmp_path / "b.npz"), strict=True):
        np.testing.assert_allclose(got.motion.local_quat_wxyz, again.motion.local_quat_wxyz, atol=1 / 32767)


def test_the_ledger_names_each_clip_with_its_reason_or_its_mends() -> None:
    outcomes = [
        Outcome(
            "a/1", "salsa", "train", 10.0, 9.0, mends=("floor",), figures={"floor": 0.001}, beats="165.0 bpm"
        ),
        Outcome("a/2", "street", "test", 5.0, 0.0, reason="foot slide 0.6 of planted frames (at most 0.45)"),
    ]
    page = ledger_of(outcomes)
    assert "| a/1 | salsa | train | 9.0 | 10.0 | 165.0 bpm | floor | 0.001 |" in page
    assert "| a/2 | 5.0 | foot slide 0.6 of planted frames (at most 0.45) |" in page
    assert brief(outcomes).startswith("1 clips kept, 0.1 of 0.2 minutes")
    assert str(outcomes[1]) == "a/2: left out, foot slide 0.6 of planted frames (at most 0.45)"


def _unread(source: str, clip: str) -> Capture:
    """A clip of which only the name is known."""
    none = np.zeros((0, 3))
    return Capture(source, clip, "", 30.0, (), (), none, False, none, np.zeros((0, 0, 4)))


@pytest.mark.shared
def test_every_style_is_tested_on_a_whole_take_and_partners_stay_together(capture_folder: Path) -> None:
    sides: dict[str, set[str]] = {}
    pairs: dict[int, set[str]] = {}
    counts: dict[str, int] = {}
    for archive in sorted(capture_folder.glob("*.npz")):
        with np.load(archive) as file:
            clips = [str(clip) for clip in file["clip"]]
        for clip in clips:
            capture = _unread(archive.stem, clip)
            if reason_left_out(capture) is None:
                casting = cast(capture)
                sides.setdefault(casting.style, set()).add(casting.split)
                counts[casting.style] = counts.get(casting.style, 0) + 1
                if casting.style == "salsa":
                    pairs.setdefault((int(capture.clip.split("_")[1]) - 1) % 15, set()).add(casting.split)
    assert {style for style, count in counts.items() if count > 1} == set(STYLES)
    for style, found in sides.items():
        assert found == {"train", "test"}, style
    assert len(pairs) == 14 and all(len(found) == 1 for found in pairs.values())


@pytest.mark.shared
def test_a_take_that_stands_in_two_archives_is_read_once(
    capture_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import groovecast.train.takes as reading

    # the roster's names are set aside, so that only the motion can tell; 135_05 is tested on, 135_07 learned from
    wanted = ("martialwalk_135_05", "martialwalk_135_07", "martial_05", "martial_07", "martial_10")
    monkeypatch.setattr(
        reading, "reason_left_out", lambda capture: None if capture.clip in wanted else "not asked for"
    )
    for name in ("cmu_salsa_indian_martial.npz", "cmu_street_modern_martial.npz"):
        (tmp_path / name).symlink_to(capture_folder / name)
    outcomes: list[Outcome] = []
    kept = {take.id.split("/")[1].split("@")[0] for take in read_takes(tmp_path, outcomes.append)}
    again = {o.id.split("/")[1]: o.reason for o in outcomes if o.reason and o.reason.startswith("the same")}
    assert len(kept) == 3 and "martial_10" in kept
    assert set(again) | kept == set(wanted) and len(again) == 2
    assert all("the same motion as" in str(reason) for reason in again.values())
