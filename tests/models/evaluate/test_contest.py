"""Rows of users to the lists that are judged: who may stand in which, and in what order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from models.evaluate.contest import (
    ANY,
    FINAL,
    FINAL_CODES,
    HITS,
    NEW,
    RECALLED,
    TAKEN_CODES,
    TRUTH,
    UNIQUE,
    WITHOUT,
    Contest,
    column,
    contest_block,
    stranger_rows,
)
from models.rank.blocks import Inputs, item_table
from models.rank.coarse import COARSE
from models.recall import FUSED
from tests.models.rank.user_rows import FLOATS, INT, INTS, ITEMS, NAN

EVIDENCE = ("als_score", "als_rank", "popular_score", "popular_rank")
INPUTS = Inputs(user=(), item=("item_a",), behaviour=(), affinities={}, evidence=EVIDENCE)
CATALOGUE = item_table(ITEMS.select(["item_a"]), INPUTS)
NAMES = ("item_a", *EVIDENCE)
SCHEMA = pa.schema(
    [
        ("user_code", INT),
        *((name, INTS) for name in ("pair_codes", "candidate_codes", TAKEN_CODES, FINAL_CODES)),
        *((name, FLOATS) for name in (*EVIDENCE, "fused_score")),
        *((column(mode, TRUTH), INTS) for mode in (ANY, NEW)),
    ]
)


class ByItem:
    """A ranker that prefers what comes late in the catalogue, and knows the features that it was fitted on."""

    def __init__(self, *names: str) -> None:
        self.feature_names = names

    def predict(self, X: np.ndarray, names: Any) -> np.ndarray:
        assert tuple(names) == self.feature_names and X.shape[1] == len(self.feature_names)
        return np.nan_to_num(X[:, self.feature_names.index("item_a")], nan=0.0) / 10


def user(code: int, candidates: dict[int, tuple[float, float]], taken: list[int], before: list[int]) -> dict[str, Any]:
    """candidates: code -> its ranks by als and by popular, NaN where not recalled."""
    als, popular = ([ranks[n] for ranks in candidates.values()] for n in (0, 1))
    return {
        **{"user_code": code, "pair_codes": [], "candidate_codes": list(candidates), TAKEN_CODES: before},
        **{"als_score": als, "als_rank": als, "popular_score": popular, "popular_rank": popular},
        "fused_score": [sum(1 / (60 + rank) for rank in ranks if rank == rank) for ranks in candidates.values()],
        **{column(ANY, TRUTH): taken, column(NEW, TRUTH): [item for item in taken if item not in before]},
    }


FIRST = user(1, {0: (1, 3), 2: (NAN, 1), 3: (2, NAN), 5: (3, 2)}, taken=[3, 2, -1], before=[3])
ROWS = [
    FIRST | {FINAL_CODES: [3, 4, 2]},
    user(2, {}, taken=[0], before=[]) | {FINAL_CODES: None},
    user(3, {1: (NAN, 1), 4: (1, NAN)}, taken=[1], before=[]) | {FINAL_CODES: [1]},
]
PLAIN = Contest(INPUTS, NAMES, ("als", "popular"), (ANY, NEW), k=2)
FULL = replace(
    PLAIN,
    rankers={"late": ByItem(*NAMES)},
    without={"als": (ByItem("item_a", "popular_score", "popular_rank"), None)},
    final=True,
)


def lists(contest: Contest, rows: list[dict[str, Any]] = ROWS) -> dict[str, list[Any]]:
    return contest_block(pa.RecordBatch.from_pylist(rows, schema=SCHEMA), contest, CATALOGUE).to_pydict()


def test_every_source_lists_the_first_places_of_its_order() -> None:
    found = lists(FULL)
    assert found["user_code"] == [1, 2, 3]
    assert found[column(ANY, "als")] == [[0, 3], [], [4]]
    assert found[column(ANY, "popular")] == [[2, 5], [], [1]]
    assert found[column(ANY, FUSED)] == [[0, 5], [], [1, 4]], "what two channels recall, then ties by code"
    assert found[column(ANY, "late")] == [[5, 3], [], [4, 1]]
    assert found[column(ANY, FINAL)] == [[3, 4], [], [1]]


def test_without_a_channel_its_candidates_are_gone_and_the_ranker_was_not_told_of_it() -> None:
    assert lists(FULL)[column(ANY, WITHOUT + "als")] == [[5, 2], [], [1]]


class ByRank:
    """A coarse ranker that leaves the candidate with the best rank of those that it is shown."""

    names = ("popular_rank",)

    def scores(self, evidence: np.ndarray) -> np.ndarray:
        return -np.nan_to_num(evidence[:, 0], nan=99)

    def cut(self, offsets: np.ndarray, _: np.ndarray, evidence: np.ndarray) -> np.ndarray:
        users = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        ranks = np.nan_to_num(evidence[:, 0], nan=99)
        return np.array([rank == min(ranks[users == user]) for user, rank in zip(users, ranks, strict=True)], bool)


def test_rankers_order_what_the_coarse_one_left_and_channels_all_that_they_recalled() -> None:
    found = lists(replace(FULL, coarse=ByRank(), without={"popular": (ByItem("item_a", "als_rank"), ByRank())}))
    assert found[column(ANY, "late")] == [[2], [], [1]]
    assert found[column(ANY, "popular")] == [[2, 5], [], [1]]
    assert found[column(ANY, COARSE)] == [[2, 5], [], [1, 4]], "of all candidates, what it wasn't told of behind"
    assert found[column(ANY, WITHOUT + "popular")] == [[5], [], [4]], "of those that als recalled"


def test_new_lists_are_the_same_ones_without_what_the_user_had() -> None:
    found = lists(FULL)
    assert found[column(NEW, "als")] == [[0, 5], [], [4]]
    assert found[column(NEW, "late")] == [[5, 2], [], [4, 1]]
    assert found[column(NEW, FINAL)] == [[4, 2], [], [1]]
    assert found[column(NEW, TRUTH)] == [[2, -1], [0], [1]]


def test_hits_are_counted_over_all_that_a_channel_recalled() -> None:
    found = lists(PLAIN)
    assert found[RECALLED] == [[3, 3], [0, 0], [1, 1]]
    assert found[column(ANY, HITS)] == [[1, 1], [0, 0], [0, 1]]
    assert found[column(NEW, HITS)] == [[0, 1], [0, 0], [0, 1]]
    both = user(1, {2: (1, 2), 3: (2, NAN)}, taken=[2, 3], before=[]) | {FINAL_CODES: None}
    found = lists(PLAIN, [both])
    assert (found[column(ANY, HITS)], found[column(ANY, UNIQUE)]) == ([[2, 1]], [[1, 0]])


def test_strangers_are_given_the_shared_list_of_a_channel_or_none() -> None:
    """Personal channels have nothing for them, orders and final lists what readers give; it has rows as users have."""
    truth = pa.array([[3], [-1, 2]], INTS)
    shared = {"popular": np.array([2, 5, 3]), "hot": np.array([4, 2])}
    rows = stranger_rows(truth, FULL, shared, given="hot", first=7)
    found = rows.to_pydict()
    assert found["user_code"] == [7, 8]
    for mode in (ANY, NEW):
        assert found[column(mode, TRUTH)] == truth.to_pylist()
        assert found[column(mode, "popular")] == [[2, 5]] * 2, "k = 2"
        assert found[column(mode, "als")] == [[]] * 2
        assert all(found[column(mode, source)] == [[4, 2]] * 2 for source in (FUSED, "late", FINAL, WITHOUT + "als"))
        assert found[column(mode, HITS)] == found[column(mode, UNIQUE)] == found[RECALLED] == [[0, 0]] * 2
    assert set(found) == set(lists(FULL))
    assert stranger_rows(truth.slice(0, 0), FULL, shared, given="hot", first=7).num_rows == 0


@pytest.mark.parametrize("start", range(3))
def test_a_user_s_lists_do_not_depend_on_the_others(start: int) -> None:
    alone = lists(FULL, ROWS[start : start + 1])
    assert alone == {name: values[start : start + 1] for name, values in lists(FULL).items()}
