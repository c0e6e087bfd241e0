"""How ids of the same things may be written differently in two places, and the expression that makes them one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from jobs.dataset import DataSet


@dataclass(frozen=True)
class Difference:
    """name: completes "the ids differ by". same: ids without it. sql: `{id}` without it."""

    name: str
    same: Callable[[pd.Series], pd.Series]
    sql: str


def _without(pattern: str) -> Callable[[pd.Series], pd.Series]:
    return lambda ids: ids.str.replace(pattern, "", regex=True)


DIFFERENCES = (
    Difference("leading zeros", _without("^0+(?=.)"), "regexp_replace({id}, '^0+(?=.)', '')"),
    Difference("a decimal point", _without(r"[.]0+$"), "regexp_replace({id}, '[.]0+$', '')"),
    Difference("upper case", lambda ids: ids.str.lower(), "lower({id})"),
    Difference("a prefix", _without("^[A-Za-z]+[-_:]?(?=.)"), "regexp_replace({id}, '^[A-Za-z]+[-_:]?(?=.)', '')"),
)
WHOLE = re.compile(r"\d+(\.0+)?$")


def difference(mine: pd.Series, theirs: pd.Series, more_than: int) -> Difference | None:
    """The one without which more than so many of `theirs` are among `mine`."""
    for one in DIFFERENCES:
        if one.same(theirs).isin(set(one.same(mine))).sum() > more_than:
            return one
    return None


def remedy(one: Difference, mine: pd.Series, theirs: pd.Series, table: str, key: str, data: DataSet) -> str:
    """What to write so that ids of a table (`mine`) and of events (`theirs`) meet."""
    stated = {"events": getattr(data.events, key), table: getattr(getattr(data, table), key)}
    wrong = [name for name, ids in (("events", theirs), (table, mine)) if not ids.equals(one.same(ids))]
    told = (f'[data.{name}] {key} = "{one.sql.format(id=stated[name])}"' for name in wrong)
    return f"write {' and '.join(told)}"


def decimal_remedy(ids: pd.Series, others: pd.Series, key: str, sql: str) -> str:
    """What to write about ids that are decimals; others: those of the other key, which `id_type` speaks of as well."""
    if ids.str.fullmatch(WHOLE.pattern).all() and others.str.fullmatch(WHOLE.pattern).all():
        return 'write id_type = "integer" under [data], so that 12.0 and 12 are one'
    return f'write {key} = "{DIFFERENCES[1].sql.format(id=sql)}" under [data.events]'
