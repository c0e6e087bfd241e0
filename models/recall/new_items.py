"""New items: the best of them, and a share of places for those of which nothing can be known yet."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from models.recall.affinity import group_affinity, narrow_groups
from models.recall.base import Channel, ChannelConfig
from models.recall.ragged import empty_lists, offsets_of
from models.recall.topk import by_blocks
from models.types import Catalogue, Interactions, Lists

MIX, SPREAD, SHIFT = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0x9E3779B97F4A7C15), np.uint64(33)
PRIOR_DAYS = 7.0  # of an average item's takings, that an item's own are drawn to where no exposures are logged

LEAST_RATE = 1e-6
GROUPS = 50  # of each kind that a user's liking is looked up in
PLACES = 2000  # the longest list
ROUNDING = 1e-9  # 5 x 0.2 is a whole number
NOWHERE = np.iinfo(np.int64).max


class NewItemsConfig(ChannelConfig):
    """max_age_days: older items aren't new. items: the best new ones that are looked at, and as many untried ones.
    untried: items with fewer user-days than this are untried. explore: share of the places that are drawn among them.
    match: how much a user's share of days with the item's groups adds to its rate. affinity_days: days after which a
    user's day counts half for that.
    """

    max_age_days: int = Field(14, ge=0)
    items: int = Field(300, ge=1, le=2000)
    untried: int = Field(5, ge=0)
    explore: float = Field(0.2, ge=0, le=1)
    match: float = Field(3.0, ge=0, allow_inf_nan=False)
    affinity_days: float = Field(30.0, gt=0)


class NewItems(Channel[NewItemsConfig]):
    """New items by their rate, raised where the user likes their groups; at every so manieth place an untried one.

    Rate: positive events per exposure; where exposures aren't logged, user-days per day since the item is there, drawn
    to the mean. Untried items are drawn by a hash of user, item, its age and the seed, with chances in proportion to
    their rates: so each user is asked about others, and about others again the next day. Scores tell places only.
    """

    name: ClassVar[str] = "new_items"
    Config: ClassVar[type[NewItemsConfig]] = NewItemsConfig
    needs: ClassVar[frozenset[str]] = frozenset({"groups", "ages", "rates"})

    def _fit(self, interactions: Interactions, catalogue: Catalogue) -> None:
        config, n_items = self.config, interactions.shape[1]
        days = np.bincount(interactions.items, minlength=n_items)
        self._ages = _ages(interactions, catalogue)
        rates = _rates(days, self._ages, catalogue)
        new = (self._ages >= 0) & (self._ages <= config.max_age_days)
        untried = new & (days < config.untried)
        self._best, self._drawn = (
            np.sort(np.lexsort((np.arange(n_items), -np.where(of, rates, -1)))[: min(config.items, int(of.sum()))])
            for of in (new & ~untried, untried)
        )
        self._rates = rates.astype(np.float32)
        self._likes = [
            (group_affinity(interactions, codes, config.affinity_days, GROUPS), codes[self._best])
            for codes in narrow_groups(catalogue.groups).values()
        ]

    def _recall(self, users: np.ndarray, k: int) -> Lists:
        if not len(self._best) + len(self._drawn):
            return empty_lists(len(users))
        items = np.concatenate([self._best, self._drawn])

        def top(block: np.ndarray) -> Lists:
            free = self._free(block, items)
            places = np.concatenate(
                [
                    self._places(self._liked(block), free[:, : len(self._best)], explored=False),
                    self._places(self._chances(block), free[:, len(self._best) :], explored=True),
                ],
                axis=1,
            )
            order = np.argsort(places, axis=1, kind="stable")[:, :k]
            placed = np.take_along_axis(places, order, axis=1)
            listed = placed < NOWHERE
            scores = (1 / (1 + placed[listed])).astype(np.float32)
            return Lists(offsets_of(np.count_nonzero(listed, axis=1)), items[order[listed]].astype(np.int32), scores)

        return by_blocks(top, users, 4 * len(items), num_threads=1)

    def _free(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """(users, items) bool: which of them may be listed."""
        column = np.full(len(self._rates), -1)
        column[items] = np.arange(len(items))
        rows, seen = self._seen_entries(users)
        free = np.ones((len(users), len(items)), bool)
        known = column[seen] >= 0
        free[rows[known], column[seen[known]]] = False
        return free

    def _liked(self, users: np.ndarray) -> np.ndarray:
        """(users, best) float32: the rates, raised by the user's share of days with the items' groups."""
        liking = np.zeros((len(users), len(self._best)), np.float32)
        for affinity, codes in self._likes:
            mine = affinity[users]
            total = np.asarray(mine.sum(axis=1)).ravel()
            share = np.divide(1, total, out=np.zeros(len(users), np.float32), where=total > 0)
            known = np.flatnonzero(codes >= 0)
            liking[:, known] += share[:, None] * mine[:, codes[known]].toarray()
        liked: np.ndarray = self._rates[self._best] * (1 + self.config.match * liking)
        return liked

    def _chances(self, users: np.ndarray) -> np.ndarray:
        """(users, drawn) float: the greatest come first; a race of exponential times, so that rates are chances."""
        drawn = self._drawn.astype(np.uint64)
        seed = _mixed(np.array([self.seed % (1 << 63)], np.uint64) * SPREAD) ^ self._ages[self._drawn].astype(np.uint64)
        mixed = _mixed(_mixed(users.astype(np.uint64) * SPREAD)[:, None] ^ _mixed(drawn * SPREAD ^ _mixed(seed)))
        uniform = ((mixed >> np.uint64(12)).astype(np.float64) + 0.5) / (1 << 52)
        chances: np.ndarray = np.log(uniform) / self._rates[self._drawn]
        return chances

    def _places(self, values: np.ndarray, free: np.ndarray, explored: bool) -> np.ndarray:
        """(users, n) int: the place of each item in its user's list, from 0; NOWHERE for what may not be listed.

        Of all places the n-th is explored where n x the share of explored ones passes a whole number.
        """
        order = np.argsort(np.where(free, -values, np.inf), axis=1, kind="stable")
        explore = np.floor(np.arange(1, PLACES + 1) * self.config.explore + ROUNDING)
        at = np.flatnonzero((np.diff(explore, prepend=0) > 0) == explored)[: values.shape[1]]
        at = np.concatenate([at, PLACES + np.arange(values.shape[1] - len(at))])
        places = np.empty(values.shape, np.int64)
        np.put_along_axis(places, order, np.broadcast_to(at, values.shape), axis=1)
        places[~free] = NOWHERE
        return places


def _ages(interactions: Interactions, catalogue: Catalogue) -> np.ndarray:
    """(items,) days since creation, else since the item was first taken; -1 unknown."""
    first = np.full(interactions.shape[1], -1, np.int64)
    np.maximum.at(first, interactions.items, interactions.ages)
    if catalogue.ages is None:
        return first
    return np.where(catalogue.ages >= 0, catalogue.ages, first)


def _rates(days: np.ndarray, ages: np.ndarray, catalogue: Catalogue) -> np.ndarray:
    """(items,) float64 above 0."""
    there = np.maximum(ages, 0) + 1
    mean = days.sum() / max(there[ages >= 0].sum(), 1)
    daily = (days + PRIOR_DAYS * mean) / (there + PRIOR_DAYS)
    rates = daily if catalogue.rates is None else np.where(np.isnan(catalogue.rates), 0, catalogue.rates)
    return np.maximum(rates, LEAST_RATE)


def _mixed(values: np.ndarray) -> np.ndarray:
    """A hash of each number."""
    for _ in range(2):
        values = (values ^ (values >> SHIFT)) * MIX
    return values ^ (values >> SHIFT)
