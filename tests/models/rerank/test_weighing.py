"""Rules that multiply an item's value."""

from __future__ import annotations

import numpy as np

from models.rerank.block import Barred
from tests.models.rerank.conformance import CAMPAIGNS, RuleConformance
from tests.models.rerank.support import block, entries, items_of, rows, target, user


class TestFatigue(RuleConformance):
    rule = "fatigue"

    def test_what_was_shown_often_and_never_taken_moves_down(self) -> None:
        shown = {3: 5.0, 7: 4.0, 9: 8.0, 1: 9.0}
        people = rows(user([3, 7, 9, 1], {9: (1, 2), 1: (0, None)}, shown), user([3, 7]))
        assert self.apply(block(people, self.night())) == [[7, 9, 3, 1], [3, 7]]
        assert self.apply(block(people, self.night()), factor=0.999) == [[3, 7, 9, 1], [3, 7]], "hardly less"

    def test_a_factor_of_0_leaves_it_out_for_good(self) -> None:
        people = rows(user([3, 7, 9], {}, {3: 5.0, 20: 6.0, 21: 1.0}))
        after = self.make(factor=0).apply(block(people, self.night()))
        assert items_of(after) == [[7, 9]]
        assert after.barred.holds(np.array([0, 0, 0]), np.array([3, 20, 21]), after.stride).tolist() == [
            True,
            True,
            False,
        ]

    def test_scores_stay_those_of_the_ranker(self) -> None:
        people = rows(user([3, 7], {}, {3: 5.0}))
        [list_] = entries(self.make().apply(block(people, self.night())))
        assert list_ == [(7, float(np.float32(0.99)), 0), (3, 1.0, 0)]


class TestBoosts(RuleConformance):
    rule = "boosts"
    facts = CAMPAIGNS

    def test_boosts_of_everyone_and_of_a_segment_multiply(self) -> None:
        known = self.night(
            campaigns=(
                target("boost", 9, factor=1.2),
                target("boost", 9, 7, factor=1.2, segment=("profile_city", 1)),
                target("boost", 3, factor=0.1),
                target("ban", 7),
            )
        )
        scores = {"scores": [0.8, 0.7, 0.6]}
        people = rows(*(user([3, 7, 9], profile_city=city, **scores) for city in (0.0, 1.0, None)))
        after = self.make(known).apply(block(people, known))
        assert items_of(after) == [[9, 7, 3], [9, 7, 3], [9, 7, 3]]
        assert after.values[:3].tolist() == np.float32([0.72, 0.7, 0.08]).tolist()
        np.testing.assert_allclose(after.values[3:6], [0.864, 0.84, 0.08], rtol=1e-6)

    def test_what_fills_a_list_up_stays_behind(self) -> None:
        known = self.night(campaigns=(target("boost", 0, factor=9.0),))
        assert self.apply(block(rows(user([3, 7])), known, fill=3), known) == [[3, 7, 0, 1, 2]]


class TestNewBoost(RuleConformance):
    rule = "new_boost"

    def test_items_of_a_known_young_age_count_for_more(self) -> None:
        ages = np.full(60, np.nan, np.float32)
        ages[[9, 7]] = 3, 4
        known = self.night(ages=ages)
        people = rows(user([3, 7, 9]))
        assert self.apply(block(people, known), known, max_age_days=3) == [[9, 3, 7]]
        assert self.apply(block(people, known), known, max_age_days=2) == [[3, 7, 9]]


def test_barred_items_by_keys_and_masks() -> None:
    rows_, items = np.array([0, 0, 1, 1]), np.array([3, 4, 3, 4])
    mask = np.arange(10) == 4
    barred = Barred((np.array([3]),)) + Barred(masks=((np.array([False, True]), mask),))
    assert barred.holds(rows_, items, np.int64(10)).tolist() == [True, False, False, True]
    assert Barred().holds(rows_, items, np.int64(10)).tolist() == [False] * 4
