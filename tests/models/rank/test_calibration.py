from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rank.calibration import calibration_curve


def test_bins_ascend_and_hold_what_was_predicted_beside_what_happened():
    p = np.repeat([0.1, 0.3, 0.5, 0.9], 5)
    y = np.tile([0.0, 0.0, 0.0, 0.0, 1.0], 4)
    curve = calibration_curve(y, p, np.ones(20), bins=4)
    assert [(part.predicted, part.observed, part.samples) for part in curve] == [
        (pytest.approx(value), pytest.approx(0.2), 5) for value in (0.1, 0.3, 0.5, 0.9)
    ]


def test_equal_probabilities_share_a_bin_and_weights_count():
    y, p = np.array([0.0, 1.0, 1.0, 0.5]), np.array([0.5, 0.5, 0.5, 0.9])
    first, last = calibration_curve(y, p, np.array([2.0, 1.0, 1.0, 4.0]), bins=10)
    assert (first.observed, first.samples, first.weight) == (0.5, 3, 4.0)
    assert (last.predicted, last.observed) == (pytest.approx(0.9), 0.5)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 9), st.integers(1, 3)), min_size=1, max_size=60),
    st.integers(2, 12),
)
def test_nothing_is_lost(rows, bins):
    y, p, weight = (np.array(column, np.float64) for column in zip(*rows, strict=True))
    curve = calibration_curve(y, p / 10, weight, bins=bins)
    assert len(curve) <= bins and sum(part.samples for part in curve) == len(y)
    assert sum(part.weight * part.observed for part in curve) == pytest.approx((weight * y).sum())
    predicted = [part.predicted for part in curve]
    assert predicted == sorted(predicted)
