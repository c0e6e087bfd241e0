import numpy as np

from models.rank.gbdt import Gbdt
from models.rank.trees import TreeConfig, held_out_rows, leaf_values
from tests.models.rank.conformance import NAMES, RankerConformance, make_samples

QUICK = {"num_iterations": 60, "learning_rate": 0.1, "num_threads": 1}


class TestGbdt(RankerConformance):
    name = "gbdt"
    config = QUICK

    def test_the_number_of_threads_leaves_no_trace_in_the_trees(self, tmp_path):
        samples = make_samples()
        for threads in (1, 2):
            self.new(num_threads=threads).fit(**samples.arguments()).save(tmp_path / str(threads))
        one, two = ((tmp_path / threads / "trees.txt").read_bytes() for threads in "12")
        assert one == two and b"num_threads" not in one

    def test_one_fold_suffices(self):
        samples = make_samples()
        self.new().fit(**samples.arguments(fold=np.zeros(len(samples.y), int)))

    def test_training_stops_early_on_noise(self):
        samples = make_samples()
        noise = np.random.default_rng(3).integers(0, 2, len(samples.y)).astype(float)
        ranker = Gbdt(TreeConfig(num_iterations=300, num_threads=1), seed=1).fit(**samples.arguments(y=noise))
        assert len(leaf_values(ranker._booster)) < 100

    def test_features_that_say_nothing_give_the_mean(self):
        y = np.tile([0.0, 0.0, 0.0, 1.0], 200)
        X = np.zeros((len(y), 3), np.float32)
        ranker = self.new().fit(X, y, np.ones(len(y)), np.zeros(len(y), int), NAMES)
        assert np.allclose(ranker.predict(X), 0.25, atol=0.03)


def test_rows_are_held_out_in_runs():
    out = held_out_rows(100_000, 0.1, seed=1)
    assert out.mean() == 0.1
    assert np.count_nonzero(np.diff(out.astype(int))) <= 2 * 20
    assert held_out_rows(2, 0.1, seed=1).sum() == held_out_rows(2, 0.9, seed=1).sum() == 1
