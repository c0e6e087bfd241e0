"""Rules that bring items in, and the placing that both are made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rerank import NEW, PINNED, PLACERS
from models.rerank.seen import Seen, SeenConfig
from tests.models.rerank.conformance import CAMPAIGNS, RuleConformance
from tests.models.rerank.support import block, entries, items_of, night, random_rows, rows, target, user

ITEMS = 12
RANKED = st.lists(st.integers(0, ITEMS - 1), unique=True, max_size=8)
WANTED = st.dictionaries(st.integers(0, ITEMS - 1), st.integers(0, 12), max_size=4)


def placed_by_hand(ranked: list[int], wanted: dict[int, int]) -> list[int]:
    """From the first place to the last, each at its place or at the end."""
    result = [item for item in ranked if item not in wanted]
    for item, place in sorted(wanted.items(), key=lambda pair: pair[1]):
        result.insert(place, item)
    return result


@settings(deadline=None, max_examples=60)
@given(people=st.lists(st.tuples(RANKED, WANTED), min_size=1, max_size=4))
def test_items_stand_where_they_are_placed(people: list[tuple[list[int], dict[int, int]]]) -> None:
    distinct = [
        (ranked, {i: p for i, p in wanted.items() if [*wanted.values()].count(p) == 1}) for ranked, wanted in people
    ]
    before = block(rows(*(user(ranked) for ranked, _ in distinct)), night(items=ITEMS))
    flat = sorted((row, place, item) for row, (_, wanted) in enumerate(distinct) for item, place in wanted.items())
    at, places, items = np.array(flat, np.int64).reshape(-1, 3).T
    after = before.placing(at, items.astype(np.int32), places, PINNED)
    assert items_of(after) == [placed_by_hand(ranked, wanted) for ranked, wanted in distinct]
    for (ranked, wanted), row in zip(distinct, entries(after), strict=True):
        for item, score, placer in row:
            expected = float(np.float32(1 - ranked.index(item) / 100)) if item in ranked else None
            assert (score, PLACERS[placer]) == (expected, "pinned" if item in wanted else "ranker")


def test_what_is_placed_takes_the_place_of_its_kind() -> None:
    before = block(rows(user([3, 7, 9])), night(items=ITEMS))
    kinds = before.kinds.copy()
    kinds[[7, 10]] = 7
    after = replace(before, kinds=kinds).placing(np.array([0]), np.array([10], np.int32), np.array([0]), PINNED)
    assert entries(after) == [[(10, None, 3), (3, 1.0, 0), (9, float(np.float32(0.98)), 0)]]


class TestNewSlots(RuleConformance):
    """Of 60 items the last six are new."""

    rule = "new_slots"
    settings = {"positions": [2, 4]}  # noqa: RUF012

    def test_a_slot_takes_the_next_new_item_or_one_by_lot(self) -> None:
        people = rows(user([0, 1, 2, 3, 57, 4, 55]))
        assert self.apply(block(people, night()), explore=0) == [[0, 57, 1, 55, 2, 3, 4]]
        [drawn] = self.apply(block(people, night()), explore=1)
        assert {drawn[1], drawn[3]} <= set(range(54, 60))
        assert [item for item in drawn if item not in (drawn[1], drawn[3])][:4] == [0, 1, 2, 3]

    def test_a_place_where_a_new_item_stands_is_left_alone(self) -> None:
        people = rows(user([0, 54, 1, 55, 2]), user([0, 1]))
        after = self.make(positions=[2]).apply(block(people, night()))
        assert entries(after)[0] == entries(block(people, night()))[0]
        assert [PLACERS[placer] for _, _, placer in entries(after)[1]] == ["ranker", NEW, "ranker"]

    def test_every_list_that_is_long_enough_gets_one_it_may_see(self) -> None:
        known, batch = night(), random_rows(200)
        before = block(batch, known)
        barred = Seen(SeenConfig(), known).apply(before)
        after = self.make(known, positions=[5]).apply(barred)
        taken = {
            (row, int(key)) for row, key in zip(*np.divmod(before.history.own[before.history.taken], 60), strict=True)
        }
        for row, list_ in enumerate(items_of(after)):
            if len(list_) > 5:
                assert list_[4] >= 54 or {(row, item) for item in range(54, 60)} <= taken | {
                    (row, item) for item in list_[:4]
                }
            assert not {(row, item) for item in list_} & taken

    def test_by_lot_every_new_item_is_as_likely_and_users_and_days_differ(self) -> None:
        people = rows(*(user([0, 1, 2]) for _ in range(3000)))
        drawn = {}
        for day in (1, 2):
            known = night(day=day)
            drawn[day] = np.array(self.apply(block(people, known), known, positions=[2], explore=1))[:, 1]
            counts = np.bincount(drawn[day])[54:]
            assert len(counts) == 6 and counts.min() > 400 and counts.max() < 600
        assert 0.1 < (drawn[1] == drawn[2]).mean() < 0.25
        assert self.apply(block(people, night(day=1)), night(day=1), positions=[2], explore=1)[7][1] == drawn[1][7]
        other = night(day=1, seed=1)
        assert (np.array(self.apply(block(people, other), other, positions=[2], explore=1))[:, 1] != drawn[1]).any()

    def test_nothing_is_new_where_ages_are_unknown_or_old(self) -> None:
        people = rows(user([0, 1, 2]))
        for age in (np.nan, 8):
            known = night(ages=np.full(60, age, np.float32))
            assert self.apply(block(people, known), known) == [[0, 1, 2]]

    def test_places_behind_the_list_or_behind_n_are_passed_over(self) -> None:
        people = rows(user([0, 1, 2]))
        assert self.apply(block(people, night()), positions=[4, 9]) == [[0, 1, 2]]
        assert self.apply(block(people, night(n=1)), night(n=1)) == [[0, 1, 2]]
        with pytest.raises(ValueError, match="different places"):
            self.make(positions=[2, 2])


class TestPins(RuleConformance):
    rule = "pins"
    facts = CAMPAIGNS

    def test_pins_at_their_positions_for_whom_they_are(self) -> None:
        people = rows(*(user([0, 1, 7, 2], profile_city=city) for city in (0.0, 2.0, None)))
        assert self.apply(block(people, self.night())) == [[7, 8, 0, 1, 2], [7, 8, 41, 0, 1, 2], [7, 8, 0, 1, 2]]

    def test_of_an_item_pinned_twice_the_first_position_counts(self) -> None:
        known = night(campaigns=(target("pin", 5, position=4), target("pin", 5, position=2)))
        assert self.apply(block(rows(user([0, 1, 2, 3, 4])), known), known) == [[0, 5, 1, 2, 3, 4]]

    def test_a_pin_that_is_pushed_behind_the_last_place_is_dropped(self) -> None:
        known = night(n=2, campaigns=(target("pin", 5, position=2), target("pin", 6, position=2)))
        assert self.apply(block(rows(user([0, 1])), known), known) == [[0, 5, 1]]
