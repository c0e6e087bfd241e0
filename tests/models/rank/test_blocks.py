"""Arrow rows of users to the features of their pairs, to rankings and to samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from features.specs import SHOWN
from models.arrow import ragged_codes
from models.rank.blocks import (
    CANDIDATE_CODES,
    item_table,
    labelled_pairs,
    rank_block,
    sample_block,
    user_block,
)
from models.rank.matrix import assemble
from tests.models.rank.user_rows import FLOAT, FLOATS, INPUTS, INT, INTS, ITEMS, NAN, SCHEMA, batch, row


def users() -> list[dict[str, Any]]:
    """Four users with holes of every kind: no pairs, no candidates, null numbers, groups without affinity."""
    return [
        row(10, user_x=None, pair_codes=[1, 4], pair_c=[0.1, None], candidate_codes=[0, 1, 4], als_score=[NAN, 3, 2]),
        row(11, category_codes=[1, 2], category_d=[9, 8], brand_codes=[7], brand_e=[None], brand_f=[5]),
        row(12, user_y=None, candidate_codes=[2, 3], als_rank=[2, 1], brand_codes=[7, 8], brand_e=[1, 2]),
        row(13, candidate_codes=[4, 5], als_score=[7, None], category_codes=[0], label_codes=[4, 5], labels=[0, 1]),
    ]


def expected_features(user: dict[str, Any], item: int) -> list[float | None]:
    """The features of one pair, looked up one by one."""
    facts = ITEMS.slice(item, 1).to_pylist()[0]

    def look_up(codes: str, names: Sequence[str], key: int | None) -> list[float | None]:
        return [user[name][user[codes].index(key)] if key in user[codes] else None for name in names]

    return [
        *(user[name] for name in INPUTS.user),
        *(facts[name] for name in INPUTS.item),
        *look_up("pair_codes", INPUTS.behaviour, item),
        *look_up("brand_codes", INPUTS.affinities["brand"], facts["brand_code"]),
        *look_up("category_codes", INPUTS.affinities["category"], facts["category_code"]),
        *look_up(CANDIDATE_CODES, INPUTS.evidence, item),
    ]


def matrix(rows: Sequence[Sequence[float | None]]) -> np.ndarray:
    values = [[NAN if value is None else value for value in row] for row in rows]
    return np.array(values, np.float32).reshape(-1, len(INPUTS.features))


class Stub:
    """A ranker of given scores, one a pair; it keeps the matrix that it was given."""

    def __init__(self, scores: Sequence[float] | None = None) -> None:
        self.scores = scores
        self.X = np.empty((0, 0), np.float32)

    def predict(self, X: np.ndarray, feature_names: Sequence[str]) -> np.ndarray:
        assert list(feature_names) == INPUTS.features
        self.X = X
        return np.full(len(X), 0.5) if self.scores is None else np.array(self.scores, np.float64)


def rank(rows: pa.RecordBatch, ranker: Stub) -> pa.RecordBatch:
    return rank_block(rows, INPUTS, item_table(ITEMS, INPUTS), ranker)  # type: ignore[arg-type]


def test_names_are_those_of_the_matrix_and_the_rows() -> None:
    assert INPUTS.features == [
        *("user_x", "user_y", "item_a", "item_b", "pair_c"),
        *("brand_e", "brand_f", "category_d", "als_score", "als_rank"),
    ]
    assert set(INPUTS.user_columns) == set(SCHEMA.names) - {"user_code", "label_codes", "labels"}


def test_ragged_codes_of_a_slice_are_its_own() -> None:
    lists = pa.array([[9], [], [3, 1], [7, 7, 7]], INTS)
    for start, length, offsets, codes in [
        (0, 4, [0, 1, 1, 3, 6], [9, 3, 1, 7, 7, 7]),
        (1, 2, [0, 0, 2], [3, 1]),
        (3, 1, [0, 3], [7, 7, 7]),
        (4, 0, [0], []),
    ]:
        found = ragged_codes(lists.slice(start, length))
        assert [part.tolist() for part in found] == [offsets, codes]
        assert [part.dtype for part in found] == [np.int64, np.int32]


def test_null_is_nan_in_every_part_of_a_block() -> None:
    block = user_block(batch(users()), INPUTS, np.array([0, 0, 0, 0, 0]), np.empty(0, np.int32))
    np.testing.assert_array_equal(block.user_values[:, 0], np.array([NAN, 5.5, 6, 6.5], np.float32))
    np.testing.assert_array_equal(block.behaviour.values[:, 0], np.array([0.1, NAN], np.float32))
    np.testing.assert_array_equal(block.affinities["brand"].values[0], np.array([NAN, 5], np.float32))
    assert np.isnan(block.evidence.values[[0, -1], 0]).all()
    items = item_table(ITEMS, INPUTS)
    assert np.isnan(items.values[1, 0])
    assert items.groups["category"].tolist() == [0, 1, 1, -1, 2, 0]


def test_a_ranker_may_be_given_fewer_features() -> None:
    class Narrow(Stub):
        def predict(self, X: np.ndarray, feature_names: Sequence[str]) -> np.ndarray:
            assert list(feature_names) == ["item_b", "als_score"]
            self.X = X
            return np.full(len(X), 0.5)

    whole, narrow = Stub(), Narrow()
    rank(batch(users()), whole)
    rank_block(batch(users()), INPUTS, item_table(ITEMS, INPUTS), narrow, ["item_b", "als_score"])  # type: ignore[arg-type]
    np.testing.assert_array_equal(narrow.X, whole.X[:, [3, 8]])


def test_ranking_sees_the_features_of_each_candidate() -> None:
    ranker = Stub()
    rank(batch(users()), ranker)
    pairs = [expected_features(user, item) for user in users() for item in user[CANDIDATE_CODES]]
    np.testing.assert_array_equal(ranker.X, matrix(pairs))


def ranked(rows: pa.RecordBatch, scores: Sequence[float]) -> list[tuple[int, list[int], list[float]]]:
    result = rank(rows, Stub(scores))
    assert result.schema.types == [INT, INTS, FLOATS]
    return [(r["user_code"], r["item_codes"], r["scores"]) for r in result.to_pylist()]


def test_candidates_stand_best_first_and_ties_by_code() -> None:
    rows = [row(5, candidate_codes=[0, 1, 2, 4, 5]), row(6), row(7, candidate_codes=[1, 3])]
    scores = [0.5, 0.25, 0.5, 0.75, 0.25, 0.125, 0.5]
    expected = [(5, [4, 0, 2, 1, 5], [0.75, 0.5, 0.5, 0.25, 0.25]), (6, [], []), (7, [3, 1], [0.5, 0.125])]
    assert ranked(batch(rows), scores) == expected
    assert ranked(batch([row(1, candidate_codes=[3]), *rows]).slice(1), scores) == expected


def test_scores_that_are_equal_as_stored_are_a_tie() -> None:
    """Scores are stored in 32 bits: an order by more of them couldn't be told from the list."""
    assert ranked(batch([row(5, candidate_codes=[2, 4])]), [0.5, 0.5 + 1e-12]) == [(5, [2, 4], [0.5, 0.5])]


