"""How a reader finds its answers, without input or output of its own, so that sync and asyncio readers are the same.

A look-up is a generator: it yields commands for one round trip, receives their replies (or Unavailable, thrown in),
and returns its answer.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, TypeVar

from predawn import keys
from predawn.answers import BLENDED, RECENT_ITEMS, Answer, Tier, blend, without
from predawn.catalog import LIVE, not_published, the_only_scene
from predawn.codec import Reason, codes, decode, decode_ids, decode_reasons
from predawn.connection import raw, text
from predawn.errors import CorruptList, InvalidId, NoPublication, ReadError, Unavailable
from predawn.keys import Place, VersionKeys, day_of
from predawn.manifest import Manifest

T = TypeVar("T")
Command: TypeAlias = tuple[str, ...]
Name: TypeAlias = tuple[str, str]  # product, id
Flow: TypeAlias = Generator[list[Command], list[Any], T]

DEFAULT_N = 10
VERSIONS_IN_MEMORY = 3  # dictionaries kept, so that a flip and a roll-back load nothing anew
ATTEMPTS = 10  # versions tried for one answer before giving up

log = logging.getLogger("predawn")


@dataclass(frozen=True)
class Version:
    """What a reader keeps of one version. names: code -> item id; channels: code -> channel; popular: item ids."""

    keys: VersionKeys
    manifest: Manifest
    names: dict[str, str]
    channels: dict[str, str]
    popular: list[str] = field(default_factory=list)

    def read(self, value: bytes | None, n: int | None = None) -> list[str]:
        """A stored list; empty when there is none, or bytes of someone else."""
        if value is None:
            return []
        try:
            return decode(value, self.names, n)
        except CorruptList as error:
            log.warning("%s, version %s: %s", self.keys.place, self.keys.version, error)
            return []

    def read_reasons(self, value: bytes | None) -> list[Reason]:
        try:
            return decode_reasons(value, self.names, self.channels) if value else []
        except CorruptList as error:
            log.warning("%s, version %s: %s", self.keys.place, self.keys.version, error)
            return []


@dataclass
class Shelf:
    """What a reader remembers of one place. live: the version and when it was read, in monotonic seconds."""

    place: Place
    live: tuple[str, float] | None = None
    versions: dict[str, Version] = field(default_factory=dict)
    good: Version | None = None

    def keep(self, version: Version) -> None:
        self.versions = dict([*self.versions.items(), (version.keys.version, version)][-VERSIONS_IN_MEMORY:])


@dataclass(frozen=True)
class Wish:
    """What every answer of one request has in common."""

    n: int = DEFAULT_N
    scene: str | None = None
    variant: str | None = None
    exclude: Collection[str] = ()
    recent: Sequence[str] = ()
    segment: str | None = None
    reasons: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.n, int) or self.n < 1:
            raise ValueError(f"n is {self.n}: ask for 1 item or more.")
        for name in ("exclude", "recent"):
            if isinstance(getattr(self, name), (str, bytes)):
                raise ValueError(f"{name} is one id, not a list: wrap it in a list.")


@dataclass
class Lookups:
    """The look-ups of one reader. at: says where Redis is. fallback: what to show when nothing was ever read."""

    at: Callable[[], str]
    scene: str | None = None
    variant: str | None = None
    pointer_seconds: float = 5.0
    fallback: Sequence[str] = ()
    clock: Callable[[], float] = time.monotonic
    shelves: dict[Place, Shelf] = field(default_factory=dict)

    def top(self, users: Sequence[str], wish: Wish) -> Flow[list[Answer]]:
        """One answer for each user."""
        recent = wish.recent[:RECENT_ITEMS]
        products = (keys.USER, keys.WHY) if wish.reasons else (keys.USER,)
        wanted = [(product, user) for user in users for product in products]
        wanted += [(keys.SIMILAR, item) for item in recent]
        wanted += [(keys.SEGMENT, wish.segment)] if wish.segment else []
        try:
            version, found = yield from self._find(wanted, wish)
        except (Unavailable, ReadError) as error:
            return [self._remembered(user, wish, error) for user in users]
        similar = [(item, version.read(found.get((keys.SIMILAR, item)))) for item in recent]
        return [_answer(version, user, found, similar, wish) for user in users]

    def popular(self, wish: Wish) -> Flow[Answer]:
        """The segment's list, or everyone's."""
        [answer] = yield from self.top([""], wish)
        return replace(answer, user=None)

    def similar(self, item: str, kind: str, wish: Wish) -> Flow[Answer]:
        """The i2i list of an item; the popular one when it has none."""
        if kind not in (keys.SIMILAR, keys.TOGETHER):
            raise ValueError(f"kind is {kind!r}: ask for {keys.SIMILAR!r} or {keys.TOGETHER!r}.")
        wish = replace(wish, exclude={*wish.exclude, item})
        try:
            version, found = yield from self._find([(kind, item)], wish)
        except (Unavailable, ReadError) as error:
            return replace(self._remembered("", wish, error), user=None)
        own = without(version.read(found.get((kind, item))), wish.exclude)[: wish.n]
        if own:
            return _answer_of(version, own, "item", None)
        return replace(_answer(version, "", {}, (), wish), user=None)

    def _find(self, wanted: Sequence[Name], wish: Wish) -> Flow[tuple[Version, Mapping[Name, bytes | None]]]:
        """The values of (product, id) pairs, all of one live version; ids that can't be stored have none.

        Raises Unavailable, NoPublication, UnknownScene, CorruptList.
        """
        scene = wish.scene or self.scene
        if scene is None:
            self.scene = scene = the_only_scene((yield from self._places()), self.at())
        variant = wish.variant or self.variant
        try:
            return (yield from self._read(self.shelf(Place(scene, variant)), wanted))
        except ReadError:
            if not variant:
                raise
        # A variant that isn't published yet, or no more: its users get what everyone gets.
        return (yield from self._read(self.shelf(Place(scene)), wanted))

    def shelf(self, place: Place) -> Shelf:
        return self.shelves.setdefault(place, Shelf(place))

    def _read(self, shelf: Shelf, wanted: Sequence[Name]) -> Flow[tuple[Version, Mapping[Name, bytes | None]]]:
        catalog, missed = keys.catalog(shelf.place), None
        for _ in range(ATTEMPTS):
            stale = shelf.live is None or self.clock() - shelf.live[1] >= self.pointer_seconds
            if shelf.live is None or missed:
                [live] = yield [("HGET", catalog, LIVE)]
                yield from self._point(shelf, live)
                stale = False
            assert shelf.live
            if shelf.live[0] == missed:
                break
            version = shelf.versions.get(shelf.live[0]) or (yield from self._load(shelf, shelf.live[0]))
            if version is None:
                missed = shelf.live[0]
                continue
            names = {name: f"{version.keys.stem}{name[0]}:{key}" for name in wanted if (key := _storable(name[1]))}
            # In this order: the popular list is unlinked first, so finding it means that the others weren't unlinked.
            commands: list[Command] = [*(("GET", key) for key in names.values()), ("GET", version.keys.popular)]
            # Whether the version is still the live one is asked in the same round trip, and mostly it is.
            replies = yield [("HGET", catalog, LIVE), *commands] if stale else commands
            if stale:
                yield from self._point(shelf, replies[0])
                if shelf.live[0] != version.keys.version:
                    continue
            if any(reply is not None for reply in replies[stale:]):
                shelf.good = version
                return version, dict(zip(names, map(raw, replies[stale:]), strict=False))
            missed = version.keys.version
        shelf.live = None
        raise NoPublication(f"{shelf.place}: the lists of version {missed} at {self.at()} have expired: publish again.")

    def _point(self, shelf: Shelf, live: Any) -> Flow[None]:
        if live is None:
            shelf.live = None
            raise not_published((yield from self._places()), shelf.place, self.at())
        shelf.live = text(live) or "", self.clock()

    def _load(self, shelf: Shelf, name: str) -> Flow[Version | None]:
        """A version's dictionary, channels and popular list; null when it is gone or of another format."""
        at = VersionKeys(shelf.place, name)
        chunks, stated, popular = yield [("HGETALL", at.items), ("GET", at.manifest), ("GET", at.popular)]
        manifest = Manifest.from_json(raw(stated) or b"")
        if manifest is None or popular is None:
            return None
        fields = {int(text(number) or 0): raw(ids) or b"" for number, ids in chunks.items()}
        ids = [item for number in sorted(fields) for item in decode_ids(fields[number])]
        channels = dict(zip(codes(len(manifest.channels)), manifest.channels, strict=False))
        version = Version(at, manifest, dict(zip(codes(len(ids)), ids, strict=False)), channels)
        version.popular.extend(version.read(raw(popular)))
        shelf.keep(version)
        return version

    def _places(self) -> Flow[list[Place]]:
        [members] = yield [("SMEMBERS", keys.SCENES)]
        return [Place.parse(text(member) or "") for member in members]

    def _remembered(self, user: str, wish: Wish, error: Exception) -> Answer:
        """An answer from memory. Raises `error` when there is nothing to answer with."""
        place = Place(wish.scene or self.scene or "", wish.variant or self.variant)
        shelves = [self.shelves.get(each) for each in (place, Place(place.scene))]
        good = next((shelf.good for shelf in shelves if shelf and shelf.good), None)
        source = (good.popular or list(good.names.values())) if good else list(self.fallback)
        if not source:
            raise error
        items = (without(source, {*wish.exclude, *wish.recent}) or source)[: wish.n]
        reasons: list[Reason | None] | None = [None] * len(items) if wish.reasons else None
        if good:
            return _answer_of(good, items, "memory", user, reasons)
        return Answer(user, items, "memory", place.scene, None, None, None, reasons)


