"""Rules that leave out."""

from __future__ import annotations

import numpy as np

from tests.models.rerank.conformance import CAMPAIGNS, RuleConformance
from tests.models.rerank.support import block, items_of, night, rows, user


class TestSeen(RuleConformance):
    rule = "seen"

    def test_what_was_taken_goes_where_nothing_is_taken_twice(self) -> None:
        people = rows(user([7, 3, 9, 1], {3: (2, 40), 9: (0, None)}), user([3, 4], {20: (1, 0)}))
        assert self.apply(block(people, self.night())) == [[7, 9, 1], [3, 4]], "9 was only seen"

    def test_with_repeats_only_what_was_taken_lately(self) -> None:
        known = self.night(repeats=True)
        before = block(rows(user([7, 3, 9, 1], {3: (2, 0), 7: (1, 2), 9: (1, 3), 1: (0, None)})), known)
        assert self.apply(before, known) == [[7, 3, 9, 1]]
        assert self.apply(before, known, days=1) == [[7, 9, 1]]
        assert self.apply(before, known, days=3) == [[9, 1]]


class TestNegative(RuleConformance):
    rule = "negative"

    def test_what_was_disliked_goes_even_where_items_are_taken_again(self) -> None:
        known = self.night(repeats=True)
        people = rows(user([7, 3, 9], {3: (5, 1, 1), 9: (1, 1, 0)}), user([3]))
        assert self.apply(block(people, known), known) == [[7, 9], [3]]


class TestUnavailable(RuleConformance):
    rule = "unavailable"
    facts = {"available": np.arange(60) % 5 != 0}  # noqa: RUF012

    def test_what_cannot_be_had_goes_from_every_list(self) -> None:
        assert self.apply(block(rows(user([5, 7, 10]), user([5])), self.night())) == [[7], []]


class TestBans(RuleConformance):
    rule = "bans"
    facts = CAMPAIGNS

    def test_bans_of_everyone_and_of_a_segment(self) -> None:
        people = rows(*(user([1, 12, 30, 3], profile_city=city) for city in (0.0, 1.0, None)))
        assert self.apply(block(people, self.night())) == [[12, 30], [30], [12, 30]]


def test_a_ban_of_one_user_is_no_ban_of_the_next() -> None:
    """The last item of the directory and the first are neighbours when users stand one after the other."""
    people = rows(user([59, 4]), user([0, 5], {0: (1, 1)}))
    assert TestSeen().apply(block(people, night())) == [[59, 4], [5]]


class TestDedupe(RuleConformance):
    rule = "dedupe"
    settings = {"max_shared": 1.0, "by": ["category", "brand"]}  # noqa: RUF012

    def test_of_one_name_the_best_stays(self) -> None:
        names = np.arange(60)
        names[[7, 30, 41]], names[[8, 9]] = 7, -1
        known = self.night(groups={"name": names})
        people = rows(user([30, 8, 7, 9, 41, 5]), user([41, 30]), user([9, 8]))
        assert self.apply(block(people, known), known, by=["name"]) == [[30, 8, 9, 5], [41], [9, 8]]

    def test_all_of_several_attributes_have_to_agree(self) -> None:
        people = rows(user([1, 31, 11, 4]))  # 1 and 31 share category and brand, 1 and 11 the brand alone
        assert self.apply(block(people, self.night())) == [[1, 11, 4]]

    def test_an_attribute_that_nobody_knows_is_left_out_of_account(self) -> None:
        known = self.night(groups={"name": np.arange(60) // 2, "brand": np.full(60, -1)})
        assert self.apply(block(rows(user([1, 0, 5])), known), known, by=["name", "brand"]) == [[1, 5]]

    def test_names_that_most_items_share_tell_nothing_apart(self) -> None:
        known = self.night(groups={"name": np.arange(60) // 2})
        rule = self.make(known, by=["name"], max_shared=0.5)
        assert items_of(rule.apply(block(rows(user([1, 0, 5])), known))) == [[1, 0, 5]]
        assert "100% of the items share their name with another" in rule.notes[0]
        assert not self.make(night(), by=["name"], max_shared=0.5).notes
