"""A small generated world and nights in it: real Spark on few rows, with a store and a Redis server of their own."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from examples.world import WorldConfig
from jobs.runtime.backfill import backfill
from jobs.runtime.config import load_config
from jobs.runtime.runner import Runner
from jobs.runtime.store import STAGING, Store

# The first day with the two label windows that a ranker needs is the third; the night after it is the second one here.
WORLD = WorldConfig(days=4, users=80, items=60, events=10_000)
EARLIER, LATER = WORLD.last_day - timedelta(1), WORLD.last_day
HISTORY, LONGEST = 3, 20
# Compiling the plans of so few rows takes longer than interpreting them.
INTERPRETED = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
SMALL = {
    "windows": {"history_days": HISTORY, "profile_days": HISTORY, "shown_days": HISTORY, "health_days": 4},
    "recall": {"k": 30},
    "topn": {"n": LONGEST},
    "replay": {"ks": [5, 10]},
    "spark": {"driver_memory": "1g", "options": INTERPRETED},
}


@dataclass(frozen=True)
class Place:
    """Where nights happen: a landing zone, a store and a Redis server."""

    raw: Path
    store: Path
    redis: str

    def backfill(self, first: date, last: date | None = None, **wishes: Any) -> str:
        """Bring the days up to date and return what the run said."""
        said = io.StringIO()
        console = Console(file=said, highlight=False, soft_wrap=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("REDIS_URL", self.redis)
            backfill(self.runner().config, first, last or first, console=console, **{"options": {}, **wishes})
        return said.getvalue()

    def runner(self) -> Runner:
        paths = {"raw": str(self.raw), "store": str(self.store)}
        return Runner(load_config("world", {**SMALL, "paths": paths}))

    def digests(self) -> dict[tuple[str, str], str | None]:
        """(table, day) -> digest of every partition that stands."""
        store = Store(self.store)
        tables = sorted(path.name for path in self.store.iterdir() if path.name != STAGING)
        return {(table, day): store.digest(table, day) for table in tables for day in store.days(table)}

    def table(self, name: str, day: date) -> pa.Table:
        (folder,) = Store(self.store).folders(name, [str(day)])
        return pa.concat_tables([pq.read_table(path) for path in sorted(folder.glob("*.parquet"))])

    def staged(self) -> list[Path]:
        return list((self.store / STAGING).glob("*"))


def thin(part: Path) -> None:
    """Keep every third line, as when two of three collectors didn't deliver."""
    lines = gzip.decompress(part.read_bytes()).decode().splitlines(keepends=True)
    part.write_bytes(gzip.compress("".join(lines[::3]).encode()))


def alter(part: Path) -> None:
    """Drop every third line, hand every other one of the rest to another user and item, and make many up."""
    lines = [line for n, line in enumerate(gzip.decompress(part.read_bytes()).decode().splitlines()) if n % 3]
    events = [
        event for line in lines if line.endswith("}") and {"user_id", "item_id"} <= (event := json.loads(line)).keys()
    ]
    for one, two in zip(events[::2], reversed(events[1::2]), strict=False):
        one["user_id"], one["item_id"] = two["user_id"], two["item_id"]
    made = [{**event, "event_id": f"made-{n}", "event": "purchase"} for n, event in enumerate(events[::4])]
    part.write_bytes(gzip.compress("\n".join(map(json.dumps, events + made)).encode()))
