from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from features.aggregates import Aggregates, finished

EXPRESSIONS = (
    *("sum(a)", "sum(if(a > 1, a, 0L)) / 4", "(sum(a) + 1D) / (count_if(a > 1) + 1D)", "try_divide(sum(a), sum(b))"),
    *("count_if(b > 0)", "min(a)", "min(if(a > 1, a, NULL))", "max(b)", "bit_count(bit_or(shiftleft(1L, a)))"),
)
ROWS = pa.table(
    {
        "who": ["x", None, "y", "x", "z", "x"],
        "a": pa.array([3, 9, 1, 2, 0, 3]),
        "b": pa.array([None, 9, None, 5, 0, -1]),
    }
)


def features(parts: list[pa.Table], key: str = "who") -> pa.Table:
    aggregates = Aggregates(EXPRESSIONS)
    whole = aggregates.merged([aggregates.of(part, key) for part in parts], key)
    return pa.table({key: whole[key], **{sql: finished(sql, whole) for sql in EXPRESSIONS}})


def test_arrow_agrees_with_spark(spark: SparkSession) -> None:
    frame = spark.createDataFrame(ROWS).where("who IS NOT NULL")
    selected = ", ".join(f"{sql} AS `{sql}`" for sql in EXPRESSIONS)
    expected = spark.sql(f"SELECT who, {selected} FROM {{frame}} GROUP BY who ORDER BY who", frame=frame).toArrow()
    assert features([ROWS]).to_pylist() == expected.to_pylist()


@settings(deadline=None, max_examples=40)
@given(cuts=st.lists(st.integers(0, len(ROWS)), max_size=3), order=st.permutations(range(len(ROWS))))
def test_law_of_portions(cuts: list[int], order: list[int]) -> None:
    """Neither how the rows are cut nor their order changes anything."""
    rows, edges = ROWS.take(pa.array(order)), [0, *sorted(cuts), len(ROWS)]
    parts = [rows.slice(start, end - start) for start, end in pairwise(edges)]
    assert features(parts).equals(features([ROWS]))


def test_totals_of_groups_make_those_of_larger_ones() -> None:
    aggregates = Aggregates(EXPRESSIONS)
    small = aggregates.of(ROWS, "who").append_column("kind", pa.array(["k", "l", "k"]))
    rows = ROWS.append_column("kind", pa.array(["k", None, "l", "k", "k", "k"]))
    assert aggregates.merged([small], "kind").equals(aggregates.of(rows, "kind"))


def test_each_aggregate_is_made_once_of_the_columns_that_it_names() -> None:
    found = Aggregates(["sum(a) / sum(b)", "sum(a) + 1"])
    assert (found.names, found.columns) == (("SUM(a)", "SUM(b)"), ("a", "b"))


def test_without_rows_there_are_no_groups() -> None:
    assert features([]).num_rows == features([ROWS.slice(0, 0)]).num_rows == 0


def test_sums_of_doubles_are_refused() -> None:
    rows = pa.table({"who": ["x"], "a": [0.5]})
    with pytest.raises(ValueError, match="a sum of double depends on the order of the rows"):
        Aggregates(["sum(a)"]).of(rows, "who")


def test_sums_beyond_64_bits_are_an_error_and_not_a_smaller_number() -> None:
    rows = pa.table({"who": ["x", "x", "y"], "a": pa.array([1 << 62, 1 << 62, -(1 << 62)])})
    with pytest.raises(OverflowError, match="beyond 64 bits"):
        Aggregates(["sum(a)"]).of(rows, "who")
    assert Aggregates(["sum(a)"]).of(rows.slice(1), "who")["SUM(a)"].to_pylist() == [1 << 62, -(1 << 62)]
