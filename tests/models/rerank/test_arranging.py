"""Rules that arrange, each beside a loop over items that follows the paper word by word."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.rerank.block import Block
from models.rerank.night import Night
from tests.models.rerank.conformance import RuleConformance
from tests.models.rerank.support import block, items_of, night, random_rows, rows, user

GROUPS = ("category", "subcategory", "brand")


def similarity(known: Night, one: int, other: int) -> float:
    """All groups weigh the same."""
    return sum(known.groups[group][one] == known.groups[group][other] for group in GROUPS) / len(GROUPS)


class Diverse(RuleConformance):
    """MMR and DPP."""

    weight: str

    def by_loop(self, ranked: list[int], known: Night, weight: float, places: int, pool: int) -> list[int]:
        raise NotImplementedError

    @pytest.mark.parametrize(("weight", "places", "pool"), [(0.3, 10, 200), (0.7, 100, 25), (0.0, 5, 8)])
    def test_the_picks_are_those_of_a_loop(self, weight: float, places: int, pool: int) -> None:
        known, batch = night(), random_rows(12, longest=30)
        settings: dict[str, Any] = {self.weight: weight, "places": places, "pool": pool}
        ranked = items_of(block(batch, known))
        expected = [self.by_loop(row, known, weight, places, pool) for row in ranked]
        assert self.apply(block(batch, known), known, **settings) == expected

    def test_relevance_alone_leaves_the_order(self) -> None:
        before = self.before()
        assert self.apply(before, **{self.weight: 1.0}) == items_of(before)

    def test_the_second_place_goes_to_what_is_unlike_the_first(self) -> None:
        people = rows(user([0, 30, 20, 1]))  # 30 is like 0 in everything, 20 shares the brand, 1 nothing
        assert self.apply(block(people, night()), **{self.weight: 0.5})[0] == [0, 1, 20, 30]

    def test_weights_of_groups_are_those_of_the_settings(self) -> None:
        people = rows(user([0, 10, 3]))  # 10 shares the brand with 0, and 3 the category
        only = {self.weight: 0.1, "similarity": {"category": 1.0, "subcategory": 0, "brand": 0}}
        assert self.apply(block(people, night()), **only)[0] == [0, 10, 3]
        only["similarity"] = {"category": 0, "subcategory": 0, "brand": 1.0}
        assert self.apply(block(people, night()), **only)[0] == [0, 3, 10]

    def test_of_items_of_unknown_groups_none_is_like_another(self) -> None:
        unknown = {group: np.where(np.arange(60) < 10, -1, night().groups[group]) for group in GROUPS}
        known, people = night(groups=unknown), rows(user([0, 1, 2, 3]))
        assert self.apply(block(people, known), known, **{self.weight: 0.1})[0] == [0, 1, 2, 3]
        blind = night(groups={group: np.full(60, -1) for group in GROUPS})
        assert self.apply(block(people, blind), blind, **{self.weight: 0.0})[0] == [0, 1, 2, 3]


class TestMmr(Diverse):
    rule, weight = "mmr", "relevance"

    def by_loop(self, ranked: list[int], known: Night, weight: float, places: int, pool: int) -> list[int]:
        left, picked = ranked[:pool], list[int]()
        relevance = {item: np.float32(weight) * (1 - np.float32(n) / np.float32(pool)) for n, item in enumerate(left)}
        while left and len(picked) < places:

            def gain(item: int) -> float:
                nearest = max((similarity(known, item, other) for other in picked), default=0.0)
                return round(float(relevance[item] - (1 - weight) * nearest), 6)

            picked.append(max(left, key=gain))
            left.remove(picked[-1])
        return picked + left + ranked[pool:]


class TestDpp(Diverse):
    rule, weight = "dpp", "theta"

    def by_loop(self, ranked: list[int], known: Night, weight: float, places: int, pool: int) -> list[int]:
        """The log-determinant itself, anew for every item."""
        left, picked = ranked[:pool], list[int]()
        relevance = {item: 1 - n / pool for n, item in enumerate(left)}

        def gain(item: int) -> float:
            chosen = [*picked, item]
            kernel = np.array([[0.9 * similarity(known, a, b) + 0.1 * (a == b) for a in chosen] for b in chosen])
            volume = np.linalg.slogdet(kernel)[1]
            before = np.linalg.slogdet(kernel[:-1, :-1])[1] if picked else 0.0
            return round(weight * relevance[item] + (1 - weight) * (volume - before), 4)

        while left and len(picked) < places:
            picked.append(max(left, key=gain))
            left.remove(picked[-1])
        return picked + left + ranked[pool:]


class TestCaps(RuleConformance):
    rule = "caps"
    settings = {"category": 2, "brand": 1, "places": 6}  # noqa: RUF012

    def by_loop(self, ranked: list[int], known: Night, caps: dict[str, int], places: int) -> list[int]:
        picked: list[int] = []
        for item in ranked:
            same = {group: sum(known.groups[group][item] == known.groups[group][o] for o in picked) for group in caps}
            if len(picked) < places and all(same[group] < most for group, most in caps.items()):
                picked.append(item)
        return picked + [item for item in ranked if item not in picked]

    def test_the_picks_are_those_of_a_loop(self) -> None:
        known, before = night(), block(random_rows(), night())
        expected = [self.by_loop(row, known, {"category": 2, "brand": 1}, 6) for row in items_of(before)]
        assert self.apply(before) == expected

    def test_by_default_nothing_is_capped(self) -> None:
        before = self.before()
        assert self.apply(before, category=0, brand=0) == items_of(before)

    def test_what_is_too_many_stays_where_nothing_else_is_left(self) -> None:
        people = rows(user([0, 3, 6, 9]), user([0, 3, 1]))
        assert self.apply(block(people, night()), category=1, brand=0) == [[0, 3, 6, 9], [0, 1, 3]]

    def test_of_an_unknown_group_there_are_never_too_many(self) -> None:
        known = night(groups={"category": np.full(60, -1)})
        people = rows(user([0, 3, 6]))
        assert self.apply(block(people, known), known, category=1, brand=0) == [[0, 3, 6]]


def test_a_pool_that_ends_within_the_list_leaves_what_is_behind_alone() -> None:
    before: Block = block(rows(user(list(range(30)))), night())
    [after] = TestCaps().apply(before, pool=12, category=1, brand=0)
    assert sorted(after[:12]) == list(range(12)) and after[12:] == list(range(12, 30))
