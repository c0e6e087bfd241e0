"""The app of the closed loop: who opens it on a day, what they are shown, what they do, and the log of that day.

Half of the users are shown their own lists, the others everyone's popular list, by the experiment that runs on the
scene. Both come from the reader, page by page, without what the user has taken before. Besides, users browse as they
always did in the generated world: that is the history before the first list, and goes on at a lower rate in a scene of
its own, so that it is no part of the comparison. The same settings and the same lists give the same bytes.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from examples.landing import LandingError
from examples.world import World, WorldConfig
from examples.world_lines import SCENE, LineWriter
from examples.world_log import (
    CLICK,
    DAY_SECONDS,
    MORE_REQUESTS,
    NEXT_REQUEST_SECONDS,
    PAGE,
    Log,
    Shelf,
    Shown,
    react,
    session_starts,
    simulate,
)
from predawn import Reader
from predawn.assignment import CONTROL, Experiment

LISTS = "lists"  # the variant whose users are shown their own lists; the control is shown the popular one
BROWSING = "browse"  # the scene of what users find by themselves
# Streams of random numbers, beside the world's own two, so that a day's visits don't hang on what the lists were.
_BROWSE_STREAM, _VISIT_STREAM, _REACT_STREAM = 2, 3, 4
_BROWSE_PART, _SERVED_PART = 0, 1
MOST_SESSIONS = 1e9
MOST_VISITORS = 0.9  # share of the humans, beyond which no number of sessions is asked for


@dataclass(frozen=True)
class LoopConfig:
    """history: days of browsing before the first lists. days: days on which lists are shown. events_a_day: lines,
    about, of both kinds of days. browsing: share of a day's requests in the loop that are no lists'. born_share: of the
    items, those born after the first day, evenly.
    """

    first_day: dt.date = dt.date(2026, 1, 1)
    history: int = 7
    days: int = 10
    users: int = 2_000
    items: int = 800
    events_a_day: int = 20_000
    browsing: float = 0.1
    born_share: float = 0.4
    seed: int = 7

    def __post_init__(self) -> None:
        """Raises LandingError for settings out of range; the world checks its own."""
        if self.history < 3 or self.days < 1:
            raise LandingError(
                f"history must be at least 3 days, two label windows of the first ranker, and days at least 1, "
                f"not {self.history} and {self.days}"
            )
        if not 0 <= self.browsing < 1:
            raise LandingError(f"browsing must be in [0, 1), not {self.browsing}")

    @property
    def world(self) -> WorldConfig:
        days = self.history + self.days
        return WorldConfig(
            *(self.first_day, days, self.users, self.items, self.events_a_day * days, self.seed),
            born_share=self.born_share,
        )

    @property
    def past(self) -> list[dt.date]:
        return [self.first_day + dt.timedelta(n) for n in range(self.history)]

    @property
    def loop(self) -> list[dt.date]:
        """The days on which lists are shown."""
        return [self.first_day + dt.timedelta(self.history + n) for n in range(self.days)]


@dataclass(frozen=True)
class Visits:
    """Who opens the app on a day, each user once at most: parallel arrays. pages: looked at. second: of the day."""

    user: NDArray[np.int32]
    pages: NDArray[np.int64]
    second: NDArray[np.int32]


@dataclass(frozen=True)
class Served:
    """What visitors are answered with. items: of each visitor, best first. version: of all answers. tiers: variant and
    tier of the reader -> visitors."""

    items: list[NDArray[np.int32]]
    version: str
    tiers: Counter[tuple[str, str]] = field(default_factory=Counter)


class App:
    """One run of the app through all its days, which come in order: it remembers what users have taken."""

    def __init__(self, config: LoopConfig) -> None:
        self.config = config
        self.world = World(config.world)
        self.taken = np.zeros((config.users, config.items), np.bool_)
        self._user_ids, item_ids = self.world.users.ids(), self.world.items.ids()
        self._item_rows = {item: row for row, item in enumerate(item_ids)}
        self._writer = LineWriter(self.world.users, self.world.items)
        self._requests = config.world.requests_a_day
        self._sessions = self._sessions_a_day()

    def past_day(self, day: dt.date) -> list[bytes]:
        """The log of a day before the first lists, in parts."""
        return [self._browse(day, self._requests)]

    def loop_day(self, day: dt.date, reader: Reader, experiment: Experiment) -> tuple[list[bytes], Served]:
        """The log of a day with lists, in parts, and what the visitors were answered with."""
        found = self._browse(day, self._requests * self.config.browsing)
        visits = self.visits(day)
        arms = np.array([experiment.variant(user) for user in self._user_ids])
        served = self.look_up(visits, arms, reader)
        rng = self._rng(_REACT_STREAM, day)
        log = react(rng, self.world.users, self.world.items, self.pages(visits, served.items))
        self._remember(log)
        return [found, self._lines(rng, log, day, _SERVED_PART, arms, served.version)], served

    def visits(self, day: dt.date) -> Visits:
        """Who comes, when and for how long is drawn for every user, so it is the same whatever anyone was shown."""
        rng, users = self._rng(_VISIT_STREAM, day), self.world.users
        count = len(users.activity)
        comes = rng.random(count) < 1.0 - np.exp(-self._sessions * users.activity)
        pages, second = rng.geometric(1.0 - MORE_REQUESTS, count), session_starts(rng, count)
        who = np.flatnonzero(comes).astype(np.int32)
        return Visits(who, pages[who], second[who].astype(np.int32))

    def look_up(self, visits: Visits, arms: NDArray[np.str_], reader: Reader) -> Served:
        """arms: (users,) variant of each. Raises LandingError when the lists change while they are read."""
        longest = len(self._item_rows)
        popular = reader.popular(longest)
        items, versions, tiers = [], {popular.version}, Counter[tuple[str, str]]()
        for user in visits.user.tolist():
            own = arms[user] == LISTS
            answer = reader.top(self._user_ids[user], longest) if own else popular
            items.append(np.array([self._item_rows[item] for item in answer.items], np.int32))
            versions.add(answer.version)
            tiers[str(arms[user]), answer.tier] += 1
        if len(versions) > 1 or popular.version is None:
            raise LandingError(f"the lists of a day are of the versions {versions}: publish nothing beside the loop")
        return Served(items, popular.version, tiers)

    def pages(self, visits: Visits, lists: Sequence[NDArray[np.int32]]) -> Shown:
        """What visitors see: the list without what they have taken, page by page, as far as they look or it reaches."""
        shown = [
            items[~self.taken[user, items]][: pages * PAGE]
            for user, pages, items in zip(visits.user, visits.pages, lists, strict=True)
        ]
        lengths = np.array([len(items) for items in shown], np.int64)
        visit = np.repeat(np.arange(len(shown)), lengths)
        place = np.arange(len(visit)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        opened = -(-lengths // PAGE)
        request = (np.cumsum(opened) - opened)[visit] + place // PAGE
        second = visits.second[visit] + place // PAGE * NEXT_REQUEST_SECONDS
        return Shown(
            user=visits.user[visit],
            item=np.concatenate([np.zeros(0, np.int32), *shown]),
            second=np.minimum(second, DAY_SECONDS - 1).astype(np.int32),
            request=request.astype(np.int32),
            position=(place % PAGE + 1).astype(np.int8),
        )

    def _browse(self, day: dt.date, requests: float) -> bytes:
        rng, world = self._rng(_BROWSE_STREAM, day), self.world
        bots = round(requests * world.config.bot_share)
        log = simulate(
            *(rng, world.users, world.items, Shelf(world.items, self._number(day))),
            humans=max(1, round(requests) - bots),
            bots=bots,
            part=(0, 1),
        )
        self._remember(log)
        return self._lines(rng, log, day, _BROWSE_PART)

    def _lines(
        self,
        rng: np.random.Generator,
        log: Log,
        day: dt.date,
        part: int,
        arms: NDArray[np.str_] | None = None,
        version: str = "",
    ) -> bytes:
        """As apps log: docs/experiments.md."""
        shares = self.world.config
        endings: tuple[str, ...] = (f',"scene":"{BROWSING}"',)
        ending_of = None
        if arms is not None:
            logged = [{"scene": SCENE, "variant": name, "version": version} for name in (CONTROL, LISTS)]
            endings = tuple("," + json.dumps(fields, separators=(",", ":"))[1:-1] for fields in logged)
            ending_of = (arms == LISTS).astype(np.int8)
        return self._writer.write(
            *(rng, log, day, part),
            duplicates=shares.duplicate_share,
            malformed=shares.malformed_share,
            endings=endings,
            ending_of=ending_of,
        )

    def _remember(self, log: Log) -> None:
        clicked = log.kind == CLICK
        self.taken[log.user[clicked], log.item[clicked]] = True

    def _sessions_a_day(self) -> float:
        """How many sessions bring as many requests as browsing lacks in the loop, though a user comes once a day."""
        activity = self.world.users.activity
        wanted = self._requests * (1.0 - self.config.browsing) * (1.0 - MORE_REQUESTS)
        wanted = min(wanted, MOST_VISITORS * np.count_nonzero(activity))

        def surplus(sessions: float) -> float:
            return float((1.0 - np.exp(-sessions * activity)).sum()) - wanted

        return float(brentq(surplus, 0.0, MOST_SESSIONS))

    def _rng(self, stream: int, day: dt.date) -> np.random.Generator:
        return np.random.default_rng([self.config.seed, stream, self._number(day)])

    def _number(self, day: dt.date) -> int:
        return (day - self.config.first_day).days
