from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.duplicates import delivered, repeated

KEYS = st.lists(st.integers(-5, 5), max_size=30).map(lambda keys: np.array(keys, np.int64))


@given(KEYS)
def test_the_first_of_equal_keys_is_no_copy(keys: np.ndarray) -> None:
    seen: set[int] = set()
    expected = [key in seen or bool(seen.add(key)) for key in keys.tolist()]
    assert repeated(keys).tolist() == expected


@given(KEYS, st.lists(KEYS, max_size=3))
def test_what_any_earlier_array_holds_was_delivered(keys: np.ndarray, earlier: list[np.ndarray]) -> None:
    before = {key for others in earlier for key in others.tolist()}
    assert delivered(keys, earlier).tolist() == [key in before for key in keys.tolist()]
