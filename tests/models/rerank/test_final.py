from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rerank import RULES, load_rule
from models.rerank.base import Rule, Step
from models.rerank.block import Block
from models.rerank.final import Reranker
from models.rerank.night import Night
from tests.models.rerank.conformance import CAMPAIGNS
from tests.models.rerank.support import night, random_rows, rows, target, user

ITEMS = 30
TYPES = [pa.string(), pa.int32(), *(pa.list_(kind) for kind in (pa.string(), pa.int32(), pa.float32(), pa.string()))]
DEFAULT = ["seen", "negative", "unavailable", "bans", "dedupe", "fatigue", "boosts", "new_slots", "pins"]
LEAVE_OUT = ["seen", "negative"]


def reranker(known: Night, names: list[str], **configs: dict[str, Any]) -> Reranker:
    rules = [load_rule(name) for name in names]
    return Reranker([rule(rule.Config(**configs.get(rule.name, {})), known) for rule in rules], known)


def few(**changes: Any) -> Night:
    """A catalogue of 30 items, lists of 2."""
    return night(**{"items": ITEMS, "n": 2, **changes})


def told(result: pa.RecordBatch) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in result.to_pylist()]


def test_the_best_n_that_are_not_barred_in_the_ids_of_the_source() -> None:
    people = rows(user([7, 3, 9, 1], {3: (1, 1), 20: (1, 1)}), user([2, 4]), user([5], {5: (1, 1)}))
    result = reranker(few(), LEAVE_OUT).lists(people)
    assert result.schema.names == ["user_id", "user_code", "item_ids", "item_codes", "scores", "placed_by"]
    assert result.schema.types == TYPES
    point = float(np.float32(0.98)), float(np.float32(0.99))
    assert told(result) == [
        ("user 0", 5, ["item 7", "item 9"], [7, 9], [1.0, point[0]], ["ranker"] * 2),
        ("user 1", 6, ["item 2", "item 4"], [2, 4], [1.0, point[1]], ["ranker"] * 2),
        ("user 2", 7, ["item 0", "item 1"], [0, 1], [None, None], ["fill"] * 2),
    ]


CODES = st.lists(st.integers(0, ITEMS - 1), unique=True, max_size=ITEMS)


@settings(deadline=None, max_examples=50)
@given(users=st.lists(st.tuples(CODES, CODES), max_size=6), n=st.integers(1, 14))
def test_no_list_is_shorter_than_n_while_the_catalogue_allows(users: list[tuple[list[int], list[int]]], n: int) -> None:
    popular = np.arange(ITEMS, dtype=np.int32)[::-1]
    people = rows(*(user(codes, dict.fromkeys(taken, (1, 1))) for codes, taken in users))
    result = reranker(few(n=n, popular=popular), LEAVE_OUT).lists(people)
    assert result["user_id"].to_pylist() == [f"user {place}" for place in range(len(users))]
    for (codes, taken), (_, _, ids, kept, scores, placed_by) in zip(users, told(result), strict=True):
        left = [code for code in codes if code not in taken]
        more = [code for code in popular.tolist() if code not in taken and code not in codes]
        assert kept == (left + more)[:n]
        assert ids == [f"item {code}" for code in kept]
        assert placed_by == (["ranker"] * len(left) + ["fill"] * len(more))[:n]
        expected = [float(np.float32(1 - codes.index(code) / 100)) if code in codes else None for code in kept]
        assert scores == expected


def test_filling_up_passes_through_every_rule() -> None:
    campaigns = (target("ban", 0), target("pin", 8, position=2))
    known = few(n=6, campaigns=campaigns, available=np.arange(ITEMS) != 1, groups={"name": np.arange(ITEMS) // 2})
    people = rows(user([20, 4], {2: (1, 1), 3: (0, 1, 1)}))
    result = reranker(known, DEFAULT, dedupe={"by": ["name"], "max_shared": 1.0}, new_slots={"positions": []}).lists(
        people
    )
    assert told(result)[0][3:] == ([20, 8, 4, 6, 10, 12], [1.0, None, float(np.float32(0.99)), *[None] * 3],
        ["ranker", "pinned", "ranker", "fill", "fill", "fill"])  # fmt: skip


@pytest.mark.parametrize("names", [DEFAULT, [name for name in RULES if name != "dpp"], ["dpp"]])
def test_a_slice_is_ranked_as_if_alone_and_no_list_is_short_with_any_rules(names: list[str]) -> None:
    known, batch = night(n=12, **CAMPAIGNS), random_rows()
    configs: dict[str, Any] = {"caps": {"brand": 1}, "new_slots": {"positions": [3, 8]}, "dedupe": {"max_shared": 1.0}}
    ranker = reranker(known, names, **configs)
    whole = told(ranker.lists(batch))
    assert all(len(row[2]) == len(set(row[2])) == 12 for row in whole)
    for start, length in [(1, 2), (20, 20), (39, 1), (40, 0)]:
        assert told(ranker.lists(batch.slice(start, length))) == whole[start : start + length]
    assert {placer for row in whole for placer in row[5]} >= (
        {"ranker", "fill", "new", "pinned"} if "pins" in names else set()
    )


def test_a_short_catalogue_is_listed_as_a_whole() -> None:
    result = reranker(night(items=5, n=9), LEAVE_OUT).lists(rows(user([3]), user([], {4: (1, 1)})))
    assert result["item_codes"].to_pylist() == [[3, 0, 1, 2, 4], [0, 1, 2, 3]]


def test_nobody_has_lists_without_a_single_item() -> None:
    groups = {name: np.array([], np.int32) for name in ("name", "category", "subcategory", "brand")}
    result = reranker(night(items=0, groups=groups), DEFAULT).lists(rows(user([]), user([])))
    assert result["item_ids"].to_pylist() == [[], []]
    assert result.schema.types == TYPES
    assert np.all(result["user_code"].to_numpy() == [5, 6])


class Careless(Rule[Any]):
    name, step, Config = "careless", Step.PLACE, load_rule("pins").Config

    def apply(self, block: Block) -> Block:
        return block.placing(np.array([0]), np.array([3], np.int32), np.array([0]), "pinned")


def test_a_rule_that_shows_what_is_barred_is_found_out() -> None:
    known = few()
    rules = [*reranker(known, ["seen"]).rules, Careless(load_rule("pins").Config(), known)]
    assert Reranker(rules, known).lists(rows(user([1, 2])))["item_codes"].to_pylist() == [[3, 1]]
    with pytest.raises(RuntimeError, match="the rules seen, careless made lists with an item that is barred"):
        Reranker(rules, known).lists(rows(user([1, 2], {3: (1, 1)})))
