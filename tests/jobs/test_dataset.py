"""What an overlay's values become: Spark SQL over raw fields."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from pyspark.sql import SparkSession

from tests.jobs.support import LOG, data_set


def values(spark: SparkSession, sql: str, field: str, texts: list[str]) -> list[str | None]:
    """The expression's value for each text of its one field, as a string."""
    frame = spark.createDataFrame(list(enumerate(texts)), f"number int, {field} string")
    return [
        row.found for row in frame.selectExpr("number", f"cast({sql} AS string) AS found").orderBy("number").collect()
    ]


@pytest.mark.parametrize(
    ("time_format", "times"),
    [
        ("epoch_s", {"1365029107": "2013-04-03 22:45:07", "-5": "1969-12-31 23:59:55", "1e9": "2001-09-09 01:46:40"}),
        ("epoch_s", dict.fromkeys(["", "x", "99999999999999999999", "9223372036855"])),
        ("epoch_ms", {"1650902400123": "2022-04-25 16:00:00.123", "1.65E12": "2022-04-15 05:20:00", "1e30": None}),
        (
            "iso",
            {"2026-01-01T10:00:00.5Z": "2026-01-01 10:00:00.5", "2026-01-01 10:00:00+02:00": "2026-01-01 08:00:00"},
        ),
        ("iso", {" 2026-01-01": "2026-01-01 00:00:00", "11:00": None, "2026": None, "2026-02-30": None}),
        ("dd/MM/yyyy 'at' HH:mm", {"31/12/2025 at 23:59": "2025-12-31 23:59:00", "12/31/2025 at 23:59": None}),
    ],
)
def test_times_as_they_are_written(spark: SparkSession, time_format: str, times: dict[str, str | None]) -> None:
    data = data_set(events={"time_format": time_format})
    assert values(spark, data.expressions("events")["event_time"], "at", list(times)) == list(times.values())


def test_ids_that_are_whole_numbers(spark: SparkSession) -> None:
    digits = {
        **{"12": "12", " 12.0 ": "12", "1000.0": "1000", "1e3": "1000", "0012": "12", "-3": "-3"},
        **{"12.5": None, "abc": None, "": None, "1" * 30: "1" * 30},
    }
    data = data_set(id_type="integer")
    for table, field in (("items", "item"), ("users", "user")):
        sql = data.expressions(table)[f"{field}_id"]  # type: ignore[arg-type]
        assert values(spark, sql, field, list(digits)) == list(digits.values())
    assert data_set().expressions("events")["item_id"] == "item"


def test_a_field_may_name_the_type(spark: SparkSession) -> None:
    kinds = {"click": {"role": "positive", "weight": 1.0}, "seen": {"role": "exposure", "when": "kind = 'View'"}}
    log = data_set(events={"event_type": "kind", "types": kinds}).events
    found = {name: values(spark, sql, "kind", ["click", "View", "seen"]) for name, sql in log.conditions.items()}
    assert found == {"click": ["true", "false", "false"], "seen": ["false", "true", "false"]}


def test_a_type_without_any_condition_is_named_with_what_to_do() -> None:
    kinds = {**LOG["types"], "like": {"role": "other"}}
    with pytest.raises(ValidationError, match=r"types\.like needs a condition `when`, or .* `event_type`"):
        data_set(events={"types": kinds})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"files": "/logs/{day}/*"}, "'/logs/{day}/\\*' has to lie below the raw root"),
        ({"files": "../{day}/*"}, "has to lie below the raw root"),
        ({"files": "{hour}/*"}, r"\{hour\} in '\{hour\}/\*' isn't known: only \{day\}"),
        ({"files": "{day:%Y}/*"}, "has to be made of %Y, %m and %d"),
        ({"files": "{day/*"}, "is no pattern of files"),
        ({"files": "logs/{day}.json"}, r"marker '_SUCCESS' would stand for every day: .* marker = \"\" for none"),
    ],
)
def test_a_pattern_that_cannot_be_right_is_an_error(changes: dict[str, str], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        data_set(events=changes)


def test_profile_columns_by_name_by_expression_and_with_a_type(spark: SparkSession) -> None:
    by_name = data_set(users={"user_id": "user", "profile": ["age", "City"]})
    assert by_name.expressions("users") == {"user_id": "user", "profile_age": "age", "profile_City": "City"}
    typed = data_set(
        users={"user_id": "user", "profile": {"group": "lower(age)", "days": {"sql": "n", "type": "number"}}}
    )
    assert {name: attribute.type for name, attribute in typed.profile.items()} == {
        "group": "category",
        "days": "number",
    }
    numbers = {"7": "7.0", " 1e2": "100.0", "NaN": None, "Infinity": None, "old": None, "": None}
    assert values(spark, typed.expressions("users")["profile_days"], "n", list(numbers)) == list(numbers.values())


def test_without_tables_of_items_and_users_there_is_no_profile() -> None:
    data = data_set(items=None, users=None)
    assert data.profile == {} and data.items is None
