from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from features import catalogue
from tests.features.support import assert_contract, by_key, records_of

AS_OF = "2026-03-31"
FIELDS = ("id", "title", "kind", "maker", "price", "born", "stock", "pages")
COLUMNS = {
    "item_id": "id",
    "name": "title",
    "category": "kind",
    "subcategory": "NULL",
    "brand": "maker",
    "price": "price",
    "created_on": "born",
    "available": "stock > 0",
    "number_pages": "pages",
    "number_letters": "length(title)",
}
LINES: list[dict[str, Any] | str] = [
    {
        "id": "old",
        "title": "Old",
        "kind": "a",
        "maker": "m",
        "price": "2.50",
        "born": "2026-03-30",
        "stock": 0,
        "pages": "12",
    },
    {"id": " today ", "born": AS_OF},
    {"id": "tomorrow", "born": "2026-04-01"},
    {"id": 17, "price": 3, "born": None},
    {"id": "odd", "price": "cheap", "born": "last spring", "stock": "some", "pages": "few"},
    {"id": "twice", "title": "b", "price": 1},
    {"id": "twice", "title": "a", "price": 9},
    {"title": "without id"},
    {"id": " ", "title": "blank id"},
    '{"id": "torn',
    "",
]


def records(spark: SparkSession, values: list[dict[str, Any] | str], fields: Sequence[str]) -> DataFrame:
    texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
    return records_of(spark, texts, fields)


def items(spark: SparkSession, values: list[dict[str, Any] | str]) -> DataFrame:
    return catalogue.items(records(spark, values, FIELDS), as_of=AS_OF, columns=COLUMNS)


@pytest.fixture(scope="module")
def known(spark: SparkSession) -> dict[Any, dict[str, Any]]:
    frame = items(spark, LINES)
    assert_contract(frame, "items")
    return by_key(frame, "item_id")


def test_ids_are_trimmed_and_items_created_later_or_without_id_left_out(known: dict[Any, dict[str, Any]]) -> None:
    assert set(known) == {"old", "today", "17", "odd", "twice"}


def test_columns_are_typed_and_null_when_the_source_does_not_say(known: dict[Any, dict[str, Any]]) -> None:
    old = (AS_OF, "old", "Old", "a", None, "m", 2.5, dt.date(2026, 3, 30), False, {"pages": 12.0, "letters": 3.0})
    assert tuple(known["old"].values()) == old
    assert tuple(known["17"].values()) == (AS_OF, "17", None, None, None, None, 3.0, None, None, {})


def test_what_cannot_be_cast_is_null(known: dict[Any, dict[str, Any]]) -> None:
    assert [known["odd"][name] for name in ("price", "created_on", "available")] == [None, None, None]
    assert known["odd"]["numbers"] == {}


def test_of_several_rows_of_an_item_always_the_same_one_is_taken(
    spark: SparkSession, known: dict[Any, dict[str, Any]]
) -> None:
    backwards = by_key(items(spark, LINES[::-1]).where("item_id = 'twice'"), "item_id")
    assert backwards["twice"] == known["twice"]
    assert (known["twice"]["name"], known["twice"]["price"]) == ("a", 9.0)


def test_users_keep_the_attributes_that_are_known(spark: SparkSession) -> None:
    frame = catalogue.users(
        records(
            spark,
            [{"id": 1, "a": "x", "b": 2}, {"id": "2", "a": None}, {"a": "x"}, {"id": " "}, {"id": " 1", "a": "z"}],
            ("id", "a", "b"),
        ),
        as_of=AS_OF,
        columns={"user_id": "id", "profile_first": "a", "profile_second": "b"},
    )
    assert_contract(frame, "users")
    assert {user: row["profile"] for user, row in by_key(frame, "user_id").items()} == {
        "1": {"first": "x", "second": "2"},
        "2": {},
    }


def test_users_without_attributes_are_listed_once(spark: SparkSession) -> None:
    frame = catalogue.users(records(spark, [{"id": 1}, {"id": 1}], ("id",)), as_of=AS_OF, columns={"user_id": "id"})
    assert_contract(frame, "users")
    assert [tuple(row) for row in frame.collect()] == [(AS_OF, "1", {})]
