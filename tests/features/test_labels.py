from __future__ import annotations

import pytest
from pyspark.sql import DataFrame, SparkSession

from features.labels import build_labels, build_truth
from tests.features.support import Day, daily_frame

WINDOW: list[Day] = [
    (0, "ann", "i1", "impression", 3, None, 0),
    (0, "ann", "i1", "click", 1, None, 0),  # shown and taken
    (1, "ann", "i3", "purchase", 1, 9.0, 1),  # taken without being shown
    (1, "ann", "i2", "impression", 1, None, 0),
    (0, "ann", "i_new", "click", 1, None, 0),  # the item was unknown
    (1, "ann", "i_newer", "click", 2, None, 0),
    (0, "bob", "i2", "impression", 1, None, 0),
    (0, "bob", "i2", "hate", 1, None, 0),
    (0, "bob", "i1", "share", 1, None, 0),  # neither shown nor taken
    (0, "new", "i1", "click", 1, None, 0),  # the user was unknown
    (0, "cat", "i1", "share", 1, None, 0),
    (0, "eve", "i2", "click", 1, None, 0),
]
POSITIVE = ["click", "purchase"]


@pytest.fixture(scope="module")
def window(spark: SparkSession) -> DataFrame:
    return daily_frame(spark, WINDOW)


@pytest.fixture(scope="module")
def users(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([("ann", 0), ("bob", 1), ("cat", 2), ("eve", 3)], "user_id string, user_code int")


@pytest.fixture(scope="module")
def items(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([("i1", 0), ("i2", 1), ("i3", 2)], "item_id string, item_code int")


def test_labels_are_of_what_was_shown_or_taken_and_known(window: DataFrame, users: DataFrame, items: DataFrame) -> None:
    labels = build_labels(window, users, items, positive=POSITIVE, exposure=["impression"])
    assert sorted(tuple(row) for row in labels.collect()) == [
        (0, [0, 1, 2], [1.0, 0.0, 1.0]),
        (1, [1], [0.0]),
        (3, [1], [1.0]),
    ]
    assert labels.dtypes[1:] == [("label_codes", "array<int>"), ("labels", "array<float>")]


def test_truth_is_what_everyone_took_and_unknown_items_stay_in_it(
    window: DataFrame, users: DataFrame, items: DataFrame
) -> None:
    truth = build_truth(window, users, items, None, positive=POSITIVE)
    rows = sorted((tuple(row)[1:] for row in truth.collect()), key=str)
    assert rows == [(0, [-1, -1, 0, 2]), (3, [1]), (None, [0])]


def test_truth_leaves_out_repeats_and_users_with_nothing_else(
    spark: SparkSession, window: DataFrame, users: DataFrame, items: DataFrame
) -> None:
    """ann took i1 before, but had only seen i3; eve took i2 before and nothing else now."""
    behaviour = spark.sql(
        "SELECT * FROM VALUES (0, array(0, 2), array(2F, 0F)), (1, array(), array()), (3, array(1), array(1F)) "
        "AS t(user_code, item_codes, positive_days)"
    ).selectExpr("user_code", "cast(item_codes AS array<int>) AS item_codes", "positive_days")
    truth = build_truth(window, users, items, behaviour, positive=POSITIVE)
    rows = sorted((tuple(row)[1:] for row in truth.collect()), key=str)
    assert rows == [(0, [-1, -1, 2]), (None, [0])]
