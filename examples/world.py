"""The generated world: the logs of a small content app, ten thousand to a hundred million lines, drawn from a seed.

Users have latent tastes, items keep being born, pages mix popularity, taste and exploration, and the log has bots,
copies and broken lines. The same settings give the same bytes. Each day depends on the settings and the day alone, so
days may be landed in any order, or again. Nothing here is observed from people.

    python -m examples.world --raw var/raw/world --days 14 --users 2000 --items 600 --events 200000
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import io
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from examples.landing import LandingError, check_span, days_between, exit_status, land_day, parse_day
from examples.world_lines import LineWriter
from examples.world_log import BOT_CLICKS, PAGE, Shelf, simulate
from examples.world_people import directions, make_items, make_users

TRUTH = "_truth"
PART_LINES = 250_000  # gzip can't be split: a large day is many files, written in bounded memory, read in parallel
MOST_PARTS = 1_000
HUMAN_LINES = 11.8  # measured: impressions, clicks, likes and purchases of a human's request
BOT_LINES = PAGE * (1 + BOT_CLICKS)
_WORLD_STREAM, _DAY_STREAM = 0, 1  # so that no day shares its random numbers with the world


@dataclasses.dataclass(frozen=True)
class WorldConfig:
    """What the world is made of. events: lines over all days, met within a few percent.

    bot_share: share of requests made by bots. duplicate_share, malformed_share: lines that come again, whole or broken,
    per event. born_share: share of the items born after the first day.
    """

    first_day: dt.date = dt.date(2026, 1, 1)
    days: int = 14
    users: int = 2_000
    items: int = 600
    events: int = 200_000
    seed: int = 7
    bot_share: float = 0.01
    duplicate_share: float = 0.004
    malformed_share: float = 0.003
    born_share: float = 0.3

    def __post_init__(self) -> None:
        """Raises LandingError listing every setting out of range."""
        wrong = [
            f"{name} must be at least {least}, not {getattr(self, name)}"
            for name, least in {"days": 1, "users": 2, "items": PAGE, "events": self.days, "seed": 0}.items()
            if getattr(self, name) < least
        ]
        wrong += [
            f"{name} must be in [0, {most}], not {getattr(self, name)}"
            for name, most in {
                "bot_share": 0.5,
                "duplicate_share": 0.5,
                "malformed_share": 0.5,
                "born_share": 0.9,
            }.items()
            if not 0 <= getattr(self, name) <= most
        ]
        most_events = self.days * MOST_PARTS * PART_LINES
        if self.days >= 1 and self.events > most_events:
            wrong.append(f"events must be at most {most_events} for {self.days} days, not {self.events}")
        if wrong:
            raise LandingError("; ".join(wrong))

    @property
    def last_day(self) -> dt.date:
        return self.first_day + dt.timedelta(days=self.days - 1)

    @property
    def requests_a_day(self) -> float:
        lines = HUMAN_LINES * (1 - self.bot_share) + BOT_LINES * self.bot_share
        return self.events / self.days / lines / (1 + self.duplicate_share + self.malformed_share)


class World:
    """Users and items are drawn once, a day when asked for. Raises LandingError for a day outside the world."""

    def __init__(self, config: WorldConfig) -> None:
        self.config = config
        rng = np.random.default_rng([config.seed, _WORLD_STREAM])
        centres = directions(rng)
        self.users = make_users(rng, centres, config.users, config.requests_a_day * config.bot_share)
        self.items = make_items(rng, centres, config.items, days=config.days, born_share=config.born_share)
        self._item_table = self.items.table(np.datetime64(config.first_day, "D"))
        self._writer = LineWriter(self.users, self.items)

    def day(self, day: dt.date) -> Iterator[bytes]:
        """The lines of a day in parts, by time of day: part n is a stretch as busy as any other."""
        number = self._number(day)
        requests = max(1, round(self.config.requests_a_day))
        parts = max(1, round(self.config.events / self.config.days / PART_LINES))
        shelf = Shelf(self.items, number)
        for part in range(parts):
            rng = np.random.default_rng([self.config.seed, _DAY_STREAM, number, part])
            count = requests * (part + 1) // parts - requests * part // parts
            bots = round(count * self.config.bot_share)
            log = simulate(rng, self.users, self.items, shelf, humans=count - bots, bots=bots, part=(part, parts))
            yield self._writer.write(
                rng, log, day, part, duplicates=self.config.duplicate_share, malformed=self.config.malformed_share
            )

    def items_on(self, day: dt.date) -> pd.DataFrame:
        """Grain: item born on or before the day. item_id, title, category, author_id, price (money), born_on."""
        return self._item_table.iloc[: self.items.alive(self._number(day))]

    def users_table(self) -> pd.DataFrame:
        """Grain: user, bots among them. user_id, age_group, gender, city."""
        return self.users.table()

    def truth(self) -> dict[str, NDArray]:
        """What no log tells: user_ids with user_vectors (users, taste), item_ids with item_vectors, bot_user_ids."""
        user_ids = np.array(self.users.ids())
        return {
            "user_ids": user_ids,
            "user_vectors": self.users.vectors,
            "item_ids": np.array(self.items.ids()),
            "item_vectors": self.items.vectors,
            "bot_user_ids": user_ids[self.users.bots],
        }

    def _number(self, day: dt.date) -> int:
        check_span(day, day, self.config.first_day, self.config.last_day, "this world")
        return (day - self.config.first_day).days


def land(
    raw: Path, first: dt.date, last: dt.date, config: WorldConfig | None = None, *, overwrite: bool = False
) -> None:
    """Land the days from `first` to `last`, both included, of a world; without `config` of one with just these days.

    Events and items for each day, users for the first day of the world, whichever day that is landed with. Raises
    LandingError when a day is outside the world, or when `raw` holds days of another one.
    """
    if config is None:
        config = WorldConfig(first_day=first, days=max(1, (last - first).days + 1))
    check_span(first, last, config.first_day, config.last_day, "this world")
    _claim(raw, config)
    world = World(config)
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **world.truth())
    _replace(raw / TRUTH / "tastes.npz", packed.getvalue())
    land_day(raw, "users", config.first_day, world.users_table(), overwrite=overwrite)
    for day in days_between(first, last):
        land_day(raw, "items", day, world.items_on(day), overwrite=overwrite)
        land_day(raw, "events", day, world.day(day), overwrite=overwrite)


def _claim(raw: Path, config: WorldConfig) -> None:
    """Days of two worlds in one folder would make nonsense: the first one leaves its settings, others are refused."""
    note = raw / TRUTH / "world.json"
    settings = json.loads(json.dumps(dataclasses.asdict(config), default=str))
    if note.exists():
        there = json.loads(note.read_text())
        differences = [
            f"{name} {there.get(name)} there, {mine} asked"
            for name, mine in settings.items()
            if there.get(name) != mine
        ]
        if differences:
            raise LandingError(
                f"{raw} holds another world ({'; '.join(differences)}): remove it or choose another --raw"
            )
    else:
        _replace(note, (json.dumps(settings, indent=1) + "\n").encode())


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.aside")
    aside.write_bytes(content)
    aside.replace(path)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m examples.world",
        description="Land the logs of a generated content app.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--raw", type=Path, default=Path("var/raw/world"), help="folder of the raw logs")
    helps = {"days": "days of the world", "events": "lines over all days, about", "seed": "of all random numbers"}
    for field in dataclasses.fields(WorldConfig):
        kind = parse_day if field.name == "first_day" else type(field.default)
        flag = "--" + field.name.replace("_", "-")
        parser.add_argument(
            flag, type=kind, default=field.default, help=helps.get(field.name, field.name.replace("_", " "))
        )
    parser.add_argument("--first", type=parse_day, help="first day to land, if not all")
    parser.add_argument("--last", type=parse_day, help="last day to land, if not all")
    parser.add_argument("--overwrite", action="store_true", help="land days again that are there already")
    chosen = parser.parse_args(arguments)

    def run() -> None:
        config = WorldConfig(**{field.name: getattr(chosen, field.name) for field in dataclasses.fields(WorldConfig)})
        first, last = chosen.first or config.first_day, chosen.last or config.last_day
        land(chosen.raw, first, last, config, overwrite=chosen.overwrite)

    return exit_status(run)


if __name__ == "__main__":
    sys.exit(main())
