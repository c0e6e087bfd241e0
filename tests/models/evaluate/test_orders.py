from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from models.evaluate.orders import FUSED, fused_scores, order_block

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
    ],
    names=["user_code", "item_codes", "als_rank", "popular_rank"],
)


def test_fusion_is_the_sum_of_reciprocals_and_silence_adds_nothing() -> None:
    found = fused_scores(np.array([[1, 2], [NAN, 1], [NAN, NAN]]))
    assert found == pytest.approx([1 / 61 + 1 / 62, 1 / 61, 0])


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


def test_the_candidates_own_fusion_goes_before_ours() -> None:
    told = ROWS.append_column("fused_score", pa.array([[0.1, 0.3, 0.2], [0.1, 0.2], []], FLOATS))
    assert order_block(told, CHANNELS, FUSED)["item_codes"].to_pylist() == [[2, 3, 1], [5, 4], []]


def test_a_slice_is_ordered_as_if_alone() -> None:
    assert order_block(ROWS.slice(1, 1), CHANNELS, "als").equals(order_block(ROWS, CHANNELS, "als").slice(1, 1))
