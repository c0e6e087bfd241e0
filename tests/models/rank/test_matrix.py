from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rank.matrix import ItemTable, Ragged, UserBlock, assemble, feature_names, lookup

NAN = np.nan
LARGEST = 2**31 - 1


def ragged(rows, width):
    """From one {key: values} a user."""
    offsets = np.cumsum([0] + [len(row) for row in rows])
    keys = np.array([key for row in rows for key in sorted(row)], np.int32)
    values = np.array([row[key] for row in rows for key in sorted(row)], np.float32).reshape(len(keys), width)
    return Ragged(offsets, keys, values)


KEYS = st.one_of(st.integers(0, 6), st.just(LARGEST))
ROW = st.tuples(
    st.dictionaries(KEYS, st.floats(-9, 9, width=32), max_size=5), st.lists(st.one_of(KEYS, st.just(-1)), max_size=6)
)


@settings(max_examples=200, deadline=None)
@given(st.lists(ROW, max_size=6))
def test_lookup_equals_a_dict_per_row(rows):
    table = ragged([{key: [value, -value] for key, value in stored.items()} for stored, _ in rows], 2)
    query_offsets = np.cumsum([0] + [len(queries) for _, queries in rows])
    queries = np.array([key for _, queries in rows for key in queries], np.int32)
    found = lookup(table.offsets, table.keys, table.values, query_offsets, queries)
    expected = [[stored[key], -stored[key]] if key in stored else [NAN, NAN] for stored, asked in rows for key in asked]
    assert found.dtype == np.float32
    assert np.array_equal(found, np.array(expected, np.float32).reshape(-1, 2), equal_nan=True)


@pytest.mark.parametrize(
    ("keys", "queries", "message"),
    [([3, 1], [0], "ascending"), ([1, 1], [0], "distinct"), ([-1, 1], [0], "0 or more"), ([1, 2], [-2], "-1 or more")],
)
def test_lookup_refuses(keys, queries, message):
    with pytest.raises(ValueError, match=message):
        lookup(np.array([0, 2]), np.array(keys), np.zeros((2, 1)), np.array([0, 1]), np.array(queries))


def block():
    """Two users: the first asks for items 0 and 2, the second for item 1."""
    return UserBlock(
        pair_offsets=np.array([0, 2, 3]),
        pair_items=np.array([0, 2, 1], np.int32),
        user_values=np.array([[1, 2], [3, NAN]], np.float32),
        behaviour=ragged([{2: [20]}, {0: [99]}], 1),
        affinities={"category": ragged([{5: [0.5]}, {5: [0.7]}], 1), "brand": ragged([{}, {0: [0.1]}], 1)},
        evidence=ragged([{0: [0.9, 1, NAN, NAN]}, {1: [NAN, NAN, 0.3, 4]}], 4),
    )


def table():
    values = np.array([[10], [11], [12]], np.float32)
    return ItemTable(values, {"category": np.array([5, 5, -1]), "brand": np.array([0, 0, 1])})


def test_assemble_by_hand_and_in_the_order_of_the_names():
    affinities = {"category": ["cat"], "brand": ["brand"]}
    names = feature_names(
        ["age", "visits"], ["price"], ["views"], affinities, ["als_score", "als_rank", "pop_score", "pop_rank"]
    )
    assert names[:6] == ["age", "visits", "price", "views", "brand", "cat"]
    assert names[6:] == ["als_score", "als_rank", "pop_score", "pop_rank"]
    expected = [
        [1, 2, 10, NAN, NAN, 0.5, 0.9, 1, NAN, NAN],
        [1, 2, 12, 20, NAN, NAN, NAN, NAN, NAN, NAN],
        [3, NAN, 11, NAN, 0.1, 0.7, NAN, NAN, 0.3, 4],
    ]
    X = assemble(block(), table())
    assert X.dtype == np.float32 and X.flags.c_contiguous
    assert np.array_equal(X, np.array(expected, np.float32), equal_nan=True)


def test_matches_are_log_ratios_and_the_context_is_the_same_for_all():
    """User columns 0 and 1 against the item's only one; what is missing or not above 0 has no ratio."""
    matched = replace(
        block(),
        user_values=np.array([[1, 0], [4, NAN]], np.float32),
        matches=np.array([[0, 0], [1, 0]]),
        context=np.array([3, 1], np.float32),
    )
    X = assemble(matched, table())
    width = assemble(block(), table()).shape[1]
    assert X.shape == (3, width + 4)
    added = X[:, -8:-4]  # before the evidence
    assert np.allclose(added[:, 0], np.log([10, 12, 11 / 4]))
    assert np.isnan(added[:, 1]).all()
    assert np.array_equal(added[:, 2:], [[3, 1]] * 3)
    names = feature_names(["u", "v"], ["i"], ["b"], {}, ["e"], ["m", "n"], ["c", "d"])
    assert names == ["u", "v", "i", "b", "m", "n", "c", "d", "e"]


def test_order_of_the_affinities_in_the_block_does_not_matter():
    turned = replace(block(), affinities=dict(reversed(block().affinities.items())))
    assert np.array_equal(assemble(turned, table()), assemble(block(), table()), equal_nan=True)


def test_a_block_without_pairs_or_users_keeps_its_width():
    nobody = np.array([0])
    empty = {width: Ragged(nobody, np.empty(0, np.int32), np.empty((0, width), np.float32)) for width in (1, 4)}
    none = UserBlock(nobody, np.empty(0, np.int32), np.empty((0, 2)), empty[1], {"brand": empty[1]}, empty[4])
    assert assemble(none, table()).shape == (0, 9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pair_items": np.array([0, 3, 1])}, "item codes from 0 to 2"),
        ({"pair_items": np.array([0, -1, 1])}, "item codes from 0 to 2"),
        ({"pair_offsets": np.array([0, 2, 4])}, "ascend from 0 to 3"),
        ({"user_values": np.zeros((3, 2))}, "'user_values': 3"),
        ({"behaviour": ragged([{}], 1)}, "'behaviour': 1"),
        ({"affinities": {"shop": ragged([{}, {}], 1)}}, "without a group in the item table: shop"),
    ],
)
def test_assemble_refuses_parts_that_do_not_fit(change, message):
    with pytest.raises(ValueError, match=message):
        assemble(replace(block(), **change), table())


def test_assemble_refuses_groups_of_another_length():
    with pytest.raises(ValueError, match="brand differ"):
        assemble(block(), replace(table(), groups={**table().groups, "brand": np.array([0])}))


def test_ragged_refuses_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match="values must have the shape"):
        Ragged(np.array([0, 1]), np.array([3]), np.zeros((2, 1)))


def test_names_are_distinct():
    with pytest.raises(ValueError, match="repeated: price"):
        feature_names(["price"], ["price"], [], {}, [])
