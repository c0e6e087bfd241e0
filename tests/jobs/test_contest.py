from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.contest import _taken


@pytest.mark.parametrize(("repeats", "taken"), [(True, [3, 4]), (False, [1, 3, 4])])
def test_what_was_taken_long_ago_is_new_again_where_people_buy_again(
    spark: SparkSession, repeats: bool, taken: list[int]
) -> None:
    """Item 1 was taken 180 days ago, 2 was only shown, 3 was taken 179 days ago and 4 on the day of the lists."""
    schema = "item_codes array<int>, positive_days array<int>, days_since_last array<int>"
    frame = spark.createDataFrame([([1, 2, 3, 4], [1, 0, 2, 1], [180, None, 179, 0])], schema)
    ctx: Any = SimpleNamespace(
        config=SimpleNamespace(data=SimpleNamespace(repeats=repeats), proof=SimpleNamespace(new_days=180))
    )
    ((found,),) = frame.selectExpr(_taken(ctx)).collect()
    assert found == taken
