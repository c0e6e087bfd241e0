from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from models.evaluate.blocks import coded_lists, replay_block
from models.evaluate.metrics import Truth, metric_names, per_user
from models.types import Lists

INTS = pa.list_(pa.int32())
KS = (1, 3)
TRUTH = [[4], [-1, -1, 2], [7, 8], [5]]
LISTS = [[4, 1], [3, 2], None, []]
ROWS = pa.RecordBatch.from_arrays(
    [pa.array(["topn", "als", "als", "topn"]), pa.array(TRUTH, INTS), pa.array(LISTS, INTS)],
    names=["source", "truth_codes", "item_codes"],
)


def flat(rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.cumsum([0, *map(len, rows)]), np.array([item for row in rows for item in row], np.int32)


def test_lists_of_ids_are_told_in_codes_and_strange_items_keep_their_place() -> None:
    """Of the catalogue a, b, c: code 0 to 2; x and y aren't in it, and are no unknown item of the truth either."""
    ids = pa.RecordBatch.from_arrays(
        [pa.array(["u", "v", "w"]), pa.array([["c", "x", "a"], [], ["y", "b"]])], names=["user_id", "item_ids"]
    )
    coded = coded_lists(ids.slice(0, 3), pa.array(["a", "b", "c"]))
    assert coded["user_id"].to_pylist() == ["u", "v", "w"]
    assert coded["item_codes"].type == INTS
    (c, x, a), none, (y, b) = coded["item_codes"].to_pylist()
    assert (a, b, c, none) == (0, 1, 2, []) and min(x, y) > 2 and x != y
    assert coded_lists(ids.slice(2, 1), pa.array(["a", "b", "c"]))["item_codes"].to_pylist()[0][1] == 1


def test_names() -> None:
    assert metric_names(KS) == [
        "ndcg_at_1",
        "ndcg_at_3",
        "recall_at_1",
        "recall_at_3",
        "hit_rate_at_1",
        "hit_rate_at_3",
        "map_at_1",
        "map_at_3",
    ]


def test_rows_are_judged_as_the_metrics_say_and_no_list_is_an_empty_one() -> None:
    judged = replay_block(ROWS, KS)
    assert judged.schema.names == ["source", *metric_names(KS)]
    assert judged.schema.types == [pa.string(), *[pa.float64()] * 8]
    assert judged["source"].to_pylist() == ["topn", "als", "als", "topn"]
    offsets, items = flat([row or [] for row in LISTS])
    expected = per_user(Truth(*flat(TRUTH)), Lists(offsets, items, np.zeros(len(items), np.float32)), KS)
    for name in metric_names(KS):
        assert judged[name].to_pylist() == expected[name].tolist()


def test_by_hand() -> None:
    judged = replay_block(ROWS, KS)
    assert judged["recall_at_3"].to_pylist() == pytest.approx([1, 1 / 3, 0, 0])
    assert judged["hit_rate_at_1"].to_pylist() == [1, 0, 0, 0]
    assert judged["ndcg_at_1"].to_pylist() == [1, 0, 0, 0]


@pytest.mark.parametrize(("start", "length"), [(1, 2), (2, 2), (3, 1), (4, 0)])
def test_a_slice_is_judged_as_if_alone(start: int, length: int) -> None:
    assert replay_block(ROWS.slice(start, length), KS).equals(replay_block(ROWS, KS).slice(start, length))


def test_what_a_null_hides_does_not_count() -> None:
    """Arrow may keep values behind a null list."""
    hidden = pa.ListArray.from_arrays(
        pa.array([0, 1, 2], pa.int32()), pa.array([5, 6], pa.int32()), mask=pa.array([True, False])
    )
    rows = pa.RecordBatch.from_arrays(
        [pa.array(["topn", "topn"]), pa.array([[5], [6]], INTS), hidden], names=["source", "truth_codes", "item_codes"]
    )
    assert replay_block(rows, [1])["hit_rate_at_1"].to_pylist() == [0, 1]
