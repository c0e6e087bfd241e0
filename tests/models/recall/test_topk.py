import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.sparse import csr_matrix

from models.recall import topk
from models.recall.topk import by_blocks, dense_candidates, ragged_top, sparse_top
from models.types import Lists
from tests.models.recall.conformance import as_rows

# Few distinct values, so that most rows have ties; one of them the smallest positive float there is.
VALUES = st.sampled_from([np.float32(x) for x in (-1.0, 0.0, 1e-45, 0.25, 1.0, 1.0000001, 3.4e38)])
MATRICES = arrays(np.float32, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=70), elements=VALUES)


def naive(scores: np.ndarray, k: int) -> list[list[tuple[int, float]]]:
    ranked = [sorted(enumerate(row.tolist()), key=lambda pair: (-pair[1], pair[0])) for row in scores]
    return [[pair for pair in row if pair[1] > 0][:k] for row in ranked]


@given(MATRICES, st.integers(1, 80))
@settings(deadline=None)
def test_sparse_top_is_the_naive_sort(scores: np.ndarray, k: int) -> None:
    assert as_rows(sparse_top(csr_matrix(scores), k)) == naive(scores, k)


@given(MATRICES, st.integers(1, 80), st.sampled_from([0.0, 0.1, 0.5]), st.integers(0, 9))
@settings(deadline=None)
def test_candidates_of_rounded_scores_hold_the_best(scores: np.ndarray, k: int, slack: float, seed: int) -> None:
    rounding = np.random.default_rng(seed).uniform(-slack / 2.01, slack / 2.01, scores.shape)
    rounded = (scores + rounding).astype(np.float32)
    items, counts = dense_candidates(rounded, k, np.full(len(scores), slack, np.float32))
    rows = np.repeat(np.arange(len(scores)), counts)
    true = np.where(scores > slack, scores, 0)
    assert as_rows(ragged_top(items, true[rows, items], counts, k)) == naive(true, k)


def test_rows_without_evidence_nominate_nothing() -> None:
    scores = np.zeros((3, 500), np.float32)
    assert dense_candidates(scores, 50, np.array([0, 1e-9, 1], np.float32))[1].tolist() == [0, 0, 0]


@given(MATRICES, st.integers(1, 80), st.integers(0, 9))
@settings(deadline=None)
def test_order_of_the_entries_does_not_matter(scores: np.ndarray, k: int, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(scores.shape[1]).astype(np.int32)
    counts = np.full(len(scores), scores.shape[1])
    shuffled = ragged_top(np.tile(order, len(scores)), scores[:, order].ravel(), counts, k)
    assert as_rows(shuffled) == naive(scores, k)


def test_slack_keeps_what_rounding_may_have_pushed_down() -> None:
    scores = np.zeros((1, 64), np.float32)
    scores[0, [3, 40]] = 1.0, 0.9
    assert dense_candidates(scores, 1, np.array([0.05], np.float32))[0].tolist() == [3]
    assert dense_candidates(scores, 1, np.array([0.2], np.float32))[0].tolist() == [3, 40]


def test_few_more_than_k_are_nominated() -> None:
    scores = np.random.default_rng(0).random((4, 20_000)).astype(np.float32)
    counts = dense_candidates(scores, 100, np.zeros(4, np.float32))[1]
    assert ((counts >= 100) & (counts <= 110)).all()


def test_minus_infinity_is_never_nominated_and_nan_is_an_error() -> None:
    scores = np.full((1, 40), -np.inf, np.float32)
    assert dense_candidates(scores, 5, np.ones(1, np.float32))[1].tolist() == [0]
    scores[0, 7] = np.nan
    with pytest.raises(ValueError, match="converge"):
        dense_candidates(scores, 5, np.zeros(1, np.float32))


@pytest.mark.parametrize("num_threads", [0, 1, 3])
def test_blocks_come_back_in_order(num_threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topk, "BLOCK_SCORES", 40)
    sizes = []

    def top(block: np.ndarray) -> Lists:
        sizes.append(len(block))
        return Lists(np.arange(len(block) + 1), block.astype(np.int32), np.ones(len(block), np.float32))

    lists = by_blocks(top, np.arange(11), 10, num_threads)
    assert as_rows(lists) == [[(i, 1.0)] for i in range(11)]
    assert sorted(sizes) == [3, 4, 4]
    assert len(by_blocks(top, np.arange(0), 10, num_threads)) == 0
