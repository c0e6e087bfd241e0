import numpy as np

from benchmarks.bench_movielens import split


def test_a_quarter_of_each_item_is_held_out_and_nothing_is_lost() -> None:
    pairs = np.array([(user, item) for item in range(7) for user in range(4 * item + 4)])
    train, test = split(pairs, 1)
    assert np.bincount(test[:, 1]).tolist() == [item + 1 for item in range(7)]
    assert sorted(map(tuple, np.concatenate([train, test]).tolist())) == sorted(map(tuple, pairs.tolist()))
    assert not np.array_equal(test, split(pairs, 2)[1])
    assert np.array_equal(test, split(pairs, 1)[1])
