"""Presets and what a person may change in them; what cannot be is told in one line with what can."""

import re
from pathlib import Path

import pytest

from groovecast.wire.vmc_presets import GENERIC, MOST_FPS, OPTIONS, PRESETS, VmcPreset, preset_named

ROOT = Path(__file__).resolve().parents[2]


def test_there_is_a_preset_for_everyone_whom_we_name() -> None:
    named = "generic vseeface warudo vnyan evmc4u vmc4ue vrm4u vmclivelink godot blender"
    assert " ".join(PRESETS) == named
    for name, preset in PRESETS.items():
        assert preset_named(name) is preset and preset.name == name and 0 < preset.fps <= MOST_FPS


@pytest.mark.parametrize("page", ["docs/receivers.md", "realtime/settings.py"])
def test_a_person_is_told_of_every_preset(page: str) -> None:
    text = (ROOT / page).read_text()
    assert [name for name in PRESETS if not re.search(rf"\b{name}\b", text)] == []


def test_a_person_is_told_of_every_option() -> None:
    text = (ROOT / "docs" / "receivers.md").read_text()
    assert [name for name in (*OPTIONS, "offset_ms") if f"`{name}=" not in text] == []


def test_every_option_can_be_changed() -> None:
    options = {
        "root": "split",
        "yaw": "180",
        "bundle": "none",
        "fingers": "off",
        "root_form": "nameless",
        "fps": "24",
    }
    assert set(options) == set(OPTIONS)
    assert GENERIC.with_options(options) == VmcPreset(
        "generic", GENERIC.receiver, "split", 180, "none", False, 24.0, "nameless"
    )
    assert GENERIC.with_options({}) == GENERIC


@pytest.mark.parametrize(
    ("name", "value", "mend"),
    [
        ("root", "feet", "hips or root or split"),
        ("yaw", "90", "0 or 180"),
        ("bundle", "", "split or single or none"),
        ("fingers", "true", "on or off"),
        ("fps", "0", "1 to 200"),
        ("fps", "nan", "1 to 200"),
        ("fps", "fast", "1 to 200"),
        ("fps", "201", "1 to 200"),
    ],
)
def test_a_value_that_cannot_be_is_told_with_those_that_can(name: str, value: str, mend: str) -> None:
    with pytest.raises(ValueError, match=f"asked for {name}={value}: give {mend}"):
        GENERIC.with_options({name: value})


def test_a_preset_that_there_is_not_is_told_with_those_there_are() -> None:
    with pytest.raises(
        ValueError, match="asked for VMC preset 'vrchat': there are generic, vseeface, warudo"
    ):
        preset_named("vrchat")
