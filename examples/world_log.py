"""What happens in the generated world on a stretch of one day: requests, impressions, and what users do with them.

Position bias follows the examination model: an item is clicked when it is looked at, with a probability that falls with
its position only, and is wanted, with a probability that depends on user and item only (Craswell et al., "An
experimental comparison of click position-bias models", WSDM 2008, doi:10.1145/1341531.1341545). Slots are in random
order, so a position says nothing about the item in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from examples.world_people import CATEGORIES, FAVOURITE_WEIGHTS, Items, Users

IMPRESSION, CLICK, LIKE, PURCHASE = range(4)
EVENT_NAMES = ("impression", "click", "like", "purchase")
DAY_SECONDS = 86_400

PAGE = 10  # slots of a request
EXAMINED = (np.arange(1, PAGE + 1) ** -0.6).astype(np.float32)  # by position, 1-based
POLICY = {"popularity": 0.35, "taste": 0.45, "exploration": 0.20}  # where the item of a slot comes from
FRESH_DAYS, STALE_WEIGHT = 7.0, 0.1  # popularity fades with age at this rate, down to this share

# Log-odds: constant, per unit of cosine between user and item, per unit of appeal.
WANTS = (-2.6, 4.0, 0.5)
LIKES = (-2.5, 2.5, 0.0)
BUYS = (-4.2, 3.0, 0.0)
# Seconds: log-normal around exp(constant + slope * cosine).
DWELL_CONSTANT, DWELL_SLOPE, DWELL_SPREAD, DWELL_LIMIT = 2.2, 1.6, 0.7, 1_800.0

# A bot opens a page every second and clicks nearly everything at once, for a minute on end.
BOT_RUN, BOT_CLICKS, BOT_DWELL_LIMIT = 60, 0.95, 0.4
NEXT_REQUEST_SECONDS, MORE_REQUESTS = 45, 0.5  # a human's next page in a session, and how likely there is one
# Share of sessions by hour of the day, 0 to 23: asleep at night, most awake in the evening.
_HOURS = np.array([2, 1, 1, 1, 1, 1, 2, 4, 5, 5, 5, 5, 6, 6, 5, 5, 5, 6, 7, 9, 10, 9, 6, 3], np.float64)
_HOUR_CDF = np.concatenate([[0.0], np.cumsum(_HOURS) / _HOURS.sum()])


@dataclass(frozen=True)
class Log:
    """Parallel arrays, one element an event, ascending in `second` (of the day).

    kind: IMPRESSION to PURCHASE. request: row of the request within this stretch. position: 1-based slot. dwell: tenths
    of a second, meaningful for clicks only.
    """

    kind: NDArray[np.int8]
    second: NDArray[np.int32]
    user: NDArray[np.int32]
    item: NDArray[np.int32]
    request: NDArray[np.int32]
    position: NDArray[np.int8]
    dwell: NDArray[np.int32]


@dataclass(frozen=True)
class Shown:
    """What users were shown: parallel arrays, one element an impression.

    second: of the day, when the page was opened. request: row of the request within this stretch. position: 1-based
    slot of the page.
    """

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    second: NDArray[np.int32]
    request: NDArray[np.int32]
    position: NDArray[np.int8]


class Shelf:
    """The items that are born by a day, ready for weighted draws: all of them, or those of one category."""

    def __init__(self, items: Items, day: int) -> None:
        self.size = items.alive(day)
        category = items.category[: self.size]
        age = day - items.born[: self.size]
        weight = np.exp(items.appeal[: self.size]) * (STALE_WEIGHT + np.exp(-age / FRESH_DAYS))
        self.order = np.argsort(category, kind="stable").astype(np.int32)
        self.mass = np.concatenate([[0.0], np.cumsum(weight[self.order])])
        self.edges = self.mass[np.searchsorted(category[self.order], np.arange(len(CATEGORIES) + 1))]

    def draw(self, rng: np.random.Generator, favourites: NDArray[np.int8]) -> NDArray[np.int32]:
        """favourites: (requests, 3). Returns (requests, PAGE) items by `POLICY`; one may fill two slots of a row."""
        shape = (len(favourites), PAGE)
        source = rng.random(shape, np.float32)
        rank = np.searchsorted(
            np.cumsum(FAVOURITE_WEIGHTS / FAVOURITE_WEIGHTS.sum())[:-1], rng.random(shape, np.float32)
        )
        liked = np.take_along_axis(favourites, rank, axis=1)
        by_taste = source < POLICY["taste"]
        low = np.where(by_taste, self.edges[liked], 0.0)
        high = np.where(by_taste, self.edges[liked + 1], self.mass[-1])
        at = np.searchsorted(self.mass, low + (high - low) * rng.random(shape), side="right") - 1
        chosen = self.order[np.minimum(at, self.size - 1)]
        explore = source >= 1.0 - POLICY["exploration"]
        chosen[explore] = self.any(rng, int(explore.sum()))
        return chosen

    def any(self, rng: np.random.Generator, count: int) -> NDArray[np.int32]:
        """(count,) items, each as likely as any other."""
        return rng.integers(self.size, size=count, dtype=np.int32)


def simulate(
    rng: np.random.Generator, users: Users, items: Items, shelf: Shelf, *, humans: int, bots: int, part: tuple[int, int]
) -> Log:
    """humans, bots: requests of either. part: (n, of) takes the n-th of equally busy stretches of the day."""
    user, second = _human_requests(rng, users, humans, part)
    bot_user, bot_second = _bot_requests(rng, users, bots, part)
    user, second = np.concatenate([user, bot_user]), np.concatenate([second, bot_second])
    is_bot = np.arange(len(user)) >= humans

    page = shelf.draw(rng, users.favourites[user])
    again = _repeated(page)
    page[again] = shelf.any(rng, int(again.sum()))
    page = rng.permuted(page, axis=1)  # repeats, now explorations, stood in the later slots
    shown = ~_repeated(page)
    position = np.cumsum(shown, axis=1).astype(np.int8)[shown]
    request = np.repeat(np.arange(len(user), dtype=np.int32), shown.sum(axis=1))
    impressions = Shown(user[request], page[shown], second[request], request, position)
    return react(rng, users, items, impressions, is_bot[request])


def react(
    rng: np.random.Generator, users: Users, items: Items, shown: Shown, is_bot: NDArray[np.bool_] | None = None
) -> Log:
    """The impressions and what users do with them. is_bot: (impressions,); without it all users are human."""
    user, item, second, position, request = shown.user, shown.item, shown.second, shown.position, shown.request
    is_bot = np.zeros(len(item), np.bool_) if is_bot is None else is_bot
    cosine = np.einsum("ij,ij->i", users.vectors[user], items.vectors[item])
    appeal = items.appeal[item]
    chance = EXAMINED[position - 1] * _chance(WANTS, cosine, appeal, users.engagement[user])
    clicked = np.flatnonzero(rng.random(len(item), np.float32) < np.where(is_bot, np.float32(BOT_CLICKS), chance))
    cosine, appeal, bot_click = cosine[clicked], appeal[clicked], is_bot[clicked]
    noise = rng.normal(scale=DWELL_SPREAD, size=len(clicked))
    human_dwell = np.minimum(np.exp(DWELL_CONSTANT + DWELL_SLOPE * cosine + noise), DWELL_LIMIT)
    dwell = np.where(bot_click, BOT_DWELL_LIMIT * rng.random(len(clicked)), human_dwell)
    look = rng.integers(1, 3 + position[clicked])
    click_second = second[clicked] + np.where(bot_click, 0, look)
    liked = ~bot_click & (rng.random(len(clicked), np.float32) < _chance(LIKES, cosine, appeal))
    bought = ~bot_click & (rng.random(len(clicked), np.float32) < _chance(BUYS, cosine, appeal))
    after = click_second + np.ceil(dwell).astype(np.int64)

    row = np.concatenate([np.arange(len(item)), clicked, clicked[liked], clicked[bought]])
    counts = [len(item), len(clicked), int(liked.sum()), int(bought.sum())]
    when = np.concatenate([second, click_second, after[liked], after[bought]])
    when = np.minimum(when, DAY_SECONDS - 1).astype(np.int32)
    tenths = np.zeros(len(row), np.int32)
    tenths[len(item) : len(item) + len(clicked)] = np.maximum(np.rint(dwell * 10), 1)
    order = np.argsort(when, kind="stable")
    row, kind = row[order], np.repeat(np.arange(4, dtype=np.int8), counts)[order]
    return Log(kind, when[order], user[row], item[row], request[row], position[row], tenths[order])


def _human_requests(
    rng: np.random.Generator, users: Users, count: int, part: tuple[int, int]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """(count,) users and seconds. Requests come in sessions of one user; active users have more of them."""
    opens = rng.random(count, np.float32) >= MORE_REQUESTS
    opens[:1] = True
    session = np.cumsum(opens) - 1
    nth = np.arange(count) - np.flatnonzero(opens)[session]
    sessions = int(opens.sum())
    cdf = np.cumsum(users.activity)
    who = np.searchsorted(cdf, rng.random(sessions) * cdf[-1], side="right")
    start = session_starts(rng, sessions, part)
    second = start[session] + nth * NEXT_REQUEST_SECONDS + rng.integers(NEXT_REQUEST_SECONDS, size=count)
    return who[session].astype(np.int32), np.minimum(second, DAY_SECONDS - 1).astype(np.int32)


def session_starts(rng: np.random.Generator, count: int, part: tuple[int, int] = (0, 1)) -> NDArray[np.float64]:
    """(count,) seconds of the day, few of them at night. part: as in `simulate`."""
    share = (part[0] + rng.random(count)) / part[1]
    return np.interp(share, _HOUR_CDF, np.linspace(0, DAY_SECONDS, len(_HOUR_CDF)))


def _bot_requests(
    rng: np.random.Generator, users: Users, count: int, part: tuple[int, int]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """(count,) users and seconds: runs of a request a second, one bot after the other."""
    run, nth = np.divmod(np.arange(count), BOT_RUN)
    first = rng.integers(max(len(users.bots), 1))
    start = (part[0] + rng.random(count // BOT_RUN + 1)) / part[1] * (DAY_SECONDS - BOT_RUN)
    if count == 0:
        return np.empty(0, np.int32), np.empty(0, np.int32)
    return users.bots[(first + run) % len(users.bots)].astype(np.int32), (start[run] + nth).astype(np.int32)


def _repeated(page: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Same shape: true where an earlier slot of the row holds the item already."""
    order = np.argsort(page, axis=1, kind="stable")
    ranked = np.take_along_axis(page, order, axis=1)
    same = np.zeros(page.shape, np.bool_)
    same[:, 1:] = ranked[:, 1:] == ranked[:, :-1]
    result = np.empty_like(same)
    np.put_along_axis(result, order, same, axis=1)
    return result


def _chance(
    weights: tuple[float, float, float],
    cosine: NDArray[np.float32],
    appeal: NDArray[np.float32],
    more: NDArray[np.float32] | float = 0.0,
) -> NDArray[np.float32]:
    constant, per_cosine, per_appeal = weights
    odds = constant + per_cosine * cosine + per_appeal * appeal + more
    return (1.0 / (1.0 + np.exp(-odds))).astype(np.float32)
