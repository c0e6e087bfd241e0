from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from features.source import MAX_CSV_COLUMNS, RECORD, parse_csv, parse_json, parse_rows, used_fields


def lines(spark: SparkSession, texts: Sequence[str | None]) -> DataFrame:
    return spark.createDataFrame([("2026-03-31", "a", text) for text in texts], "ds string, file string, line string")


def rows(records: DataFrame) -> dict[str | None, tuple[Any, ...] | None]:
    """Raw text -> its fields; None for a corrupt record."""
    assert tuple(records.columns) == RECORD
    found = records.collect()
    assert all(row.corrupt is None or row.corrupt == row.line for row in found)
    return {row.line: tuple(row.raw or ()) if row.corrupt is None else None for row in found}


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


def test_json_fields_are_strings(spark: SparkSession) -> None:
    sound = {
        '{"a": "x", "b": 12.0, "other": 1}': ("x", "12.0"),
        '{"a": {"k": [1, true]}, "b": null}': ('{"k":[1,true]}', None),
        "{}": (None, None),
    }
    corrupt = dict.fromkeys(['{"a": "x"', "[1]", "text"])
    assert rows(parse_json(lines(spark, [*sound, *corrupt]), fields=["a", "b"])) == {**sound, **corrupt}


def test_csv_with_quotes_and_a_header(spark: SparkSession) -> None:
    sound = {
        "1,x,2": ("2", "1"),
        '"1","x, y","say ""hi"""': ('say "hi"', "1"),
        ",,": (None, None),
    }
    corrupt = dict.fromkeys(["1,x", "1,x,2,3", "", "," * (MAX_CSV_COLUMNS + 1)])
    text = ["id,of what,n", *sound, "\ufeffid,of what,n", *corrupt]
    parsed = parse_csv(lines(spark, text), fields=["n", "id"], columns=["id", "of what", "n"], header="id,of what,n")
    assert rows(parsed) == {**sound, **corrupt}


def test_csv_with_a_delimiter_of_several_characters(spark: SparkSession) -> None:
    sound = {'1::a "b" :c::2': ("2", "1"), "1::::": (None, "1"), "::::": (None, None)}
    corrupt = dict.fromkeys(["1::2", "1::2::3::4", "", "::" * MAX_CSV_COLUMNS])
    parsed = parse_csv(
        lines(spark, [*sound, *corrupt]), fields=["n", "id"], columns=["id", "title", "n"], delimiter="::"
    )
    assert rows(parsed) == {**sound, **corrupt}


def test_typed_columns_are_strings_that_keep_what_they_say(spark: SparkSession) -> None:
    """The session's zone is UTC; an instant is written with its offset."""
    frame = spark.sql(
        "SELECT '2026-03-31' AS ds, 'a' AS file, named_struct('id', 7, 'x', 1.5D, 'flag', true, 'gone', null, "
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
