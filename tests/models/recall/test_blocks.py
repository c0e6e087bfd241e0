from __future__ import annotations

import numpy as np
import pyarrow as pa

from models.recall.blocks import lists, merge_block

INTS, FLOATS = pa.list_(pa.int32()), pa.list_(pa.float32())
NAN = np.nan
ROWS = pa.RecordBatch.from_arrays(
    [
        pa.array([9, 4, 6], pa.int32()),
        pa.array([[5], [7, 2], []], INTS),
        pa.array([[1.0], [3.0, 1.0], []], FLOATS),
        pa.array([[], [2, 3], []], INTS),
        pa.array([[], [8.0, 6.0], []], FLOATS),
    ],
    names=["user_code", "a_codes", "a_scores", "b_codes", "b_scores"],
)


def flat(column: pa.Array) -> np.ndarray:
    return column.flatten().to_numpy(zero_copy_only=False)


def test_one_set_per_user_with_each_channels_score_and_rank() -> None:
    merged = merge_block(ROWS, ["b", "a"])
    assert merged.schema.names == [
        "user_code",
        "item_codes",
        "b_score",
        "b_rank",
        "a_score",
        "a_rank",
        "fused_score",
        "fused_rank",
    ]
    assert merged.schema.types == [pa.int32(), INTS, *[FLOATS] * 6]
    assert merged["user_code"].to_pylist() == [9, 4, 6]
    assert merged["item_codes"].to_pylist() == [[5], [2, 3, 7], []]
    np.testing.assert_array_equal(flat(merged["a_score"]), [1, 1, NAN, 3])
    np.testing.assert_array_equal(flat(merged["a_rank"]), [1, 2, NAN, 1])
    np.testing.assert_array_equal(flat(merged["b_score"]), [NAN, 8, 6, NAN])
    np.testing.assert_array_equal(flat(merged["b_rank"]), [NAN, 1, 2, NAN])
    np.testing.assert_allclose(flat(merged["fused_score"]), [1 / 61, 1 / 61 + 1 / 62, 1 / 62, 1 / 61], rtol=1e-6)
    np.testing.assert_array_equal(flat(merged["fused_rank"]), [1, 1, 3, 2])
    for name in merged.schema.names[2:]:
        assert merged[name].value_lengths().to_pylist() == [1, 3, 0]
        assert merged[name].flatten().null_count == 0, "not recalled is NaN, not null"


def test_a_slice_is_merged_as_if_alone() -> None:
    whole, part = merge_block(ROWS, ["a", "b"]), merge_block(ROWS.slice(1, 1), ["a", "b"])
    assert part["user_code"].to_pylist() == [4]
    assert part["item_codes"].to_pylist() == [[2, 3, 7]]
    for name in whole.schema.names[2:]:
        np.testing.assert_array_equal(flat(part[name]), flat(whole[name].slice(1, 1)))


def test_no_users_no_candidates() -> None:
    assert merge_block(ROWS.slice(3), ["a", "b"]).num_rows == 0


def test_lists_of_a_slice_start_at_0() -> None:
    found = lists(ROWS["a_codes"].slice(1), ROWS["a_scores"].slice(1))
    assert (found.offsets.tolist(), found.items.tolist(), found.scores.tolist()) == ([0, 2, 2], [7, 2], [3.0, 1.0])
    assert (found.offsets.dtype, found.items.dtype, found.scores.dtype) == (np.int64, np.int32, np.float32)
