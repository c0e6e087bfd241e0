from __future__ import annotations

from dataclasses import replace

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from features.context_features import (
    context_features,
    user_context_features,
    value_codes,
    view_statistics,
    view_sums,
)
from features.priors import POOLED_STRENGTH
from tests.features.support import AS_OF, FACTS, assert_contract, by_key, day

CONTEXT = replace(FACTS, groups=("category",), context=("page",))
DAILY = (
    "ds string, event_day string, view string, key string, other string, exposure_count bigint, positive_count bigint, "
    "dwell_log_sum double, dwell_count bigint"
)
COUNTS = [
    (0, "page", "home", "", 60, 6, 120.0, 30),
    (1, "page", "home", "", 40, 4, None, 0),
    (0, "page", "search", "", 100, 50, None, 0),
    (0, "page_hour", "search", "9", 100, 50, None, 0),
    (0, "item_page", "i1", "home", 10, 9, None, 0),
    (0, "item_page", "i_gone", "home", 10, 9, None, 0),
    (0, "user_page", "ann", "search", 4, 4, 30.0, 2),
    (0, "user_page", "ann", "home", 2, 0, None, 0),
    (0, "user_page", "zed", "home", 2, 0, None, 0),
    (0, "user_item", "ann", "i1", 4, 3, None, 0),
    (1, "user_item", "ann", "i2", 4, 0, None, 0),
    (0, "user_item", "ann", "i3", 1, 0, None, 0),
    (0, "user_item", "bob", "i_gone", 1, 0, None, 0),
]


@pytest.fixture(scope="module")
def known(spark: SparkSession) -> tuple[DataFrame, DataFrame]:
    """Statistics and codes."""
    daily = spark.createDataFrame([(day(age), day(age), *rest) for age, *rest in COUNTS], DAILY)
    catalogue = spark.createDataFrame(
        [("i1", "food"), ("i2", "food"), ("i3", None), ("i_gone", "toys")], "item_id string, category string"
    )
    items = spark.createDataFrame(
        [("i1", 0, 3), ("i2", 1, 3), ("i3", 2, None)], "item_id string, item_code int, category_code int"
    )
    sums = view_sums(daily, catalogue, facts=CONTEXT).persist()
    return view_statistics(sums, facts=CONTEXT), value_codes(sums, items, catalogue, facts=CONTEXT)


def users(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([("ann", 0), ("bob", 1)], "user_id string, user_code int")


def test_views_are_summed_over_the_window_and_drawn_to_the_rate_of_all(known: tuple[DataFrame, DataFrame]) -> None:
    frame = context_features(*known, as_of=AS_OF, facts=CONTEXT)
    assert_contract(frame, "context_features", facts=CONTEXT)
    found = by_key(frame, "view", "key", "other_code")
    assert set(found) == {
        ("page", "home", 0),
        ("page", "search", 0),
        ("page_hour", "search", 9),
        ("item_page", "i1", 0),
    }
    home = found["page", "home", 0]
    assert (home["code"], found["page", "search", 0]["code"], home["count"]) == (0, 1, 100.0)
    # Of the 200 exposures of all pages 60 were followed by a positive event.
    assert home["positive_rate"] == pytest.approx((10 + 0.3 * POOLED_STRENGTH) / (100 + POOLED_STRENGTH))
    assert home["dwell_mean"] == pytest.approx(4.0)
    assert found["page", "search", 0]["dwell_mean"] == pytest.approx(4.0)  # nothing of its own
    assert found["page_hour", "search", 9]["dwell_mean"] is None
    assert found["item_page", "i1", 0]["code"] == 0


def test_users_have_arrays_by_code_of_contexts_and_of_groups(
    spark: SparkSession, known: tuple[DataFrame, DataFrame]
) -> None:
    frame = user_context_features(*known, users(spark), as_of=AS_OF, facts=CONTEXT)
    assert_contract(frame, "user_context_features", facts=CONTEXT)
    ann, bob = sorted(frame.collect(), key=lambda row: row.user_code)
    assert (ann.by_user_page_codes, ann.by_user_page_count) == ([0, 1], [2.0, 4.0])
    low, high = ann.by_user_page_positive_rate
    assert low < 0.5 < high < 1.0
    assert (ann.by_user_category_codes, ann.by_user_category_count) == ([3], [8.0])  # of two items; i3 has none
    assert (bob.by_user_page_codes, bob.by_user_category_positive_rate) == ([], [])


def test_without_contexts_and_groups_there_is_the_hour_alone(spark: SparkSession) -> None:
    bare = replace(CONTEXT, groups=(), context=())
    daily = spark.createDataFrame([(AS_OF, AS_OF, "hour", "9", "", 2, 1, None, 0)], DAILY)
    items = spark.createDataFrame([("i1", 0)], "item_id string, item_code int")
    sums = view_sums(daily, items.select("item_id"), facts=bare)
    known = view_statistics(sums, facts=bare), value_codes(sums, items, items, facts=bare)
    assert [(row.view, row.code) for row in context_features(*known, as_of=AS_OF, facts=bare).collect()] == [
        ("hour", 9)
    ]
    found = user_context_features(*known, users(spark), as_of=AS_OF, facts=bare).collect()
    assert sorted(found) == [Row(ds=AS_OF, user_code=0), Row(ds=AS_OF, user_code=1)]
