from hypothesis import given
from hypothesis import strategies as st

from predawn.answers import RANK_OFFSET, RECENT_DECAY, blend, without

ITEMS = st.lists(st.sampled_from("abcdefghij"), unique=True)


def test_items_that_several_lists_agree_on_rise() -> None:
    items, brought = blend(["a", "b", "c"], [("x", ["c", "d"]), ("y", ["d"])])
    assert items == ["c", "d", "a", "b"]
    assert brought == {"d": "x"}


def test_scores_are_those_of_reciprocal_rank_fusion() -> None:
    # c: third of the base and first of the newest; b: second of the base and first of the one before.
    c, b = 1 / (RANK_OFFSET + 3) + 1 / (RANK_OFFSET + 1), 1 / (RANK_OFFSET + 2) + RECENT_DECAY / (RANK_OFFSET + 1)
    assert c > b > 1 / (RANK_OFFSET + 1)
    assert blend(["a", "b", "c"], [("x", ["c"]), ("y", ["b"])])[0] == ["c", "b", "a"]


def test_ties_go_to_the_base_list() -> None:
    assert blend(["a", "b"], [("x", ["c", "d"])])[0] == ["a", "c", "b", "d"]


@given(ITEMS, st.lists(st.tuples(st.sampled_from("xyz"), ITEMS), max_size=3))
def test_a_blend_holds_every_item_once(base: list[str], similar: list[tuple[str, list[str]]]) -> None:
    items, brought = blend(base, similar)
    assert len(items) == len(set(items))
    assert set(items) == set(base).union(*(set(each) for _, each in similar))
    assert set(brought) == set(items) - set(base)
    assert blend(base, [])[0] == base


@given(ITEMS, ITEMS)
def test_without(items: list[str], seen: list[str]) -> None:
    assert without(items, set(seen)) == [item for item in items if item not in seen]
