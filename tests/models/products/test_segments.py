"""Popular items by attribute, beside `popular_items` of the segment's users alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.products.segments import NO_SEGMENT, SegmentCounts, segment_codes
from models.recall.popular import popular_items
from tests.models.recall.conformance import as_rows, random_interactions

NAN = float("nan")


def test_values_with_enough_users_become_segments() -> None:
    segments, values = segment_codes(np.array([0, 2, 2, NAN, 3, 2, 3]), min_users=2)
    assert values == [2, 3]
    assert segments.tolist() == [NO_SEGMENT, 0, 0, NO_SEGMENT, 1, 0, 1]


@pytest.mark.parametrize("codes", [[], [NAN, NAN]])
def test_unknown_values_are_no_segment(codes: list[float]) -> None:
    segments, values = segment_codes(np.array(codes, float), min_users=1)
    assert values == [] and set(segments.tolist()) <= {NO_SEGMENT}


def test_a_segments_list_is_the_popular_list_of_its_users() -> None:
    data = random_interactions()
    cities, ages = np.arange(60) % 3, np.where(np.arange(60) < 50, np.arange(60) % 2 + 3, NO_SEGMENT)
    counts = SegmentCounts(np.stack([cities, ages], axis=1), n_segments=5, n_items=90, half_life_days=7.0)
    order = np.random.default_rng(1).permutation(len(data.users))
    for part in np.array_split(order, 7):
        counts.add(data.users[part], data.items[part], data.ages[part])
    rows = as_rows(counts.top(8))
    for segment, row in enumerate(rows):
        mine = np.isin(data.users, np.flatnonzero((cities if segment < 3 else ages) == segment))
        parts = {name: getattr(data, name)[mine] for name in ("users", "items", "ages", "weights")}
        codes, scores = popular_items(replace(data, **parts), 7.0, 8)
        assert [item for item, _ in row] == codes.tolist()
        assert [score for _, score in row] == pytest.approx(scores.tolist(), rel=1e-4)


def test_a_segment_whose_users_took_nothing_has_an_empty_list() -> None:
    counts = SegmentCounts(np.zeros((3, 1), np.int32), n_segments=2, n_items=4, half_life_days=7.0)
    counts.add(np.array([0]), np.array([2]), np.array([0]))
    assert as_rows(counts.top(3)) == [[(2, 1.0)], []]
