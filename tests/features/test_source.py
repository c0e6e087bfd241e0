from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from features.source import MAX_CSV_COLUMNS, RECORD, csv_titles, parse_csv, parse_rows, used_fields
from jobs.runtime.text import LINES


def lines(spark: SparkSession, texts: Sequence[str | None], corrupt: str | None = None) -> DataFrame:
    rows = [(dt.date(2026, 3, 31), 0, number, number, corrupt, text) for number, text in enumerate(texts)]
    return spark.createDataFrame(rows, LINES)


def rows(records: DataFrame) -> dict[str | None, tuple[Any, ...] | str]:
    """Raw text -> its fields, or why the record is corrupt."""
    assert tuple(records.columns) == RECORD
    return {row.line: row.corrupt or tuple(row.raw) for row in records.collect()}


@pytest.mark.parametrize(
    ("sql", "fields"),
    [
        ("NULL", []),
        ("user_id", ["user_id"]),
        ("try_cast(time_ms AS bigint) / 1000 + offset", ["time_ms", "offset"]),
        ("coalesce(b, a, b)", ["b", "a"]),
        ("`odd name` = 'not_a_field' AND time IS NOT NULL", ["odd name", "time"]),
        ("filter(split(tags, ','), x -> x != skip)", ["tags", "skip"]),
        ("get_json_object(context, '$.device.os')", ["context"]),
        ("date '2026-01-01' < date", ["date"]),
    ],
)
def test_the_fields_that_an_expression_names(sql: str, fields: list[str]) -> None:
    assert used_fields({"item_id": sql}) == fields


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("concat(a,", r"data.events.value = 'concat\(a,' is no Spark SQL expression"),
        ("device.os.name", r"data.events.value names device.os.name: .* get_json_object\(device, '\$.os.name'\)"),
    ],
)
def test_what_is_no_expression_is_named_by_its_key(sql: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        used_fields({"data.events.user_id": "a", "data.events.value": sql})


def test_csv_with_quotes_and_a_header(spark: SparkSession) -> None:
    sound = {
        "1,x,2": ("2", "1"),
        '"1","x, y","say ""hi"""': ('say "hi"', "1"),
        ",,": (None, None),
    }
    corrupt = dict.fromkeys(["1,x", "1,x,2,3", "," * (MAX_CSV_COLUMNS + 1)], "malformed") | {" ": "blank line"}
    named = {"fields": ["n", "id"], "columns": ["id", "of what", "n"]}
    assert rows(parse_csv(lines(spark, [*sound, *corrupt]), **named)) == {**sound, **corrupt}
    spoilt = lines(spark, [*sound, ""], "not UTF-8")
    assert set(rows(parse_csv(spoilt, **named)).values()) == {"not UTF-8"}


def test_titles_name_columns_with_or_without_a_mark() -> None:
    assert csv_titles(["a", "b"], ";", '"a";b') == {'"a";b', "a;b", '\ufeff"a";b', "\ufeffa;b"}
    assert csv_titles(["a", "b"], "::") == {"a::b", "\ufeffa::b"}


def test_csv_with_a_delimiter_of_several_characters(spark: SparkSession) -> None:
    sound = {'1::a "b" :c::2': ("2", "1"), "1::::": (None, "1"), "::::": (None, None)}
    corrupt = dict.fromkeys(["1::2", "1::2::3::4", "::" * MAX_CSV_COLUMNS], "malformed") | {"": "blank line"}
    parsed = parse_csv(
        lines(spark, [*sound, *corrupt]), fields=["n", "id"], columns=["id", "title", "n"], delimiter="::"
    )
    assert rows(parsed) == {**sound, **corrupt}


def test_typed_columns_are_strings_that_keep_what_they_say(spark: SparkSession) -> None:
    """The session's zone is UTC; an instant is written with its offset."""
    frame = spark.sql(
        "SELECT date '2026-03-31' AS ds, 0 AS source, 0L AS position, "
        "named_struct('id', 7, 'x', 1.5D, 'flag', true, 'gone', null, "
        "'at', timestamp '2026-03-31 10:00:00.25', 'naive', timestamp_ntz '2026-03-31 10:00:00', "
        "'tags', array('a'), 'in', named_struct('k', 1)) AS row"
    )
    parsed = parse_rows(frame, fields=["flag", "id", "at", "naive", "tags", "in", "x", "gone"])
    (fields,) = rows(parsed).values()
    assert fields == (
        *("true", "7", "2026-03-31T10:00:00.250000Z", "2026-03-31 10:00:00", '["a"]', '{"k":1}', "1.5", None),
    )
    (row,) = parsed.collect()
    assert row.line.startswith('{"id":7,"x":1.5,"flag":true,')
