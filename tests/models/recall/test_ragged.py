import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.recall.ragged import among, concat, distinct, empty_lists, offsets_of, positions, repeated
from models.types import Lists
from tests.models.recall.conformance import as_rows

KEYS = st.lists(st.integers(-20, 20), max_size=30)


def test_concat() -> None:
    one = Lists(np.array([0, 2]), np.array([5, 6], np.int32), np.array([2, 1], np.float32))
    assert as_rows(concat([empty_lists(2), one, one])) == [[], [], [(5, 2.0), (6, 1.0)], [(5, 2.0), (6, 1.0)]]
    assert len(concat([])) == 0


def test_positions_and_offsets() -> None:
    counts = np.array([2, 0, 3])
    assert positions(counts).tolist() == [0, 1, 0, 1, 2]
    assert offsets_of(counts).tolist() == [0, 2, 2, 5]
    assert offsets_of(counts[:0]).tolist() == [0]


@given(KEYS, KEYS)
def test_sets_of_keys(keys: list[int], others: list[int]) -> None:
    assert distinct(np.array(keys, int)).tolist() == sorted(set(keys))
    assert repeated(np.array(keys, int)) == (len(set(keys)) < len(keys))
    assert among(np.array(keys, int), np.sort(np.array(others, int))).tolist() == [key in others for key in keys]
