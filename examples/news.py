"""A generated news site: what readers open of articles that live for hours, drawn from a seed.

Articles appear all day, have an appeal, a section and a life of a few hours; readers have sections that they like,
come a few times a day, and open what draws them most at that moment. Half of what will be read tomorrow is not
written yet, and what led yesterday is over: the hard case for lists made at night. Each day depends on the settings and
the day alone. Nothing here is observed from people.

    python -m examples.news --raw var/raw/news --days 14 --readers 4000
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from examples.landing import LandingError, check_span, days_between, exit_status, land_day, parse_day

SECTIONS = 12
LIVES, LIFE_SHARES = np.array([4.0, 8.0, 20.0]) / 24, (0.4, 0.4, 0.2)  # days in which the appeal falls by one
SHELF = 3.0  # days after which nobody finds an article
QUIET_SHARE = 0.25  # of the articles that the day hours have, between ten in the evening and six
HOURS = np.array([7, 8, 9, 12, 13, 18, 19, 20, 21, 22])  # in which people read
MOST_OPENED = 4  # articles of a visit
VISITS = 1.2  # a day of the middle reader
_ARTICLES, _READERS, _VISITS = range(3)  # streams of random numbers


@dataclasses.dataclass(frozen=True)
class NewsConfig:
    """articles: a day, about. readers: over all days; three of ten come for the first time after the first day."""

    first_day: dt.date = dt.date(2026, 3, 2)
    days: int = 14
    readers: int = 4_000
    articles: int = 180
    seed: int = 7

    def __post_init__(self) -> None:
        """Raises LandingError listing every setting out of range."""
        least = {"days": 1, "readers": 2, "articles": 24, "seed": 0}
        wrong = [
            f"{name} must be at least {low}, not {getattr(self, name)}"
            for name, low in least.items()
            if getattr(self, name) < low
        ]
        if wrong:
            raise LandingError("; ".join(wrong))

    @property
    def last_day(self) -> dt.date:
        return self.first_day + dt.timedelta(days=self.days - 1)


class News:
    """Times are in days since the first midnight. Raises LandingError for a day outside the settings."""

    def __init__(self, config: NewsConfig) -> None:
        self.config = config
        rng = np.random.default_rng([config.seed, _ARTICLES])
        written = rng.uniform(0, config.days, config.days * config.articles)
        hour = written % 1 * 24
        written = np.sort(written[rng.random(len(written)) < np.where((hour >= 6) & (hour < 22), 1, QUIET_SHARE)])
        self.written, count = written, len(written)
        self.section = rng.integers(0, SECTIONS, count)
        self.appeal = rng.gumbel(size=count)
        self.life = rng.choice(LIVES, count, p=LIFE_SHARES)
        rng = np.random.default_rng([config.seed, _READERS])
        self.taste = rng.normal(size=(config.readers, SECTIONS))
        self.visits = VISITS * rng.lognormal(sigma=0.8, size=config.readers)
        new = rng.random(config.readers) < 0.3
        self.since = np.where(new, rng.uniform(0, config.days, config.readers), 0)

    def items_on(self, day: dt.date) -> pd.DataFrame:
        """Grain: article written by the end of the day. article, headline, section, written_at (UTC)."""
        count = int(np.searchsorted(self.written, self._number(day) + 1))
        numbers, sections = np.arange(count), self.section[:count]
        headlines = [
            f"article {number} of section {section}" for number, section in zip(numbers, sections, strict=True)
        ]
        return pd.DataFrame(
            {
                "article": numbers,
                "headline": headlines,
                "section": [f"section {section}" for section in sections],
                "written_at": self._times(self.written[:count]),
            }
        )

    def opened_on(self, day: dt.date) -> pd.DataFrame:
        """Grain: reader and article, once a day, by time. reader, article, time (UTC)."""
        number = self._number(day)
        rng = np.random.default_rng([self.config.seed, _VISITS, number])
        reader = np.repeat(np.arange(self.config.readers), rng.poisson(self.visits))
        now = number + (rng.choice(HOURS, len(reader)) + rng.random(len(reader))) / 24
        reader, now = reader[now >= self.since[reader]], now[now >= self.since[reader]]
        shelf = slice(*np.searchsorted(self.written, [number - SHELF, number + 1]))
        age = now[:, np.newaxis] - self.written[np.newaxis, shelf]
        drawn = self.appeal[shelf] - age / self.life[shelf] + self.taste[reader][:, self.section[shelf]]
        drawn = np.where((age > 0) & (age < SHELF), drawn + rng.gumbel(size=age.shape), -np.inf)
        best = np.argsort(-drawn, axis=1, kind="stable")[:, :MOST_OPENED]
        place = np.arange(best.shape[1])
        opened = place < rng.integers(1, MOST_OPENED + 1, len(reader))[:, np.newaxis]
        opened &= np.isfinite(np.take_along_axis(drawn, best, axis=1))
        rows, places = np.nonzero(opened)
        time = np.minimum(now[rows] + place[places] / 24 / 60, number + 1 - 1 / 86_400)  # a minute an article
        frame = pd.DataFrame({"reader": reader[rows], "article": best[rows, places] + shelf.start, "at": time})
        frame = frame.sort_values(["at", "reader", "article"]).drop_duplicates(["reader", "article"])
        return frame.assign(time=self._times(frame["at"].to_numpy())).drop(columns="at")

    def _times(self, days: np.ndarray) -> np.ndarray:
        since = np.datetime64(self.config.first_day, "s") + np.floor(days * 86_400).astype("timedelta64[s]")
        return np.char.add(np.datetime_as_string(since), "Z")

    def _number(self, day: dt.date) -> int:
        check_span(day, day, self.config.first_day, self.config.last_day, "this news site")
        return (day - self.config.first_day).days


def land(
    raw: Path, first: dt.date, last: dt.date, config: NewsConfig | None = None, *, overwrite: bool = False
) -> None:
    """Land the days from `first` to `last`, both included; without `config` of a site of just these days.

    Raises LandingError when a day is outside the settings.
    """
    config = config or NewsConfig(first_day=first, days=max(1, (last - first).days + 1))
    check_span(first, last, config.first_day, config.last_day, "this news site")
    news = News(config)
    for day in days_between(first, last):
        land_day(raw, "items", day, news.items_on(day), overwrite=overwrite)
        land_day(raw, "events", day, news.opened_on(day), overwrite=overwrite)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m examples.news",
        description="Land the logs of a generated news site.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--raw", type=Path, default=Path("var/raw/news"), help="folder of the raw logs")
    helps = {"days": "days of the site", "articles": "written a day, about", "seed": "of all random numbers"}
    for field in dataclasses.fields(NewsConfig):
        kind = parse_day if field.name == "first_day" else type(field.default)
        flag = "--" + field.name.replace("_", "-")
        parser.add_argument(flag, type=kind, default=field.default, help=helps.get(field.name, field.name))
    given = vars(parser.parse_args(arguments))
    raw = given.pop("raw")

    def run() -> None:
        config = NewsConfig(**given)
        land(raw, config.first_day, config.last_day, config)

    return exit_status(run)


if __name__ == "__main__":
    sys.exit(main())
