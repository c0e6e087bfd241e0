import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from predawn import CorruptList, InvalidId
from predawn.codec import Codes, Reason, codes, decode, decode_reasons, encode_reasons, number
from predawn.codec import decode_ids as read
from predawn.codec import encode_ids as write
from predawn.keys import MAX_ID_BYTES

AWKWARD = st.text(st.sampled_from('a7%,: {}\n\x00\x7fé中🎈\\"'), min_size=1, max_size=8)
ITEM = AWKWARD | st.text(min_size=1, max_size=40)


@given(st.lists(ITEM, max_size=12))
def test_round_trip_in_printable_ascii(items: list[str]) -> None:
    value = write(items)
    assert read(value) == items
    assert value.decode("ascii").isprintable()


@given(st.lists(ITEM, max_size=6), st.lists(ITEM, max_size=6))
def test_different_lists_have_different_values(one: list[str], other: list[str]) -> None:
    assume(one != other)
    assert write(one) != write(other)


@given(st.binary(max_size=24) | st.text(st.sampled_from("a,%2Cc0é"), max_size=9).map(str.encode))
def test_decode_refuses_what_encode_never_writes(value: bytes) -> None:
    try:
        items = read(value)
    except CorruptList:
        return
    assert write(items) == value


def test_the_documented_form() -> None:
    assert write(["1029743", "a,b", "50%", "é", "a b:c"]) == b"1029743,a%2Cb,50%25,%C3%A9,a b:c"
    assert write([]) == b""


@pytest.mark.parametrize(
    "value", [b"\x80\x04", b"a,,b", b"a,", b"%", b"%2", b"%zz", b"%41", b"%2c", b"%FF", b"a\nb", b"\xc3\xa9"]
)
def test_foreign_bytes(value: bytes) -> None:
    with pytest.raises(CorruptList):
        read(value)


@pytest.mark.parametrize("items", [[""], ["a", ""], ["x" * (MAX_ID_BYTES + 1)], ["é" * MAX_ID_BYTES], ["\ud800"]])
def test_ids_that_cannot_be_stored(items: list[str]) -> None:
    with pytest.raises(InvalidId):
        write(items)


def test_a_string_is_no_list() -> None:
    with pytest.raises(InvalidId):
        Codes().encode("abc")


def test_longest_ids_fit() -> None:
    items = ["x" * MAX_ID_BYTES, "y" * MAX_ID_BYTES]
    assert read(write(items)) == items


def names_of(items: Codes) -> dict[str, str]:
    return {code: item for item, code in items.items()}


@given(st.lists(st.lists(ITEM, min_size=1, max_size=12), max_size=8))
def test_lists_of_codes_round_trip(lists: list[list[str]]) -> None:
    items = Codes()
    values = [items.encode(each) for each in lists]
    assert [decode(value, names_of(items)) for value in values] == lists


def test_codes_are_numbers_in_base_62() -> None:
    assert [codes(4000)[number] for number in (0, 9, 10, 35, 36, 61, 62, 3843, 3844)] == [
        *("0", "9", "A", "Z", "a", "z", "10", "zz", "100"),
    ]
    assert len(set(codes(100_000))) == len(codes(100_000))


def test_numbers_of_codes() -> None:
    assert [number(code) for code in codes(4000)[:4000]] == list(range(4000))
    assert [number(text) for text in ("", "-", "1é", " 1")] == [None] * 4


def test_the_first_items_get_the_shortest_codes() -> None:
    items = Codes(["milk", "bread"])
    assert items.encode(["tea", "bread", "milk"]) == b"2,1,0"


@pytest.mark.parametrize("value", [b"\x80\x04", b"0,,1", b"0,", b"", b"3", b"00", b" 0"])
def test_lists_that_nobody_published(value: bytes) -> None:
    with pytest.raises(CorruptList):
        decode(value, {"0": "a", "1": "b"})


def test_reasons_round_trip() -> None:
    items, channels = Codes(["milk"]), Codes()
    reasons = [Reason(0.8123, "buy_again", "milk"), Reason(-2.5, "als"), Reason(None, "buy_again")]
    value = encode_reasons(reasons, items, channels)
    assert value == b"8123.0.0,-25000.1.,.0."
    assert decode_reasons(value, names_of(items), names_of(channels)) == reasons


@pytest.mark.parametrize("value", [b"", b"1.0", b"x.0.0", b"1.9.0", b"1.0.9", b"\xff"])
def test_reasons_that_nobody_published(value: bytes) -> None:
    with pytest.raises(CorruptList):
        decode_reasons(value, {"0": "milk"}, {"0": "als"})
