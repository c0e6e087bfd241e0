"""Arrow rows of users to features, rankings and samples."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rank.blocks import (
    CANDIDATE_CODES,
    Inputs,
    item_table,
    offsets_and_codes,
    proposed_pairs,
    rank_block,
    sample_block,
    shown_and_proposed_pairs,
    shown_pairs,
    user_block,
)

Pairs = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
NAN = math.nan
INT, FLOAT = pa.int32(), pa.float32()
INTS, FLOATS = pa.list_(INT), pa.list_(FLOAT)
INPUTS = Inputs(
    user=("user_x", "user_y"),
    item=("item_a", "item_b"),
    behaviour=("pair_c",),
    affinities={"category": ("category_d",), "brand": ("brand_e", "brand_f")},
    evidence=("als_score", "als_rank"),
)
SCHEMA = pa.schema(
    [
        ("user_code", INT),
        *((name, FLOAT) for name in INPUTS.user),
        *((name, INTS if name.endswith("_codes") else FLOATS) for name in INPUTS.user_columns if name[:4] != "user"),
        ("label_codes", INTS),
        ("labels", FLOATS),
    ]
)
ITEMS = pa.table(
    {
        "item_a": pa.array([1, None, 3, 4, 5, 6], FLOAT),
        "item_b": pa.array([0.5] * 6, FLOAT),
        "category_code": pa.array([0, 1, 1, None, 2, 0], INT),
        "brand_code": pa.array([None, 7, 7, 7, None, 8], INT),
    }
)


def users() -> list[dict[str, Any]]:
    """Four users with holes of every kind: no pairs, no candidates, null numbers, groups without affinity."""
    return [
        row(10, user_x=None, pair_codes=[1, 4], pair_c=[0.1, None], candidate_codes=[0, 1, 4], als_score=[NAN, 3, 2]),
        row(11, category_codes=[1, 2], category_d=[9, 8], brand_codes=[7], brand_e=[None], brand_f=[5]),
        row(12, user_y=None, candidate_codes=[2, 3], als_rank=[2, 1], brand_codes=[7, 8], brand_e=[1, 2]),
        row(13, candidate_codes=[5], als_score=[None], category_codes=[0], label_codes=[2, 5], labels=[0, 1]),
    ]


def row(code: int, **given: Any) -> dict[str, Any]:
    """A user's row; arrays that aren't given are as long as their codes, with a value of their own in each place."""
    values: dict[str, Any] = {"user_code": code, "user_x": code / 2, "user_y": code / 4, **given}
    families = {"pair_codes": INPUTS.behaviour, CANDIDATE_CODES: INPUTS.evidence, "label_codes": ("labels",)}
    families |= {f"{group}_codes": names for group, names in INPUTS.affinities.items()}
    for number, (codes, names) in enumerate(families.items()):
        values.setdefault(codes, [])
        for name in names:
            values.setdefault(name, [code + number / 8 + place for place in range(len(values[codes]))])
    return values


def batch(rows: Sequence[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=SCHEMA)


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


def test_offsets_and_codes_of_a_slice_are_its_own() -> None:
    lists = pa.array([[9], [], [3, 1], [7, 7, 7]], INTS)
    for start, length, offsets, codes in [
        (0, 4, [0, 1, 1, 3, 6], [9, 3, 1, 7, 7, 7]),
        (1, 2, [0, 0, 2], [3, 1]),
        (3, 1, [0, 3], [7, 7, 7]),
        (4, 0, [0], []),
    ]:
        found = offsets_and_codes(lists.slice(start, length))
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


def test_shown_pairs_are_the_labels_as_they_stand() -> None:
    rows = batch([row(1, label_codes=[9]), row(2, label_codes=[3, 5], labels=[0, 1]), row(3), row(4, label_codes=[2])])
    offsets, items, labels, weights = shown_pairs(rows.slice(1, 2))
    assert offsets.tolist() == [0, 2, 2]
    assert items.tolist() == [3, 5]
    assert (labels.tolist(), weights.tolist()) == ([0, 1], [1, 1])
    assert (labels.dtype, weights.dtype) == (np.float32, np.float32)


def draw(rows: pa.RecordBatch, negatives: int = 3, seed: int = 1) -> Pairs:
    return proposed_pairs(rows, negatives=negatives, seed=seed)


def of_user(pairs: Pairs, user: int) -> list[tuple[int, float, float]]:
    """(item, label, weight) of one user, by their place in the batch."""
    offsets, *columns = pairs
    return list(zip(*(column[offsets[user] : offsets[user + 1]].tolist() for column in columns), strict=True))


CODES = st.lists(st.integers(0, 40), unique=True, max_size=15).map(sorted)
USERS = st.lists(st.tuples(CODES, CODES, st.lists(st.booleans(), min_size=15, max_size=15)), max_size=6)


def labelled(users: list[tuple[list[int], list[int], list[bool]]]) -> list[dict[str, Any]]:
    return [
        row(
            7 * number,
            candidate_codes=candidates,
            label_codes=shown,
            labels=[float(taken) for taken in took[: len(shown)]],
        )
        for number, (candidates, shown, took) in enumerate(users)
    ]


@settings(deadline=None)
@given(users=USERS, negatives=st.integers(1, 5), seed=st.integers(0, 2**40))
def test_proposed_pairs(users: list[tuple[list[int], list[int], list[bool]]], negatives: int, seed: int) -> None:
    rows = labelled(users)
    pairs = draw(batch(rows), negatives, seed)
    assert len(pairs[0]) == len(rows) + 1
    for number, user in enumerate(rows):
        mine = of_user(pairs, number)
        taken = {item for item, label in zip(user["label_codes"], user["labels"], strict=True) if label}
        positives = [item for item in user[CANDIDATE_CODES] if item in taken]
        rest = [item for item in user[CANDIDATE_CODES] if item not in taken]
        if not positives:
            assert mine == []
            continue
        unit = 1 / math.sqrt(len(positives))
        assert [item for item, *_ in mine] == sorted(item for item, *_ in mine)
        assert [(item, weight) for item, label, weight in mine if label] == [
            (item, pytest.approx(unit)) for item in positives
        ]
        drawn = {item: weight for item, label, weight in mine if not label}
        assert len(drawn) == min(negatives, len(rest)) and set(drawn) <= set(rest)
        assert sum(drawn.values()) == pytest.approx(len(rest) * unit)
        assert len(set(drawn.values())) <= 1
        assert of_user(draw(batch(rows).slice(number, 1), negatives, seed), 0) == mine, "who shares the batch matters"


def test_negatives_are_drawn_evenly_and_anew_for_each_user_and_seed() -> None:
    rows = batch([row(code, candidate_codes=range(20), label_codes=[0], labels=[1]) for code in range(2000)])
    offsets, items, labels, _ = draw(rows, negatives=5)
    assert set(np.diff(offsets)) == {6}
    times = np.bincount(items[labels == 0], minlength=20)[1:]
    expected = 2000 * 5 / 19
    assert np.abs(times - expected).max() < 6 * math.sqrt(expected)
    drawn = {tuple(items[start:end]) for start, end in itertools.pairwise(offsets)}
    assert len(drawn) > 1500
    assert draw(rows, negatives=5)[1].tolist() == items.tolist()
    assert (draw(rows, negatives=5, seed=2)[1] != items).mean() > 0.5


@settings(deadline=None)
@given(users=USERS, negatives=st.integers(1, 5))
def test_where_exposures_are_logged_candidates_that_were_not_shown_stand_beside_what_was(
    users: list[tuple[list[int], list[int], list[bool]]], negatives: int
) -> None:
    rows = batch(labelled(users))
    both = shown_and_proposed_pairs(rows, negatives=negatives, seed=1)
    shown, proposed = shown_pairs(rows), draw(rows, negatives)
    for user in range(rows.num_rows):
        known = of_user(shown, user)
        beside = [pair for pair in of_user(proposed, user) if pair[0] not in {item for item, *_ in known}]
        assert of_user(both, user) == sorted(known + beside)
        assert not any(label for _, label, _ in beside)
    assert [part.dtype for part in both] == [part.dtype for part in proposed]


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
    rows, items = batch(users()), item_table(ITEMS, INPUTS)
    sample = sample_block(rows.slice(3), INPUTS, items, shown_pairs(rows.slice(3)))
    assert sample.schema.names == ["user_code", "item_code", "label", "weight", *INPUTS.features]
    assert sample.schema.types == [INT, INT, *[FLOAT] * (2 + len(INPUTS.features))]
    assert [tuple(sample[name].to_pylist()) for name in sample.schema.names[:4]] == [(13, 13), (2, 5), (0, 1), (1, 1)]


def test_a_sample_of_nobody_is_empty() -> None:
    rows = batch([])
    assert sample_block(rows, INPUTS, item_table(ITEMS, INPUTS), draw(rows)).num_rows == 0
