from __future__ import annotations

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession

from features.priors import FEWEST_ENTITIES, LEAST, MOST, POOLED_STRENGTH, fit_priors, priors, smoothed

RATES = {"rate": ("hits", "tries")}


def counts(spark: SparkSession, hits: np.ndarray, tries: np.ndarray) -> DataFrame:
    rows = list(zip(hits.tolist(), tries.tolist(), strict=True))
    return spark.createDataFrame(rows, "hits bigint, tries bigint")


def fitted(spark: SparkSession, hits: list[int] | np.ndarray, tries: list[int] | np.ndarray) -> tuple[float, float]:
    """By Spark, which Arrow must agree with to the last bit, in one table or in two."""
    frame = counts(spark, np.asarray(hits), np.asarray(tries))
    (row,) = fit_priors(frame, RATES).collect()
    table = frame.toArrow()
    for tables in ([table], [table.slice(0, 7), table.slice(7)]):
        assert priors(tables, RATES) == row.asDict()
    return row["rate__a"], row["rate__b"]


def test_the_beta_that_rates_were_drawn_from_is_found_again(spark: SparkSession) -> None:
    """20,000 entities of 10 to 200 tries: the moments' own error is about a hundredth of the mean, some of a + b."""
    draw = np.random.default_rng(1)
    tries = draw.integers(10, 200, 20_000)
    hits = draw.binomial(tries, draw.beta(2.0, 30.0, len(tries)))
    a, b = fitted(spark, hits, tries)
    assert a / (a + b) == pytest.approx(2 / 32, rel=0.02)
    assert a + b == pytest.approx(32, rel=0.1)


def test_by_hand(spark: SparkSession) -> None:
    """Half of the entities have 2 of 10, half 6 of 10: m1 = 0.4, m2 = (2 * 1 + 6 * 5) / 90 / 2."""
    m1, m2 = 0.4, 16 / 90
    a, b = fitted(spark, [2, 6] * 20, [10] * 40)
    assert a + b == pytest.approx((m1 - m2) / (m2 - m1 * m1), rel=1e-6)
    assert a / (a + b) == pytest.approx(m1)


def test_the_order_of_the_entities_changes_no_bit(spark: SparkSession) -> None:
    draw = np.random.default_rng(2)
    tries = draw.integers(1, 60, 300)
    hits = draw.binomial(tries, 0.3)
    order = draw.permutation(300)
    assert fitted(spark, hits, tries) == fitted(spark, hits[order], tries[order])


def test_few_entities_give_the_pooled_rate(spark: SparkSession) -> None:
    few = FEWEST_ENTITIES - 1
    a, b = fitted(spark, [1, *[5] * few], [9, *[10] * few])
    assert a + b == POOLED_STRENGTH
    assert a / (a + b) == pytest.approx((1 + 5 * few) / (9 + 10 * few))


@pytest.mark.parametrize(
    ("hits", "tries", "expected"),
    [
        ([], [], (0.0, POOLED_STRENGTH)),
        ([3], [0], (0.0, POOLED_STRENGTH)),  # hits without tries tell nothing of a rate
        ([0] * 40, [10] * 40, (0.0, POOLED_STRENGTH)),
        ([10] * 40, [10] * 40, (MOST, 0.0)),
        ([5] * 40, [10] * 40, (MOST / 2, MOST / 2)),  # they differ less than chance would have it
        ([0, 10] * 20, [10] * 40, (LEAST / 2, LEAST / 2)),
    ],
)
def test_edges(spark: SparkSession, hits: list[int], tries: list[int], expected: tuple[float, float]) -> None:
    assert fitted(spark, hits, tries) == pytest.approx(expected, abs=1e-4)


def test_a_rate_is_drawn_to_the_prior(spark: SparkSession) -> None:
    frame = spark.sql("SELECT *, 2D AS rate__a, 8D AS rate__b FROM VALUES (3L, 10L), (7L, 0L) AS t(hits, tries)")
    rows = frame.select(smoothed("rate", "hits", "tries").alias("rate")).collect()
    assert [row.rate for row in rows] == [(3 + 2) / (10 + 2 + 8), (7 + 2) / (7 + 2 + 8)]
