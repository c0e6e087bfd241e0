"""Arithmetic and conditions over columns, in SQL that people, Spark and Arrow read alike.

A null is a missing value, as in SQL. What Spark would stop at, a quotient by 0 or a sum beyond 64 bits, is an error
here, too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlglot
from sqlglot import exp

Value: TypeAlias = "pa.Array | pa.Scalar"
Columns = Callable[[str], pa.Array]
TYPES = {"BIGINT": pa.int64(), "DOUBLE": pa.float64()}


@lru_cache(maxsize=4096)
def parsed(sql: str) -> exp.Expr:
    """Raises ValueError that shows what is no SQL."""
    try:
        return sqlglot.parse_one(sql, read="spark")
    except sqlglot.errors.SqlglotError as error:
        raise ValueError(f"{sql!r} is no SQL expression.") from error


def evaluate(tree: str | exp.Expr, column: Columns, rows: int) -> pa.Array:
    """(rows,) values of an expression over columns, which are known by name. Raises ValueError that shows what it
    can't read.
    """
    value = _value(parsed(tree) if isinstance(tree, str) else tree, column)
    return pa.repeat(value, rows) if isinstance(value, pa.Scalar) else value


def _value(node: exp.Expr, column: Columns) -> Value:
    match node:
        case exp.Column():
            return column(node.name)
        case exp.Literal() if node.is_string:
            return pa.scalar(node.this)
        case exp.Literal() if node.is_int:
            return pa.scalar(int(node.this), pa.int64())
        case exp.Null():
            return pa.scalar(None)
        case exp.Boolean():
            return pa.scalar(bool(node.this))
        case exp.In(expressions=choices) if choices:
            return _is_in(_value(node.this, column), pa.array([choice.this for choice in choices]))
        case exp.Is(expression=exp.Null()):
            return pc.is_null(_value(node.this, column))
        case exp.Cast(to=to) if to.this.name in TYPES:  # TryCast is one
            return _cast(_value(node.this, column), TYPES[to.this.name])
    if type(node) not in OPERATORS:
        raise ValueError(f"{node.sql('spark')!r} is beyond what features may say: see features/expressions.py.")
    return OPERATORS[type(node)](*(_value(part, column) for part in node.iter_expressions()))


def _is_in(value: Value, choices: pa.Array) -> Value:
    if isinstance(value, pa.DictionaryArray):
        return pc.is_in(value.dictionary, choices).take(value.indices)
    return pc.is_in(value, choices)


def _cast(value: Value, to: pa.DataType) -> Value:
    if pa.types.is_floating(value.type) and pa.types.is_integer(to):
        value = pc.trunc(value)
    return value.cast(to)


def _quotient(dividend: Value, divisor: Value) -> Value:
    return pc.divide_checked(dividend.cast(pa.float64()), divisor.cast(pa.float64()))


def _quotient_or_null(dividend: Value, divisor: Value) -> Value:
    there = pc.if_else(pc.equal(divisor, 0), pa.scalar(None, divisor.type), divisor)
    return _quotient(dividend, there)


def _if(condition: Value, then: Value, otherwise: Value) -> Value:
    return pc.if_else(pc.fill_null(condition, False), then, otherwise)


def _bit_count(value: Value) -> pa.Array:
    bits = np.bitwise_count(pc.fill_null(value, 0).to_numpy()).astype(np.int64)
    return pa.array(bits, mask=value.is_null().to_numpy(zero_copy_only=False))


OPERATORS: dict[type[exp.Expr], Callable[..., Value]] = {
    exp.Paren: lambda value: value,
    exp.Neg: pc.negate_checked,
    exp.Add: pc.add_checked,
    exp.Sub: pc.subtract_checked,
    exp.Mul: pc.multiply_checked,
    exp.Div: _quotient,
    exp.SafeDivide: _quotient_or_null,
    exp.Pow: pc.power,
    exp.Floor: lambda value: _cast(pc.floor(value), pa.int64()),
    exp.Least: pc.min_element_wise,
    exp.Greatest: pc.max_element_wise,
    exp.Coalesce: pc.coalesce,
    exp.If: _if,
    exp.BitwiseCount: _bit_count,
    exp.BitwiseLeftShift: pc.shift_left,
    exp.LT: pc.less,
    exp.LTE: pc.less_equal,
    exp.GT: pc.greater,
    exp.GTE: pc.greater_equal,
    exp.EQ: pc.equal,
    exp.NEQ: pc.not_equal,
    exp.And: pc.and_kleene,
    exp.Or: pc.or_kleene,
    exp.Not: pc.invert,
}
