"""The lists of the day before are judged in the codes of directories that stand, whatever they were built on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.runtime.runner import Runner, Step
from tests.jobs.runtime.support import day, put_rows, runner_at

DAY, BEFORE = day(6), day(5)
USERS, ITEMS = ("ann", "bob"), ("i1", "i2", "i3")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def runner(tmp_path: Path, said: list[str], spark: SparkSession) -> Runner:
    """ann took i2, bob and a stranger i1. The published lists bear the codes of directories that are gone."""
    runner = runner_at(tmp_path, said, recall={"channels": ["als", "popular"]}, replay={"ks": [1]})
    runner._spark = spark
    events = [
        {"event_day": DAY, "user_id": user, "item_id": item, "event_type": "click", "event_count": 1, "value_count": 0}
        for user, item in (("ann", "i2"), ("bob", "i1"), ("eve", "i1"))
    ]
    put_rows(runner, "user_item_daily", DAY, events)
    lists = [("ann", 1, ["i2", "i9"], [2, 0]), ("bob", 2, ["i3"], [0])]
    columns = ("user_id", "user_code", "item_ids", "item_codes")
    rows = [dict(zip(columns, row, strict=True)) for row in lists]
    put_rows(runner, "topn", BEFORE, rows, user_features="gone", item_features="gone")
    return runner


def stand(runner: Runner, *sound: str) -> None:
    """Directories, and the tables in their codes; only those of `sound` were built on them."""
    directories = {
        "user_features": put_rows(
            runner, "user_features", BEFORE, [{"user_code": n, "user_id": user} for n, user in enumerate(USERS)]
        ),
        "item_features": put_rows(
            runner, "item_features", BEFORE, [{"item_code": n, "item_id": item} for n, item in enumerate(ITEMS)]
        ),
    }
    rows: dict[str, list[dict[str, Any]]] = {
        "recall_als": [{"user_code": 1, "item_codes": [0, 1], "scores": [2.0, 1.0]}],
        "recall_popular": [{"user_code": 0, "item_codes": [2], "scores": [1.0]}],
        "behaviour_features": [{"user_code": n, "item_codes": [], "positive_days": []} for n in range(len(USERS))],
    }
    for table, found in rows.items():
        inputs = directories if table in sound else dict.fromkeys(directories, "gone")
        put_rows(runner, table, BEFORE, found, **inputs)


def replay(runner: Runner) -> dict[tuple[str, str], float]:
    runner.run(Step(runner.graph.job("replay_lists"), (DAY,)))
    (folder,) = runner.store.folders("replay_metrics", [DAY])
    rows = runner.session().read.parquet(str(folder)).collect()
    return {(row["source"], row["metric"]): row["value"] for row in rows}


def test_lists_on_other_directories_are_judged_by_ids_or_left_out(runner: Runner, said: list[str]) -> None:
    """Each finds at the first place what one of three users took; topn names two of three items there, als one."""
    stand(runner, "recall_als", "behaviour_features")
    found = replay(runner)
    assert found["topn", "hit_rate_at_1"] == found["als", "hit_rate_at_1"] == pytest.approx(1 / 3)
    assert found["topn", "coverage_at_1"] == pytest.approx(2 / 3)
    assert found["als", "coverage_at_1"] == pytest.approx(1 / 3)
    assert {source for source, _ in found} == {"topn", "als"}
    assert [line for line in said if line.startswith(f"replay of {DAY} without popular: ")]


def test_what_users_had_taken_is_known_on_one_directory_only(runner: Runner, said: list[str]) -> None:
    stand(runner, "recall_als", "recall_popular")
    assert replay(runner) == {}
    assert any(line.startswith(f"nothing to replay on {DAY}: behaviour_features of the day before") for line in said)


def test_a_replay_is_done_anew_once_its_lists_are_sound(runner: Runner) -> None:
    """The bytes of recall_popular are the same in both; what they are built on is not."""
    job = runner.graph.job("replay_lists")
    stand(runner, "recall_als", "behaviour_features")
    before = runner.prints.fingerprint(job, DAY)
    stand(runner, "recall_als", "behaviour_features", "recall_popular")
    assert runner.prints.fingerprint(job, DAY) != before
