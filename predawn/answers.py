"""What a reader answers with, and how items that a user has just seen change a list. No input or output."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from predawn.codec import Reason

Tier: TypeAlias = Literal["user", "segment", "popular", "item", "memory"]

# Reciprocal rank fusion (Cormack, Clarke, Buettcher, SIGIR 2009, doi:10.1145/1571941.1572114).
RANK_OFFSET = 60
RECENT_ITEMS = 5  # recent items whose i2i lists are blended in, the newest of them
RECENT_DECAY = 0.8  # what the list of an item counts beside that of the item seen after it
BLENDED = "similar"  # the channel of an item that stands in a list because of a recent one


@dataclass(frozen=True)
class Answer:
    """One list from one version. items: best first, at most n, fewer when the stored list is shorter; never empty.

    user: null for lists that are no user's. tier: whose list it is: "user" the user's own, "segment" the segment's,
    "popular" everyone's, "item" the i2i list of an item, "memory" the last good popular list while Redis or its lists
    are away. version, data_day: null when the items are the reader's fallback; data_day is the last day whose events
    the list knows, YYYY-MM-DD: compare it with the calendar to notice a night that failed. variant: null for the
    default one. reasons: parallel to items, null where none is stored; null as a whole unless asked for.
    """

    user: str | None
    items: list[str]
    tier: Tier
    scene: str
    version: str | None
    data_day: str | None
    variant: str | None = None
    reasons: list[Reason | None] | None = None


def blend(base: Sequence[str], similar: Sequence[tuple[str, Sequence[str]]]) -> tuple[list[str], dict[str, str]]:
    """The base list and the i2i lists of recent items (newest first) as one list, and which recent item brought what.

    An item's score is the sum over the lists of weight / (RANK_OFFSET + rank), with weight 1 for the base list and
    RECENT_DECAY ** age for the i2i lists. Ties go to the item that was met first, the base list before the others.
    Only items that the base list lacks are credited to a recent item: the newest that has them.
    """
    scores = {item: 1 / (RANK_OFFSET + rank) for rank, item in enumerate(base, start=1)}
    brought: dict[str, str] = {}
    for age, (recent, items) in enumerate(similar):
        for rank, item in enumerate(items, start=1):
            if item not in scores:
                brought[item] = recent
            scores[item] = scores.get(item, 0.0) + RECENT_DECAY**age / (RANK_OFFSET + rank)
    return sorted(scores, key=scores.__getitem__, reverse=True), brought


def without(items: Sequence[str], excluded: Collection[str]) -> list[str]:
    return [item for item in items if item not in excluded] if excluded else list(items)
