"""Reasons by hand for a few users, and beside a loop over every pair for many."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from models.products.reasons import UNRANKED, WITHOUT_EVIDENCE, explain_block
from models.recall.ragged import offsets_of
from models.types import Lists

CHANNELS = ("als", "popular", "buy_again")
NAN = float("nan")
IDS = pa.array([f"i{n}" for n in range(8)])
# Of item 0 the items 1 and 2 are the most similar, and so on.
NEIGHBOURS = [[1, 2], [0], [5, 0], [], [6, 5], [4], [], [3]]


def similar(neighbours: list[list[int]] = NEIGHBOURS) -> Lists:
    items = np.array([item for row in neighbours for item in row], np.int32)
    return Lists(offsets_of(np.array([len(row) for row in neighbours])), items, np.ones(len(items), np.float32))


def user(listed: list[int], ranks: dict[int, tuple[float, float, float]], own: dict[int, int]) -> dict[str, Any]:
    """ranks: candidate -> the rank in each channel. own: item -> days on which it was taken."""
    codes = sorted(ranks)
    by_channel = {f"{name}_rank": [ranks[code][n] for code in codes] for n, name in enumerate(CHANNELS)}
    return {
        "user_id": "u",
        "item_codes": listed,
        "placed_by": ["ranker"] * len(listed),
        "scores": [1 - place / 100 for place in range(len(listed))],
        "candidate_codes": codes,
        "own_codes": list(own),
        "own_days": [float(days) for days in own.values()],
        **by_channel,
    }


def explain(users: list[dict[str, Any]], places: int = 10) -> list[dict[str, Any]]:
    types = {"user_id": pa.string(), "item_codes": pa.list_(pa.int32()), "candidate_codes": pa.list_(pa.int32())}
    types |= {"own_codes": pa.list_(pa.int32()), "placed_by": pa.list_(pa.string())}
    columns = {
        name: pa.array([row[name] for row in users], types.get(name, pa.list_(pa.float32()))) for name in users[0]
    }
    rows = pa.RecordBatch.from_pydict(columns)
    return explain_block(rows, channels=CHANNELS, similar=similar(), item_ids=IDS, places=places).to_pylist()


def test_each_reason_by_hand() -> None:
    ranks = {0: (2, 5, NAN), 3: (NAN, 1, NAN), 4: (1, NAN, NAN), 6: (9, NAN, 1), 7: (4, 4, NAN)}
    [told] = explain([user([0, 3, 4, 6, 7], ranks, {2: 3, 6: 4, 3: 0})])
    assert told["channels"] == ["als", "popular", "als", "buy_again", "als"]
    assert told["evidence_ids"] == ["i2", None, "i6", None, None], "an item that was only seen is no evidence"
    assert told["days"] == [0, 0, 0, 4, 0]
    assert told["scores"] == [np.float32(1 - place / 100) for place in range(5)]


def test_the_most_similar_of_the_users_own_items_is_the_evidence() -> None:
    ranks = {0: (1.0, NAN, NAN)}
    both, second = explain([user([0], ranks, {2: 9, 1: 1}), user([0], ranks, {5: 1, 2: 1})])
    assert (both["evidence_ids"], second["evidence_ids"]) == (["i1"], ["i2"])


def test_users_do_not_explain_each_others_lists() -> None:
    ranks = {0: (1.0, NAN, NAN)}
    mine, other = explain([user([0], ranks, {}), user([], {}, {1: 2})])
    assert mine["evidence_ids"] == [None] and mine["days"] == [0]
    assert other["channels"] == other["evidence_ids"] == []


def test_an_item_that_no_channel_recalled_has_no_channel() -> None:
    [told] = explain([user([2], {0: (1.0, 1.0, NAN)}, {5: 1})])
    assert told["channels"] == [UNRANKED] and told["evidence_ids"] == ["i5"]


def test_what_a_rule_placed_and_what_filled_a_list_up_say_so() -> None:
    ranks = dict.fromkeys((0, 3, 4), (1.0, NAN, NAN))
    placed_by = ["ranker", "new", "pinned", "fill"]
    [told] = explain(
        [{**user([0, 3, 4, 6], ranks, {1: 1, 5: 1}), "placed_by": placed_by, "scores": [0.5, 0.4, 0.3, None]}]
    )
    assert told["channels"] == ["als", "new", "pinned", "popular"]
    assert told["evidence_ids"] == ["i1", None, None, None] and told["scores"][3] is None


def test_only_the_first_places_are_explained() -> None:
    ranks = {n: (float(n + 1), NAN, NAN) for n in range(8)}
    one, two = explain([user(list(range(8)), ranks, {1: 1}), user([3], ranks, {})], places=2)
    assert one["channels"] == ["als", "als"] and two["channels"] == ["als"]


RANKS = st.one_of(st.just(NAN), st.integers(1, 5).map(float))
USERS = st.builds(
    lambda listed, ranks, own: user(listed, ranks, own),
    st.lists(st.integers(0, 7), unique=True, max_size=6),
    st.dictionaries(st.integers(0, 7), st.tuples(RANKS, RANKS, RANKS), max_size=8),
    st.dictionaries(st.integers(0, 7), st.integers(0, 3), max_size=6),
)


@given(st.lists(USERS, min_size=1, max_size=4))
def test_reasons_are_those_of_a_loop(users: list[dict[str, Any]]) -> None:
    for row, told in zip(users, explain(users, places=4), strict=True):
        own = {code: days for code, days in zip(row["own_codes"], row["own_days"], strict=True) if days > 0}
        for place, item in enumerate(row["item_codes"][:4]):
            known = row["candidate_codes"].index(item) if item in row["candidate_codes"] else None
            ranks = [(row[f"{name}_rank"][known], name) for name in CHANNELS] if known is not None else []
            ranked = [(rank, name) for rank, name in ranks if rank == rank]
            channel = min(ranked, key=lambda pair: pair[0])[1] if ranked else UNRANKED
            evidence = next((f"i{other}" for other in NEIGHBOURS[item] if other in own), None)
            assert told["channels"][place] == channel
            assert told["evidence_ids"][place] == (None if channel in WITHOUT_EVIDENCE else evidence)
            assert told["days"][place] == own.get(item, 0)
