from __future__ import annotations

import numpy as np

from models.types import Interactions


def taken(rows: list[tuple[int, int, int, float]]) -> Interactions:
    """rows: user, item, age, weight; of two users and four items."""
    users, items, ages, weights = zip(*rows, strict=True)
    codes = [np.array(values, np.int32) for values in (users, items)]
    return Interactions(
        *codes, np.array(ages, np.int16), np.zeros(len(rows), np.int32), np.array(weights, np.float32), (2, 4)
    )


def test_weights_of_a_pair_add_up_each_halved_by_its_age() -> None:
    found = taken([(0, 1, 0, 1.0), (0, 1, 30, 2.0), (1, 3, 60, 4.0)]).matrix(30.0)
    assert found.toarray().tolist() == [[0, 2, 0, 0], [0, 0, 0, 1]]


def test_what_has_decayed_beyond_a_float_is_no_entry() -> None:
    assert taken([(0, 1, 300, 1.0), (1, 3, 0, 1.0)]).matrix(1.0).nnz == 1


def test_of_a_user_the_heaviest_items_are_kept_ties_by_code() -> None:
    few = taken([(0, 0, 0, 1.0), (0, 1, 0, 2.0), (0, 2, 0, 1.0), (1, 0, 0, 0.5)]).matrix(most_items=2)
    assert few.toarray().tolist() == [[1, 2, 0, 0], [0.5, 0, 0, 0]]
