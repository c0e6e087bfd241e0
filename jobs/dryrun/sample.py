"""Some records of the raw files, read and judged by the same code as a night's."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features import catalogue, clean
from jobs.dataset import DataSet
from jobs.dryrun.landed import Landed
from jobs.runtime.peek import first_lines
from jobs.runtime.records import Deliveries, paths_of, read_table, text_lines

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROWS = 20_000  # records of a log that are looked at, about
READ = 200_000  # records of one file that they are drawn from, at most: its first
CATALOGUE_BYTES = 64 << 20  # of a larger table of items or users only the first records are read
UNPACKED = 8  # a packed file's lines take about so many times its bytes


def read_events(spark: SparkSession, data: DataSet, landed: Landed) -> pd.DataFrame:
    """Grain: record, drawn by a digest of its text, so that copies of a record are drawn together.

    Columns: ds, file, line, reason (None: kept), user_id, item_id, event_time (in the business zone, without it),
    event_types. Raises UsageError or RunError for an overlay that the files don't bear out.
    """
    rows = {path: _rows(path) for path in paths_of(landed.read)}
    wanted = max(1, ROWS // max(1, len(rows)))
    keep = {path: max(1, min(count, READ) // wanted) for path, count in rows.items()}

    def thinned(session: SparkSession, files: Deliveries) -> DataFrame:
        parts = [
            _thin(text_lines(session, {day: [path]}).limit(READ), keep[path])
            for day, paths in files.items()
            for path in paths
        ]
        return reduce(DataFrame.unionAll, parts)

    records = read_table(spark, data, "events", landed.read, lines=thinned)
    if landed.source.format == "parquet":
        records = _thin(records, max(keep.values()))
    parsed = clean.parse(records, columns=data.expressions("events"), types=data.events.conditions)
    found = parsed.select(
        *("ds", "file", "reason", "user_id", "item_id", "event_types"),
        F.substring("line", 1, clean.RAW_LIMIT).alias("line"),
        F.date_format("event_time", "yyyy-MM-dd'T'HH:mm:ss").alias("event_time"),
    )
    frame = found.toArrow().to_pandas().sort_values(["file", "line"], ignore_index=True)
    return frame.assign(event_time=pd.to_datetime(frame["event_time"], errors="coerce"))


def read_catalogue(spark: SparkSession, data: DataSet, landed: Landed) -> tuple[pd.DataFrame, bool]:
    """Grain: record of the snapshot of items or users, and whether that is all of it.

    Columns: those of `catalogue.typed_items` or `typed_users`.
    """
    whole = landed_bytes(landed.read) <= CATALOGUE_BYTES
    records = read_table(spark, data, landed.table, landed.read)  # type: ignore[arg-type]
    if not whole:
        records = records.limit(READ)
    typed = catalogue.typed_items if landed.table == "items" else catalogue.typed_users
    frame = typed(records, columns=data.expressions(landed.table)).toArrow().to_pandas()  # type: ignore[arg-type]
    return frame, whole


def landed_bytes(files: Mapping[str | None, list[Path]]) -> int:
    return sum(path.stat().st_size for path in paths_of(files))


def _thin(frame: DataFrame, keep: int) -> DataFrame:
    """Every `keep`-th row, by a digest of its line."""
    return frame if keep == 1 else frame.where(F.pmod(F.xxhash64("line"), F.lit(keep)) == 0)


def _rows(path: Path) -> int:
    """How many records a file holds, about."""
    if path.suffix == ".parquet":
        try:
            return int(pq.read_metadata(path).num_rows)
        except (OSError, ValueError):
            return 1
    lines = first_lines(path, 100)
    each = sum(len(line) + 1 for line in lines) / max(1, len(lines))
    return int(path.stat().st_size * (UNPACKED if path.suffix in (".gz", ".zst") else 1) / max(1.0, each))
