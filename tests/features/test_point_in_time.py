"""What is known as of a day doesn't change when other days do: the jobs of features, with the graph's own reads."""

from __future__ import annotations

import datetime as dt
import importlib
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from jobs.graph import Graph
from jobs.runtime.config import Config, load_config
from tests.features.support import EVENTS

FIRST = dt.date(2026, 1, 1)
AS_OF = "2026-01-12"
HISTORY_DAYS, PROFILE_DAYS, SHOWN_DAYS = 8, 6, 4
COUNTS = ("aggregate_day", "count_day")
FEATURES = (
    "summarise_history",
    "build_item_features",
    "build_user_features",
    "build_behaviour_features",
    "build_interactions",
)
TABLES = {"user_item_history", "item_features", "user_features", "behaviour_features", "interactions"}

# day of delivery, day of the event, user, item, event type, time, value, seconds
Event = tuple[str, str, str, str, str, dt.datetime, float | None, float | None]


def random_events(seed: int, users: str = "abcdef", count: int = 240) -> list[Event]:
    """Over twenty days around `AS_OF`; some come a few days late, some in the file of the day before."""
    draw, found = random.Random(seed), []
    for _ in range(count):
        happened = FIRST + dt.timedelta(draw.randrange(20))
        delivered = max(happened + dt.timedelta(draw.choice([0, 0, 0, 0, 1, 3, -1])), FIRST)
        kind = draw.choice(["impression", "impression", "click", "like", "purchase"])
        time = dt.datetime.combine(happened, dt.time(draw.randrange(24)), dt.UTC)
        value = round(draw.uniform(1, 20), 2) if kind == "purchase" else None
        dwell = round(draw.uniform(1, 90), 1) if kind in ("click", "impression") else None
        keys = (draw.choice(users), draw.choice("pqrstuv"), kind)
        found.append((str(delivered), str(happened), *keys, time, value, dwell))
    return found


