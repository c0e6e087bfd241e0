"""Which pairs the ranker learns from: what was shown, and draws of what was proposed."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rank.blocks import CANDIDATE_CODES, proposed_pairs, shown_and_proposed_pairs, shown_pairs
from tests.models.rank.user_rows import batch, row

Pairs = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def test_shown_pairs_are_the_labels_as_they_stand() -> None:
    rows = batch([row(1, label_codes=[9]), row(2, label_codes=[3, 5], labels=[0, 1]), row(3), row(4, label_codes=[2])])
    offsets, items, labels, weights = shown_pairs(rows.slice(1, 2))
    assert offsets.tolist() == [0, 2, 2]
    assert items.tolist() == [3, 5]
    assert (labels.tolist(), weights.tolist()) == ([0, 1], [1, 1])
    assert (labels.dtype, weights.dtype) == (np.float32, np.float32)


def draw(rows: pa.RecordBatch, negatives: int = 3, seed: int = 1) -> Pairs:
    return proposed_pairs(rows, negatives=negatives, seed=seed)


def of_user(pairs: Pairs, user: int) -> list[tuple[int, float, float]]:
    """(item, label, weight) of one user, by their place in the batch."""
    offsets, *columns = pairs
    return list(zip(*(column[offsets[user] : offsets[user + 1]].tolist() for column in columns), strict=True))


CODES = st.lists(st.integers(0, 40), unique=True, max_size=15).map(sorted)
USERS = st.lists(st.tuples(CODES, CODES, st.lists(st.booleans(), min_size=15, max_size=15)), max_size=6)


def labelled(users: list[tuple[list[int], list[int], list[bool]]]) -> list[dict[str, Any]]:
    return [
        row(
            7 * number,
            candidate_codes=candidates,
            label_codes=shown,
            labels=[float(taken) for taken in took[: len(shown)]],
        )
        for number, (candidates, shown, took) in enumerate(users)
    ]


@settings(deadline=None)
@given(users=USERS, negatives=st.integers(1, 5), seed=st.integers(0, 2**40))
def test_proposed_pairs(users: list[tuple[list[int], list[int], list[bool]]], negatives: int, seed: int) -> None:
    rows = labelled(users)
    pairs = draw(batch(rows), negatives, seed)
    assert len(pairs[0]) == len(rows) + 1
    for number, user in enumerate(rows):
        mine = of_user(pairs, number)
        taken = {item for item, label in zip(user["label_codes"], user["labels"], strict=True) if label}
        positives = [item for item in user[CANDIDATE_CODES] if item in taken]
        rest = [item for item in user[CANDIDATE_CODES] if item not in taken]
        if not positives:
            assert mine == []
            continue
        unit = 1 / math.sqrt(len(positives))
        assert [item for item, *_ in mine] == sorted(item for item, *_ in mine)
        assert [(item, weight) for item, label, weight in mine if label] == [
            (item, pytest.approx(unit)) for item in positives
        ]
        drawn = {item: weight for item, label, weight in mine if not label}
        assert len(drawn) == min(negatives, len(rest)) and set(drawn) <= set(rest)
        assert sum(drawn.values()) == pytest.approx(len(rest) * unit)
        assert len(set(drawn.values())) <= 1
        assert of_user(draw(batch(rows).slice(number, 1), negatives, seed), 0) == mine, "who shares the batch matters"


def test_negatives_are_drawn_evenly_and_anew_for_each_user_and_seed() -> None:
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


@settings(deadline=None)
@given(users=USERS, negatives=st.integers(1, 5))
def test_where_exposures_are_logged_candidates_that_were_not_shown_stand_beside_what_was(
    users: list[tuple[list[int], list[int], list[bool]]], negatives: int
) -> None:
    rows = batch(labelled(users))
    both = shown_and_proposed_pairs(rows, negatives=negatives, seed=1)
    shown, proposed = shown_pairs(rows), draw(rows, negatives)
    for user in range(rows.num_rows):
        known = of_user(shown, user)
        beside = [pair for pair in of_user(proposed, user) if pair[0] not in {item for item, *_ in known}]
        assert of_user(both, user) == sorted(known + beside)
        assert not any(label for _, label, _ in beside)
    assert [part.dtype for part in both] == [part.dtype for part in proposed]
