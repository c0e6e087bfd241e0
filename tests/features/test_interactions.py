from __future__ import annotations

from features.interactions import build_interactions
from tests.features.conftest import Shop
from tests.features.support import AS_OF, WEIGHTS, assert_contract


def test_one_row_per_positive_day_in_codes(shop: Shop) -> None:
    users, items = shop.users.select("user_id", "user_code"), shop.items.select("item_id", "item_code")
    frame = build_interactions(shop.daily, users, items, as_of=AS_OF, weights=WEIGHTS)
    assert_contract(frame, "interactions")
    assert sorted(tuple(row) for row in frame.collect()) == [
        (AS_OF, 0, 0, 0, 6.0),
        (AS_OF, 0, 0, 6, 1.0),
        (AS_OF, 0, 0, 7, 1.0),
        (AS_OF, 0, 0, 27, 1.0),
        (AS_OF, 0, 0, 28, 1.0),
        (AS_OF, 0, 3, 6, 4.0),
        (AS_OF, 0, 3, 10, 4.0),
        (AS_OF, 1, 0, 2, 1.0),
        (AS_OF, 1, 3, 40, 8.0),
        (AS_OF, 2, 1, 1, 1.0),
    ]
