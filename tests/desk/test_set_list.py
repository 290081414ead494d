"""The set list's file: what is written is read again, what a person wrote is respected, and nobody's cues are lost."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from cue_stage import AtOnce
from hypothesis import given
from hypothesis import strategies as st

from groovecast.motion.rotation import quat_from_axis_angle
from realtime.desk.kept_file import Scribe, read_kept, readable
from realtime.desk.set_list import Cue, SetList, content_of, set_list_from
from realtime.desk.set_list_file import SetListFile
from realtime.keyframes import KnownPose

_plain = st.one_of(st.none(), st.booleans(), st.integers(-9999, 9999), st.floats(-5, 5), st.text(max_size=8))
_anything = st.recursive(
    _plain, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=6), inner), max_leaves=12
)


def listed(*names: str) -> SetList:
    """A set list of empty cues."""
    whole = SetList()
    for name in names:
        whole = whole.with_cue(Cue(name, {}))
    return whole


def opened(file: Path) -> SetListFile:
    """The set list of a file, written at once."""
    return SetListFile(file, AtOnce())


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    turns = quat_from_axis_angle(np.random.default_rng(3).normal(size=(22, 3)))
    pose = KnownPose(0.91, turns.astype(np.float32), np.array([True, False, True, True]))
    cue = Cue("drop", {"intensity": 1.5, "style": "salsa", "mirror": True}, "bar", 2.5, pose)
    file = tmp_path / "setlist.json"
    opened(file).change(lambda whole: whole.with_cue(cue))
    [again] = opened(file).listed.cues
    assert (again.name, again.values, again.when, again.fade_s) == (cue.name, cue.values, "bar", 2.5)
    assert (
        again.pose is not None
        and again.pose.height_m == 0.91
        and again.pose.contacts.tolist() == [True, False, True, True]
    )
    np.testing.assert_allclose(again.pose.local_quat_wxyz, pose.local_quat_wxyz, atol=1e-4)


def test_the_file_reads_as_a_person_would_write_it(tmp_path: Path) -> None:
    file = tmp_path / "setlist.json"
    opened(file).change(
        lambda whole: whole.with_cue(Cue("Börek", {"intensity": 1.0, "style": "salsa"}, None, 0.5))
    )
    assert file.read_text("utf-8").splitlines() == [
        "{", '  "cues": [', "    {", '      "name": "Börek",', '      "fade_s": 0.5,', '      "values": {',
        '        "intensity": 1,', '        "style": "salsa"', "      }", "    }", "  ]", "}",
    ]  # fmt: skip


def test_what_a_person_wrote_that_is_no_cue_is_named_and_stays(tmp_path: Path) -> None:
    file = tmp_path / "setlist.json"
    said = {
        "venue": "Rote Fabrik",
        "cues": [
            {"name": "a", "values": {"wings": 3}, "note": "for Ana"},
            {"name": "b", "when": "tomorrow"},
            "a word",
            {"name": "a"},
            {"name": "c", "fade_s": 99},
            {"name": "d"},
        ],
    }
    file.write_text(json.dumps(said))
    kept = opened(file)
    assert kept.listed.names == ("a", "d")
    told = " ".join(kept.problems)
    assert all(word in told for word in ("cue 2", "'tomorrow'", "cue 3", "two of the name 'a'", "99"))
    kept.change(lambda whole: whole.moved("d", 0))
    again = json.loads(file.read_text())
    assert again["venue"] == "Rote Fabrik"
    assert again["cues"][0]["name"] == "d" and again["cues"][1:5] == said["cues"][1:5]
    assert again["cues"][5] == said["cues"][0], "and what is unknown within a cue"


def test_a_broken_file_is_said_in_one_line_and_put_aside_when_a_cue_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "setlist.json"
    file.write_text('{"cues": [')
    kept = opened(file)
    [problem] = kept.problems
    assert "\n" not in problem and "setlist.json.bad" in problem
    assert kept.listed == SetList() and file.read_text() == '{"cues": ['
    kept.change(lambda whole: whole.with_cue(Cue("new", {})))
    assert (opened(file).listed.names == ("new",) and kept.problems == ()) or kept.look(5.0)
    assert (tmp_path / "setlist.json.bad").read_text() == '{"cues": ['


def test_two_shows_at_once_lose_no_cue_of_each_other(tmp_path: Path) -> None:
    file = tmp_path / "setlist.json"
    one, other = opened(file), opened(file)
    one.change(lambda whole: whole.with_cue(Cue("mine", {})))
    other.change(lambda whole: whole.with_cue(Cue("yours", {})))
    one.change(lambda whole: whole.renamed("mine", "ours"))
    assert opened(file).listed.names == ("ours", "yours")
    assert one.look(10.0) and one.listed.names == ("ours", "yours")
    other.look(10.0)
    assert other.look(12.0) and other.listed.names == ("ours", "yours"), (
        "and each sees the other's within a second"
    )
    one.change(lambda whole: whole.without("ours"))
    with_it_gone = opened(file)
    other.change(lambda whole: whole.timed("ours", "beat", None))
    assert opened(file).listed == with_it_gone.listed, "what the other has removed stays removed"


def test_what_is_changed_in_quick_order_is_there_at_once_and_in_the_file_at_the_end(tmp_path: Path) -> None:
    file, scribe = tmp_path / "setlist.json", Scribe()
    kept = SetListFile(file, scribe)
    for number in range(20):
        kept.change(lambda whole, number=number: whole.with_cue(Cue(f"cue {number}", {})))
        kept.look(float(number))
        assert len(kept.listed.cues) == number + 1
    scribe.close()
    assert opened(file).listed.names == tuple(f"cue {number}" for number in range(20))
    assert [path.name for path in tmp_path.iterdir()] == ["setlist.json"], "no part is left behind"


def test_a_folder_that_cannot_be_written_is_said_and_the_list_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = opened(tmp_path / "file" / "setlist.json")
    kept.change(lambda whole: whole.with_cue(Cue("new", {})))
    kept.look(1.0)
    assert kept.listed.names == ("new",) and "cannot be written" in kept.problems[0]


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\nb\x00", None, 7])
def test_a_name_that_is_none_is_refused(name: object) -> None:
    with pytest.raises(ValueError, match=r"asked to name a cue .*: give 1 to 60 characters"):
        listed("a").renamed("a", name)


def test_names_are_one_each_and_places_are_in_the_list() -> None:
    whole = listed("a", "b", "c")
    assert whole.moved("a", 99).names == ("b", "c", "a") and whole.moved("c", -3).names == ("c", "a", "b")
    assert whole.with_cue(Cue("b", {"size": 2})).names == ("a", "b", "c"), "kept again in its place"
    with pytest.raises(ValueError, match="there is one of that name"):
        whole.renamed("a", "c")
    with pytest.raises(ValueError, match="the set list has a, b, c: choose one of these"):
        whole.without("z")


@given(_anything)
def test_whatever_the_file_says_the_show_begins_and_writes_it_back(content: object) -> None:
    said = {"cues": content}
    whole, problems = set_list_from(said)
    assert isinstance(content, list) or problems
    if not problems and whole.entries == ():
        return
    again, _ = set_list_from(content_of(whole))
    assert again.names == whole.names and len(again.entries) == len(whole.entries)


@given(st.dictionaries(st.text(max_size=6), _anything, max_size=5))
def test_what_is_written_for_people_is_json(value: Mapping[str, object]) -> None:
    assert json.loads(readable(value)) == value


def test_a_file_that_is_no_object_is_broken(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[1]")
    content, problem = read_kept(tmp_path / "a.json")
    assert content is None and "cannot be read" in problem
