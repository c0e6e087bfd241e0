from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.json_fields import JsonFields


def read(
    fields: list[str], *texts: bytes, **told: dict[int, str]
) -> tuple[list[tuple[str | None, ...]], dict[int, str]]:
    columns, faults = JsonFields(fields).read(texts, told.get("faults", {}))
    return list(zip(*(column.to_pylist() for column in columns), strict=True)), faults


def text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.sampled_from('ab"\\/\n\t\0 [{\u00e9\u2028\U0001f600'), max_size=6)
VALUES = SCALARS | TEXTS | st.lists(SCALARS | TEXTS, max_size=3)
RECORDS = st.lists(st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES), max_size=6)


@given(RECORDS, st.booleans())
def test_fields_are_strings_or_the_json_text_of_what_stands_there(
    records: list[dict[str, Any]], ascii_only: bool
) -> None:
    texts = [json.dumps(record, ensure_ascii=ascii_only).encode() for record in records]
    found, faults = read(["a", "c"], *texts)
    assert not faults
    for record, row in zip(records, found, strict=True):
        for name, value in zip(("a", "c"), row, strict=True):
            # Nested values keep the text that stands there, escapes and all.
            if isinstance(record.get(name), list):
                assert value is not None and json.loads(value) == record[name]
            else:
                assert value == text(record.get(name))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"", "blank line"),
        (b" \t", "blank line"),
        (b"text", "malformed"),
        (b'{"a":1', "malformed"),
        (b'{"a":1}{"a":2}', "malformed"),
        (b'{"a":1},', "malformed"),
        (b'[{"a":1}]', "malformed"),
        (b"null", "malformed"),
        (b"{'a':1}", "malformed"),
        (b'{"a":NaN}', "malformed"),
        (b'{"b":"x\x00y"}', "malformed"),
        (b'{"a":"\\ud800"}', "malformed"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "malformed"),
        (b'{"a":"caf\xe9"}', "not UTF-8"),
        (b'\xff\xfe{\x00"\x00', "not UTF-8"),
    ],
)
def test_what_is_no_record_says_why_and_its_neighbours_are_read(line: bytes, fault: str) -> None:
    assert read(["a"], b'{"a":"x"}', line, b'{"a":"y"}') == ([("x",), (None,), ("y",)], {1: fault})


def test_numbers_keep_their_digits_and_the_last_of_two_equal_keys_counts() -> None:
    assert read(["a"], b'{"a":12345678901234567890123}', b'{"a":1.50}', b'{"a":1,"a":2}')[0] == [
        ("12345678901234567890123",),
        ("1.50",),
        ("2",),
    ]


def test_bytes_that_no_field_in_use_holds_do_no_harm() -> None:
    assert read(["a"], b'{"a":"x","b":"\xe9"}', b'{"a":"\xe9"}') == ([("x",), (None,)], {1: "not UTF-8"})


def test_known_faults_stay_and_their_text_is_not_parsed() -> None:
    assert read(["a"], b'{"a":"x"}', b'{"a":', faults={0: "line too long"}) == (
        [(None,), (None,)],
        {0: "line too long", 1: "malformed"},
    )
