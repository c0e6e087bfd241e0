"""The registry of rules, and the orders in which they make sense."""

from __future__ import annotations

import subprocess
import sys

import pytest

from jobs.overlay import CHECKOUT
from models.rerank import RULES, check_rules, load_rule


def test_every_rule_is_in_the_order_of_its_steps() -> None:
    check_rules(list(RULES))
    assert [load_rule(name).step for name in RULES] == sorted(load_rule(name).step for name in RULES)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["seen", "seem"], "names 'seem', which isn't one of seen, "),
        (["seen", "pins", "seen"], "names a rule twice: seen, pins, seen"),
        (["pins", "seen"], "has 'pins' before 'seen', which would undo it"),
        (["mmr", "boosts"], "has 'mmr' before 'boosts', which would undo it"),
    ],
)
def test_what_makes_no_sense_is_refused(names: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_rules(names)
    check_rules([])


def test_the_registry_loads_no_numpy() -> None:
    code = "import models.rerank, sys; assert not {'numpy', 'pyarrow', 'pyspark'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=CHECKOUT)


def test_an_unknown_rule_names_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="unknown re-ranking rule 'seem': there are seen, "):
        load_rule("seem")
