import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.evaluate.metrics import Truth, coverage, per_user
from models.types import Lists


def listed(rows: list[list[int]]) -> Lists:
    items = np.array([item for row in rows for item in row], np.int32)
    scores = np.array([len(row) - i for row in rows for i in range(len(row))], np.float32)
    return Lists(np.cumsum([0, *map(len, rows)], dtype=np.int64), items, scores)


def true(rows: list[list[int]]) -> Truth:
    return Truth(np.cumsum([0, *map(len, rows)], dtype=np.int64), np.array([i for row in rows for i in row], np.int32))


def test_by_hand() -> None:
    """A hit at ranks 1 and 3; nothing hit; no list; an item outside the catalogue in the truth."""
    truth = true([[4, 9, 5], [1], [2], [-1, -1, 6]])
    lists = listed([[4, 8, 5, 0], [2, 3], [], [6, 1]])
    metrics = per_user(truth, lists, (2, 3))
    second, third = 1 / math.log2(3), 1 / math.log2(4)
    expected = {
        "ndcg_at_2": [1 / (1 + second), 0, 0, 1 / (1 + second)],
        "recall_at_2": [1 / 3, 0, 0, 1 / 3],
        "hit_rate_at_2": [1, 0, 0, 1],
        "map_at_2": [1 / 3, 0, 0, 1 / 3],
        "ndcg_at_3": [(1 + third) / (1 + second + third), 0, 0, 1 / (1 + second + third)],
        "recall_at_3": [2 / 3, 0, 0, 1 / 3],
        "hit_rate_at_3": [1, 0, 0, 1],
        "map_at_3": [(1 + 2 / 3) / 3, 0, 0, 1 / 3],
    }
    assert metrics.keys() == expected.keys()
    for name, values in expected.items():
        assert metrics[name] == pytest.approx(values), name


def test_ideal_is_cut_at_the_relevant_and_at_k() -> None:
    assert per_user(true([[1]]), listed([[1, 2, 3]]), [10])["ndcg_at_10"][0] == 1
    assert per_user(true([[1, 2, 3]]), listed([[3]]), [1])["ndcg_at_1"][0] == 1


ROWS = st.lists(
    st.tuples(
        st.lists(st.integers(0, 15), max_size=10, unique=True),  # known truth
        st.integers(0, 3),  # unknown truth
        st.permutations(range(16)),  # list
        st.integers(0, 16),  # its length
    ),
    min_size=1,
    max_size=5,
)


@given(ROWS, st.sets(st.integers(1, 20), min_size=1, max_size=3))
@settings(deadline=None)
def test_agrees_with_a_naive_reference(rows: list[tuple[list[int], int, list[int], int]], ks: set[int]) -> None:
    rows = [(known, unknown or (not known), order, length) for known, unknown, order, length in rows]
    truth = true([[*known, *[-1] * unknown] for known, unknown, _, _ in rows])
    lists = listed([order[:length] for _, _, order, length in rows])
    metrics = per_user(truth, lists, sorted(ks))
    for user, (known, unknown, order, length) in enumerate(rows):
        relevant = len(known) + unknown
        for k in ks:
            hits = [item in known for item in order[:length][:k]]
            gain = sum(hit / math.log2(rank + 1) for rank, hit in enumerate(hits, 1))
            ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(k, relevant) + 1))
            assert metrics[f"ndcg_at_{k}"][user] == pytest.approx(gain / ideal)
            assert metrics[f"recall_at_{k}"][user] == pytest.approx(sum(hits) / relevant)
            assert metrics[f"hit_rate_at_{k}"][user] == any(hits)


def test_refusals() -> None:
    with pytest.raises(ValueError, match="2 lists for 1 users"):
        per_user(true([[1]]), listed([[1], [2]]), [1])
    with pytest.raises(ValueError, match="1 users without truth"):
        per_user(true([[1], []]), listed([[1], [2]]), [1])
    with pytest.raises(ValueError, match="cut-offs"):
        per_user(true([[1]]), listed([[1]]), [0])
    with pytest.raises(ValueError, match="twice in a user's truth"):
        per_user(true([[1, 1]]), listed([[1]]), [1])
    with pytest.raises(ValueError, match="twice in a user's list"):
        per_user(true([[1]]), listed([[2, 2]]), [1])


def test_no_users() -> None:
    assert per_user(true([]), listed([]), [5])["ndcg_at_5"].shape == (0,)


def test_coverage() -> None:
    lists = listed([[1, 2], [2, 3], []])
    assert coverage([lists], 8, [1, 2]) == [2 / 8, 3 / 8]
    assert coverage([], 8, [2]) == coverage([lists], 0, [2]) == coverage([listed([])], 8, [2]) == [0]
