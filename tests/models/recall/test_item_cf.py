from typing import Any, ClassVar

import numpy as np
import pytest

from models.recall.base import broken_promises
from models.recall.item_cf import ItemCF, ItemCFConfig
from tests.models.recall.conformance import (
    ChannelConformance,
    as_rows,
    checkerboard,
    interactions,
    items_of,
    random_interactions,
)

NO_DECAY = float("inf")


class TestItemCF(ChannelConformance):
    channel = "item_cf"
    settings: ClassVar[dict[str, Any]] = {"num_threads": 2}

    def make_cf(self, **settings: object) -> ItemCF:
        return ItemCF(ItemCFConfig.model_validate(settings), repeats=True, seed=1)

    def test_similarity_by_hand(self) -> None:
        data = interactions([(0, 0, 0, 1), (0, 1, 0, 1), (1, 0, 0, 1), (1, 1, 0, 3), (2, 1, 0, 1)], (3, 3))
        cf = self.make_cf(user_frequency=False, shrinkage=0.5, half_life_days=NO_DECAY).fit(data)
        a, b = np.log1p([1, 1, 0]), np.log1p([1, 3, 1])
        similar = a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 0.5)
        assert as_rows(cf.similar_items(5)) == [[(1, pytest.approx(similar))], [(0, pytest.approx(similar))], []]
        row = as_rows(cf.recall(np.array([1]), 5))[0]
        assert row == [(0, pytest.approx(np.log1p(3) * similar)), (1, pytest.approx(np.log1p(1) * similar))]

    def test_matches_a_dense_reference(self) -> None:
        data = random_interactions()
        cf = self.make_cf(K=7, shrinkage=2.0, half_life_days=20).fit(data)
        weights = np.log1p(data.matrix(20).toarray().astype(np.float64))
        taken = np.count_nonzero(weights, axis=1, keepdims=True)
        frequency = np.log1p(weights.shape[1] / np.maximum(taken, 1))
        vectors = weights * frequency / np.repeat(frequency, taken.ravel()).mean()
        norms = np.linalg.norm(vectors, axis=0)
        similar = vectors.T @ vectors / (np.outer(norms, norms) + 2.0)
        np.fill_diagonal(similar, 0)
        assert [len(row) for row in as_rows(cf.similar_items(7))] == np.minimum((similar > 0).sum(1), 7).tolist()
        for item, row in enumerate(as_rows(cf.similar_items(7))):
            best = np.sort(similar[item])[::-1][: len(row)]
            assert [score for _, score in row] == pytest.approx(best, rel=1e-5)
            kept = np.zeros(len(similar))
            kept[[i for i, _ in row]] = [score for _, score in row]
            similar[item] = kept
        scores = weights @ similar
        for user, row in enumerate(as_rows(cf.recall(np.arange(60), 90))):
            assert [score for _, score in row] == pytest.approx(scores[user, [i for i, _ in row]], rel=1e-5)
            assert len(row) == np.count_nonzero(scores[user])

    def test_similar_items_keep_the_promises(self) -> None:
        data = random_interactions()
        cf = self.make_cf().fit(data)
        lists = cf.similar_items(5)
        assert broken_promises(lists, data.shape[1], data.shape[1], 5) == []
        assert all(item not in row for item, row in enumerate(items_of(lists)))
        with pytest.raises(ValueError, match="k is 0"):
            cf.similar_items(0)
        with pytest.raises(RuntimeError, match="fit"):
            self.make_cf().similar_items(1)

    def test_similar_items_of_the_checkerboard(self) -> None:
        lists = items_of(self.make_cf().fit(checkerboard(20, gap=False)).similar_items(30))
        assert lists == [[other for other in range(item % 2, 20, 2) if other != item] for item in range(20)]

    def test_shrinkage_trusts_many_users_over_one(self) -> None:
        """Items 0 and 1 are shared by one user alone, 2 and 3 by nine of ten."""
        rows = [(0, 0, 0, 1.0), (0, 1, 0, 1.0), (0, 2, 0, 1.0)]
        rows += [(u, i, 0, 1.0) for u in range(1, 11) for i in (2, 3) if not (u == 10 and i == 3)]
        data = interactions(rows, (11, 4))
        cosine, shrunk = (self.make_cf(shrinkage=s, half_life_days=NO_DECAY).fit(data) for s in (1e-6, 5.0))
        pair, crowd = ((0, 1), (2, 3))

        def similarity(cf: ItemCF, a: int, b: int) -> float:
            return dict(as_rows(cf.similar_items(4))[a])[b]

        assert similarity(cosine, *pair) > similarity(cosine, *crowd)
        assert similarity(shrunk, *pair) < similarity(shrunk, *crowd)

    def test_users_of_many_items_speak_less_for_each(self) -> None:
        rows = [(0, i, 0, 1.0) for i in range(30)] + [(1, 0, 0, 1.0), (1, 30, 0, 1.0)]
        data = interactions(rows, (2, 31))
        cf = self.make_cf(half_life_days=NO_DECAY).fit(data)
        plain = self.make_cf(half_life_days=NO_DECAY, user_frequency=False).fit(data)
        ratios = []
        for model in (cf, plain):
            row = dict(as_rows(model.similar_items(31))[0])
            ratios.append(row[30] / row[1])
        assert ratios[0] > ratios[1]

    def test_bm25_by_hand(self) -> None:
        """A user's part of an item saturates with its weight, the sooner the less the item has in all."""
        data = interactions([(0, 0, 0, 1), (0, 1, 0, 9), (1, 0, 0, 2), (1, 1, 0, 1), (2, 1, 0, 4)], (3, 3))
        cf = self.make_cf(similarity="bm25", K1=1.2, B=0.75, user_frequency=False, half_life_days=NO_DECAY).fit(data)
        weights = np.log1p([[1, 9], [2, 1], [0, 4]])
        lengths = weights.sum(axis=0)
        vectors = weights * 2.2 / (weights + 1.2 * (0.25 + 0.75 * lengths / lengths.mean()))
        similar = vectors[:, 0] @ vectors[:, 1]
        assert as_rows(cf.similar_items(5)) == [[(1, pytest.approx(similar))], [(0, pytest.approx(similar))], []]

    def test_bm25_keeps_the_promises(self) -> None:
        lists = self.make(repeats=False, similarity="bm25").fit(random_interactions()).recall(np.arange(60), 20)
        assert broken_promises(lists, *random_interactions().shape, 20) == []

    def test_threads_do_not_change_the_result(self) -> None:
        data = random_interactions(users=200, items=300, rows=6000)
        one, two = (self.make(num_threads=n).fit(data).recall(np.arange(200), 50) for n in (1, 2))
        assert as_rows(one) == as_rows(two)
