import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rank.steps import fit_steps, level_design, missing_design, step_scores
from models.rank.tree_text import joined, leaf_values, step_tree, with_leaf_values

FLOATS = st.floats(-1e6, 1e6, width=32)


def some_trees(seed=0, rows=600):
    random = np.random.default_rng(seed)
    X = random.normal(size=(rows, 3)).astype(np.float32)
    X[random.random(X.shape) < 0.2] = np.nan
    y = (np.nan_to_num(X[:, 0]) > 0).astype(float)
    parameters = {"objective": "cross_entropy", "verbosity": -1, "num_leaves": 5, "num_threads": 1}
    return X, lightgbm.train(parameters, lightgbm.Dataset(X, y), 4)


def test_levels_by_hand():
    steps = fit_steps(np.array([5, np.nan, 5, 7, 9], np.float32))
    logs = np.log([6, 8, 10])
    assert steps.levels == pytest.approx((logs - np.average(logs, weights=[2, 1, 1])) / logs.std())
    assert fit_steps(np.array([-3, 3], np.float32)).levels == pytest.approx([-1, 1])
    assert steps.edges == [6, 8]  # halfway between
    assert steps.codes(np.array([-1, 5, 6, 7, 8, 100, np.nan], np.float32)).tolist() == [0, 0, 0, 1, 1, 2, 3]
    assert steps.table(2.0, 0.5).tolist() == [*(2 * np.array(steps.levels)), 0.5]


def test_a_rare_rate_that_moves_a_little_for_all_rows_stays_small():
    assert fit_steps(np.array([0.001, 0.002], np.float32)).levels == pytest.approx([-0.05, 0.05], rel=1e-2)
    rate = np.append(np.linspace(0.0004, 0.001, 63), 0.1).astype(np.float32)
    assert fit_steps(rate).codes(np.array([0.0011, 0.06], np.float32)).tolist() == [62, 63]


@pytest.mark.parametrize("column", [[np.nan, np.nan], [3.0, 3.0], []])
def test_a_column_that_says_nothing_has_one_level(column):
    assert fit_steps(np.array(column, np.float32)).levels == [0.0]


@settings(deadline=None)
@given(st.lists(FLOATS | st.just(float("nan")), max_size=60), st.integers(2, 9))
def test_steps_ascend_and_follow_order(values, most):
    column = np.array(values, np.float32)
    steps = fit_steps(column, most)
    assert len(steps.levels) == len(steps.edges) + 1 <= most
    assert (np.diff(steps.levels) >= 0).all() and (np.diff(steps.edges) > 0).all()
    present = np.sort(column[~np.isnan(column)])
    assert (np.diff(steps.codes(present)) >= 0).all()


def test_the_design_times_weights_is_the_tables():
    X, _ = some_trees()
    steps = [fit_steps(column) for column in X.T]
    weights = np.arange(6) - 2.5
    tables = [one.table(w, m) for one, w, m in zip(steps, weights[:3], weights[3:], strict=True)]
    design = np.hstack([level_design(X, steps), missing_design(X).toarray()])
    assert np.allclose(design @ weights, step_scores(X, steps, tables), atol=1e-5)


def test_step_trees_and_joined_trees_add_up():
    X, booster = some_trees()
    X = np.concatenate([X, np.array([[3e38, -3e38, 0], [np.nan] * 3], np.float32)])
    steps = [fit_steps(column) for column in X.T]
    random = np.random.default_rng(1)
    tables = [random.normal(size=len(one.levels) + 1) for one in steps]
    more = [step_tree(place, np.array(one.edges), t) for place, (one, t) in enumerate(zip(steps, tables, strict=True))]
    whole = joined([booster, booster], more)
    expected = 2 * booster.predict(X, raw_score=True) + step_scores(X, steps, tables)
    assert np.abs(whole.predict(X, raw_score=True) - expected).max() < 1e-12
    assert whole.num_trees() == 2 * 4 + 3
    again = lightgbm.Booster(model_str=whole.model_to_string())
    assert np.array_equal(again.predict(X), whole.predict(X))
    assert again.model_to_string() == whole.model_to_string()


def test_step_tree_of_a_feature_without_edges():
    X, booster = some_trees()
    whole = joined([booster], [step_tree(1, np.empty(0), np.array([2.0, -3.0]))])
    added = whole.predict(X, raw_score=True) - booster.predict(X, raw_score=True)
    assert np.allclose(added, np.where(np.isnan(X[:, 1]), -3, 2))


def test_other_leaf_values():
    X, booster = some_trees()
    values = [outputs * 2 for outputs in leaf_values(booster)]
    doubled = with_leaf_values(booster, values)
    assert np.allclose(doubled.predict(X, raw_score=True), 2 * booster.predict(X, raw_score=True))
    assert all(np.array_equal(*pair) for pair in zip(leaf_values(doubled), values, strict=True))
