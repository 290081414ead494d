"""What an OSC datagram says, held against python-osc; and that no bytes do harm."""

import logging

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from groovecast.wire.errors import WireError
from groovecast.wire.osc_packet import MOST_BYTES, OscSaid, osc_elements, osc_said

_ADDRESSES = st.text("abz_09/*?[]{},", min_size=1, max_size=20).map(lambda text: "/" + text)
_VALUES = st.lists(
    st.one_of(
        st.booleans(),
        st.integers(-(2**31), 2**31 - 1),
        st.floats(width=32, allow_nan=False),
        st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=9),
    ),
    max_size=5,
)


def _message(address: str, values: list[bool | int | float | str]) -> OscMessageBuilder:
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return builder


@given(_ADDRESSES, _VALUES)
def test_a_message_says_what_python_osc_wrote(address: str, values: list[bool | int | float | str]) -> None:
    (element,) = osc_elements(_message(address, values).build().dgram)
    said = osc_said(element)
    assert said == OscSaid(address, tuple(values))
    assert [type(value) for value in said.values] == [type(value) for value in values]


@given(st.lists(_ADDRESSES, min_size=1, max_size=6), st.integers(0, 3))
def test_bundles_in_bundles_are_read_in_their_order_and_no_time_tag_is_waited_for(
    addresses: list[str], depth: int
) -> None:
    in_years = 2_050_000_000
    bundle = OscBundleBuilder(in_years)
    for address in addresses:
        bundle.add_content(_message(address, [1.0]).build())
    for _ in range(depth):
        outer = OscBundleBuilder(IMMEDIATELY)
        outer.add_content(bundle.build())
        bundle = outer
    assert [osc_said(one).address for one in osc_elements(bundle.build().dgram)] == addresses


@pytest.mark.parametrize("types", [b"", b",\0\0\0", b",I\0\0", b",N\0\0"])
def test_an_impulse_is_an_address_alone(types: bytes) -> None:
    assert osc_said(b"/a\0\0" + types) == OscSaid("/a")


@given(st.integers(17, 40))
def test_a_bundle_that_is_cut_says_nothing(length: int) -> None:
    whole = OscBundleBuilder(IMMEDIATELY)
    for address in ("/one", "/two"):
        whole.add_content(_message(address, []).build())
    datagram = whole.build().dgram
    assert len(datagram) == 48 and len(osc_elements(datagram)) == 2
    if length != 32:  # there the first is whole, and nobody can know of the second
        with pytest.raises(WireError, match="has an element that ends at"):
            osc_elements(datagram[:length])


@given(st.binary(max_size=120))
@example(b"#bundle\0" + bytes(7) + b"\1" + b"\xff\xff\xff\xfc")  # python-osc never comes back from it
@example(b"#bundle\0" + bytes(7) + b"\1" + b"\0\0\0\5/a\0\0,")
@example(b"/a\0\0,f\0\0\0\0")
@example(b"/a\0\0,[[[")
@example(b"/\xff\0\0")
@example(b"/a\0\0,t\0\0\xff\xff\xff\xff\xff\xff\xff\xff")
@example(b"/a\0\0,h\0\0")
@example(b"/a\0\0,s\0\0\xff\xfe\0\0")
def test_any_bytes_are_read_or_refused_in_words(data: bytes) -> None:
    for datagram in (data, b"#bundle\0" + data, b"/a\0\0," + data):
        try:
            elements = osc_elements(datagram)
        except WireError as why:
            assert len(str(why)) > 20
            continue
        for element in elements:
            try:
                osc_said(element)
            except WireError as why:
                assert len(str(why)) > 10


def test_what_is_too_much_is_refused() -> None:
    inner = b"/a\0\0,\0\0\0"
    small = len(inner).to_bytes(4, "big") + inner
    with pytest.raises(WireError, match="at most 256 messages"):
        osc_elements(b"#bundle\0" + bytes(8) + 257 * small)
    with pytest.raises(WireError, match=f"at most {MOST_BYTES} bytes, found {MOST_BYTES + 1}|at most 8192"):
        osc_elements(b"/" * (MOST_BYTES + 1))
    deep = b"#bundle\0" + bytes(8) + small
    for _ in range(5):
        deep = b"#bundle\0" + bytes(8) + len(deep).to_bytes(4, "big") + deep
    with pytest.raises(WireError, match="in at most 4 bundles"):
        osc_elements(deep)
    with pytest.raises(WireError, match="at most 64"):
        osc_said(b"/a\0\0," + 65 * b"T" + bytes(2))


def test_a_type_that_no_control_takes_is_named_and_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(WireError, match="/a has types 'xb'"):
        osc_said(b"/a\0\0,xb\0\0\0\0\0")
    assert not caplog.records
