"""Nights end to end on a small generated world, with a real Spark session and a real Redis server."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from rich.console import Console

from examples.local_redis import start, stop
from examples.world import WorldConfig, land
from jobs.errors import RunError
from jobs.overlay import CHECKOUT
from jobs.runtime.backfill import backfill
from jobs.runtime.checks import check_partition
from jobs.runtime.config import load_config
from jobs.runtime.runner import Runner, Step
from jobs.runtime.store import STAGING, Store
from predawn import Reader
from tests.redis_fixture import free_port

# The first day with the two label windows that a ranker needs is the third; the night after it is the second one here.
WORLD = WorldConfig(days=4, users=80, items=60, events=10_000)
EARLIER, LATER = WORLD.last_day - timedelta(1), WORLD.last_day
HISTORY = 3
SMALL = {
    "windows": {"history_days": HISTORY},
    "recall": {"k": 30},
    "topn": {"n": 20},
    "replay": {"ks": [5, 10]},
    "spark": {"driver_memory": "1g"},
}


@dataclass(frozen=True)
class Place:
    """Where nights happen: a landing zone, a store and a Redis server."""

    raw: Path
    store: Path
    redis: str

    @property
    def variables(self) -> dict[str, str]:
        return {"PREDAWN_RAW": str(self.raw), "PREDAWN_STORE": str(self.store), "REDIS_URL": self.redis}

    def backfill(self, first: date, last: date | None = None, **wishes: Any) -> str:
        """Bring the days up to date and return what the run said."""
        said = io.StringIO()
        options = wishes.pop("options", {})
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.variables.items():
                patch.setenv(name, value)
            console = Console(file=said, highlight=False, soft_wrap=True)
            config = load_config("world", SMALL)
            backfill(config, first, last or first, options=options, console=console, **wishes)
        return said.getvalue()

    def runner(self) -> Runner:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.variables.items():
                patch.setenv(name, value)
            return Runner(load_config("world", SMALL))

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


@pytest.fixture(scope="module", autouse=True)
def one_session() -> Iterator[None]:
    """All nights here share one Spark session; one that other tests had before is left running."""
    before = SparkSession.getActiveSession()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Runner, "close", lambda _: None)
        yield
    mine = SparkSession.getActiveSession()
    if before is None and mine is not None:
        mine.stop()


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Two nights in a row, published. Whoever changes what is live puts it back."""
    root, port = tmp_path_factory.mktemp("nights"), free_port()
    land(root / "raw", WORLD.first_day, WORLD.last_day, WORLD)
    place = Place(root / "raw", root / "store", start(port, root / "redis"))
    try:
        place.backfill(EARLIER, LATER)
        yield place
    finally:
        stop(port, root / "redis", keep_lists=False)


def test_every_table_stands_and_keeps_its_contract(nights: Place) -> None:
    runner, digests = nights.runner(), nights.digests()
    for day in (str(EARLIER), str(LATER)):
        assert {table for table, other in digests if other == day} == {*runner.contracts, "ranker"}
        for table in runner.contracts.values():
            (folder,) = runner.store.folders(table.name, [day])
            manifest = runner.store.manifest(table.name, day) or {}
            assert check_partition(table, day, folder)[0] == manifest["rows"], table.name
    assert not nights.staged()
    ages = nights.table("user_item_history", LATER)["ages"].combine_chunks().flatten().to_pylist()
    assert set(ages) == set(range(HISTORY))


def test_readers_get_the_lists_of_the_last_night(nights: Place) -> None:
    reader = Reader(nights.redis)
    topn = nights.table("topn", LATER).to_pylist()
    assert len(topn) > WORLD.users / 2
    for row in topn:
        answer = reader.top(row["user_id"], n=1000)
        assert (answer.items, answer.tier, answer.data_day) == (row["item_ids"], "user", str(LATER))
    stranger = reader.top("nobody-has-this-id", n=1000)
    popular = nights.table("popular_items", LATER).sort_by("rank")["item_id"].to_pylist()
    assert (stranger.items, stranger.tier, stranger.data_day) == (popular, "popular", str(LATER))


def test_lists_leave_out_what_the_user_took(nights: Place) -> None:
    taken = {
        (row["user_id"], row["item_id"]) for row in nights.table("user_item_history", LATER).to_pylist() if row["ages"]
    }
    lists = nights.table("topn", LATER).to_pylist()
    shown = {(row["user_id"], item) for row in lists for item in row["item_ids"]}
    assert taken and not taken & shown
    assert all(len(set(row["item_ids"])) == len(row["item_ids"]) <= SMALL["topn"]["n"] for row in lists)


def test_the_second_night_replays_the_first_ones_lists(nights: Place) -> None:
    metrics = nights.table("replay_metrics", LATER).to_pylist()
    channels = nights.runner().config.get("recall.channels")
    assert {row["source"] for row in metrics} == {"topn", *channels}
    assert {row["metric"] for row in metrics} >= {"recall_at_5", "ndcg_at_10", "coverage_at_10"}
    assert all(row["users"] > 0 for row in metrics)
    assert any(row["source"] == "topn" and row["metric"] == "ndcg_at_10" and row["value"] > 0 for row in metrics)
    assert not nights.table("replay_metrics", EARLIER).num_rows, "no lists stood before the first night"


