"""What a reader is asked for and answers with, and how one follows from the other. No input or output."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from predawn import keys
from predawn.codec import Reason
from predawn.keys import day_of
from predawn.known import Loaded

Tier: TypeAlias = Literal["user", "segment", "popular", "item", "memory"]
Name: TypeAlias = tuple[str, str]  # product, id

DEFAULT_N = 10
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
    default one, "control" where an experiment gives it to the user. reasons: parallel to items, null where none is
    stored; null as a whole unless asked for.
    """

    user: str | None
    items: list[str]
    tier: Tier
    scene: str
    version: str | None
    data_day: str | None
    variant: str | None = None
    reasons: list[Reason | None] | None = None


@dataclass(slots=True)
class Wish:
    """What all answers of one request have in common; the fields are the options of `Reader.top`."""

    n: int = DEFAULT_N
    scene: str | None = None
    variant: str | None = None
    exclude: Collection[str] = ()
    recent: Sequence[str] = ()
    segment: str | None = None
    reasons: bool = False
    version: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.n, int) or self.n < 1:
            raise ValueError(f"n is {self.n!r}: ask for 1 item or more.")
        if isinstance(self.exclude, (str, bytes)) or isinstance(self.recent, (str, bytes)):
            raise ValueError("exclude and recent are lists of ids: wrap a single id in a list.")

    @property
    def seen(self) -> Collection[str]:
        """What isn't to be shown."""
        return {*self.exclude, *self.recent} if self.exclude or self.recent else ()


def answer(version: Loaded, user: str, found: Mapping[Name, bytes | None], wish: Wish) -> Answer:
    """The first tier that leaves an item; the last one is whatever the version lists, most listed first."""
    seen = wish.seen
    if not seen and not wish.reasons:
        # What nearly every request is: nothing to leave out or to blend in, so only the first items are decoded.
        own = version.read(found.get((keys.USER, user)), wish.n)
        if own:
            return answer_of(version, own, "user", user)
    similar = [(item, version.read(found.get((keys.SIMILAR, item)))) for item in wish.recent[:RECENT_ITEMS]]
    tiers: tuple[tuple[Tier, Callable[[], Sequence[str]]], ...] = (
        ("user", lambda: version.read(found.get((keys.USER, user)))),
        ("segment", lambda: version.read(found.get((keys.SEGMENT, wish.segment or "")))),
        ("popular", lambda: version.popular),
        ("popular", lambda: list(version.names.values())),
    )
    for tier, read in tiers:  # noqa: B007
        stored = read()
        blended, brought = blend(stored, similar) if similar and stored else (stored, {})
        items = without(blended, seen)[: wish.n]
        if items:
            break
    else:
        # All that the version lists is excluded: something just seen is better than nothing.
        items, brought = version.popular[: wish.n], {}
    if not wish.reasons:
        return answer_of(version, items, tier, user)
    why = version.read_reasons(found.get((keys.WHY, user))) if tier == "user" else []
    stated = dict(zip(stored, why, strict=False))
    stated.update((item, Reason(None, BLENDED, recent)) for item, recent in brought.items())
    return answer_of(version, items, tier, user, [stated.get(item) for item in items])


def answer_of(
    version: Loaded, items: list[str], tier: Tier, user: str | None, reasons: list[Reason | None] | None = None
) -> Answer:
    place, name = version.keys.place, version.keys.version
    return Answer(user, items, tier, place.scene, name, day_of(name), place.variant, reasons)


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


def without(items: Sequence[str], seen: Collection[str]) -> list[str]:
    return [item for item in items if item not in seen] if seen else list(items)
