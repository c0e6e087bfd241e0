from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.evaluate.variety import diversity, novelty
from models.types import Lists

NONE = -1


def listed(rows: list[list[int]]) -> Lists:
    items = np.array([item for row in rows for item in row], np.int32)
    return Lists(np.cumsum([0, *map(len, rows)], dtype=np.int64), items, np.zeros(len(items), np.float32))


def test_novelty_is_the_bits_of_the_share_and_an_untaken_item_has_no_infinite_ones() -> None:
    """Of 7 users all took item 0, 3 took item 1, nobody item 2; one more counts on either side."""
    found = novelty(listed([[0, 1], [1, 2, 0], []]), np.array([7, 3, 0]), 7, 2)
    assert found[:2] == pytest.approx([(0 + 1) / 2, (1 + 3) / 2])
    assert np.isnan(found[2])


def test_diversity_by_hand() -> None:
    """Two attributes: items 0 and 1 share the first, 0 and 2 the second; item 3's are unknown."""
    groups = [np.array([5, 5, 1, NONE], np.int32), np.array([0, 2, 0, NONE], np.int32)]
    found = diversity(listed([[0, 1], [0, 1, 2], [3, 0], [1], [0, 2, 1]]), groups, 2)
    assert found[:3] == pytest.approx([1 / 2, 1 / 2, 1])
    assert np.isnan(found[3])
    assert found[4] == 1 / 2
    assert diversity(listed([[0, 1, 2]]), groups, 3) == pytest.approx([1 - 2 / 6])
    assert np.isnan(diversity(listed([[0, 1, 2]]), [], 3)).all(), "without attributes nothing is alike or unlike"


LISTS = st.lists(st.lists(st.integers(0, 9), max_size=8, unique=True), min_size=1, max_size=4)
CODES = st.lists(st.lists(st.integers(NONE, 3), min_size=10, max_size=10), min_size=1, max_size=3)


@given(LISTS, CODES, st.integers(1, 8))
@settings(deadline=None, max_examples=50)
def test_diversity_agrees_with_counting_every_pair(rows: list[list[int]], codes: list[list[int]], k: int) -> None:
    found = diversity(listed(rows), [np.array(each, np.int32) for each in codes], k)
    for row, value in zip(rows, found, strict=True):
        pairs = list(itertools.combinations(row[:k], 2))
        unlike = [each[a] != each[b] or each[a] == NONE for a, b in pairs for each in codes]
        assert value == pytest.approx(np.mean(unlike)) if pairs else np.isnan(value)
