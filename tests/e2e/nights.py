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
from predawn.assignment import Experiment

# The first day with the two label windows that a ranker needs is the third; the night after it is the second one here.
WORLD = WorldConfig(days=4, users=80, items=60, events=10_000)
EARLIER, LATER = WORLD.last_day - timedelta(1), WORLD.last_day
HISTORY, LONGEST, LAYER = 3, 20, "lists-1"
PINNED, BANNED = "i00003", "i00005"
CAMPAIGNS = f"""action,item_id,position,segment,start,end
pin,{PINNED},2,,2026-01-01,2026-02-01
ban,{BANNED},,,2026-01-01,2026-02-01
"""
# Compiling the plans of so few rows takes longer than interpreting them.
INTERPRETED = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
SMALL = {
    "windows": {
        "history_days": HISTORY,
        "profile_days": HISTORY,
        "shown_days": HISTORY,
        "fresh_days": HISTORY,
        "health_days": 4,
    },
    "recall": {"k": 30},
    "topn": {"n": LONGEST},
    "replay": {"ks": [5, 10]},
    "proof": {"rankers": ["lr"], "min_users": 5, "resamples": 20},
    # A variant that recalls less, and the experiment that compares it with everyone's lists.
    "variants": {"b": {"recall": {"channels": ["popular", "als"]}}},
    "experiments": {"layers": {LAYER: {"start": EARLIER, "variants": {"b": 0.4}}}, "min_users": 5},
    "products": {"together": {"min_baskets": 2}, "segments": {"min_users": 5}, "history": {"items": 4}},
    "spark": {"driver_memory": "1g", "options": INTERPRETED},
}


@dataclass(frozen=True)
class Place:
    """Where nights happen: a landing zone, a store and a Redis server."""

    raw: Path
    store: Path
    redis: str

    def backfill(self, first: date, last: date | None = None, variant: str | None = None, **wishes: Any) -> str:
        """Bring the days up to date and return what the run said."""
        said = io.StringIO()
        console = Console(file=said, highlight=False, soft_wrap=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("REDIS_URL", self.redis)
            backfill(self.runner(variant).config, first, last or first, console=console, **{"options": {}, **wishes})
        return said.getvalue()

    def runner(self, variant: str | None = None) -> Runner:
        paths = {"raw": str(self.raw), "store": str(self.store)}
        return Runner(load_config("world", {**SMALL, "paths": paths}, variant))

    def variant(self, name: str) -> Place:
        """The same place with the variant's store."""
        return Place(self.raw, self.store.with_name(f"{self.store.name}@{name}"), self.redis)

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


def show_variants(part: Path, experiment: Experiment) -> None:
    """Let a day's impressions say whose lists they were, as an app does that logs what the reader answered."""
    lines = gzip.decompress(part.read_bytes()).decode().splitlines()
    for n, line in enumerate(lines):
        if '"impression"' in line and line.endswith("}"):
            event = json.loads(line)
            lines[n] = json.dumps({**event, "variant": experiment.variant(str(event.get("user_id")))})
    part.write_bytes(gzip.compress("\n".join(lines).encode()))


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
