"""The inhabitants of the generated world: users and items with latent tastes, drawn once from the seed.

A category is a direction in taste space; the directions are orthogonal. An item lies near the direction of its
category, drawn aside by its author and by itself. A user is a mixture of a few favourite categories, which depend in
part on age group and gender, so that a profile says something about a user without history.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

CATEGORIES = {
    "baking": "Sourdough",
    "chess": "Endgame",
    "cinema": "Director",
    "cycling": "Gravel Ride",
    "drawing": "Sketchbook",
    "finance": "Savings",
    "football": "Match",
    "gardening": "Balcony",
    "hiking": "Ridge Walk",
    "history": "Archive",
    "knitting": "Cardigan",
    "music": "Record",
    "photography": "Portrait",
    "science": "Laboratory",
    "travel": "Night Train",
    "woodwork": "Workbench",
}
ADJECTIVES = (
    "Quiet",
    "Bright",
    "Slow",
    "Honest",
    "Hidden",
    "Early",
    "Northern",
    "Golden",
    "Plain",
    "Wild",
    "Little",
    "Late",
)
FORMS = ("Diary", "Guide", "Story", "Lesson", "Review", "Letter", "Notes", "Hour")
AGE_GROUPS = ("18-24", "25-34", "35-44", "45-54", "55+")
GENDERS = ("female", "male", "other")
CITIES = ("Aarhus", "Bergen", "Cork", "Delft", "Essen", "Faro", "Ghent", "Haifa", "Izmir", "Jena", "Kyoto", "Lima")

TASTE_SIZE = len(CATEGORIES)
FAVOURITE_WEIGHTS = np.array([1.0, 0.7, 0.4], np.float32)
DEMOGRAPHIC_PULL = 1.2  # spread of the log-odds of a category between age groups and genders
USER_NOISE, AUTHOR_NOISE, ITEM_NOISE = 0.3, 0.3, 0.3  # lengths beside a category's direction of length 1
ITEMS_PER_AUTHOR = 20
STOCK_DAYS = 60  # the items that are there on the first day were born in the days before it
BOT_REQUESTS_A_DAY = 120


@dataclass(frozen=True)
class Users:
    """Row n is user n. vectors: (users, taste), unit length. favourites: (users, 3) categories, dearest first.

    activity: (users,) share of the humans' sessions, 0 for bots. engagement: (users,) added to the log-odds of a click.
    age, gender, city: codes. bots: row numbers, ascending.
    """

    vectors: NDArray[np.float32]
    favourites: NDArray[np.int8]
    activity: NDArray[np.float64]
    engagement: NDArray[np.float32]
    age: NDArray[np.int8]
    gender: NDArray[np.int8]
    city: NDArray[np.int8]
    bots: NDArray[np.int64]

    def ids(self) -> list[str]:
        return [f"u{n:06d}" for n in range(len(self.vectors))]

    def table(self) -> pd.DataFrame:
        """Grain: user. user_id, age_group, gender, city; never null."""
        return pd.DataFrame(
            {
                "user_id": self.ids(),
                "age_group": np.array(AGE_GROUPS)[self.age],
                "gender": np.array(GENDERS)[self.gender],
                "city": np.array(CITIES)[self.city],
            }
        )


@dataclass(frozen=True)
class Items:
    """Row n is item n, in the order of birth. vectors: (items, taste), unit length. category, author: codes.

    appeal: (items,) standard normal, what makes an item liked by all. cents: price. born: days after the world's first
    day, ascending; 0 or less for the stock that is there on the first day.
    """

    vectors: NDArray[np.float32]
    category: NDArray[np.int8]
    author: NDArray[np.int32]
    appeal: NDArray[np.float32]
    cents: NDArray[np.int32]
    born: NDArray[np.int32]

    def ids(self) -> list[str]:
        return [f"i{n:05d}" for n in range(len(self.vectors))]

    def alive(self, day: int) -> int:
        """How many items, from row 0 on, were born on or before the day."""
        return int(np.searchsorted(self.born, day, side="right"))

    def table(self, first_day: np.datetime64) -> pd.DataFrame:
        """Grain: item, born or not. item_id, title, category, author_id, price (money), born_on; never null."""
        topics = list(CATEGORIES.values())
        looks, forms = len(ADJECTIVES), len(FORMS)
        titles = [
            f"{ADJECTIVES[n % looks]} {topics[c]} {FORMS[n // looks % forms]} {n}"
            for n, c in enumerate(self.category.tolist())
        ]
        return pd.DataFrame(
            {
                "item_id": self.ids(),
                "title": titles,
                "category": np.array(list(CATEGORIES))[self.category],
                "author_id": [f"a{author:04d}" for author in self.author.tolist()],
                "price": self.cents / 100,
                "born_on": (first_day + self.born).astype(str),
            }
        )


def directions(rng: np.random.Generator) -> NDArray[np.float32]:
    """(categories, taste): orthogonal unit vectors, one per category."""
    return np.linalg.qr(rng.normal(size=(TASTE_SIZE, TASTE_SIZE)))[0].astype(np.float32)


def make_users(rng: np.random.Generator, centres: NDArray[np.float32], users: int, bot_requests: float) -> Users:
    """users: how many. bot_requests: requests that bots make on a day; they decide how many of the users are bots."""
    age = rng.choice(len(AGE_GROUPS), users, p=[0.22, 0.28, 0.22, 0.16, 0.12]).astype(np.int8)
    gender = rng.choice(len(GENDERS), users, p=[0.49, 0.48, 0.03]).astype(np.int8)
    pulls = rng.normal(scale=DEMOGRAPHIC_PULL, size=(len(AGE_GROUPS), len(GENDERS), len(CATEGORIES))).astype(np.float32)
    # Gumbel noise makes the top three a draw without replacement by those odds.
    odds = pulls[age, gender] - np.log(-np.log(rng.random((users, len(CATEGORIES)), np.float32) + 1e-9) + 1e-9)
    favourites = np.argsort(-odds, axis=1)[:, : len(FAVOURITE_WEIGHTS)].astype(np.int8)
    pure = sum(weight * centres[favourites[:, n]] for n, weight in enumerate(FAVOURITE_WEIGHTS))
    bot_count = min(max(1, round(bot_requests / BOT_REQUESTS_A_DAY)), users // 2) if bot_requests > 0 else 0
    bots = np.sort(rng.choice(users, bot_count, replace=False)).astype(np.int64)
    activity = rng.gamma(0.8, size=users)
    activity[bots] = 0.0
    return Users(
        vectors=_unit(pure + _noise(rng, users, USER_NOISE)),
        favourites=favourites,
        activity=activity / activity.sum(),
        engagement=rng.normal(scale=0.5, size=users).astype(np.float32),
        age=age,
        gender=gender,
        city=rng.integers(len(CITIES), size=users).astype(np.int8),
        bots=bots,
    )


def make_items(
    rng: np.random.Generator, centres: NDArray[np.float32], items: int, *, days: int, born_share: float
) -> Items:
    """items: how many in all; the share `born_share` of them is born on the days 1 to `days` - 1, evenly."""
    later = round(items * born_share) if days > 1 else 0
    stock = rng.integers(-STOCK_DAYS, 1, size=items - later)
    born = np.sort(np.concatenate([stock, rng.integers(1, max(days, 2), size=later)])).astype(np.int32)
    authors = max(len(CATEGORIES), items // ITEMS_PER_AUTHOR)
    author = rng.integers(authors, size=items).astype(np.int32)
    # An author writes in one category; the first ones cover all of them.
    category = (author % len(CATEGORIES)).astype(np.int8)
    aside = _noise(rng, authors, AUTHOR_NOISE)[author] + _noise(rng, items, ITEM_NOISE)
    return Items(
        vectors=_unit(centres[category] + aside),
        category=category,
        author=author,
        appeal=rng.normal(size=items).astype(np.float32),
        cents=np.clip(rng.lognormal(6.6, 0.6, size=items), 99, 9_999).astype(np.int32),
        born=born,
    )


def _noise(rng: np.random.Generator, rows: int, length: float) -> NDArray[np.float32]:
    """(rows, taste): random directions of about the given length."""
    return rng.normal(scale=length / np.sqrt(TASTE_SIZE), size=(rows, TASTE_SIZE)).astype(np.float32)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
