"""The metrics are those that others mean by their names: trec_eval's, by its Python binding."""

from __future__ import annotations

import numpy as np
import pytest
import pytrec_eval

from models.evaluate.metrics import Truth, metric_names, per_user
from models.types import Lists

KS = (1, 5, 20)
THEIRS = {"ndcg": "ndcg_cut", "recall": "recall", "hit_rate": "success", "map": "map_cut"}
USERS, ITEMS = 200, 60


def drawn(random: np.random.Generator, shortest: int) -> list[list[int]]:
    """A list of distinct items for each user."""
    return [random.permutation(ITEMS)[: random.integers(shortest, 40)].tolist() for _ in range(USERS)]


def flat(rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.cumsum([0, *map(len, rows)]), np.array([item for row in rows for item in row], np.int32)


@pytest.mark.parametrize("seed", range(3))
def test_every_user_s_figures_are_trec_eval_s(seed: int) -> None:
    random = np.random.default_rng(seed)
    truth, lists = drawn(random, 1), drawn(random, 0)
    offsets, items = flat(lists)
    ours = per_user(Truth(*flat(truth)), Lists(offsets, items, np.zeros(len(items), np.float32)), KS)
    wanted = {str(user): {str(item): 1 for item in row} for user, row in enumerate(truth)}
    given = {
        str(user): {str(item): float(-place) for place, item in enumerate(row)} for user, row in enumerate(lists) if row
    }
    measures = {f"{theirs}.{','.join(map(str, KS))}" for theirs in THEIRS.values()}
    theirs = pytrec_eval.RelevanceEvaluator(wanted, measures).evaluate(given)
    assert len(theirs) < USERS, "some have no list, and theirs leaves them out"
    for name in metric_names(KS):
        metric, _, k = name.rpartition("_at_")
        expected = [theirs.get(str(user), {}).get(f"{THEIRS[metric]}_{k}", 0.0) for user in range(USERS)]
        assert ours[name] == pytest.approx(expected), name
