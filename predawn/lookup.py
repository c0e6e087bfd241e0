"""How a reader finds its answers, without input or output of its own, so that sync and asyncio readers are the same.

A look-up is a generator: it yields the commands of one round trip, receives their replies (or Unavailable, thrown in),
and returns its answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, TypeVar

from predawn import keys
from predawn.answers import RECENT_ITEMS, Answer, Name, Wish, answer, answer_of, without
from predawn.assignment import CONTROL, Experiment
from predawn.catalog import LIVE, not_published, parse_catalog, the_only_scene
from predawn.codec import Reason
from predawn.connection import Command, raw, text
from predawn.errors import CorruptList, NoPublication, ReadError, Unavailable
from predawn.experiments import Running
from predawn.keys import Place, VersionKeys
from predawn.known import Known, Loaded, names_of
from predawn.manifest import Manifest
from predawn.publication import KeptVersion, Status

T = TypeVar("T")
Flow: TypeAlias = Generator[Sequence[Command], list[Any], T]

USERS_AT_ONCE = 1000  # keep a server of one thread free for others
ATTEMPTS = 10  # versions tried for one answer before giving up


def run(flow: Flow[T], send: Callable[[Sequence[Command]], list[Any]]) -> T:
    """A look-up's answer; `send` may raise Unavailable."""
    try:
        commands = next(flow)
        while True:
            try:
                replies = send(commands)
            except Unavailable as error:
                commands = flow.throw(error)
            else:
                commands = flow.send(replies)
    except StopIteration as done:
        return done.value


