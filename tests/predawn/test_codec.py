import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from predawn import CorruptList, InvalidId
from predawn.codec import decode, encode
from predawn.keys import MAX_ID_BYTES

AWKWARD = st.text(st.sampled_from('a7%,: {}\n\x00\x7fé中🎈\\"'), min_size=1, max_size=8)
ITEM = AWKWARD | st.text(min_size=1, max_size=40)


@given(st.lists(ITEM, max_size=12))
def test_round_trip_in_printable_ascii(items: list[str]) -> None:
    value = encode(items)
    assert decode(value) == items
    assert value.decode("ascii").isprintable()


@given(st.lists(ITEM, max_size=6), st.lists(ITEM, max_size=6))
def test_different_lists_have_different_values(one: list[str], other: list[str]) -> None:
    assume(one != other)
    assert encode(one) != encode(other)


@given(st.binary(max_size=24) | st.text(st.sampled_from("a,%2Cc0é"), max_size=9).map(str.encode))
def test_decode_refuses_what_encode_never_writes(value: bytes) -> None:
    try:
        items = decode(value)
    except CorruptList:
        return
    assert encode(items) == value


def test_the_documented_form() -> None:
    assert encode(["1029743", "a,b", "50%", "é", "a b:c"]) == b"1029743,a%2Cb,50%25,%C3%A9,a b:c"
    assert encode([]) == b""


@pytest.mark.parametrize(
    "value", [b"\x80\x04", b"a,,b", b"a,", b"%", b"%2", b"%zz", b"%41", b"%2c", b"%FF", b"a\nb", b"\xc3\xa9"]
)
def test_foreign_bytes(value: bytes) -> None:
    with pytest.raises(CorruptList):
        decode(value)


@pytest.mark.parametrize(
    "items", [[""], ["a", ""], ["x" * (MAX_ID_BYTES + 1)], ["é" * MAX_ID_BYTES], ["\ud800"], "abc"]
)
def test_ids_that_cannot_be_stored(items: list[str]) -> None:
    with pytest.raises(InvalidId):
        encode(items)


def test_longest_ids_fit() -> None:
    items = ["x" * MAX_ID_BYTES, "y" * MAX_ID_BYTES]
    assert decode(encode(items)) == items
