"""Raw files of a few lines, and what cleaning makes of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from jobs.overlay import merge
from jobs.runtime.config import load_config
from jobs.runtime.runner import Runner, Step

ZONE = "spark.sql.session.timeZone"
# Compiling the plans of so few rows takes longer than interpreting them.
INTERPRETED = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
# The log of the generated world, with one more field.
EVENTS = {"scene": "scene"}


def put_files(raw: Path, files: Mapping[str, Mapping[str, bytes | str]]) -> None:
    """Land files of the generated world's layout: day -> name -> content, each day complete."""
    for day, named in files.items():
        folder = raw / "events" / f"ds={day}"
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in named.items():
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        (folder / "_SUCCESS").touch()


@contextmanager
def cleaner(spark: SparkSession, root: Path, **overrides: Any) -> Iterator[Runner]:
    """A runner of the generated world in the shared session, whose raw files and store lie below `root`."""
    paths = {"raw": str(root / "raw"), "store": str(root / "store")}
    base = {"paths": paths, "spark": {"options": INTERPRETED}, "data": {"events": EVENTS}}
    runner = Runner(load_config("world", merge(base, overrides)), say=print)
    runner._spark, before = spark, spark.conf.get(ZONE) or "UTC"
    spark.conf.set(ZONE, runner.config.data.time_zone)
    try:
        yield runner
    finally:
        spark.conf.set(ZONE, before)


def clean(runner: Runner, *days: str) -> None:
    """Clean these days in one go."""
    runner.run(Step(runner.graph.job("clean_events"), days))


def rows(runner: Runner, table: str, day: str) -> list[dict[str, Any]]:
    """A partition's rows, in the order in which they lie."""
    (folder,) = runner.store.folders(table, [day])
    return pa.concat_tables(pq.read_table(path) for path in sorted(folder.glob("*.parquet"))).to_pylist()


def shifted(day: str, days: int) -> str:
    return (dt.date.fromisoformat(day) + dt.timedelta(days)).isoformat()
