from typing import Any, ClassVar

import numpy as np
import pytest

from models.recall.user_cf import UserCF, UserCFConfig
from tests.models.recall.conformance import ChannelConformance, as_rows, interactions, items_of, random_interactions

NO_DECAY = float("inf")


class TestUserCF(ChannelConformance):
    channel = "user_cf"
    settings: ClassVar[dict[str, Any]] = {"num_threads": 2}

    def make_cf(self, **settings: object) -> UserCF:
        return UserCF(UserCFConfig.model_validate({"half_life_days": NO_DECAY, **settings}), repeats=True, seed=1)

    def test_similarity_and_scores_by_hand(self) -> None:
        data = interactions([(0, 0, 0, 1), (0, 1, 0, 1), (1, 0, 0, 1), (1, 2, 0, 3), (2, 3, 0, 1)], (3, 4))
        cf = self.make_cf(item_frequency=False, shrinkage=0.5).fit(data)
        a, b = np.log1p([1, 1, 0, 0]), np.log1p([1, 0, 3, 0])
        similar = a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 0.5)
        assert as_rows(cf.neighbours(np.arange(3))) == [
            [(1, pytest.approx(similar))],
            [(0, pytest.approx(similar))],
            [],
        ]
        row = as_rows(cf.recall(np.array([0]), 5))[0]
        assert row == [(2, pytest.approx(np.log1p(3) * similar)), (0, pytest.approx(np.log1p(1) * similar))]

    def test_matches_a_dense_reference(self) -> None:
        data = random_interactions()
        cf = self.make_cf(K=7, shrinkage=2.0, half_life_days=20).fit(data)
        weights = np.log1p(data.matrix(20).toarray().astype(np.float64))
        taken = np.count_nonzero(weights, axis=0)
        frequency = np.log1p(len(weights) / np.maximum(taken, 1)) * (weights > 0)
        vectors = weights * frequency / frequency[weights > 0].mean()
        norms = np.linalg.norm(vectors, axis=1)
        similar = vectors @ vectors.T / (np.outer(norms, norms) + 2.0)
        np.fill_diagonal(similar, 0)
        for user, row in enumerate(as_rows(cf.neighbours(np.arange(60)))):
            assert [score for _, score in row] == pytest.approx(np.sort(similar[user])[::-1][: len(row)], rel=1e-5)
            assert len(row) == min(7, np.count_nonzero(similar[user]))
            kept = np.zeros(60)
            kept[[other for other, _ in row]] = [score for _, score in row]
            scores = kept @ weights
            listed = as_rows(cf.recall(np.array([user]), 90))[0]
            assert [score for _, score in listed] == pytest.approx(scores[[i for i, _ in listed]], rel=1e-5)
            assert len(listed) == np.count_nonzero(scores)

    def test_sharing_a_rare_item_says_more_than_sharing_what_all_take(self) -> None:
        rows = [(u, 0, 0, 1.0) for u in range(20)] + [(0, 1, 0, 1.0), (1, 1, 0, 1.0)] + [(2, 2, 0, 1.0)]
        near = dict(as_rows(self.make_cf().fit(interactions(rows, (20, 3))).neighbours(np.array([0])))[0])
        assert near[1] > 2 * near[3]

    def test_neighbours_by_an_item_of_many_users_are_those_who_took_it_most(self) -> None:
        rows = [(u, 0, 0, 1.0 + u) for u in range(9)]
        cf = self.make_cf(most_users=3).fit(interactions(rows, (9, 1)))
        assert [sorted(row) for row in items_of(cf.neighbours(np.array([0, 8])))] == [[6, 7, 8], [6, 7]]

    def test_a_user_of_a_single_item_gets_what_its_other_users_took(self) -> None:
        data = interactions([(0, 0, 0, 1.0), (1, 0, 5, 1.0), (1, 1, 9, 1.0), (2, 2, 0, 1.0)], (3, 3))
        assert items_of(self.recall(data, 5, repeats=False))[0] == [1]

    def test_threads_do_not_change_the_result(self) -> None:
        data = random_interactions(users=200, items=300, rows=6000)
        one, two = (self.make(num_threads=n).fit(data).recall(np.arange(200), 50) for n in (1, 2))
        assert as_rows(one) == as_rows(two)
