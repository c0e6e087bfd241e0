import numpy as np
import pytest

from models.rank.base import Samples
from models.rank.gbdt import Gbdt
from models.rank.tree_text import leaf_values
from models.rank.trees import TreeConfig, deal, fit_trees, held_out_rows, list_numbers, raw_scores
from tests.models.rank.conformance import LIST, NAMES, RankerConformance, make_samples

QUICK = {"num_iterations": 40, "learning_rate": 0.2, "num_threads": 1, "feature_fraction": 1.0}


def as_samples(**changes):
    return Samples(**{**vars(make_samples()), "names": NAMES, **changes})


class TestGbdt(RankerConformance):
    name = "gbdt"
    config = QUICK

    def test_the_number_of_threads_leaves_no_trace_in_the_trees(self, tmp_path):
        samples = make_samples()
        for threads in (1, 2):
            self.new(num_threads=threads, num_iterations=5).fit(**samples.arguments()).save(tmp_path / str(threads))
        one, two = ((tmp_path / threads / "trees.txt").read_bytes() for threads in "12")
        assert one == two and b"num_threads" not in one

    def test_one_fold_suffices(self):
        samples = make_samples()
        self.new().fit(**samples.arguments(fold=np.zeros(len(samples.y), int)))

    def test_training_stops_early_on_noise(self):
        samples = make_samples()
        noise = np.random.default_rng(3).integers(0, 2, len(samples.y)).astype(float)
        config = TreeConfig(objectives=("binary",), num_iterations=300, num_threads=1)
        ranker = Gbdt(config, seed=1).fit(**samples.arguments(y=noise))
        assert len(leaf_values(ranker._booster)) < 100

    def test_features_that_say_nothing_give_the_mean(self):
        y = np.tile([0.0, 0.0, 0.0, 1.0], 200)
        X = np.zeros((len(y), 3), np.float32)
        for group in (None, np.arange(len(y)) // 8):
            ranker = self.new().fit(X, y, np.ones(len(y)), np.zeros(len(y), int), NAMES, group)
            assert np.allclose(ranker.predict(X), 0.25, atol=0.03)


def listwise(rows=6000, size=20, seed=0):
    """A number that is the same for a whole list decides most of the label; within a list, the second one does."""
    random = np.random.default_rng(seed)
    lists = rows // size
    X = random.normal(size=(rows, 3)).astype(np.float32)
    X[:, 0] = np.repeat(random.normal(size=lists), size)
    y = (3 * X[:, 0] + np.sin(3 * X[:, 1]) + random.logistic(size=rows) > 1).astype(float)
    ones = np.ones(rows, np.float32)
    return Samples(X, y, ones, np.zeros(rows, int), NAMES, np.repeat(np.arange(lists), size))


def test_objectives_become_one_model_of_probabilities():
    samples, fresh = listwise(), listwise(seed=1)
    quick = {**QUICK, "min_data_in_leaf": 20, "early_stopping_round": 10}
    binary, both, alone = (
        Gbdt(TreeConfig(**quick, objectives=names), seed=1).fit(**vars_of(samples))
        for names in (["binary"], ["binary", "lambdarank"], ["lambdarank"])
    )
    trees = [len(leaf_values(ranker._booster)) for ranker in (binary, alone, both)]
    assert trees[0] + trees[1] == trees[2]
    for ranker in (both, alone):
        assert ranker.predict(fresh.X).mean() == pytest.approx(fresh.y.mean(), abs=0.06)
    used = {ranker: ranker._booster.feature_importance("gain") for ranker in (binary, alone)}
    assert used[binary].argmax() == 0
    assert used[alone].argmax() == 1, "what is the same for a list doesn't order it"


def vars_of(samples):
    rest = {name: value for name, value in vars(samples).items() if name != "names"}
    return {**rest, "feature_names": samples.names}


def test_without_lists_only_rows_are_learned_from():
    samples = as_samples(group=None)
    one, two = (
        fit_trees(samples, TreeConfig(**QUICK, objectives=names), 1) for names in (["binary"], ["binary", "lambdarank"])
    )
    assert one.model_to_string() == two.model_to_string()
    with pytest.raises(ValueError, match="objectives lambdarank need lists: give fit a group, or add binary"):
        fit_trees(samples, TreeConfig(**QUICK, objectives=["lambdarank"]), 1)


def test_held_out_lists_without_a_positive_still_give_probabilities():
    samples = as_samples(y=np.where(np.arange(3000) < LIST, make_samples().y, 0.0))
    booster = fit_trees(samples, TreeConfig(**QUICK), 1)
    p = 1 / (1 + np.exp(-raw_scores(booster, samples.X, 1)))
    assert p.mean() == pytest.approx(samples.y.mean(), abs=0.002)


def test_whole_lists_are_held_out_and_dealt():
    samples = as_samples()
    out = held_out_rows(samples, 0.1, seed=1).reshape(-1, LIST)
    assert (out.all(axis=1) | ~out.any(axis=1)).all() and out.mean() == 0.1
    parts = deal(samples, 4, seed=1).reshape(-1, LIST)
    assert (parts == parts[:, :1]).all() and np.bincount(parts[:, 0]).tolist() == [75] * 4
    assert (deal(samples, 4, seed=2) != deal(samples, 4, seed=1)).any()


def test_runs_stand_for_lists():
    samples = as_samples(group=None)
    assert np.bincount(list_numbers(samples)).tolist() == [15] * 200
    out = held_out_rows(samples, 0.1, seed=1)
    assert out.mean() == 0.1 and np.count_nonzero(np.diff(out.astype(int))) <= 2 * 20


def test_too_few_lists_are_refused():
    one = as_samples(group=np.zeros(3000, int))
    with pytest.raises(ValueError, match=r"at least two lists, .* got 1"):
        held_out_rows(one, 0.1, seed=1)
    with pytest.raises(ValueError, match="2 parts need at least 4 lists, got 1"):
        deal(one, 2, seed=1)
    two = as_samples(group=np.arange(3000) // 1500)
    assert held_out_rows(two, 0.1, seed=1).sum() == held_out_rows(two, 0.9, seed=1).sum() == 1500
