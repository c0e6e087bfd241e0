"""Some records of the raw files, read and judged by the same code as a night's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features import catalogue, clean
from features.bots import of_bots
from features.duplicates import repeated
from features.reasons import BOT, DUPLICATE
from jobs.dryrun.landed import Landed
from jobs.runtime.config import Config
from jobs.runtime.peek import first_lines
from jobs.runtime.records import read_table
from jobs.runtime.text import Reading, sources_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROWS = 20_000  # records of a log that are looked at, about
READ = 200_000  # records of one file that they are drawn from, at most: its first
CATALOGUE_BYTES = 64 << 20  # of a larger table of items or users only the first records are read
UNPACKED = 8  # a packed file's lines take about so many times its bytes
TEXT = 2_000  # characters of a record's text


def read_events(spark: SparkSession, config: Config, landed: Landed) -> pd.DataFrame:
    """Grain: record, drawn by a hash of it, so that copies of a record are drawn together.

    Columns: ds, file, line, reason (None: kept), user_id, item_id, event_time (in the business zone, without it),
    event_types. Copies are found among the records of a day; bots only where no record was left out. Raises UsageError
    or RunError for an overlay that the files don't bear out.
    """
    data, rules = config.data, config.clean
    keep = max(1, sum(min(READ, _rows(path)) for path in landed.paths) // ROWS)
    records = _some(read_table(spark, data, "events", landed.read, Reading(rules.max_line_bytes, most=READ)), keep)
    records = records.persist()
    limits = clean.Limits(
        first_day=data.first_day.isoformat(),
        lateness_days=config.windows.lateness_days,
        early_minutes=rules.early_minutes,
        max_value=rules.max_value,
    )
    conditions = data.events.conditions
    typed = clean.typed(
        records,
        columns=data.expressions("events"),
        types=tuple(conditions.values()),
        event_key=data.events.event_key,
        limits=limits,
    )
    place = ["source", "position"]
    wanted = (*place, "ds", "user_id", "item_id", "event_types", "event_key", "event_time", "reason")
    local = F.date_format("event_time", "yyyy-MM-dd'T'HH:mm:ss").alias("local")
    found = typed.select(*wanted, local).toArrow()
    lines = records.select(*place, F.substring("line", 1, TEXT).alias("line")).toArrow()
    records.unpersist()
    frame = found.drop(["event_time"]).to_pandas()
    frame["micros"] = found["event_time"].cast(pa.int64()).fill_null(0).to_numpy()
    frame = frame.merge(lines.to_pandas(), on=place).sort_values(place, ignore_index=True)
    for _, rows in frame.groupby("ds"):
        _judge(frame, rows.index.to_numpy(), config if keep == 1 else None)
    paths = {one.number: one.path for one in sources_of(landed.read)}
    return frame.assign(
        ds=frame["ds"].astype(str),
        file=frame["source"].map(paths),
        event_types=[[name for n, name in enumerate(conditions) if bits >> n & 1] for bits in frame["event_types"]],
        event_time=pd.to_datetime(frame["local"], errors="coerce"),
    )


def _judge(frame: pd.DataFrame, rows: np.ndarray, config: Config | None) -> None:
    """Mark the copies and, where all records of a day are there, the bots among its rows."""
    sound = rows[frame["reason"].iloc[rows].isna()]
    copies = repeated(frame["event_key"].to_numpy()[sound])
    frame.loc[sound[copies], "reason"] = DUPLICATE
    left = sound[~copies]
    if config and len(left):
        users, micros = pa.array(frame["user_id"].iloc[left]), frame["micros"].to_numpy()[left]
        rules = config.clean
        bots = of_bots(users, micros, per_minute=rules.bot_events_per_minute, per_day=rules.bot_events_per_day)
        frame.loc[left[bots], "reason"] = BOT


def read_catalogue(spark: SparkSession, config: Config, landed: Landed) -> tuple[pd.DataFrame, bool]:
    """Grain: record of the snapshot of items or users, and whether that is all of it.

    Columns: those of `catalogue.typed_items` or `typed_users`.
    """
    data = config.data
    whole = sum(path.stat().st_size for path in landed.paths) <= CATALOGUE_BYTES
    records = read_table(spark, data, landed.table, landed.read)
    typed = catalogue.typed_items if landed.table == "items" else catalogue.typed_users
    some = records if whole else records.limit(READ)
    return typed(some, columns=data.expressions(landed.table)).toArrow().to_pandas(), whole


def _some(records: DataFrame, keep: int) -> DataFrame:
    """Every `keep`-th of the first records of each file, by a hash of the record."""
    first = records.where(F.col("position") < READ)
    return first if keep == 1 else first.where(F.pmod(F.xxhash64("record"), F.lit(keep)) == 0)


def _rows(path: Path) -> int:
    """How many records a file holds, about."""
    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, ValueError):
        lines = first_lines(path, 100)
    each = sum(len(line) + 1 for line in lines) / max(1, len(lines))
    return int(path.stat().st_size * (UNPACKED if path.suffix in (".gz", ".zst") else 1) / max(1.0, each))
