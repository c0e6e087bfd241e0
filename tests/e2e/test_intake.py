"""From an overlay and raw files to events, tables and features: public data sets, and a team that has a log alone."""

from __future__ import annotations

import datetime as dt
import gzip
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from examples import completejourney, kuairand, movietweetings
from jobs import overlay
from jobs.runtime.config import load_config
from jobs.runtime.runner import Runner, Step
from tests.e2e.nights import INTERPRETED

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
INTAKE = ("clean_events", "load_items", "load_users")
FEATURES = ("aggregate_day", "count_day", "summarise_history", "build_item_features", "build_user_features")


@contextmanager
def ran(spark: SparkSession, root: Path, data: str, days: list[str], jobs: tuple[str, ...]) -> Iterator[Runner]:
    """A runner of the data set after these jobs, in the shared session with the data set's time zone."""
    paths = {"raw": str(root / "raw"), "store": str(root / "store")}
    runner = Runner(load_config(data, {"paths": paths, "spark": {"options": INTERPRETED}}), say=print)
    runner._spark, before = spark, spark.conf.get("spark.sql.session.timeZone") or "UTC"
    spark.conf.set("spark.sql.session.timeZone", runner.config.data.time_zone)
    try:
        for name in jobs:
            job = runner.graph.job(name)
            for step in [Step(job, tuple(days))] if job.spans else [Step(job, (days[-1],))]:
                runner.run(step)
        yield runner
    finally:
        spark.conf.set("spark.sql.session.timeZone", before)


def rows(runner: Runner, table: str, day: str) -> list[dict[str, Any]]:
    (folder,) = runner.store.folders(table, [day])
    return pa.concat_tables(pq.read_table(path) for path in sorted(folder.glob("*.parquet"))).to_pylist()


def events(runner: Runner, day: str) -> Counter[str]:
    return Counter(row["event_type"] for row in rows(runner, "events", day))


def shared(name: str) -> Path:
    if not (SHARED / name).is_dir():
        pytest.skip(f"../shared/data/{name} is not beside the checkout")
    return SHARED / name


def test_kuairand(spark: SparkSession, tmp_path: Path) -> None:
    source, day = shared("kuairand_week1"), dt.date(2022, 4, 25)
    kuairand.land(tmp_path / "raw", source, day, day)
    with ran(spark, tmp_path, "kuairand", [str(day)], INTAKE) as runner:
        landed = pd.read_parquet(tmp_path / "raw" / "events" / f"ds={day}" / "part-00000.parquet")
        distinct = landed.drop_duplicates()
        assert events(runner, str(day)) == {
            "impression": len(distinct),
            **{name: (distinct[f"is_{name}"] == 1).sum() for name in ("click", "like", "hate")},
            "long_view": (distinct["long_view"] == 1).sum(),
            "skip": (distinct["play_time_ms"] < 3_000).sum(),
        }
        dwelt = sum(
            row["dwell_seconds"] for row in rows(runner, "events", str(day)) if row["event_type"] == "impression"
        )
        assert dwelt == pytest.approx(distinct["play_time_ms"].sum() / 1000)
        items = {row["item_id"]: row for row in rows(runner, "items", str(day))}
        assert items["0"]["brand"] == "7349781" and items["0"]["created_on"] == dt.date(2022, 4, 10)
        assert len(items) <= 7_583 and max(row["created_on"] for row in items.values()) <= day
        users = {row["user_id"]: dict(row["profile"]) for row in rows(runner, "users", str(day))}
        assert len(users) == 27_285 and users["0"]["fans_user_num_range"] == "[100,1k)"


def test_movietweetings(spark: SparkSession, tmp_path: Path) -> None:
    source, days = shared("movietweetings_100k"), [dt.date(2013, 2, 28), dt.date(2013, 3, 1)]
    movietweetings.land(tmp_path / "raw", source, days[0], days[1])
    with ran(spark, tmp_path, "movietweetings", [str(day) for day in days], INTAKE) as runner:
        assert sum(sum(events(runner, str(day)).values()) for day in days) == 245 + 509
        assert not any(rows(runner, "rejects", str(day)) for day in days)
        assert set(events(runner, str(days[1]))) == {"like", "rate", "dislike"}
        items = {row["item_id"]: row for row in rows(runner, "items", str(days[1]))}
        assert len(items) == 10_506 and items["0004936"]["name"] == "The Bank (1915)"
        assert items["0002844"]["category"] == "Crime"
        assert not rows(runner, "users", str(days[1]))


