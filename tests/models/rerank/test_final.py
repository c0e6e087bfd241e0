from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rerank.final import top_n

IDS = [f"item {code}" for code in range(30)]
SCHEMA = pa.schema(
    [
        ("user_code", pa.int32()),
        ("user_id", pa.string()),
        ("item_codes", pa.list_(pa.int32())),
        ("scores", pa.list_(pa.float32())),
        ("banned_codes", pa.list_(pa.int32())),
    ]
)
OUT = ["user_id", "user_code", "item_ids", "item_codes", "scores"]


def batch(users: list[tuple[list[int], list[int]]]) -> pa.RecordBatch:
    """From (ranked codes, banned codes) a user; scores fall by a quarter from 9."""
    rows = [
        {
            "user_code": 5 + place,
            "user_id": f"user {place}",
            "item_codes": codes,
            "scores": [9 - rank / 4 for rank in range(len(codes))],
            "banned_codes": banned,
        }
        for place, (codes, banned) in enumerate(users)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


def rows(result: pa.RecordBatch) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in result.to_pylist()]


def test_the_best_n_that_are_not_banned_in_the_ids_of_the_source() -> None:
    result = top_n(batch([([7, 3, 9, 1], [3, 20]), ([2, 4], []), ([5], [5])]), n=2, item_ids=IDS)
    assert result.schema.names == OUT
    assert result.schema.types == [
        pa.string(),
        pa.int32(),
        pa.list_(pa.string()),
        pa.list_(pa.int32()),
        pa.list_(pa.float32()),
    ]
    assert rows(result) == [
        ("user 0", 5, ["item 7", "item 9"], [7, 9], [9.0, 8.5]),
        ("user 1", 6, ["item 2", "item 4"], [2, 4], [9.0, 8.75]),
        ("user 2", 7, [], [], []),
    ]


CODES = st.lists(st.integers(0, 29), unique=True, max_size=12)


@settings(deadline=None)
@given(users=st.lists(st.tuples(CODES, CODES), max_size=6), n=st.integers(1, 14))
def test_bans_then_cut_for_each_user_alone(users: list[tuple[list[int], list[int]]], n: int) -> None:
    result = top_n(batch(users), n=n, item_ids=pa.array(IDS))
    assert result.num_rows == len(users)
    for (codes, banned), (_, _, ids, kept, scores) in zip(users, rows(result), strict=True):
        assert kept == [code for code in codes if code not in banned][:n]
        assert ids == [IDS[code] for code in kept]
        assert scores == [9 - codes.index(code) / 4 for code in kept]


def test_a_slice_is_cut_as_if_alone() -> None:
    users = [([0, 1, 2], [1]), ([3, 4, 5], [3]), ([6, 7, 8], []), ([9], [])]
    whole = top_n(batch(users), n=2, item_ids=IDS)
    for start, length in [(1, 2), (2, 2), (3, 1), (4, 0)]:
        assert rows(top_n(batch(users).slice(start, length), n=2, item_ids=IDS)) == rows(whole)[start : start + length]


def test_a_ban_of_one_user_is_no_ban_of_the_next() -> None:
    """The last item of the directory and the first are neighbours when users stand one after the other."""
    result = top_n(batch([([29, 4], []), ([0, 5], [0])]), n=5, item_ids=IDS)
    assert result["item_codes"].to_pylist() == [[29, 4], [5]]


def test_nobody_has_lists_without_a_single_item() -> None:
    empty = batch([([], []), ([], [])])
    result = top_n(empty, n=3, item_ids=pa.array([], pa.string()))
    assert result["item_ids"].to_pylist() == [[], []]
    assert result["scores"].type == pa.list_(pa.float32())
    assert np.all(result["user_code"].to_numpy() == [5, 6])