def test_nobody_is_ranked_to_an_empty_block() -> None:
    assert ranked(batch([]), []) == []


def test_what_was_shown_is_looked_up_by_the_item_itself() -> None:
    """A group of which every item is its own member; with a match and a context beside it."""
    inputs = replace(
        INPUTS,
        affinities={SHOWN: ("category_d",)},
        matches={"match_m": ("user_y", "item_b")},
        context={"list_weekday": 6.0},
    )
    shown = pa.array([[1, 4]], INTS), pa.array([[0.25, 0.75]], FLOATS)
    rows = batch([row(4, candidate_codes=[0, 1, 4], category_codes=[1, 4])])
    place = rows.schema.get_field_index("category_d")
    rows = rows.set_column(place, "category_d", shown[1]).append_column(f"{SHOWN}_codes", shown[0])
    X = assemble(user_block(rows, inputs, *ragged_codes(rows[CANDIDATE_CODES])), item_table(ITEMS, inputs))
    named = dict(zip(inputs.features, X.T, strict=True))
    np.testing.assert_array_equal(named["category_d"], np.array([NAN, 0.25, 0.75], np.float32))
    np.testing.assert_allclose(named["match_m"], np.log(0.5))
    assert named["list_weekday"].tolist() == [6.0] * 3


def test_samples_have_the_features_that_ranking_sees() -> None:
    """No skew between training and nights: the same pair, the same features, whatever other pairs stand beside it."""
    rows, items, ranker = batch(users()), item_table(ITEMS, INPUTS), Stub()
    rank(rows, ranker)
    candidates = [(user["user_code"], item) for user in users() for item in user[CANDIDATE_CODES]]
    served = dict(zip(candidates, ranker.X, strict=True))
    every = np.tile(np.arange(6, dtype=np.int32), 4)
    ones = np.ones(24, np.float32)
    sample = sample_block(rows, INPUTS, items, (np.arange(5) * 6, every, ones, ones))
    X = np.column_stack([sample[name].to_numpy() for name in INPUTS.features])
    pairs = list(zip(sample["user_code"].to_pylist(), sample["item_code"].to_pylist(), strict=True))
    np.testing.assert_array_equal(X, matrix([expected_features(user, item) for user in users() for item in range(6)]))
    for pair, features in served.items():
        np.testing.assert_array_equal(X[pairs.index(pair)], features)


def test_a_sample_is_a_pair_with_its_label_and_weight() -> None:
    rows = batch(users()).slice(3)
    sample = sample_block(rows, INPUTS, item_table(ITEMS, INPUTS), labelled_pairs(rows, negatives=3, seed=1))
    assert sample.schema.names == ["user_code", "item_code", "label", "weight", *INPUTS.features]
    assert sample.schema.types == [INT, INT, *[FLOAT] * (2 + len(INPUTS.features))]
    assert [tuple(sample[name].to_pylist()) for name in sample.schema.names[:4]] == [(13, 13), (4, 5), (0, 1), (1, 1)]


def test_a_sample_of_nobody_is_empty() -> None:
    rows = batch([])
    assert (
        sample_block(rows, INPUTS, item_table(ITEMS, INPUTS), labelled_pairs(rows, negatives=3, seed=1)).num_rows == 0
    )
