"""What is known as of a day doesn't change when later days do: the jobs of features, with the graph's own reads."""

from __future__ import annotations

import datetime as dt
import importlib
import random
from collections.abc import Sequence
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from jobs.graph import Graph
from jobs.runtime.config import Config, load_config
from tests.features.support import DAILY

FIRST = dt.date(2026, 1, 1)
AS_OF = "2026-01-12"
HISTORY_DAYS = 8
JOBS = (
    "summarise_history",
    "build_item_features",
    "build_user_features",
    "build_behaviour_features",
    "build_interactions",
)

# ds, user, item, event type, events, summed value, events that carried a value, seconds
Daily = tuple[str, str, str, str, int, float | None, int, float | None]


def random_days(seed: int, users: str = "abcdef", rows: int = 70) -> list[Daily]:
    """Unique in day, user, item and type, over twenty days around `AS_OF`."""
    draw = random.Random(seed)
    found: dict[tuple[str, ...], Daily] = {}
    while len(found) < rows:
        key = (
            (FIRST + dt.timedelta(draw.randrange(20))).isoformat(),
            draw.choice(users),
            draw.choice("pqrstuv"),
            draw.choice(["impression", "click", "like", "purchase"]),
        )
        value = round(draw.uniform(1, 20), 2) if key[3] == "purchase" else None
        found[key] = (*key, draw.randint(1, 3), value, 0 if value is None else 1, None)
    return list(found.values())


class Days:
    """What a job sees of the world: tables of many days, of which it reads those that the graph declares."""

    def __init__(self, spark: SparkSession, config: Config, daily: Sequence[Daily]) -> None:
        self.spark, self.config, self.ds = spark, config, AS_OF
        self.graph = Graph()
        self.job = self.graph.job(JOBS[0])
        self.tables = {
            "user_item_daily": spark.createDataFrame([(ds, ds, *rest) for ds, *rest in daily], DAILY),
            "items": catalogue(spark),
            "users": spark.sql(f"SELECT '{AS_OF}' AS ds, 'a' AS user_id, map('city', 'oslo') AS profile"),
        }
        self.rows: dict[str, list[Row]] = {}

    def inputs(self, table: str) -> list[str]:
        (read,) = [read for read in self.job.reads if read.table == table]
        days = read.days(dt.date.fromisoformat(self.ds), self.config.windows, FIRST)
        return [day.isoformat() for day in days]

    def read(self, table: str) -> DataFrame:
        frame = self.tables[table]
        return frame.where(frame.ds.isin(self.inputs(table)))

    def write(self, table: str, frame: DataFrame) -> None:
        rows = frame.collect()
        self.rows[table] = sorted(rows, key=str)
        self.tables[table] = self.spark.createDataFrame(rows, frame.schema)

    def run(self, *jobs: str) -> dict[str, list[Row]]:
        for name in jobs:
            self.job = self.graph.job(name)
            importlib.import_module(self.job.module).run(self)
        return self.rows


def catalogue(spark: SparkSession) -> DataFrame:
    return spark.sql(
        f"SELECT '{AS_OF}' AS ds, id AS item_id, id AS name, kind AS category, kind AS subcategory, kind AS brand, "
        "1.0D AS price, DATE'2026-01-02' AS created_on FROM VALUES ('p', 'x'), ('q', 'y'), ('r', 'x') AS t(id, kind)"
    )


@pytest.fixture(scope="module")
def config() -> Config:
    return load_config("world", {"windows": {"history_days": HISTORY_DAYS}})


def otherwise(rows: Sequence[Daily]) -> list[Daily]:
    """Of the given rows a third gone, a third altered, a third kept, and others by users never seen besides."""
    altered: list[Daily] = [(*row[:3], "purchase", 9, 99.0, 9, None) for row in rows[1::3] if row[3] == "impression"]
    days = {row[0] for row in rows}
    added = [row for row in random_days(2, users="ghij") if row[0] in days]
    assert altered and added
    return [*altered, *rows[2::3], *added]


def test_features_do_not_change_when_days_outside_their_window_do(spark: SparkSession, config: Config) -> None:
    daily = random_days(1)
    start = (dt.date.fromisoformat(AS_OF) - dt.timedelta(HISTORY_DAYS - 1)).isoformat()
    inside = [row for row in daily if start <= row[0] <= AS_OF]
    outside = [row for row in daily if row not in inside]
    assert min(len(inside), len([row for row in outside if row[0] > AS_OF])) > 15
    before = Days(spark, config, daily).run(*JOBS)
    after = Days(spark, config, [*inside, *otherwise(outside)]).run(*JOBS)
    assert set(before) == {
        "user_item_history",
        "item_features",
        "user_features",
        "behaviour_features",
        "interactions",
    }
    assert len(before["user_item_history"]) > 10
    assert after == before


def test_features_do_change_with_the_first_and_the_last_day_of_their_window(
    spark: SparkSession, config: Config
) -> None:
    oldest = (dt.date.fromisoformat(AS_OF) - dt.timedelta(HISTORY_DAYS - 1)).isoformat()
    daily: list[Daily] = [(day, "a", "p", "click", 1, None, 0, None) for day in (oldest, AS_OF)]
    (row,) = Days(spark, config, daily).run("summarise_history")["user_item_history"]
    assert (row["days_since_last"], row["days_since_first"]) == (0, HISTORY_DAYS - 1)


@pytest.mark.parametrize("exposures", [True, False])
def test_samples_join_labels_to_nothing_known_later_than_the_day_before_their_window(exposures: bool) -> None:
    """The reads of build_samples, as the data sets' own configurations set the windows."""
    config: Any = load_config("world" if exposures else "completejourney")
    job, ds = Graph().job("build_samples"), dt.date(2026, 6, 30)
    read = {r.table: r.days(ds, config.windows, config.first_day) for r in job.reads}
    labels = read.pop("user_item_daily")
    assert labels[-1] == ds and len(labels) == config.windows.label_days
    assert {day for days in read.values() for day in days} == {labels[0] - dt.timedelta(1)}
