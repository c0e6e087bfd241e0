"""The shipped DAG in a real Airflow, beside `python -m jobs backfill` of the same night: the same bytes and lists.

With `-s` it prints how long each task took. Most of that is the start of a Spark session, some five seconds.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import redis

from examples.world import WorldConfig, land
from jobs.overlay import CHECKOUT
from jobs.runtime.store import MANIFEST
from predawn import Answer, Reader
from tests.redis_fixture import redis_client, redis_server

__all__ = ["redis_client", "redis_server"]

WORLD = WorldConfig(days=3, users=80, items=120, events=8_000)
NIGHT = WORLD.last_day  # the first night that has the two label windows which the ranker needs
RUN_AT = f"{NIGHT + dt.timedelta(1)}T03:00:00+00:00"
# Every task starts a JVM for little work: simple compilation and collection make that up to three times faster.
JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
DEEPEST = 1_000


def environment(folder: Path, raw: Path, redis_url: str) -> dict[str, str]:
    """This process's environment without settings of Predawn or Airflow, with those of one store and one Redis."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PREDAWN_", "AIRFLOW_"))}
    return inherited | {
        "PREDAWN_RAW": str(raw),
        "PREDAWN_STORE": str(folder / "store" / "{data}"),
        "PREDAWN_PYTHON": sys.executable,
        "REDIS_URL": redis_url,
        "JDK_JAVA_OPTIONS": JAVA_OPTIONS,
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(CHECKOUT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }


def python(folder: Path, env: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    """Start `python -m ...` in the checkout; what it prints goes to log.txt in the folder."""
    with (folder / "log.txt").open("ab") as log:
        return subprocess.Popen([sys.executable, "-m", *arguments], cwd=CHECKOUT, env=env, stdout=log, stderr=log)


def wait(process: subprocess.Popen[bytes], folder: Path) -> None:
    assert process.wait() == 0, (folder / "log.txt").read_text(errors="replace")[-5_000:]


def durations(folder: Path) -> str:
    """The tasks with their seconds, slowest first, from Airflow's metadata database."""
    with closing(sqlite3.connect(folder / "airflow" / "airflow.db")) as database:
        rows = database.execute("SELECT task_id, duration FROM task_instance ORDER BY duration DESC").fetchall()
    return ", ".join(f"{task} {seconds:.0f}" for task, seconds in rows)


def digests(store: Path) -> dict[str, str]:
    """Partition, such as topn/ds=2026-01-03, -> the digest of its bytes."""
    manifests = store.glob(f"*/ds=*/{MANIFEST}")
    return {str(path.parent.relative_to(store)): json.loads(path.read_text())["digest"] for path in manifests}


def answers(store: Path, redis_url: str) -> list[Answer]:
    """What an app reads for every user with a list, and for one without."""
    (topn,) = (store / "topn" / f"ds={NIGHT}").glob("*/")
    users = [user for path in sorted(topn.glob("*.parquet")) for user in pq.read_table(path)["user_id"].to_pylist()]
    reader = Reader(redis_url)
    return [reader.top(user, DEEPEST) for user in (*users, "nobody")]


@pytest.mark.timeout(900)
def test_a_night_in_airflow_equals_a_backfill(tmp_path: Path, redis_server: str, redis_client: redis.Redis) -> None:
    assert redis_client.dbsize() == 0
    raw = tmp_path / "raw"
    land(raw, WORLD.first_day, WORLD.last_day, WORLD)
    by_hand, nightly = tmp_path / "by_hand", tmp_path / "nightly"
    urls = {folder: redis_server.removesuffix("/0") + f"/{n}" for n, folder in enumerate((by_hand, nightly))}
    envs = {folder: environment(folder, raw, url) for folder, url in urls.items()}
    for folder in envs:
        folder.mkdir()

    started = time.perf_counter()
    backfill = python(by_hand, envs[by_hand], "jobs", "backfill", "--data", "world", "--date", str(NIGHT))
    try:  # both at once: starting and stopping leaves the cores idle much of the time
        wait(python(nightly, envs[nightly], "airflow", "db", "migrate"), nightly)
        wait(python(nightly, envs[nightly], "airflow", "dags", "test", "predawn_world", RUN_AT), nightly)
        print(f"\nAirflow took {time.perf_counter() - started:.0f} s: {durations(nightly)}")
        wait(backfill, by_hand)
    finally:
        backfill.kill()
        backfill.wait()

    stores = {folder: folder / "store" / "world" for folder in envs}
    expected = digests(stores[by_hand])
    assert f"topn/ds={NIGHT}" in expected
    assert digests(stores[nightly]) == expected
    lists = answers(stores[nightly], urls[nightly])
    assert lists == answers(stores[by_hand], urls[by_hand])
    assert {answer.data_day for answer in lists} == {str(NIGHT)}
    assert {answer.tier for answer in lists[:-1]} == {"user"}
    assert lists[-1].tier == "popular"
    assert all(answer.items for answer in lists)
