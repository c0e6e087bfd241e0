"""Beta priors that smooth the rates of users, items and groups, fitted to all of them as of the day.

The rate p of an entity is taken as drawn from Beta(a, b), and its hits k as binomial of n tries. With the factorial
moments E[k / n] = E[p] and E[k (k - 1) / (n (n - 1))] = E[p^2], whose sample means are unbiased whatever the n, the
method of moments gives a + b = (m1 - m2) / (m2 - m1^2) and a = m1 (a + b).

Source: Skellam, A probability distribution derived from the binomial distribution by regarding the probability of
success as variable between the sets of trials, JRSS B 10(2), 1948, DOI 10.1111/j.2517-6161.1948.tb00014.x.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

FEWEST_TRIES = 10  # of an entity that the moments count
FEWEST_ENTITIES = 30  # with so many tries; a prior of fewer is the pooled rate
POOLED_STRENGTH = 20.0  # a + b of a pooled rate
LEAST, MOST = 1.0, 10_000.0  # bounds of a + b: moments of rates that hardly differ, or are all 0 or 1, say anything
PARTS = 1_000_000_000  # moments are summed in whole billionths: the same sum in any order of the rows


def fit_priors(counts: DataFrame, rates: Mapping[str, tuple[str, str]], *by: str) -> DataFrame:
    """One row, or one for each value of the columns `by`, which come first: for each rate `<name>__a` and `<name>__b`,
    double, above 0 unless the population has no hit (a = 0).

    counts: one row per entity. rates: name -> its columns of hits and tries, whole numbers. Hits beyond the tries
    are left out.
    """
    sums = counts.groupBy(*by).agg(
        *(sum_.alias(f"{name}__{part}") for name in rates for part, sum_ in _sums(*rates[name]).items())
    )
    return sums.select(*by, *(column for name in rates for column in _moments(name)))


def smoothed(name: str, hits: str, tries: str) -> Column:
    """The rate of an entity, drawn to the prior; over columns of `counts` beside those of `fit_priors`.

    More hits than tries happen where what led to a hit wasn't logged: then each hit is a try, so a rate is at most 1.
    """
    a, b = f"`{name}__a`", f"`{name}__b`"
    return F.expr(f"(`{hits}` + {a}) / (greatest(`{hits}`, `{tries}`) + {a} + {b})")


def _sums(hits: str, tries: str) -> dict[str, Column]:
    k, n = f"least(`{hits}`, `{tries}`)", f"`{tries}`"
    enough = f"{n} >= {FEWEST_TRIES}"
    first = f"cast(floor({k} * {PARTS}D / {n}) AS bigint)"
    second = f"cast(floor({k} * ({k} - 1D) * {PARTS} / ({n} * ({n} - 1D))) AS bigint)"
    return {
        "entities": F.expr(f"count_if({enough})"),
        "first": F.expr(f"sum(if({enough}, {first}, 0L))"),
        "second": F.expr(f"sum(if({enough}, {second}, 0L))"),
        "hits": F.expr(f"sum({k})"),
        "tries": F.expr(f"sum({n})"),
    }


def _moments(name: str) -> tuple[Column, Column]:
    column = {part: F.col(f"{name}__{part}") for part in ("entities", "first", "second", "hits", "tries")}
    m1, m2 = (F.try_divide(column[part] / PARTS, column["entities"]) for part in ("first", "second"))
    # Rates that differ less than chance would have it, as far as the moments can tell, are one rate.
    strength = F.when(m2 > m1 * m1, F.least(F.greatest((m1 - m2) / (m2 - m1 * m1), F.lit(LEAST)), F.lit(MOST)))
    fits = (column["entities"] >= FEWEST_ENTITIES) & (m1 > 0)
    pooled = F.coalesce(F.try_divide(column["hits"], column["tries"]), F.lit(0.0))
    mean = F.when(fits, m1).otherwise(pooled)
    total = F.when(fits, F.coalesce(strength, F.lit(MOST))).otherwise(F.lit(POOLED_STRENGTH))
    return (mean * total).alias(f"{name}__a"), ((1 - mean) * total).alias(f"{name}__b")