@dataclass
class Lookups:
    """The look-ups of one reader. at: where Redis is; fallback: what to show when nothing was ever read."""

    at: str
    scene: str | None = None
    variant: str | None = None
    pointer_seconds: float = 5.0
    fallback: Sequence[str] = ()
    clock: Callable[[], float] = time.monotonic
    places: dict[Place, Known] = field(default_factory=dict)
    experiments: Running = field(default_factory=Running)

    def top(self, users: Sequence[str], wish: Wish) -> Flow[list[Answer]]:
        """One answer for each user; USERS_AT_ONCE of them come from one version."""
        answers: list[Answer] = []
        for start in range(0, len(users), USERS_AT_ONCE):
            answers += yield from self._assigned(users[start : start + USERS_AT_ONCE], wish)
        return answers

    def _assigned(self, users: Sequence[str], wish: Wish) -> Flow[list[Answer]]:
        """As `_top`, each user with the lists of the variant that the scene's experiment assigns."""
        experiment = yield from self._experiment(wish)
        if experiment is None:
            return (yield from self._top(users, wish))
        variants = [experiment.variant(user) for user in users]
        found: dict[int, Answer] = {}
        for variant in dict.fromkeys(variants):
            mine = [n for n, assigned in enumerate(variants) if assigned == variant]
            shown = replace(wish, variant=None if variant == CONTROL else variant)
            answers = yield from self._top([users[n] for n in mine], shown)
            # A variant without lists answers with everyone's, and says so: those users saw no variant.
            named = [replace(each, variant=CONTROL) for each in answers] if variant == CONTROL else answers
            found.update(zip(mine, named, strict=True))
        return [found[n] for n in range(len(users))]

    def _experiment(self, wish: Wish) -> Flow[Experiment | None]:
        """What runs on the scene, remembered like the live version; null where the caller names variant or version."""
        if self.experiments.source is False or wish.variant or self.variant or wish.version:
            return None
        try:
            scene = yield from self._scene(wish.scene)
        except (Unavailable, ReadError):
            return None  # the look-up itself says what is wrong
        return (yield from self.experiments.of(scene, self.clock(), self.pointer_seconds, Place(scene) in self.places))

    def _top(self, users: Sequence[str], wish: Wish) -> Flow[list[Answer]]:
        products = (keys.USER, keys.WHY) if wish.reasons else (keys.USER,)
        wanted = [(product, user) for user in users for product in products]
        wanted += [(keys.SIMILAR, item) for item in wish.recent[:RECENT_ITEMS]]
        wanted += [(keys.SEGMENT, wish.segment)] if wish.segment else []
        try:
            version, found = yield from self.find(wanted, wish)
        except (Unavailable, ReadError) as error:
            return [self._remembered(user, wish, error) for user in users]
        return [answer(version, user, found, wish) for user in users]

    def popular(self, wish: Wish) -> Flow[Answer]:
        """The segment's list, or everyone's."""
        [found] = yield from self._top([""], wish)
        return replace(found, user=None)

    def similar(self, item: str, kind: str, wish: Wish) -> Flow[Answer]:
        """The i2i list of an item; the popular one when it has none."""
        if kind not in (keys.SIMILAR, keys.TOGETHER):
            raise ValueError(f"kind is {kind!r}: ask for {keys.SIMILAR!r} or {keys.TOGETHER!r}.")
        wish = replace(wish, exclude={*wish.exclude, item})
        try:
            version, found = yield from self.find([(kind, item)], wish)
        except (Unavailable, ReadError) as error:
            return replace(self._remembered("", wish, error), user=None)
        own = without(version.read(found.get((kind, item))), wish.seen)[: wish.n]
        if own:
            return answer_of(version, own, "item", None)
        return replace(answer(version, "", {}, wish), user=None)

    def features(self, item: str, wish: Wish) -> Flow[dict[str, Any] | None]:
        version, found = yield from self.find([(keys.FEATURES, item)], wish)
        return version.read_features(found.get((keys.FEATURES, item)))

    def vector(self, item: str, wish: Wish) -> Flow[list[float] | None]:
        version, found = yield from self.find([(keys.VECTOR, item)], wish)
        return version.read_vector(found.get((keys.VECTOR, item)))

    def status(self, scene: str | None, variant: str | None) -> Flow[Status]:
        """The live version and all kept ones; a place without publications is an empty status."""
        place = Place((yield from self._scene(scene)), variant or self.variant)
        [fields] = yield [("HGETALL", keys.catalog(place))]
        live, entries = parse_catalog(fields or {})
        at = [VersionKeys(place, entry.version) for entry in entries]
        replies = yield [("GET", key) for each in at for key in (each.popular, each.manifest)] if at else []
        versions = []
        for entry, popular, stated in zip(entries, replies[::2], replies[1::2], strict=True):
            manifest = Manifest.from_json(raw(stated) or b"") if popular else None
            state = "expired" if entry.is_ready and manifest is None else entry.state
            versions.append(KeptVersion(entry.version, state, entry.version == live, entry.time, manifest))
        return Status(place.scene, place.variant, live, versions)

    def _scene(self, scene: str | None) -> Flow[str]:
        """The scene that is meant. Raises NoPublication, UnknownScene."""
        if not scene and not self.scene:
            self.scene = the_only_scene((yield from self._published()), self.at)
        return scene or self.scene or ""

    def find(self, wanted: Sequence[Name], wish: Wish) -> Flow[tuple[Loaded, Mapping[Name, bytes | None]]]:
        """The values of (product, id) pairs, all of one version; ids that can't be stored have none.

        Raises Unavailable, NoPublication, UnknownScene, CorruptList.
        """
        scene = yield from self._scene(wish.scene)
        variant = wish.variant or self.variant
        try:
            return (yield from self._read(Place(scene, variant), wanted, wish.version))
        except ReadError:
            if not variant or wish.version:
                raise
        # A variant that isn't published yet, or no more: its users get what everyone gets.
        return (yield from self._read(Place(scene), wanted, None))

    def _read(
        self, place: Place, wanted: Sequence[Name], pinned: str | None
    ) -> Flow[tuple[Loaded, Mapping[Name, bytes | None]]]:
        known, missed = self.places.get(place) or Known(place), None
        stale = not pinned and (known.live is None or self.clock() - known.live[1] >= self.pointer_seconds)
        for _ in range(ATTEMPTS):
            if not pinned and (known.live is None or missed):
                yield from self._point(known, (yield [("HGET", known.catalog, LIVE)])[0])
                stale = False
            name = pinned or (known.live[0] if known.live else "")
            if name == missed:
                break
            version = known.versions.get(name) or (yield from self._load(known, name))
            if version is None:
                missed = name
                continue
            names = names_of(version.keys, wanted)
            # In this order: the popular list is unlinked first, so finding it means that the others weren't unlinked.
            commands: list[Command] = [*(("GET", key) for key in names.values()), ("GET", version.keys.popular)]
            # Whether the version is still the live one is asked in the same round trip, and mostly it is.
            replies = yield [("HGET", known.catalog, LIVE), *commands] if stale else commands
            values = replies[stale:]
            if stale:
                yield from self._point(known, replies[0])
                # Once is enough: a pointer that moves all the time must not be run after.
                stale = False
                if known.live and known.live[0] != name:
                    continue
            if any(value is not None for value in values):
                if not pinned:
                    known.good = version
                return version, dict(zip(names, map(raw, values), strict=False))
            missed = name
        if pinned:
            raise NoPublication(f"{place} keeps no version {pinned} at {self.at}: see `predawn status`.")
        known.live = None
        raise NoPublication(f"{place}: the lists of version {missed} at {self.at} have expired: publish again.")

    def _point(self, known: Known, live: Any) -> Flow[None]:
        if live is None:
            known.live = None
            raise not_published((yield from self._published()), known.place, self.at)
        known.live = text(live) or "", self.clock()

    def _load(self, known: Known, name: str) -> Flow[Loaded | None]:
        at = VersionKeys(known.place, name)
        replies = yield [("HGETALL", at.items), ("GET", at.manifest), ("GET", at.popular)]
        try:
            version = Loaded.of(at, *replies)
        except CorruptList:
            known.live = None  # so that the next request asks what is live
            raise
        if version:
            known.keep(version)
            # Only now, so that names that anyone may ask for don't fill the memory.
            self.places[known.place] = known
        return version

    def _published(self) -> Flow[list[Place]]:
        [members] = yield [("SMEMBERS", keys.SCENES)]
        return [Place.parse(text(member) or "") for member in members or ()]

    def _remembered(self, user: str, wish: Wish, error: Exception) -> Answer:
        """An answer from memory. Raises `error` when there is none, or a certain version was asked for."""
        place = Place(wish.scene or self.scene or "", wish.variant or self.variant)
        known = [self.places.get(each) for each in (place, Place(place.scene))]
        good = next((each.good for each in known if each and each.good), None)
        source = (good.popular or list(good.names.values())) if good else list(self.fallback)
        if wish.version or not source:
            raise error
        items = (without(source, wish.seen) or source)[: wish.n]
        reasons: list[Reason | None] | None = [None] * len(items) if wish.reasons else None
        if good:
            return answer_of(good, items, "memory", user, reasons)
        return Answer(user, items, "memory", place.scene, None, None, None, reasons)
