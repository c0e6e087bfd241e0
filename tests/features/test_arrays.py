from __future__ import annotations

import itertools
import math
from collections import defaultdict

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from features.arrays import Runs, Users, floats, whole_users

CODES = st.lists(st.integers(0, 6), max_size=40).map(sorted)


def rows(users: list[int]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(
        {"user_code": pa.array(users, pa.int32()), "row": pa.array(range(len(users)), pa.int64())}
    )


@settings(deadline=None)
@given(users=CODES, cuts=st.lists(st.integers(0, 40), max_size=6), size=st.integers(1, 10))
def test_no_user_is_cut_and_no_row_lost(users: list[int], cuts: list[int], size: int) -> None:
    whole = rows(users)
    places = [0, *sorted(min(cut, len(users)) for cut in cuts), len(users)]
    batches = list(whole_users((whole.slice(a, b - a) for a, b in itertools.pairwise(places)), size))
    assert [row for batch in batches for row in batch["row"].to_pylist()] == list(range(len(users)))
    seen = [set(batch["user_code"].to_pylist()) for batch in batches]
    assert all(not one & other for one, other in itertools.combinations(seen, 2))
    assert all(batch.num_rows for batch in batches)


@settings(deadline=None)
@given(pairs=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(1, 9)), min_size=1, max_size=30))
def test_runs_equal_dictionaries(pairs: list[tuple[int, int, int]]) -> None:
    pairs = sorted(pairs, key=lambda pair: pair[0])
    users = Users(rows([user for user, *_ in pairs]))
    codes, values = (np.array([pair[n] for pair in pairs]) for n in (1, 2))
    runs = Runs(users.places, codes)
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for user, code, value in pairs:
        groups[user, code].append(value)
    keys = sorted(groups)
    assert list(zip(users.codes[runs.places].tolist(), runs.codes.tolist(), strict=True)) == keys
    assert runs.reduce("sum", values).tolist() == [sum(groups[key]) for key in keys]
    assert runs.reduce("min", values).tolist() == [min(groups[key]) for key in keys]
    total = {user: sum(v for u, _, v in pairs if u == user) for user, *_ in pairs}
    assert runs.share(values).tolist() == [sum(groups[key]) / total[key[0]] for key in keys]
    lists = users.lists(runs.places, runs.codes)
    assert [code for codes in lists.to_pylist() for code in codes] == [code for _, code in keys]
    assert len(lists) == len(users.codes)


def test_a_group_is_due_by_the_days_that_any_of_its_items_was_taken() -> None:
    """Two items of one group, taken 4 and 8, and 2 and 8 days before: days 2, 4, 8, so every 3 days, last 2 ago."""
    runs = Runs(np.zeros(2, np.int64), np.zeros(2, np.int64))
    masks = [np.array([1 << 4 | 1 << 8, 1 << 2 | 1 << 8])]
    assert runs.due(np.array([4, 2]), np.array([8, 8]), masks).tolist() == [2 / 3]
    assert math.isnan(runs.due(np.array([4, 4]), np.array([4, 4]), [np.array([16, 16])])[0])


def test_nothing_gives_nothing() -> None:
    runs = Runs(np.empty(0, np.int64), np.empty(0, np.int64))
    assert runs.reduce("sum", np.empty(0)).tolist() == runs.share(np.empty(0)).tolist() == []
    assert list(whole_users(iter([rows([])]))) == []


def test_the_first_rows_of_each_user() -> None:
    users = Users(rows([5, 5, 5, 8, 9, 9]))
    assert users.first(users.places, 2).tolist() == [True, True, False, True, True, True]


def test_nan_is_missing() -> None:
    assert floats(np.array([1.0, np.nan])).to_pylist() == [1.0, None]
    assert floats(np.array([1, 2])).type == pa.float32()
