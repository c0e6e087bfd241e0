"""Features of a row by arithmetic over its columns: the same text is read by people, by Spark and by NumPy."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable

import numpy as np

OPERATORS: dict[type[ast.operator], Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}
QUOTIENT = "try_divide"


def evaluate(expression: str, column: Callable[[str], np.ndarray], rows: int) -> np.ndarray:
    """(rows,) numbers. expression: names of columns, whole numbers, `+ - * /` and `try_divide(a, b)`, whose value is
    missing when b is 0. column: a column by its name, NaN where it is null.

    Raises ValueError, which shows the expression, for anything else.
    """

    def value(node: ast.expr) -> np.ndarray:
        match node:
            case ast.Name(id=name):
                return column(name)
            case ast.Constant(value=int(number)):
                return np.full(rows, number)
            case ast.BinOp(left=left, op=ast.Div(), right=ast.Constant(value=int(number))) if number:
                return value(left) / float(number)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                return OPERATORS[type(op)](value(left), value(right))
            case ast.Call(func=ast.Name(id=name), args=[dividend, divisor], keywords=[]) if name == QUOTIENT:
                return _quotient(value(dividend), value(divisor))
        raise ValueError(f"{expression!r} is more than names, numbers, + - *, / by a number and {QUOTIENT}.")

    return value(ast.parse(expression, mode="eval").body)


def _quotient(dividend: np.ndarray, divisor: np.ndarray) -> np.ndarray:
    there = divisor != 0
    return np.divide(dividend, divisor, out=np.full(len(dividend), np.nan), where=there)
