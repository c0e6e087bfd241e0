import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from models.rank.metrics import auc, gauc, held_out, log_loss, normalised_entropy


def test_auc_counts_pairs_ties_half_and_weights():
    y, p = np.array([0, 0, 1, 1]), np.array([0.1, 0.5, 0.5, 0.9])
    assert auc(y, p) == pytest.approx(3.5 / 4)
    assert auc(y, p, np.array([1, 0.001, 1, 1])) > 0.99
    assert math.isnan(auc(np.ones(3), np.ones(3)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.booleans()), min_size=1, max_size=40))
def test_gauc_equals_the_loop_over_users(rows):
    group, p, y = (np.array(column) for column in zip(*rows, strict=True))
    y = y.astype(float)
    parts = [
        (roc_auc_score(y[own], p[own]), own.sum())
        for own in (group == user for user in np.unique(group))
        if 0 < y[own].sum() < own.sum()
    ]
    if not parts:
        assert math.isnan(gauc(y, p, group))
    else:
        assert gauc(y, p, group) == pytest.approx(sum(a * n for a, n in parts) / sum(n for _, n in parts))


def test_gauc_is_blind_to_differences_between_users():
    y, group = np.array([1, 0, 1, 0, 0]), np.array(["a", "a", "b", "b", "c"])
    p = np.array([0.8, 0.9, 0.1, 0.2, 0.0])
    assert gauc(y, p, group) == 0
    assert gauc(y, -p, group) == 1


def test_log_loss_and_normalised_entropy_by_hand():
    y = np.array([1, 0, 0, 0])
    p = np.array([0.5, 0.25, 0.25, 0.25])
    expected = -(math.log(0.5) + 3 * math.log(0.75)) / 4
    entropy = -(0.25 * math.log(0.25) + 0.75 * math.log(0.75))
    assert log_loss(y, p) == pytest.approx(expected)
    assert normalised_entropy(y, p) == pytest.approx(expected / entropy)
    assert normalised_entropy(y, np.full(4, 0.25)) == pytest.approx(1)
    weight = np.array([3.0, 1, 1, 1])
    assert normalised_entropy(y, np.full(4, 0.5), weight) == pytest.approx(1)
    assert math.isnan(normalised_entropy(np.ones(3), np.full(3, 0.5)))


def test_held_out_rounds_labels_and_knows_no_nan():
    y, p, weight = np.array([0.2, 0.9]), np.array([0.4, 0.6]), np.ones(2)
    assert held_out(y, p, weight)["held_out_auc"] == 1
    assert held_out(np.ones(2), p, weight) == {"held_out_auc": None, "held_out_normalised_entropy": None}
