from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from models.evaluate.orders import order_block
from models.rank.coarse import COARSE, Coarse
from models.recall import FUSED

NAN = float("nan")
CHANNELS = ("als", "popular")
INTS, FLOATS = pa.list_(pa.int32()), pa.list_(pa.float32())
# The second user's item 4 and 5 are known to no channel but the other one.
ROWS = pa.RecordBatch.from_arrays(
    [
        pa.array([7, 8, 9], pa.int32()),
        pa.array([[1, 2, 3], [4, 5], []], INTS),
        pa.array([[1, 2, NAN], [NAN, 1], []], FLOATS),
        pa.array([[2, NAN, 1], [1, NAN], []], FLOATS),
        pa.array([[0.03, 0.01, 0.02], [0.02, 0.01], []], FLOATS),
    ],
    names=["user_code", "item_codes", "als_rank", "popular_rank", "fused_score"],
)


@pytest.mark.parametrize(
    ("source", "first", "second"),
    [(FUSED, [1, 3, 2], [4, 5]), ("als", [1, 2, 3], [5, 4]), ("popular", [3, 1, 2], [4, 5])],
)
def test_all_candidates_stand_in_the_order_of_the_source(source: str, first: list[int], second: list[int]) -> None:
    """A channel's own come first, however well the others stand with the rest; ties go by code."""
    found = order_block(ROWS, CHANNELS, source)
    assert found["user_code"].to_pylist() == [7, 8, 9]
    assert found["item_codes"].to_pylist() == [first, second, []]
    for scores in found["scores"].to_pylist():
        assert scores == sorted(scores, reverse=True) and all(0 < score < 1 for score in scores)


def test_a_slice_is_ordered_as_if_alone() -> None:
    assert order_block(ROWS.slice(1, 1), CHANNELS, "als").equals(order_block(ROWS, CHANNELS, "als").slice(1, 1))


def test_the_coarse_ranker_orders_all_candidates_by_its_probability() -> None:
    class ByAls(Coarse):
        def scores(self, evidence: np.ndarray) -> np.ndarray:
            return np.nan_to_num(evidence[:, 0], nan=-9.0)

    coarse = ByAls(("als_rank",), 9, None)  # type: ignore[arg-type]
    found = order_block(ROWS, CHANNELS, COARSE, coarse)
    assert found["item_codes"].to_pylist() == [[2, 1, 3], [5, 4], []]
    assert found["scores"][0].as_py() == pytest.approx([1 / (1 + math.exp(-score)) for score in (2, 1, -9)])
