"""Address patterns mean what python-osc's dispatcher takes them to mean, but never take long."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pythonosc.dispatcher import Dispatcher

from groovecast.wire.osc_pattern import OscPattern

_ADDRESSES = (
    "/groovecast/intensity",
    "/groovecast/style",
    "/groovecast/style_b",
    "/groovecast/style/value",
    "/g/a-b",
)
_PIECES = st.one_of(
    st.sampled_from(["*", "?", "groovecast", "/", "style", "intensity", "s", "value", "a", "-", "_b"]),
    st.lists(st.sampled_from(["style", "a", "in", "g", "s"]), min_size=1, max_size=3).map(
        lambda words: "{" + ",".join(words) + "}"
    ),
    st.sampled_from(["[a-z]", "[gs]", "[!s]", "[s-t_]", "[a-]"]),
)


def _python_osc_matches(pattern: str, address: str) -> bool:
    dispatcher = Dispatcher()
    dispatcher.map(address, print)
    return any(dispatcher.handlers_for_address(pattern))


@given(st.lists(_PIECES, max_size=8).map(lambda pieces: "/" + "".join(pieces)), st.sampled_from(_ADDRESSES))
@example("/groovecast/*", "/groovecast/style")
@example("/groovecast/{style,intensity}", "/groovecast/style")
@example("/groovecast/st?le_[a-c]", "/groovecast/style_b")
@example("/groovecast/*/value", "/groovecast/style/value")
def test_a_pattern_means_what_python_osc_means(pattern: str, address: str) -> None:
    if "[!" in pattern:
        # there a "not s" may be the slash between two parts, which OSC does not want
        assert OscPattern(pattern).matches(address) <= _python_osc_matches(pattern, address)
    else:
        assert OscPattern(pattern).matches(address) == _python_osc_matches(pattern, address)


def test_letters_that_are_unwanted_are_all_others() -> None:
    pattern = OscPattern("/[!a-cs]b")
    assert [first for first in "abcdstx!" if pattern.matches(f"/{first}b")] == ["d", "t", "x", "!"]
    assert not pattern.matches("//b") and not pattern.matches("/b")


@pytest.mark.parametrize("wrong", ["/a[", "/a]", "/{a", "/a}", "/" + 200 * "?"])
def test_a_pattern_that_is_wrong_matches_nothing(wrong: str) -> None:
    assert not any(OscPattern(wrong).matches(address) for address in ("/a", "/a[", "/" + 200 * "x", wrong))


@pytest.mark.parametrize("mean", ["/" + 47 * "*?", "/" + 30 * "{,}", "/" + 15 * "{a,aa}", "/" + 40 * "*a"])
def test_a_mean_pattern_takes_no_longer_than_another(mean: str) -> None:
    # as a regular expression each of these takes longer than the show lasts
    assert not OscPattern(mean).matches("/" + 45 * "a" + "!")
