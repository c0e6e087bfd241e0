"""Which pairs the ranker learns from: candidates that were taken or shown, and a draw of the others."""

from __future__ import annotations

import itertools
import math
import warnings
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rank.blocks import CANDIDATE_CODES, labelled_pairs
from tests.models.rank.user_rows import batch, row

Pairs = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def draw(rows: pa.RecordBatch, negatives: int = 3, seed: int = 1) -> Pairs:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # what numpy warns of would fill the logs of every worker
        return labelled_pairs(rows, negatives=negatives, seed=seed)


def of_user(pairs: Pairs, user: int) -> list[tuple[int, float, float]]:
    """(item, label, weight) of one user, by their place in the batch."""
    offsets, *columns = pairs
    return list(zip(*(column[offsets[user] : offsets[user + 1]].tolist() for column in columns), strict=True))


def test_by_hand() -> None:
    """Taken: 1, 2 and, no candidate, 9. Shown: 3 and, no candidate, 8. Of 4, 5, 6, 7 two stand for four."""
    user = row(3, candidate_codes=[1, 2, 3, 4, 5, 6, 7], label_codes=[1, 2, 3, 8, 9], labels=[1, 1, 0, 0, 1])
    pairs = draw(batch([user]), negatives=2)
    found = {item: (label, weight) for item, label, weight in of_user(pairs, 0)}
    unit = pytest.approx(1 / math.sqrt(2))
    assert {item: found.pop(item) for item in (1, 2, 3)} == {1: (1, unit), 2: (1, unit), 3: (0, unit)}
    assert len(found) == 2 and set(found) < {4, 5, 6, 7}
    assert list(found.values()) == [(0, pytest.approx(4 / 2 / math.sqrt(2)))] * 2
    assert [part.dtype for part in pairs] == [np.int64, np.int32, np.float32, np.float32]


def test_who_took_no_candidate_has_only_what_was_shown() -> None:
    shown = row(1, candidate_codes=[1, 2, 3], label_codes=[2, 9], labels=[0, 1])
    took_elsewhere = row(2, candidate_codes=[1, 2, 3], label_codes=[9], labels=[1])
    pairs = draw(batch([shown, took_elsewhere]))
    assert (of_user(pairs, 0), of_user(pairs, 1)) == ([(2, 0, 1)], [])


CODES = st.lists(st.integers(0, 40), unique=True, max_size=15).map(sorted)
USERS = st.lists(st.tuples(CODES, CODES, st.lists(st.booleans(), min_size=15, max_size=15)), max_size=6)
Users = list[tuple[list[int], list[int], list[bool]]]


def labelled(users: Users) -> list[dict[str, Any]]:
    """From the candidates, what was shown or taken, and which of those were taken."""
    return [
        row(7 * number, candidate_codes=candidates, label_codes=seen, labels=[float(t) for t in took[: len(seen)]])
        for number, (candidates, seen, took) in enumerate(users)
    ]


@settings(deadline=None)
@given(users=USERS, negatives=st.integers(1, 5), seed=st.integers(0, 2**40))
def test_laws(users: Users, negatives: int, seed: int) -> None:
    rows = labelled(users)
    pairs = draw(batch(rows), negatives, seed)
    assert len(pairs[0]) == len(rows) + 1
    for number, user in enumerate(rows):
        mine, candidates = of_user(pairs, number), user[CANDIDATE_CODES]
        known = dict(zip(user["label_codes"], user["labels"], strict=True))
        positives = [item for item in candidates if known.get(item)]
        others = [item for item in candidates if item not in known]
        unit = 1 / math.sqrt(max(len(positives), 1))
        assert [item for item, *_ in mine] == sorted(item for item, *_ in mine)
        assert [pair for pair in mine if pair[0] in known] == [
            (item, known[item], pytest.approx(unit)) for item in candidates if item in known
        ]
        drawn = {item: weight for item, label, weight in mine if item not in known and not label}
        assert len(drawn) == (min(negatives, len(others)) if positives else 0)
        assert set(drawn) <= set(others)
        assert len(set(drawn.values())) <= 1
        assert sum(drawn.values()) == pytest.approx(len(others) * unit if positives else 0)
        assert of_user(draw(batch(rows).slice(number, 1), negatives, seed), 0) == mine, "who shares the batch matters"


def test_others_are_drawn_evenly_and_anew_for_each_user_and_seed() -> None:
    rows = batch([row(code, candidate_codes=range(20), label_codes=[0], labels=[1]) for code in range(2000)])
    offsets, items, labels, _ = draw(rows, negatives=5)
    assert set(np.diff(offsets)) == {6}
    times = np.bincount(items[labels == 0], minlength=20)[1:]
    expected = 2000 * 5 / 19
    assert np.abs(times - expected).max() < 6 * math.sqrt(expected)
    drawn = {tuple(items[start:end]) for start, end in itertools.pairwise(offsets)}
    assert len(drawn) > 1500
    assert draw(rows, negatives=5)[1].tolist() == items.tolist()
    assert (draw(rows, negatives=5, seed=2)[1] != items).mean() > 0.5


def test_nobody_has_no_pairs() -> None:
    assert [part.tolist() for part in draw(batch([]))] == [[0], [], [], []]
