from __future__ import annotations

import numpy as np
import pytest

from features.arithmetic import evaluate
from features.specs import affinity_features, pair_features
from tests.features.support import FACTS

COLUMNS = {"a": np.array([6, 5, 0]), "b": np.array([2.0, 0.0, np.nan])}


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("a", [6, 5, 0]),
        ("1", [1, 1, 1]),
        ("a - 1", [5, 4, -1]),
        ("a * (b + 1)", [18, 5, np.nan]),
        ("a / 10", [0.6, 0.5, 0]),
        ("try_divide(a, b) / 2", [1.5, np.nan, np.nan]),
        ("try_divide(a * 2, a - 5)", [12, np.nan, 0]),
    ],
)
def test_arithmetic_over_columns(expression: str, values: list[float]) -> None:
    np.testing.assert_array_equal(evaluate(expression, COLUMNS.__getitem__, 3), values)


@pytest.mark.parametrize("expression", ["a / b", "a / 0", "a ** 2", "-a", "sum(a)", "try_divide(a)", "'a'", "0.5"])
def test_what_it_does_not_know_is_shown(expression: str) -> None:
    with pytest.raises(ValueError, match="is more than names, numbers"):
        evaluate(expression, COLUMNS.__getitem__, 3)


def test_it_knows_all_features_of_pairs() -> None:
    for feature in (*pair_features(FACTS), *affinity_features(FACTS)):
        for expression in feature.sql.split(", ") if feature.aggregation == "due" else [feature.sql]:
            assert len(evaluate(expression, lambda _: np.ones(2), 2)) == 2
