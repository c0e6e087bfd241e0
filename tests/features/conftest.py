"""A shop as of one day, small enough to work out by hand; its tables are built once and shared by the tests.

ann, bob and cat took something, dan only saw something. i_ghost isn't in the catalogue, i_unseen and zed have no event.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from features.behaviour import ITEM_COLUMNS, build_behaviour_features
from features.history import user_item_history
from tests.features.directories import built_items, built_users, catalogue, profiles
from tests.features.support import AS_OF, FACTS, Day, counted, daily_table, day

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
ITEMS = catalogue(
    [
        ("i_bread", "food", "bakery", None, 3.0, "2026-03-01"),
        ("i_milk", "food", "dairy", "acme", 1.5, None),
        ("i_tea", "drinks", None, "acme", None, AS_OF),
        ("i_unseen", "attic", "zoo", None, 9.0, "2026-01-01"),
    ]
)
EVE = pa.table({"user_id": ["eve"], "user_code": pa.array([4], pa.int32())})
USERS = profiles({"ann": {"age": "30", "city": "oslo"}, "bob": {"city": "bergen"}, "zed": {"city": "alta"}})


@dataclass(frozen=True)
class Shop:
    """Tables as of `AS_OF`. daily: counts of users and items, all at 12 o'clock. behaviour has one user more, of code
    4, who did nothing.
    """

    history: pa.Table
    daily: pa.Table
    items: pa.Table
    users: pa.Table
    behaviour: pa.Table


@pytest.fixture(scope="session")
def shop() -> Shop:
    everything = daily_table(EVENTS)
    shown = pc.equal(everything["event_type"], "impression")
    summed = user_item_history(everything.filter(pc.invert(shown)), first=day(179), as_of=AS_OF, facts=FACTS)
    daily = counted(everything)
    items = built_items(daily, summed, everything, ITEMS, first=day(27))
    users = built_users(daily, summed, USERS, ITEMS, first=day(27))
    behaviour = build_behaviour_features(
        pa.concat_tables([users.select(EVE.column_names), EVE]),
        summed,
        everything.filter(shown),
        items=items.select(ITEM_COLUMNS),
        shown_from=day(6),
        as_of=AS_OF,
        facts=FACTS,
        last_items=2,
    )
    return Shop(summed, daily, items, users, behaviour)
