import numpy as np
import pytest

from models.rank.codes import CodeConfig, Codes, fit_codes

NAMES = ("city", "age", "hour", "user_profile_a")
X = np.array([[1, 3, 5, 0], [1, 3, 6, 1], [2, 3, 5, 0], [2, 4, 5, 1], [np.nan, 4, 5, 0]], np.float32)


def fit(**config):
    return fit_codes(X, NAMES, CodeConfig(**{"ids": (), "min_rows": 2, **config}))


def test_by_hand():
    codes = fit(ids=("city",), crosses=(("age", "hour"),))
    assert codes == Codes([[0], [1, 2]], [[[1.0, 2.0]], [[3.0, 4.0], [5.0, 5.0]]])  # 3 and 6 meet but once
    assert fit(ids=("city",), crosses=(("age", "hour"),), min_rows=1).width == 2 + 3
    assert codes.design(X).toarray().tolist() == [
        [1, 0, 1, 0],
        [1, 0, 0, 0],
        [0, 1, 1, 0],
        [0, 1, 0, 1],
        [0, 0, 0, 1],
    ]


def test_unknown_and_missing_values_have_no_column():
    fresh = np.array([[7, 9, 9, 9], [np.nan] * 4, [2, 4, 6, 0]], np.float32)
    design = fit(ids=("city",), crosses=(("age", "hour"),)).design(fresh)
    assert design.toarray().tolist() == [[0] * 4, [0] * 4, [0, 1, 0, 0]]


def test_patterns_may_match_many_or_nothing():
    assert fit(ids=("user_profile_*",)).columns == [[3]]
    assert fit(ids=("nothing_*",)) == Codes([], [])
    assert fit(ids=("nothing_*",)).design(X).shape == (5, 0)
    assert fit(crosses=(("*", "user_profile_a"),), min_rows=1).columns == [[0, 3], [1, 3], [2, 3]]


def test_a_name_that_is_no_feature_is_refused():
    with pytest.raises(ValueError, match="'town', which is none of the features"):
        fit(ids=("town",))


def test_too_many_values_are_refused():
    many = np.arange(200_001, dtype=np.float32)[:, np.newaxis]
    with pytest.raises(ValueError, match=r"200,001 values, more than 200,000: raise min_rows"):
        fit_codes(many, ("id",), CodeConfig(ids=("id",), min_rows=1))
