"""A shop as of one day, small enough to work out by hand; its tables are built once and shared by the tests.

ann, bob and cat took something, dan only saw something. i_ghost isn't in the catalogue, i_unseen and zed have no event.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from features.behaviour import ITEM_COLUMNS, build_behaviour_features
from features.history import user_item_history
from features.items import build_item_features, group_sums, item_sums
from features.users import build_user_features, user_sums
from tests.features.support import AS_OF, FACTS, Day, counted, daily_frame, day

EVENTS: list[Day] = [
    (0, "ann", "i_bread", "impression", 4, None, 0),
    (0, "ann", "i_bread", "click", 2, None, 0),
    (0, "ann", "i_bread", "purchase", 1, 3.0, 1),
    (6, "ann", "i_bread", "click", 1, None, 0),
    (7, "ann", "i_bread", "click", 1, None, 0),
    (27, "ann", "i_bread", "click", 1, None, 0),
    (28, "ann", "i_bread", "click", 1, None, 0),
    (1, "ann", "i_milk", "impression", 6, None, 0),
    (6, "ann", "i_tea", "purchase", 1, 4.5, 1),
    (10, "ann", "i_tea", "purchase", 1, 5.5, 1),
    (2, "bob", "i_bread", "impression", 5, None, 0),
    (2, "bob", "i_bread", "click", 1, None, 0),
    (1, "bob", "i_bread", "hate", 1, None, 0),
    (40, "bob", "i_tea", "purchase", 2, 8.0, 2),
    (1, "cat", "i_ghost", "impression", 1, None, 0),
    (1, "cat", "i_ghost", "click", 1, None, 0),
    (5, "dan", "i_milk", "impression", 5, None, 0),
]
ITEMS = [
    ("i_bread", "Bread", "food", "bakery", None, 3.0, "2026-03-01"),
    ("i_milk", "Milk", "food", "dairy", "acme", 1.5, None),
    ("i_tea", "Tea", "drinks", None, "acme", None, AS_OF),
    ("i_unseen", None, "attic", "zoo", None, 9.0, "2026-01-01"),
]
EVE = pa.table({"user_id": ["eve"], "user_code": pa.array([4], pa.int32())})
USERS = [("ann", {"age": "30", "city": "oslo"}), ("bob", {"city": "bergen"}), ("zed", {"city": "alta"})]


@dataclass(frozen=True)
class Shop:
    """Tables as of `AS_OF`. behaviour has one user more, of code 4, who did nothing."""

    history: pa.Table
    user_sums: DataFrame
    items: DataFrame
    users: DataFrame
    behaviour: pa.Table


@pytest.fixture(scope="session")
def shop(spark: SparkSession) -> Shop:
    everything = daily_frame(spark, EVENTS)
    daily = everything.where("event_type != 'impression'").toArrow()
    windowed = everything.where(everything.event_day > "2026-03-03")  # 28 days
    summed = user_item_history(daily, first=day(179), as_of=AS_OF, facts=FACTS)
    history = spark.createDataFrame(summed).persist()
    catalogue = spark.createDataFrame(
        ITEMS,
        "item_id string, name string, category string, subcategory string, brand string, price double, born string",
    ).selectExpr("*", "cast(born AS date) AS created_on")
    profiles = spark.createDataFrame(USERS, "user_id string, profile map<string,string>")
    by_item, by_user = counted(windowed, "item_id").drop("hour"), counted(windowed, "user_id")
    groups = group_sums(by_item, catalogue, as_of=AS_OF, facts=FACTS)
    sums = item_sums(by_item, history, as_of=AS_OF, facts=FACTS)
    items = build_item_features(sums, groups, catalogue, as_of=AS_OF, facts=FACTS).persist()
    of_users = user_sums(by_user, history, catalogue, as_of=AS_OF, facts=FACTS).persist()
    users = build_user_features(of_users, profiles, as_of=AS_OF, facts=FACTS).persist()
    behaviour = build_behaviour_features(
        pa.concat_tables([users.select("user_id", "user_code").toArrow().cast(EVE.schema), EVE]),
        summed,
        everything.where("event_type = 'impression'").toArrow(),
        items=items.select(*ITEM_COLUMNS).toArrow(),
        shown_from=day(6),
        as_of=AS_OF,
        facts=FACTS,
        last_items=2,
    )
    return Shop(summed, of_users, items, users, behaviour)
