import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rank.base import Samples
from models.rank.blocks import CANDIDATE_CODES, rank_block
from models.rank.coarse import Coarse
from models.rank.metrics import auc
from tests.models.rank.user_rows import INPUTS, ITEMS, batch, row

NAMES = ("als_score", "als_rank")


def evidence(random, rows):
    """A score and its rank, both missing for items that the channel didn't recall."""
    score = random.normal(size=rows).astype(np.float32)
    score[random.random(rows) < 0.5] = np.nan
    return np.column_stack([score, 100 - 10 * score])


def fitted(keep=3, rows=2000) -> Coarse:
    """Being recalled is better than not; among the recalled, a high score is."""
    random = np.random.default_rng(1)
    X = evidence(random, rows)
    logit = np.where(np.isnan(X[:, 0]), -3.0, 2 * X[:, 0])
    y = (random.random(rows) < 1 / (1 + np.exp(-logit))).astype(float)
    other = random.normal(size=(rows, 1)).astype(np.float32)
    names = ("user_x", *NAMES)
    samples = Samples(np.concatenate([other, X], axis=1), y, np.ones(rows), np.zeros(rows, int), names)
    return Coarse.fit(samples, NAMES, keep)


def test_learns_from_its_columns_alone():
    coarse, X = fitted(), evidence(np.random.default_rng(2), 500)
    assert auc(~np.isnan(X[:, 0]), coarse.model.scores(X)) > 0.9
    assert coarse.names == NAMES and len(coarse.model.weights) == 4


def test_keeps_the_best_by_hand():
    """A score of 2 beats 1, which beats not being recalled; ties go to the lower code; small lists stay whole."""
    nan = np.nan
    scores = np.array([nan, 1, 2, nan, 1, nan, nan, nan], np.float32)
    offsets, items = np.array([0, 5, 6, 8]), np.array([7, 8, 9, 1, 4, 5, 2, 3])
    X = np.column_stack([scores, 100 - 10 * scores])
    assert fitted(keep=2).cut(offsets, items, X).tolist() == [0, 0, 1, 0, 1, 1, 1, 1]
    assert fitted(keep=1).cut(offsets, items, X).tolist() == [0, 0, 1, 0, 0, 1, 1, 0]
    assert fitted(keep=5).cut(offsets, items, X).all()


COARSE = fitted()


@settings(deadline=None)
@given(st.lists(st.integers(0, 8), max_size=6), st.integers(1, 9), st.integers(0, 99))
def test_laws(counts, keep, seed):
    coarse, random = replace(COARSE, keep=keep), np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    items = np.concatenate([np.empty(0, int), *(random.permutation(20)[:count] for count in counts)])
    X = evidence(random, len(items))
    mask, scores = coarse.cut(offsets, items, X), coarse.model.scores(X)
    for start, end in itertools.pairwise(offsets):
        kept, own = mask[start:end], scores[start:end]
        assert kept.sum() == min(keep, end - start)
        assert not kept.any() or kept.all() or own[kept].min() >= own[~kept].max()
        alone = coarse.cut(np.array([0, end - start]), items[start:end], X[start:end])
        assert np.array_equal(alone, kept), "who shares the block matters"


def test_comes_back_from_its_file(tmp_path: Path):
    COARSE.save(tmp_path / "coarse")
    assert Coarse.load(tmp_path / "coarse") == COARSE
    assert [path.name for path in (tmp_path / "coarse").iterdir()] == ["coarse.json"]


def test_unknown_columns_are_refused():
    samples = Samples(np.zeros((2, 1)), np.array([0, 1.0]), np.ones(2), np.zeros(2, int), ("x",))
    with pytest.raises(ValueError, match="unknown: als_rank"):
        Coarse.fit(samples, ["als_rank"], 3)


class Last:
    """Ranks the highest item_a first."""

    def predict(self, X, names):
        return X[:, names.index("item_a")] / 10


def test_a_block_is_cut_before_its_matrix_is_assembled():
    from models.rank.blocks import item_table

    scores = [np.nan, 2.0, np.nan, 1.0]
    users = [
        row(3, candidate_codes=[1, 2, 3, 4], als_score=scores, als_rank=[100 - 10 * score for score in scores]),
        row(4, candidate_codes=[5], als_score=[np.nan], als_rank=[np.nan]),
    ]
    rows, items = batch(users), item_table(ITEMS, INPUTS)
    whole = rank_block(rows, INPUTS, items, Last()).to_pydict()
    cut = rank_block(rows, INPUTS, items, Last(), coarse=fitted(keep=2)).to_pydict()
    assert whole["item_codes"] == [[4, 3, 2, 1], [5]]
    assert cut["item_codes"] == [[4, 2], [5]]
    assert cut["scores"] == [
        [s for i, s in zip([4, 3, 2, 1], whole["scores"][0], strict=True) if i in (2, 4)],
        whole["scores"][1],
    ]
    assert CANDIDATE_CODES in rows.schema.names
