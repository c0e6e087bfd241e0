from __future__ import annotations

import numpy as np
import pyarrow as pa

from models.products.history import day_starts, history_block

IDS = pa.array(["a", "b", "c", "d"])
DAYS = ["2026-03-28", "2026-03-29", "2026-03-30"]  # the second one has 23 hours in Berlin
STARTS = day_starts(DAYS, "Europe/Berlin")
MINUTE = 60

Row = tuple[list[tuple[int, int]], dict[int, float]]  # last (item, time), newest first; item -> days on which taken


def block(rows: list[Row], last: int = 3) -> list[dict[str, object]]:
    codes, times = ([[pair[n] for pair in taken] for taken, _ in rows] for n in (0, 1))
    batch = pa.RecordBatch.from_pydict(
        {
            "user_id": pa.array([f"u{n}" for n in range(len(rows))]),
            "last_item_codes": pa.array(codes, pa.list_(pa.int32())),
            "last_item_times": pa.array(times, pa.list_(pa.int64())),
            "item_codes": pa.array([list(days) for _, days in rows], pa.list_(pa.int32())),
            "positive_days": pa.array([list(days.values()) for _, days in rows], pa.list_(pa.float32())),
        }
    )
    return history_block(batch, days=DAYS, starts=STARTS, item_ids=IDS, last=last).to_pylist()


def test_days_are_those_of_the_business() -> None:
    assert np.diff(STARTS).tolist() == [24 * 60 * MINUTE, 23 * 60 * MINUTE]
    first, second, third = STARTS.tolist()
    (row,) = block([([(2, third), (0, third - 1), (1, second), (3, second - 1)], {0: 2, 1: 1, 2: 7, 3: 1})], last=4)
    assert row["item_ids"] == ["c", "a", "b", "d"] and row["counts"] == [7, 2, 1, 1]
    assert row["days"] == ["2026-03-30", "2026-03-29", "2026-03-29", "2026-03-28"] and first < second


def test_only_the_last_ones_are_kept_and_users_stay_apart() -> None:
    at = int(STARTS[0])
    one, two, three = block([([(3, at), (1, at)], {1: 5, 3: 4}), ([], {2: 0}), ([(1, at)], {1: 9})], last=1)
    assert (one["item_ids"], one["counts"]) == (["d"], [4])
    assert two == {"user_id": "u1", "item_ids": [], "days": [], "counts": []}
    assert (three["item_ids"], three["counts"]) == (["b"], [9])
