import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predawn.http.parameters import MAX_IDS, MAX_N, MAX_USERS, PARAMETERS, Options, batch_of, options_from, options_of
from predawn.http.problems import BadParameter

ALL = tuple(PARAMETERS)


def test_every_option_has_a_parameter_and_the_other_way_round() -> None:
    assert set(PARAMETERS) == set(Options.__slots__)


def test_an_empty_query_is_the_defaults() -> None:
    assert options_of(b"", ALL) == Options()


def test_a_full_query() -> None:
    query = (
        b"n=20&scene=a%2Fb&variant=v&version=2017-12-01.a&exclude=x&exclude=y%2Cz&recent=%C3%A9"
        b"&segment=city%3DParis&reasons=1&kind=together&id=i"
    )
    assert options_of(query, ALL) == Options(
        20, "a/b", "v", "2017-12-01.a", ("x", "y,z"), ("é",), "city=Paris", True, "together", ("i",)
    )


@pytest.mark.parametrize("query", [b"segment=city=Paris", b"segment=city%3DParis"])
def test_a_segment_may_have_its_equals_sign_as_it_is(query: bytes) -> None:
    assert options_of(query, ALL).segment == "city=Paris"


@pytest.mark.parametrize(
    ("text", "n"), [("1", 1), ("007", 7), (str(MAX_N), MAX_N), (str(MAX_N + 1), MAX_N), ("9" * 5000, MAX_N)]
)
def test_n_is_clamped_above(text: str, n: int) -> None:
    assert options_of(b"n=" + text.encode(), ALL).n == n


@pytest.mark.parametrize("text", ["0", "-1", "00", "1.5", "1e3", "", "ten", "%D9%A3", "+5", " 5", "0x10"])
def test_n_that_is_no_number_of_items(text: str) -> None:
    with pytest.raises(BadParameter, match=r"n is .*1 or more"):
        options_of(f"n={text}".encode(), ALL)


@pytest.mark.parametrize("value", [True, None, 1.5, [1], {}])
def test_n_of_another_type_in_a_body(value: object) -> None:
    with pytest.raises(BadParameter, match="n is"):
        options_from({"n": value}, ALL)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (b"exlude=a", "no parameter 'exlude'.*exclude"),
        (b"n=1&n=2", "n is given twice"),
        (b"scene=", "scene is ''"),
        (b"exclude=", "exclude is ''"),
        (b"reasons=yes", "write 1 or 0"),
        (b"kind=other", "similar or together"),
        (b"exclude=a&" * (MAX_IDS + 1) + b"n=1", f"{MAX_IDS} at most"),
        (b"exclude=a&" * 5000 + b"n=1", "POST /v1/batch"),
    ],
)
def test_wrong_parameters_name_themselves_and_the_remedy(query: bytes, reason: str) -> None:
    with pytest.raises(BadParameter, match=reason):
        options_of(query, ALL)


def test_a_parameter_of_another_route_is_none_of_this_one() -> None:
    with pytest.raises(BadParameter, match="use n, scene"):
        options_of(b"kind=similar", ("n", "scene"))


def test_broken_encoding_is_told_apart() -> None:
    with pytest.raises(UnicodeDecodeError):
        options_of(b"scene=%ff", ALL)


@given(st.binary(max_size=200))
def test_any_bytes_are_options_or_one_of_two_errors(query: bytes) -> None:
    try:
        assert 1 <= options_of(query, ALL).n <= MAX_N
    except (BadParameter, UnicodeDecodeError) as error:
        assert len(str(error)) < 1000


def test_a_batch() -> None:
    body = json.dumps({"users": ["a", "é"], "n": 3, "exclude": ["x"], "reasons": True}).encode()
    assert batch_of(body, ALL) == (["a", "é"], Options(n=3, exclude=("x",), reasons=True))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "no JSON object"),
        (b"{}", "users is missing"),
        (b'{"users": []}', "users is missing"),
        (b'{"users": "ab"}', "users is missing"),
        (b'{"users": [1]}', "users is missing"),
        (json.dumps({"users": ["a"] * (MAX_USERS + 1)}).encode(), f"send {MAX_USERS} at most"),
        (b'{"users": ["a"], "exclude": "x"}', "exclude is 'x': give a list"),
        (b'{"users": ["a"], "unknown": 1}', "no parameter 'unknown'"),
    ],
)
def test_wrong_bodies(body: bytes, reason: str) -> None:
    with pytest.raises(BadParameter, match=reason):
        batch_of(body, ALL)
