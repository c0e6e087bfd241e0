from __future__ import annotations

import pyarrow as pa
import pytest

from features.freshness import fresh_shares
from tests.features.support import AS_OF, FACTS, Day, by_key, daily_table, day

SIX = "sum(halved_6h)"


def shares(rows: list[Day], *, time_zone: str = "UTC") -> dict[str, float]:
    """Item -> its share with a half-life of 6 hours; the rows' last events are at noon."""
    taken = daily_table(rows)
    window = {"first": day(6), "as_of": AS_OF, "facts": FACTS}
    found = by_key(fresh_shares([taken.slice(0, 1), taken.slice(1)], time_zone=time_zone, **window), "item_id")
    return {item: row[next(name for name in row if name.lower() == SIX)] for item, row in found.items()}


def test_an_item_has_its_share_of_what_is_taken_however_often_each_took_it() -> None:
    found = shares([(0, "ann", "tea", "click", 9, None, 0), (0, "ann", "milk", "click", 1, None, 0)])
    assert found == {"milk": 0.5, "tea": 0.5}


def test_what_was_taken_six_hours_before_counts_half() -> None:
    rows: list[Day] = [(0, "ann", "tea", "click", 1, None, 0), (1, "bob", "milk", "click", 1, None, 0)]
    assert shares(rows)["milk"] / shares(rows)["tea"] == pytest.approx(0.5**4, rel=1e-3)


def test_what_is_no_positive_event_or_happened_at_another_time_counts_nothing() -> None:
    rows: list[Day] = [
        (0, "ann", "tea", "click", 1, None, 0),
        (0, "ann", "milk", "hate", 1, None, 0),
        (7, "ann", "jam", "click", 1, None, 0),
        (-1, "ann", "bread", "click", 1, None, 0),
    ]
    assert shares(rows) == {"tea": 1.0}


def test_without_a_row_there_is_no_item() -> None:
    window = {"first": day(6), "as_of": AS_OF, "facts": FACTS}
    assert len(fresh_shares([daily_table([])], time_zone="UTC", **window)) == len(pa.array([]))