class Days:
    """What a job sees of the world: tables of many days, of which it reads those that the graph declares."""

    def __init__(self, spark: SparkSession, config: Config, events: Sequence[Event]) -> None:
        self.spark, self.config, self.ds = spark, config, AS_OF
        self.graph = Graph()
        self.job = self.graph.job(COUNTS[0])
        self.tables = {
            "events": spark.createDataFrame(list(events), EVENTS),
            "items": catalogue(spark),
            "users": spark.sql(f"SELECT '{AS_OF}' AS ds, 'a' AS user_id, map('city', 'oslo') AS profile"),
        }
        self.rows: dict[str, list[Any]] = {}

    def inputs(self, table: str) -> list[str]:
        (read,) = [read for read in self.job.reads if read.table == table]
        days = read.days(dt.date.fromisoformat(self.ds), self.config.windows, FIRST)
        return [day.isoformat() for day in days]

    def read(self, table: str) -> DataFrame:
        frame = self.tables[table]
        # Daily counts are made of all days in one go, as a backfill makes them.
        return frame if self.job.spans else frame.where(frame.ds.isin(self.inputs(table)))

    read_by_day = read

    def read_arrow(self, table: str, columns: Sequence[str]) -> pa.Table:
        return self.read(table).select(*columns).toArrow()

    def iter_arrow(self, table: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        yield from self.read_arrow(table, columns).to_batches()

    def write(self, table: str, frame: DataFrame) -> None:
        rows = frame.collect()
        self.rows[table] = sorted(rows, key=str)
        self.tables[table] = self.spark.createDataFrame(rows, frame.schema)

    def write_arrow(self, table: str, parts: Iterable[pa.Table]) -> None:
        built = pa.concat_tables(parts)
        self.rows[table] = [Row(**row) for row in built.to_pylist()]
        self.tables[table] = self.spark.createDataFrame(built)

    def write_users(self, table: str, sources: Mapping[str, Sequence[str]], build: Callable[..., pa.Table]) -> None:
        built = build(**{name: self.read_arrow(name, columns) for name, columns in sources.items()})
        self.rows[table] = [Row(**row) for row in built.to_pylist()]
        self.tables[table] = self.spark.createDataFrame(built)

    def user_parts(self, sources: Mapping[str, Sequence[str]], build: Callable[..., pa.Table]) -> list[pa.Table]:
        return [build(**{name: self.read_arrow(name, columns) for name, columns in sources.items()})]

    def run(self, *jobs: str) -> dict[str, list[Any]]:
        """The rows of every feature table that the jobs wrote, in one order."""
        for name in (*COUNTS, *jobs):
            self.job = self.graph.job(name)
            importlib.import_module(self.job.module).run(self)
        return {table: rows for table, rows in self.rows.items() if table in TABLES}


def catalogue(spark: SparkSession) -> DataFrame:
    return spark.sql(
        f"SELECT '{AS_OF}' AS ds, id AS item_id, id AS name, kind AS category, kind AS subcategory, kind AS brand, "
        "1.0D AS price, DATE'2026-01-02' AS created_on, map('size', 2.0D) AS numbers "
        "FROM VALUES ('p', 'x'), ('q', 'y'), ('r', 'x') AS t(id, kind)"
    )


@pytest.fixture(scope="module")
def config() -> Config:
    days = {"history_days": HISTORY_DAYS, "profile_days": PROFILE_DAYS, "shown_days": SHOWN_DAYS}
    return load_config("world", {"windows": days})


def start_of(days: int) -> str:
    return (dt.date.fromisoformat(AS_OF) - dt.timedelta(days - 1)).isoformat()


def is_known(event: Event) -> bool:
    """Delivered by the run of `AS_OF` and happened by then, within the window that its type is kept for."""
    delivered, happened, _, _, kind, *_ = event
    start = start_of(max(PROFILE_DAYS, SHOWN_DAYS) if kind == "impression" else HISTORY_DAYS)
    return start <= delivered <= AS_OF and start <= happened <= AS_OF


def otherwise(events: Sequence[Event]) -> list[Event]:
    """Of the given events a third gone, a third altered, a third kept, and others by users never seen besides."""
    # An impression that nobody counts any more would be known if it were a purchase.
    purchases: list[Event] = [(*event[:4], "purchase", event[5], 99.0, 5.0) for event in events[1::3]]
    altered = [event for event in purchases if not is_known(event)]
    added = [event for event in random_events(2, users="ghij") if not is_known(event)]
    assert altered and added
    return [*altered, *events[2::3], *added]


def test_features_do_not_change_with_what_nobody_knew_on_the_day(spark: SparkSession, config: Config) -> None:
    """Later days, late deliveries of known days, what happened after midnight, and what left the window."""
    events = random_events(1)
    known = [event for event in events if is_known(event)]
    unknown = [event for event in events if event not in known]
    late = [event for event in unknown if event[1] <= AS_OF < event[0]]
    early = [event for event in unknown if event[0] <= AS_OF < event[1]]
    assert min(len(known), len([event for event in unknown if event[1] > AS_OF])) > 30 and late and early
    before = Days(spark, config, events).run(*FEATURES)
    after = Days(spark, config, [*known, *otherwise(unknown)]).run(*FEATURES)
    assert set(before) == TABLES and min(map(len, before.values())) > 5
    assert after == before


def test_features_do_change_with_the_first_and_the_last_day_of_their_window(
    spark: SparkSession, config: Config
) -> None:
    """And with what came late, but in time."""
    oldest, noon = start_of(HISTORY_DAYS), dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
    days = [(oldest, oldest), (AS_OF, AS_OF), (AS_OF, start_of(3))]
    events: list[Event] = [(ds, day, "a", "p", "click", noon, None, None) for ds, day in days]
    (row,) = Days(spark, config, events).run("summarise_history")["user_item_history"]
    assert (row["days_since_last"], row["days_since_first"], row["positive_days_7d"]) == (0, HISTORY_DAYS - 1, 2)


@pytest.mark.parametrize("exposures", [True, False])
def test_samples_join_labels_to_nothing_known_later_than_the_day_before_their_window(exposures: bool) -> None:
    """The reads of build_samples, as the data sets' own configurations set the windows."""
    config: Any = load_config("world" if exposures else "completejourney")
    job, ds = Graph().job("build_samples"), dt.date(2026, 6, 30)
    read = {r.table: r.days(ds, config.windows, config.first_day) for r in job.reads}
    labels, shown = read.pop("user_item_daily"), read.pop("exposures_daily")
    assert labels == shown and labels[-1] == ds and len(labels) == config.windows.label_days
    assert {day for days in read.values() for day in days} == {labels[0] - dt.timedelta(1)}
