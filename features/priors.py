"""Beta priors that smooth the rates of users, items and groups, fitted to all of them as of the day.

The rate p of an entity is taken as drawn from Beta(a, b), and its hits k as binomial of n tries. With the factorial
moments E[k / n] = E[p] and E[k (k - 1) / (n (n - 1))] = E[p^2], whose sample means are unbiased whatever the n, the
method of moments gives a + b = (m1 - m2) / (m2 - m1^2) and a = m1 (a + b).

Source: Skellam, A probability distribution derived from the binomial distribution by regarding the probability of
success as variable between the sets of trials, JRSS B 10(2), 1948, DOI 10.1111/j.2517-6161.1948.tb00014.x.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from features.aggregates import Aggregates, finished
from features.expressions import evaluate

FEWEST_TRIES = 10  # of an entity that the moments count
FEWEST_ENTITIES = 30  # with so many tries; a prior of fewer is the pooled rate
POOLED_STRENGTH = 20.0  # a + b of a pooled rate
LEAST, MOST = 1.0, 10_000.0  # bounds of a + b: moments of rates that hardly differ, or are all 0 or 1, say anything
PARTS = 1_000_000_000  # moments are summed in whole billionths: the same sum in any order of the rows
EVERY = "__every"
Rates = Mapping[str, tuple[str, str]]  # name -> its columns of hits and tries, whole numbers


def fit_priors(counts: DataFrame, rates: Rates, *by: str) -> DataFrame:
    """One row, or one for each value of the columns `by`, which come first: for each rate `<name>__a` and `<name>__b`,
    double, above 0 unless the population has no hit (a = 0).

    counts: one row per entity. Hits beyond the tries are left out.
    """
    sums = counts.groupBy(*by).agg(*(F.expr(sql).alias(name) for name, sql in _sums(rates).items()))
    return sums.select(*by, *(F.expr(sql).alias(name) for name, sql in _moments(rates).items()))


def priors(counts: Iterable[pa.Table], rates: Rates) -> dict[str, float]:
    """The same of Arrow tables, which may come one after the other: `<name>__a` and `<name>__b` -> value."""
    sums = _sums(rates)
    aggregates = Aggregates(sums.values())
    nothing = pa.table({EVERY: [""], **{sql: pa.nulls(1, pa.int64()) for sql in aggregates.names}})
    totals = aggregates.merged(
        [
            nothing,
            *(aggregates.of(table.append_column(EVERY, pa.repeat("", len(table))), EVERY) for table in counts),
        ],
        EVERY,
    )
    row = {name: finished(sql, totals) for name, sql in sums.items()}
    return {name: evaluate(sql, row.__getitem__, 1)[0].as_py() for name, sql in _moments(rates).items()}


def smoothed(name: str, hits: str, tries: str) -> Column:
    """The rate of an entity, drawn to the prior; over columns of `counts` beside those of `fit_priors`."""
    return F.expr(smoothed_sql(name, hits, tries))


def smoothed_sql(name: str, hits: str, tries: str) -> str:
    """`smoothed` as text.

    More hits than tries happen where what led to a hit wasn't logged: then each hit is a try, so a rate is at most 1.
    """
    a, b = f"`{name}__a`", f"`{name}__b`"
    return f"(`{hits}` + {a}) / (greatest(`{hits}`, `{tries}`) + {a} + {b})"


def _sums(rates: Rates) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, (hits, tries) in rates.items():
        k, n = f"least(`{hits}`, `{tries}`)", f"`{tries}`"
        enough = f"{n} >= {FEWEST_TRIES}"
        first = f"cast(floor(try_divide({k} * {PARTS}D, {n})) AS bigint)"
        second = f"cast(floor(try_divide({k} * ({k} - 1D) * {PARTS}, {n} * ({n} - 1D))) AS bigint)"
        found |= {
            f"{name}__entities": f"count_if({enough})",
            f"{name}__first": f"sum(if({enough}, {first}, 0L))",
            f"{name}__second": f"sum(if({enough}, {second}, 0L))",
            f"{name}__hits": f"sum({k})",
            f"{name}__tries": f"sum({n})",
        }
    return found


def _moments(rates: Rates) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in rates:
        m1, m2 = (f"try_divide(`{name}__{part}` / {PARTS}, `{name}__entities`)" for part in ("first", "second"))
        # Rates that differ less than chance would have it, as far as the moments can tell, are one rate.
        strength = f"least(greatest(try_divide({m1} - {m2}, {m2} - {m1} * {m1}), {LEAST:.0f}D), {MOST:.0f}D)"
        fits = f"`{name}__entities` >= {FEWEST_ENTITIES} AND {m1} > 0"
        mean = f"if({fits}, {m1}, coalesce(try_divide(`{name}__hits`, `{name}__tries`), 0D))"
        bounded = f"if({m2} > {m1} * {m1}, {strength}, {MOST:.0f}D)"
        total = f"if({fits}, {bounded}, {POOLED_STRENGTH:.0f}D)"
        found |= {f"{name}__a": f"{mean} * {total}", f"{name}__b": f"(1 - {mean}) * {total}"}
    return found