def test_nothing_changed_means_nothing_runs_but_the_publication(nights: Place) -> None:
    before = nights.digests()
    jobs = [line.split()[0] for line in nights.backfill(LATER).splitlines() if line.endswith(" s")]
    assert jobs == ["publish_lists"]
    assert nights.digests() == before


def test_a_second_run_gives_the_same_bytes(nights: Place) -> None:
    before, version = nights.digests(), Reader(nights.redis).top("someone").version
    said = nights.backfill(LATER, rebuild=True)
    assert "build_topn" in said and "clean_events" in said
    assert nights.digests() == before
    assert Reader(nights.redis).top("someone").version == version


def test_an_earlier_night_knows_nothing_of_a_later_day(nights: Place, tmp_path: Path) -> None:
    """The later day's logs and catalogue are others: nothing of the earlier night may tell, nor what labels meet."""
    other = Place(tmp_path / "raw", tmp_path / "store", nights.redis)
    shutil.copytree(nights.raw, other.raw)
    alter(other.raw / "events" / f"ds={LATER}" / "part-00000.json.gz")
    shutil.rmtree(other.raw / "items" / f"ds={LATER}")
    other.backfill(EARLIER)
    kept = {key: digest for key, digest in nights.digests().items() if key[1] <= str(EARLIER)}
    # The row of a publication also says whether it was made live, and here a newer one already is.
    assert other.digests() | publications(kept) == kept
    assert {("topn", str(EARLIER)), ("ranker", str(EARLIER)), ("samples", str(EARLIER))} <= set(kept)

    runner = other.runner()
    for name in ("clean_events", "aggregate_day", "build_samples"):
        runner.run(Step(runner.graph.job(name), (str(LATER),)))
    here, there = samples(nights), samples(other)
    shared = here.keys() & there.keys()
    assert shared and any(here[pair]["label"] != there[pair]["label"] for pair in shared)
    for pair in shared:
        assert features(here[pair]) == features(there[pair])


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


def publications(digests: Mapping[tuple[str, str], str | None]) -> dict[tuple[str, str], str | None]:
    return {key: digest for key, digest in digests.items() if key[0] == "publications"}


def samples(place: Place) -> dict[tuple[int, int], dict[str, Any]]:
    return {(row["user_code"], row["item_code"]): row for row in place.table("samples", LATER).to_pylist()}


def features(row: dict[str, Any]) -> list[str]:
    """As text, in which missing values equal each other."""
    return [f"{name}={value}" for name, value in row.items() if name not in ("label", "weight")]


def test_an_older_day_goes_live_only_when_told_to(nights: Place) -> None:
    reader = Reader(nights.redis, pointer_seconds=0)
    said = nights.backfill(EARLIER)
    assert "not published" in said and str(LATER) in said
    assert reader.top("someone").data_day == str(LATER)
    nights.backfill(EARLIER, options={"make_live": True})
    assert reader.top("someone").data_day == str(EARLIER)
    nights.backfill(LATER)
    assert reader.top("someone").data_day == str(LATER)


def test_no_redis_is_one_sentence_and_changes_nothing(nights: Place) -> None:
    before, live = nights.digests(), Reader(nights.redis).top("someone")
    url = f"redis://127.0.0.1:{free_port()}/0"
    command = [sys.executable, "-m", "jobs", "run", "publish_lists", "--data", "world", "--date", str(LATER)]
    variables = {**os.environ, **nights.variables, "REDIS_URL": url}
    done = subprocess.run(command, cwd=CHECKOUT, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert f"publish_lists {LATER}" in line and url in line and "set REDIS_URL" in line
    assert nights.digests() == before and not nights.staged()
    assert Reader(nights.redis).top("someone") == live


def test_a_missing_raw_day_names_job_day_and_remedy(nights: Place, tmp_path: Path) -> None:
    place = Place(tmp_path / "raw", tmp_path / "store", nights.redis)
    shutil.copytree(nights.raw, place.raw)
    gone = WORLD.first_day + timedelta(1)
    shutil.rmtree(place.raw / "events" / f"ds={gone}")
    with pytest.raises(
        RunError, match=f"clean_events .* failed: no complete raw events for {gone} in .*: land the day"
    ):
        place.backfill(EARLIER)
    assert not [path for path in place.store.rglob("*") if path.is_file()]


def test_a_broken_delivery_leaves_the_old_partitions(nights: Place, tmp_path: Path) -> None:
    place = Place(tmp_path / "raw", nights.store, nights.redis)
    shutil.copytree(nights.raw, place.raw)
    (place.raw / "events" / f"ds={LATER}" / "part-00000.json.gz").write_bytes(b"this is no gzip file")
    before = place.digests()
    with pytest.raises(RunError, match=f"job clean_events {LATER} failed: "):
        place.backfill(LATER)
    assert place.digests() == before and not place.staged()
