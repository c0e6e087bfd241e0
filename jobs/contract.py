"""What a table's contract consists of; the contracts themselves are `jobs/tables/`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """type: a Spark SQL type. null: what a null means; empty where null is an error."""

    name: str
    type: str
    about: str
    null: str = ""


@dataclass(frozen=True)
class Check:
    """Each non-null value of a numeric column lies in [low, high]; `warn` is reported, `fail` stops the run."""

    column: str
    low: float
    high: float = float("inf")
    level: str = "fail"


@dataclass(frozen=True)
class Table:
    """grain: what one row is. key: columns that are unique together within a day; empty where rows may repeat."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    checks: tuple[Check, ...] = ()
    may_be_empty: bool = False

    @property
    def shape(self) -> str:
        """A digest of names and types of the columns."""
        columns = [(column.name, column.type) for column in self.columns]
        return hashlib.blake2b(repr(columns).encode(), digest_size=8).hexdigest()

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]
