import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.coded_lists import ItemOrder
from predawn.codec import Codes, codes, decode

LISTS = st.lists(st.lists(st.integers(0, 200), min_size=1, max_size=6, unique=True), min_size=1, max_size=8)


def batch_of(lists: list[list[int]], first: int = 0) -> pa.RecordBatch:
    return pa.record_batch(
        {
            "user_id": [f"user {first + number}" for number in range(len(lists))],
            "item_codes": pa.array(lists, pa.list_(pa.int32())),
            "item_ids": [[f"item {code}" for code in items] for items in lists],
        }
    )


@settings(deadline=None)
@given(LISTS, LISTS)
def test_arrow_encodes_as_the_publisher_does(one: list[list[int]], other: list[list[int]]) -> None:
    # A slice, as files are read: its offsets don't begin at zero.
    batches = [batch_of(one), batch_of([[7], *other]).slice(1)]
    order = ItemOrder(batches)
    assert order.lists == len(one) + len(other)
    items = Codes(order.ids)
    values = [value for coded in order.coded(batches, "user_id") for value in coded.values]
    expected = [[f"item {code}" for code in each] for each in one + other]
    assert values == [items.encode(each) for each in expected]
    assert [decode(value, dict(zip(codes(len(items)), items, strict=False))) for value in values] == expected
    assert len(items) == len({item for each in expected for item in each})


def test_the_most_listed_items_come_first() -> None:
    order = ItemOrder([batch_of([[3, 5], [5, 1]]), batch_of([[5, 4]], 2)])
    assert order.ids == ["item 5", "item 1", "item 3", "item 4"]
    names = [name for coded in order.coded([batch_of([[5], [1]])], "user_id") for name in coded.names]
    assert names == ["user 0", "user 1"]


def test_empty_lists_are_left_to_the_publisher_to_refuse() -> None:
    batch = batch_of([[], [3], [], [3, 4], []])
    [coded] = ItemOrder([batch]).coded([batch], "user_id")
    assert coded.values == [b"", b"0", b"", b"0,1", b""]


def test_codes_of_any_length() -> None:
    starts = range(0, 300_000, 500)
    batch = batch_of([list(range(at, at + 500)) for at in starts])
    order = ItemOrder([batch])
    values = [value for coded in order.coded([batch], "user_id") for value in coded.values]
    assert [value.decode().split(",") for value in values] == [codes(300_000)[at : at + 500] for at in starts]
