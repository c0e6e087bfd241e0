"""Nights without Spark: a landing zone of a few bytes, and partitions that stand for what jobs would have written."""

from __future__ import annotations

import datetime as dt
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.overlay import merge
from jobs.runtime.checks import arrow_schema
from jobs.runtime.config import Config, load_config
from jobs.runtime.context import Context
from jobs.runtime.runner import Runner, Step

FIRST = dt.date(2026, 1, 1)
WINDOWS = {"history_days": 3, "profile_days": 3, "shown_days": 3, "fresh_days": 3, "label_windows": 2, "health_days": 4}


def day(number: int) -> str:
    """The day so many days after the first one."""
    return str(FIRST + dt.timedelta(number))


def land(raw: Path, days: Iterable[str]) -> None:
    """Each day's events, and one snapshot of items and of users on the first day."""
    folders = [raw / "events" / f"ds={ds}" for ds in days]
    for folder in (*folders, raw / "items" / f"ds={FIRST}", raw / "users" / f"ds={FIRST}"):
        folder.mkdir(parents=True)
        (folder / "part-00000.json").write_text("{}\n")
        (folder / "_SUCCESS").touch()


def config_at(root: Path, variant: str | None = None, **overrides: Any) -> Config:
    """The generated world's configuration with its landing zone and its store below `root`, and short windows."""
    paths = {"raw": str(root / "raw"), "store": str(root / "store")}
    return load_config("world", merge({"paths": paths, "windows": WINDOWS}, overrides), variant)


def runner_at(root: Path, said: list[str] | None = None, variant: str | None = None, **overrides: Any) -> Runner:
    """A runner of that configuration; what it says is appended to `said`."""
    lines: list[str] = [] if said is None else said
    return Runner(config_at(root, variant, **overrides), say=lines.append)


def settle(runner: Runner, steps: Sequence[Step]) -> list[tuple[str, str]]:
    """Commit what the steps would: content that follows from the inputs alone. Returns (job, day) in order."""
    for step in steps:
        for ds in step.days:
            built_from, inputs = runner.prints.fingerprint(step.job, ds), runner.prints.inputs(step.job, ds)
            for table in step.job.writes:
                staged = runner.store.stage(table)
                (staged / "part-00000.parquet").write_text(f"{table} from {built_from}")
                runner.store.commit(table, ds, staged, {"built_from": built_from, "inputs": inputs})
    return pairs(steps)


def pairs(steps: Sequence[Step]) -> list[tuple[str, str]]:
    return [(step.job.name, ds) for step in steps for ds in step.days]


def dates(*days: str) -> list[dt.date]:
    return [dt.date.fromisoformat(ds) for ds in days]


def remove(runner: Runner, table: str, ds: str) -> None:
    shutil.rmtree(runner.store.root / table / f"ds={ds}")


def put_rows(
    runner: Runner, table: str, ds: str, rows: list[dict[str, Any]], built_from: str = "", **inputs: str | None
) -> str:
    """A partition with these rows; `ds` is filled in. inputs: table -> digest that the day was built from.

    Returns its digest.
    """
    staged = runner.store.stage(table)
    filled = pa.Table.from_pylist([{"ds": ds, **row} for row in rows], schema=arrow_schema(runner.contracts[table]))
    pq.write_table(filled, staged / "part-00000.parquet")
    facts = {"built_from": built_from, "inputs": {f"{name}/{ds}": digest for name, digest in inputs.items()}}
    return runner.store.commit(table, ds, staged, facts)


def put_open_gates(runner: Runner, ds: str) -> None:
    """Gates that have opened on a day of which there was nothing to say."""
    for health, gates in (("health", "gates"), ("feature_health", "feature_gates")):
        put_rows(runner, gates, ds, [], **{health: put_rows(runner, health, ds, [])})


def job_module(patch: pytest.MonkeyPatch, name: str, run: Callable[[Context], None]) -> None:
    """Let `jobs.<name>` be a module with this function for as long as the patch holds."""
    module = ModuleType(f"jobs.{name}")
    module.run = run  # type: ignore[attr-defined]
    patch.setitem(sys.modules, module.__name__, module)