def _answer(
    version: Version,
    user: str,
    found: Mapping[Name, bytes | None],
    similar: Sequence[tuple[str, Sequence[str]]],
    wish: Wish,
) -> Answer:
    """The first tier that leaves an item; the last one is whatever the version lists, most listed first."""
    excluded = {*wish.exclude, *wish.recent}
    # Without anything to leave out or to blend in, the rest of a list needn't be decoded.
    limit = None if excluded or wish.reasons else wish.n
    tiers: tuple[tuple[Tier, Callable[[], Sequence[str]]], ...] = (
        ("user", lambda: version.read(found.get((keys.USER, user)), limit)),
        ("segment", lambda: version.read(found.get((keys.SEGMENT, wish.segment or "")), limit)),
        ("popular", lambda: version.popular),
        ("popular", lambda: list(version.names.values())),
    )
    for tier, read in tiers:  # noqa: B007
        stored = read()
        blended, brought = blend(stored, similar) if similar and stored else (stored, {})
        items = without(blended, excluded)[: wish.n]
        if items:
            break
    else:
        # All that the version lists is excluded: something just seen is better than nothing.
        items, brought = version.popular[: wish.n], {}
    if not wish.reasons:
        return _answer_of(version, items, tier, user)
    why = version.read_reasons(found.get((keys.WHY, user))) if tier == "user" else []
    stated = dict(zip(stored, why, strict=False))
    stated.update((item, Reason(None, BLENDED, recent)) for item, recent in brought.items())
    return _answer_of(version, items, tier, user, [stated.get(item) for item in items])


def _answer_of(
    version: Version, items: list[str], tier: Tier, user: str | None, reasons: list[Reason | None] | None = None
) -> Answer:
    place, name = version.keys.place, version.keys.version
    return Answer(user, items, tier, place.scene, name, day_of(name), place.variant, reasons)


def _storable(name: str) -> str | None:
    """An escaped id; null for an id that nothing can be stored under, so that nothing is."""
    try:
        return keys.escape(name)
    except InvalidId:
        if not isinstance(name, str):
            raise
        return None
