"""Arrow reads what Spark reads, to the last bit."""

from __future__ import annotations

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from features.expressions import evaluate
from features.specs import affinity_features, pair_features
from tests.features.support import FACTS

ROWS = pa.table(
    {
        "a": pa.array([6, 5, 0, -7]),
        "b": pa.array([2, 0, None, 3]),
        "d": pa.array([0.5, -1.25, None, 1e9]),
        "kind": pa.array(["click", "like", "hate", "click"]),
        "yes": pa.array([True, None, False, True]),
    }
)
KNOWN = (
    *("a", "1", "a - 1", "a * (b + 1)", "-a", "a / 10", "(a + 1D) / (a * 7 / 28 + 100D)", "a * 1000000000D / 3"),
    *("try_divide(a, b) / 2", "try_divide(a * 2, a - 5)", "pow(2D, a / 7D)", "cast(d * 3 AS bigint)", "floor(a / 2)"),
    *("least(a, b)", "greatest(a, d)", "coalesce(b, 9L)", "coalesce(try_divide(b, 0), 0D)", "if(b > 0, a, NULL)"),
    *("if(kind IN ('click', 'hate') AND a < 6, a, 0L)", "yes OR a >= 5", "NOT yes", "b IS NULL", "b IS NOT NULL"),
    *(
        "if(yes, 1, 0)",
        "true AND a <= 0",
        "a = 5",
        "a <> 5",
        "bit_count(if(a > 0, shiftleft(1L, a), 0L))",
        "bit_count(b)",
    ),
)


@pytest.fixture(scope="module")
def by_spark(spark: SparkSession) -> pa.Table:
    frame = spark.createDataFrame(ROWS).coalesce(1)
    return frame.selectExpr(*(f"{sql} AS `{n}`" for n, sql in enumerate(KNOWN))).toArrow()


@pytest.mark.parametrize(("number", "sql"), list(enumerate(KNOWN)))
def test_arrow_agrees_with_spark(by_spark: pa.Table, number: int, sql: str) -> None:
    assert (
        evaluate(sql, lambda name: ROWS[name].combine_chunks(), len(ROWS)).to_pylist() == by_spark[number].to_pylist()
    )


def test_strings_may_be_dictionaries() -> None:
    kinds = ROWS["kind"].combine_chunks().dictionary_encode()
    assert evaluate("kind IN ('hate')", lambda _: kinds, 4).to_pylist() == [False, False, True, False]


@pytest.mark.parametrize("sql", ["a % 2", "abs(a)", "sum(a)", "0.5", "a IS TRUE", "cast(a AS int)", "a IN (SELECT 1)"])
def test_what_it_does_not_know_is_shown(sql: str) -> None:
    with pytest.raises(ValueError, match="is beyond what features may say"):
        evaluate(sql, lambda _: pa.array([1]), 1)


def test_what_is_no_sql_is_shown() -> None:
    with pytest.raises(ValueError, match=r"'a \+ \(' is no SQL"):
        evaluate("a + (", lambda _: pa.array([1]), 1)


@pytest.mark.parametrize("sql", ["a / 0", "a * 9223372036854775807"])
def test_what_has_no_value_is_an_error(sql: str) -> None:
    with pytest.raises(pa.ArrowInvalid):
        evaluate(sql, lambda name: ROWS[name].combine_chunks(), len(ROWS))


def test_it_knows_all_features_of_pairs() -> None:
    for feature in (*pair_features(FACTS), *affinity_features(FACTS)):
        for expression in feature.sql.split(", ") if feature.aggregation == "due" else [feature.sql]:
            assert len(evaluate(expression, lambda _: pa.array([1, 1]), 2)) == 2
