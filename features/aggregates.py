"""Aggregates of rows by group in SQL, such as `try_divide(sum(a), count_if(b > 0))`, made of rows in any portions.

The aggregates in an expression can be made of some of the rows at a time, and merged: sums are of whole numbers, so no
order of the rows changes a bit. What is between them is arithmetic over one row a group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from sqlglot import exp

from features.arrays import MOST_WHOLE, Codes
from features.expressions import evaluate, parsed

HOW: dict[type[exp.Expr], str] = {
    exp.Sum: "sum",
    exp.CountIf: "count",
    exp.Min: "min",
    exp.Max: "max",
    exp.BitwiseOrAgg: "bits",
}
SCATTERED = {
    "sum": (np.add, 0),
    "count": (np.add, 0),
    "min": (np.minimum, np.iinfo(np.int64).max),
    "max": (np.maximum, np.iinfo(np.int64).min),
    "bits": (np.bitwise_or, 0),
}


class Aggregates:
    """The aggregates of some expressions, each once. names: their SQL. columns: those of the rows that they read."""

    def __init__(self, expressions: Iterable[str]) -> None:
        self._nodes = {name: node for sql in expressions for name, node in _split(sql).aggregates.items()}
        self.names = tuple(self._nodes)
        self.columns = tuple(
            sorted({column.name for node in self._nodes.values() for column in node.find_all(exp.Column)})
        )

    def of(self, rows: pa.Table, key: str) -> pa.Table:
        """Grain: value of `key` in the rows, null ones left out; sorted by it. Columns: key, the aggregates (bigint),
        null where they are of no value.
        """
        rows = rows.filter(rows[key].is_valid()) if rows[key].null_count else rows
        groups = Codes(rows[key])
        columns = {name: rows[name].combine_chunks() for name in self.columns}
        found = {
            sql: scattered(
                HOW[type(node)], evaluate(node.this, columns.__getitem__, len(rows)), groups.ranks, len(groups.names)
            )
            for sql, node in self._nodes.items()
        }
        return pa.table({key: groups.names, **found})

    def merged(self, parts: Sequence[pa.Table], key: str) -> pa.Table:
        """One table of those that were made of parts of the rows; or of groups under the key of larger ones."""
        nothing = pa.table({key: pa.array([], pa.string()), **{name: pa.array([], pa.int64()) for name in self.names}})
        rows = pa.concat_tables([nothing, *(part.select(nothing.column_names) for part in parts)])
        groups = Codes(rows[key])
        found = {
            sql: scattered(HOW[type(node)], rows[sql].combine_chunks(), groups.ranks, len(groups.names))
            for sql, node in self._nodes.items()
        }
        return pa.table({key: groups.names, **found})


def finished(expression: str, aggregates: pa.Table) -> pa.Array:
    """The values of an expression whose aggregates are columns of `aggregates`, (rows,)."""
    return evaluate(_split(expression).outer, lambda name: aggregates[name].combine_chunks(), len(aggregates))


def scattered(how: str, values: pa.Array, groups: np.ndarray, count: int) -> pa.Array:
    """(count,) bigint: what the values of each group, whole numbers or for a count conditions, come to; null without a
    value. groups: (rows,), from 0 to below `count`. Raises ValueError for other numbers, and OverflowError.
    """
    if how == "count" and pa.types.is_boolean(values.type):
        values = values.cast(pa.int64()).fill_null(0)
    if not (pa.types.is_integer(values.type) or pa.types.is_null(values.type)):
        raise ValueError(f"a {how} of {values.type} depends on the order of the rows: aggregate whole numbers.")
    if values.null_count:
        groups, values = groups[values.is_valid().to_numpy(zero_copy_only=False)], values.drop_null()
    function, neutral = SCATTERED[how]
    found, there = np.full(count, neutral, np.int64), np.zeros(count, bool)
    numbers = values.cast(pa.int64()).to_numpy()
    if how == "sum":
        _check_sums(numbers, groups)
    function.at(found, groups, numbers)
    there[groups] = True
    return pa.array(found, mask=~there)


def _check_sums(numbers: np.ndarray, groups: np.ndarray) -> None:
    """NumPy goes on with what is left of a sum beyond 64 bits. Raises OverflowError."""
    if float(np.abs(numbers).max(initial=0)) * len(numbers) < MOST_WHOLE:
        return
    if np.bincount(groups, np.abs(numbers.astype(np.float64))).max() >= MOST_WHOLE:
        raise OverflowError("a sum of whole units is beyond 64 bits: lower clean.max_value, and clean the days anew.")


class _Split(NamedTuple):
    """An expression over aggregates, and these by their SQL, which is what the expression calls them."""

    outer: exp.Expr
    aggregates: Mapping[str, exp.Expr]


@lru_cache(maxsize=4096)  # of the same features for every portion of the rows
def _split(expression: str) -> _Split:
    tree = parsed(expression)
    aggregates = {node.sql("spark"): node for node in tree.find_all(*HOW)}
    return _Split(tree.transform(lambda node: exp.column(node.sql("spark")) if type(node) in HOW else node), aggregates)
