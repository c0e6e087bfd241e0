"""What every re-ranking rule must pass: a rule's test subclasses `RuleConformance` and names the rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest

from models.rerank import PLACERS, RANKER, RULES, load_rule
from models.rerank.base import Rule, Step, broken_promises
from models.rerank.block import Barred, Block
from models.rerank.night import Night
from tests.models.rerank.support import block, entries, items_of, night, random_rows, rows, target, user


class RuleConformance:
    """Subclass with `rule` set; `settings` and `facts` of the night make the rule do something on random lists."""

    rule: ClassVar[str]
    settings: ClassVar[dict[str, Any]] = {}
    facts: ClassVar[dict[str, Any]] = {}

    def make(self, known: Night | None = None, **settings: Any) -> Rule[Any]:
        kind = load_rule(self.rule)
        return kind(kind.Config(**{**self.settings, **settings}), known or self.night())

    def night(self, **changes: Any) -> Night:
        return night(**{**self.facts, **changes})

    def apply(self, before: Block, known: Night | None = None, **settings: Any) -> list[list[int]]:
        return items_of(self.make(known, **settings).apply(before))

    def before(self) -> Block:
        """Random lists, some items barred already."""
        known = self.night()
        raw = block(random_rows(), known)
        barred = Barred(masks=((None, np.arange(known.stride) % 11 == 0),))
        kept = raw.kept(~barred.holds(raw.rows, raw.items, raw.stride))
        return replace(kept, barred=barred)

    def test_registered_under_its_name(self) -> None:
        assert self.rule in RULES
        assert load_rule(self.rule).name == self.rule

    def test_defaults_are_a_whole_configuration(self) -> None:
        kind = load_rule(self.rule)
        assert kind(kind.Config(), night()).config == kind.Config()
        with pytest.raises(ValueError, match="no_such_key"):
            kind.Config(no_such_key=1)
        with pytest.raises(TypeError, match="Config"):
            kind(object(), night())

    def test_promises(self) -> None:
        before = self.before()
        after = self.make().apply(before)
        places = self.make().step is Step.PLACE
        assert broken_promises(before, after, brings_in=places) == []
        assert places or (after.placed == PLACERS.index(RANKER)).all()
        for row in range(len(after)):
            assert after.places[after.rows == row].tolist() == list(range(after.counts[row])), "ranks without a gap"

    def test_does_something(self) -> None:
        before = self.before()
        assert entries(self.make().apply(before)) != entries(before)

    def test_leaves_out_only_if_that_is_its_step(self) -> None:
        before = self.before()
        rule = self.make()
        after = rule.apply(before)
        if rule.step is Step.ARRANGE:
            assert [sorted(row) for row in items_of(after)] == [sorted(row) for row in items_of(before)]

    def test_the_same_again(self) -> None:
        first, again = (entries(self.make().apply(self.before())) for _ in range(2))
        assert first == again

    def test_a_list_does_not_depend_on_the_other_users_of_the_block(self) -> None:
        known, batch = self.night(), random_rows()
        rule = self.make(known)
        whole = entries(rule.apply(block(batch, known)))
        for start, length in ((0, 1), (3, 7), (20, 20), (39, 1)):
            alone = entries(rule.apply(block(batch.slice(start, length), known)))
            assert alone == whole[start : start + length]

    def test_empty_lists_and_empty_blocks(self) -> None:
        known = self.night()
        rule = self.make(known)
        nobody = block(rows(), known)
        assert len(rule.apply(nobody)) == 0
        bare = rule.apply(block(rows(user([]), user([])), known))
        assert rule.step is Step.PLACE or items_of(bare) == [[], []]

    def test_without_a_single_item(self) -> None:
        empty = {name: np.array([], np.int32) for name in ("name", "category", "subcategory", "brand")}
        known = night(items=0, groups=empty)
        assert items_of(self.make(known).apply(block(rows(user([]), user([])), known))) == [[], []]


CAMPAIGNS = {
    "campaigns": (
        target("ban", 1, 2, 3),
        target("ban", *range(10, 20), segment=("profile_city", 1)),
        target("boost", *range(0, 60, 3), factor=3.0),
        target("boost", 4, 5, factor=0.5, segment=("profile_city", 2)),
        target("pin", 7, position=1),
        target("pin", 41, position=3, segment=("profile_city", 2)),
        target("pin", 8, position=1),
    )
}