def test_completejourney(spark: SparkSession, tmp_path: Path) -> None:
    day = dt.date(2017, 1, 1)
    completejourney.land(tmp_path / "raw", day, day)
    with ran(spark, tmp_path, "completejourney", [str(day)], ("clean_events", "load_users")) as runner:
        sales = completejourney.load("transactions")
        mine = sales[sales["transaction_timestamp"].dt.date == day].drop_duplicates()
        kept = rows(runner, "events", str(day))
        assert events(runner, str(day)) == {"purchase": len(kept)}
        assert 0 <= len(mine) - len(kept) <= len(rows(runner, "rejects", str(day)))
        assert sum(row["value"] for row in kept) == pytest.approx(mine["sales_value"].sum(), rel=0.01)
        assert len(rows(runner, "users", str(day))) == len(completejourney.load("demographics"))


OVERLAY = """
[data]
title = "A shop"
scene = "home"
first_day = 2026-03-28
time_zone = "Europe/Berlin"
repeats = true
id_type = "integer"

[data.events]
files = "{day:%Y%m%d}/log-*.csv.gz"
marker = ""
format = "csv"
delimiter = ";"
user_id = "customer"
item_id = "article"
event_time = "at"
time_format = "dd.MM.yyyy HH:mm"
value = "price * amount"
types.purchase = { when = "amount > 0", role = "positive", weight = 1.0 }
"""
LOGS = {
    "20260328/log-1.csv.gz": "customer;article;at;amount;price\n1;10;28.03.2026 00:30;1;2.5\n"
    "2;11;28.03.2026 23:59;2;1.5\n",
    "20260329/log-1.csv.gz": "customer;article;at;amount;price\n1.0;10;29.03.2026 00:30;2;2.5\n",
    # Another order of columns, an amount and a price that are none, and an id that is none.
    "20260329/log-2.csv.gz": "at;price;amount;article;customer\n29.03.2026 23:30;free;1;12;3\n"
    "29.03.2026 23:30;1;two;12;3\n29.03.2026 23:30;1;1;12;nobody\n",
}


def test_a_log_alone_is_enough(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = (overlay.CONF / "predawn.toml").read_bytes()
    (tmp_path / "predawn.toml").write_bytes(defaults)
    (tmp_path / "shop.toml").write_text(OVERLAY, encoding="utf-8")
    monkeypatch.setattr(overlay, "CONF", tmp_path)
    for name, text in LOGS.items():
        (tmp_path / "raw" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "raw" / name).write_bytes(gzip.compress(text.encode()))
    days = ["2026-03-28", "2026-03-29"]
    # The history of a source that began yesterday is two days long.
    with ran(spark, tmp_path, "shop", days, INTAKE + FEATURES) as runner:
        kept = [(row["user_id"], row["item_id"], row["value"]) for day in days for row in rows(runner, "events", day)]
        assert sorted(kept, key=str) == [("1", "10", 2.5), ("1", "10", 5.0), ("2", "11", 3.0), ("3", "12", None)]
        reasons = Counter(row["reason"] for row in rows(runner, "rejects", days[1]))
        assert reasons == {"unknown event": 1, "no user": 1}
        assert not rows(runner, "items", days[1]) and not rows(runner, "users", days[1])
        items = {row["item_id"]: row for row in rows(runner, "item_features", days[1])}
        assert {item: row["purchase_count_7d"] for item, row in items.items()} == {"10": 2, "11": 1, "12": 1}
        assert {row["category_code"] for row in items.values()} == {None} and "age_days" not in items["10"]
        users = {row["user_id"]: row["positive_days_28d"] for row in rows(runner, "user_features", days[1])}
        assert users == {"1": 2, "2": 1, "3": 1}
