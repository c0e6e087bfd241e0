import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.recall.merge import FusionConfig, merge
from models.types import Lists


def build(rows: list[list[tuple[int, float]]]) -> Lists:
    pairs = [pair for row in rows for pair in row]
    return Lists(
        np.cumsum([0, *map(len, rows)], dtype=np.int64),
        np.array([item for item, _ in pairs], np.int32),
        np.array([score for _, score in pairs], np.float32),
    )


def test_by_hand() -> None:
    merged = merge(
        {"a": build([[(7, 3.0), (2, 1.0)], [], [(0, 1.0)]]), "b": build([[(2, 9.0)], [], [(5, 4.0), (0, 2.0)]])}
    )
    assert len(merged) == 3
    assert merged.offsets.tolist() == [0, 2, 2, 4]
    assert merged.items.tolist() == [2, 7, 0, 5]
    np.testing.assert_array_equal(merged.scores["a"], [1, 3, 1, np.nan])
    np.testing.assert_array_equal(merged.scores["b"], [9, np.nan, 2, 4])
    assert merged.ranks["a"].tolist() == [2, 1, 1, 0]
    assert merged.ranks["b"].tolist() == [1, 0, 2, 1]
    assert (merged.items.dtype, merged.offsets.dtype) == (np.int32, np.int64)
    assert {array.dtype for array in merged.scores.values()} == {np.dtype(np.float32)}
    assert {array.dtype for array in merged.ranks.values()} == {np.dtype(np.int16)}
    np.testing.assert_allclose(merged.fused_scores, [1 / 62 + 1 / 61, 1 / 61, 1 / 61 + 1 / 62, 1 / 61], rtol=1e-6)
    assert merged.fused_ranks.tolist() == [1, 2, 1, 2]
    assert (merged.fused_scores.dtype, merged.fused_ranks.dtype) == (np.float32, np.int16)


def test_fusion_by_weights_and_constant_with_equal_scores_in_item_order() -> None:
    lists = {"a": build([[(7, 3.0), (2, 1.0)]]), "b": build([[(9, 9.0), (5, 4.0), (7, 2.0)]])}
    merged = merge(lists, FusionConfig(constant=1, weights={"b": 2.0}))
    assert merged.items.tolist() == [2, 5, 7, 9]
    np.testing.assert_allclose(merged.fused_scores, [1 / 3, 2 / 3, 1 / 2 + 2 / 4, 2 / 2], rtol=1e-6)
    assert merged.fused_ranks.tolist() == [4, 3, 1, 2]


LISTS = st.lists(st.lists(st.integers(0, 30), max_size=12, unique=True), min_size=4, max_size=4)


@given(st.lists(LISTS, min_size=1, max_size=3))
@settings(deadline=None)
def test_nothing_is_lost_or_invented(channels: list[list[list[int]]]) -> None:
    scored = {f"c{n}": [[(item, 100.0 - i) for i, item in enumerate(row)] for row in c] for n, c in enumerate(channels)}
    merged = merge({name: build(rows) for name, rows in scored.items()})
    for user in range(4):
        part = slice(merged.offsets[user], merged.offsets[user + 1])
        items = merged.items[part].tolist()
        assert items == sorted({item for rows in scored.values() for item, _ in rows[user]})
        for name, rows in scored.items():
            ranked = {item: (rank, score) for rank, (item, score) in enumerate(rows[user], 1)}
            ranks, scores = merged.ranks[name][part].tolist(), merged.scores[name][part].tolist()
            assert ranks == [ranked.get(item, (0, 0))[0] for item in items]
            assert [None if math.isnan(s) else s for s in scores] == [ranked.get(i, (0, None))[1] for i in items]
        fused = list(zip((-merged.fused_scores[part]).tolist(), items, merged.fused_ranks[part].tolist(), strict=True))
        assert [rank for *_, rank in sorted(fused)] == list(range(1, len(items) + 1))


def test_refusals() -> None:
    with pytest.raises(ValueError, match="none"):
        merge({})
    with pytest.raises(ValueError, match="'a': 1, 'b': 2"):
        merge({"a": build([[]]), "b": build([[], []])})
    with pytest.raises(ValueError, match="channel b: an item twice"):
        merge({"a": build([[(1, 1.0)]]), "b": build([[(1, 2.0), (1, 1.0)]])})
    with pytest.raises(ValueError, match="32767"):
        merge({"a": build([[(i, 1.0) for i in range(32768)]])})
