from __future__ import annotations

import datetime as dt

import pyarrow as pa

from models.products.history import history_block

IDS = pa.array(["a", "b", "c", "d"])
NAN = float("nan")


def block(rows: list[tuple[list[int], list[float], list[float]]], last: int = 3) -> list[dict[str, object]]:
    codes, ages, days = (list(column) for column in zip(*rows, strict=True))
    batch = pa.RecordBatch.from_pydict(
        {
            "user_id": pa.array([f"u{n}" for n in range(len(rows))]),
            "item_codes": pa.array(codes, pa.list_(pa.int32())),
            "days_since_last": pa.array(ages, pa.list_(pa.float32())),
            "positive_days": pa.array(days, pa.list_(pa.float32())),
        }
    )
    return history_block(batch, as_of=dt.date(2026, 3, 1), item_ids=IDS, last=last).to_pylist()


def test_the_newest_come_first_and_what_was_only_seen_is_left_out() -> None:
    one, two, three = block([([0, 1, 2, 3], [5, NAN, 0, 5], [2, 0, 1, 7]), ([], [], []), ([1], [28], [1])])
    assert one["item_ids"] == ["c", "a", "d"] and one["counts"] == [1, 2, 7]
    assert one["days"] == ["2026-03-01", "2026-02-24", "2026-02-24"]
    assert two == {"user_id": "u1", "item_ids": [], "days": [], "counts": []}
    assert (three["item_ids"], three["days"]) == (["b"], ["2026-02-01"])


def test_only_the_last_ones_are_kept() -> None:
    (row,) = block([([0, 1, 2, 3], [3, 2, 1, 0], [1, 1, 1, 1])], last=2)
    assert row["item_ids"] == ["d", "c"]


def test_nobody_took_anything() -> None:
    assert block([([0], [NAN], [0])])[0]["item_ids"] == []
