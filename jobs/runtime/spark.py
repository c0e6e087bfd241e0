"""The Spark session of a run, and the few steps every table takes through it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from jobs.contract import Table
from jobs.errors import RunError
from jobs.runtime.checks import arrow_schema
from jobs.runtime.config import CHECKOUT, Config
from jobs.runtime.day_files import MET, DayFiles
from jobs.runtime.machine import java_problem
from jobs.runtime.parquet import ROWS_A_GROUP, parquet_writer

BATCH = "spark.sql.execution.arrow.maxRecordsPerBatch"
ROWS_A_BATCH = 10_000  # of daily counts, on the way to a worker
LOGGING = f"-Dlog4j2.configurationFile={CHECKOUT / 'conf' / 'log4j2.properties'}"


def start_session(config: Config) -> SparkSession:
    """A session for one data set: its time zone is the session's, so that naive times mean the business's."""
    problem = java_problem()
    if problem:
        raise RunError(problem)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    # Workers import features/ and models/ from the checkout.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH")]))
    builder = SparkSession.builder.appName("predawn").master(config.spark.master)
    options = {
        "spark.driver.memory": config.spark.driver_memory,
        "spark.driver.extraJavaOptions": f"{LOGGING} {config.spark.java_options}".strip(),
        "spark.sql.shuffle.partitions": str(config.spark.shuffle_partitions),
        "spark.sql.session.timeZone": config.data.time_zone,
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        # Adaptive plans pick the number of tasks by size; fixed plans keep the bytes of a partition the same.
        "spark.sql.adaptive.enabled": "false",
        BATCH: "256",
        # Below this many folders the driver lists them itself, in less time than a job of as many tasks takes.
        "spark.sql.sources.parallelPartitionDiscovery.threshold": "1000",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        **config.spark.options,
    }
    for key, value in options.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


@contextmanager
def rows_a_batch(spark: SparkSession, rows: int) -> Iterator[None]:
    """Within it, what is planned and run takes Arrow batches of so many rows: many for small rows, few for users'."""
    before = str(spark.conf.get(BATCH))
    spark.conf.set(BATCH, rows)
    try:
        yield
    finally:
        spark.conf.set(BATCH, before)


def ddl(table: Table, without: Sequence[str] = ()) -> str:
    """The columns of a contract in Spark's notation, save for some."""
    return ", ".join(f"`{column.name}` {column.type}" for column in table.columns if column.name not in without)


def spark_schema(table: Table) -> StructType:
    schema = StructType.fromDDL(ddl(table))
    assert isinstance(schema, StructType)
    return schema


def read_folders(spark: SparkSession, table: Table, folders: Sequence[Path]) -> DataFrame:
    return spark.read.schema(spark_schema(table)).parquet(*(str(folder) for folder in folders))


def write_days(frame: DataFrame, table: Table, days: Sequence[str], staged: Path) -> None:
    """Write `<staged>/<day>/part-00000.parquet` for every day; rows lie sorted, so the same rows give the same bytes.

    The workers write the files themselves: a year of days takes Spark's own writer half a minute.
    """
    for day in days:
        (staged / day).mkdir()
    arranged = frame.repartition("ds").sortWithinPartitions("ds", *_order(table))
    with rows_a_batch(frame.sparkSession, ROWS_A_BATCH):
        met = arranged.mapInArrow(DayFiles(staged, arrow_schema(table), frozenset(days)), MET).collect()
    strays = {str(row.ds) for row in met} - set(days)
    if strays:
        raise RunError(f"table {table.name}: the job wrote {', '.join(sorted(strays))} besides {', '.join(days)}.")


def write_day(frame: DataFrame, table: Table, day: str, staged: Path, *, files: int) -> None:
    """Write `<staged>/<day>/part-NNNNN.parquet`, so many files, sorted in the same way."""
    order = _order(table)
    frame.repartition(files, order[0]).sortWithinPartitions(*order).write.parquet(str(staged / "spark"))
    (staged / day).mkdir()
    for number, path in enumerate(sorted((staged / "spark").glob("part-*.parquet"))):
        _rewrite(path, staged / day / f"part-{number:05d}.parquet")
    shutil.rmtree(staged / "spark")


def _order(table: Table) -> list[str]:
    return list(table.key) or list(table.names[1:])


def _rewrite(source: Path, target: Path) -> None:
    """Write the same rows with Arrow: Spark's footers list encodings in an order that differs from JVM to JVM."""
    file = pq.ParquetFile(source)
    with parquet_writer(target, file.schema_arrow) as writer:
        for batch in file.iter_batches(batch_size=ROWS_A_GROUP):
            writer.write_batch(batch)
