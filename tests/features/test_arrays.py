from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from features.arrays import Codes, Runs, Users, floats, gathered, places, whole, whole_units


@settings(deadline=None)
@given(pairs=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(1, 9)), min_size=1, max_size=30))
def test_runs_equal_dictionaries(pairs: list[tuple[int, int, int]]) -> None:
    pairs = sorted(pairs, key=lambda pair: pair[0])
    users = Users(5)
    places, codes, values = (np.array([pair[n] for pair in pairs]) for n in range(3))
    runs = Runs(places, codes)
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for user, code, value in pairs:
        groups[user, code].append(value)
    keys = sorted(groups)
    assert list(zip(runs.places.tolist(), runs.codes.tolist(), strict=True)) == keys
    assert runs.reduce("sum", values).tolist() == [sum(groups[key]) for key in keys]
    assert runs.reduce("min", values).tolist() == [min(groups[key]) for key in keys]
    total = {user: sum(v for u, _, v in pairs if u == user) for user, *_ in pairs}
    assert runs.share(values).tolist() == [sum(groups[key]) / total[key[0]] for key in keys]
    lists = users.lists(runs.places, runs.codes)
    assert lists.to_pylist() == [[code for who, code in keys if who == user] for user in range(5)]


def test_a_group_is_due_by_the_days_that_any_of_its_items_was_taken() -> None:
    """Two items of one group, taken 4 and 8, and 2 and 8 days before: days 2, 4, 8, so every 3 days, last 2 ago."""
    runs = Runs(np.zeros(2, np.int64), np.zeros(2, np.int64))
    masks = [np.array([1 << 4 | 1 << 8, 1 << 2 | 1 << 8])]
    assert runs.due(np.array([4, 2]), np.array([8, 8]), masks).tolist() == [2 / 3]
    assert math.isnan(runs.due(np.array([4, 4]), np.array([4, 4]), [np.array([16, 16])])[0])


def test_nothing_gives_nothing() -> None:
    runs = Runs(np.empty(0, np.int64), np.empty(0, np.int64))
    assert runs.reduce("sum", np.empty(0)).tolist() == runs.share(np.empty(0)).tolist() == []
    assert Users(2).lists(runs.places, runs.codes).to_pylist() == [[], []]


def test_the_first_rows_of_each_user() -> None:
    assert Users(4).first(np.array([0, 0, 0, 1, 3, 3]), 2).tolist() == [True, True, False, True, True, True]


def test_nan_is_missing() -> None:
    assert floats(np.array([1.0, np.nan])).to_pylist() == [1.0, None]
    assert floats(np.array([1, 2])).type == pa.float32()


def test_half_a_unit_goes_away_from_0() -> None:
    assert whole(np.array([0.5, 0.49999999999999994, -0.5, -1.4, 2.5, 1e16])).tolist() == [1, 0, -1, -1, 3, 10**16]


def test_many_small_batches_are_gathered() -> None:
    batches = [pa.RecordBatch.from_pydict({"n": [n] * 3}) for n in range(5)]
    found = list(gathered(batches, 5))
    assert [len(table) for table in found] == [6, 6, 3]
    assert pa.concat_tables(found).to_batches()[0].schema == batches[0].schema
    assert pa.concat_tables(found)["n"].to_pylist() == [n for n in range(5) for _ in range(3)]
    assert list(gathered([])) == []


def test_strings_are_looked_up_plain_or_as_dictionaries() -> None:
    names = pa.chunked_array([["b"], ["a", "c"]])
    for column in (names, pa.chunked_array([chunk.dictionary_encode() for chunk in names.chunks])):
        assert places(column, pa.chunked_array([["c", "b"]])).to_pylist() == [1, None, 0]
        codes = Codes(column)
        assert (codes.names.to_pylist(), codes.ranks.tolist()) == (["a", "b", "c"], [1, 0, 2])


def test_names_that_were_filtered_out_are_none() -> None:
    codes = Codes(pa.chunked_array([pa.array(["b", "x", "a", "b"]).dictionary_encode()]).take([0, 2]))
    assert (codes.names.to_pylist(), codes.ranks.tolist()) == (["a", "b"], [1, 0])


def test_whole_units_of_what_is_no_number_are_missing() -> None:
    values = pa.chunked_array([[0.1 + 0.2, None, -1.00005], [1e300, math.nan]])
    assert whole_units(values, 10_000).to_pylist() == [3000, None, -10001, None, None]
