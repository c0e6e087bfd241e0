"""The feature report as a job: from samples that stand to tables and a page, without Spark and outside of the night."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from jobs.__main__ import main
from jobs.errors import RunError, UsageError
from jobs.feature_report import report_features
from jobs.graph import Graph
from jobs.runtime.runner import Runner
from jobs.tables.lists import SAMPLE_COLUMNS, kept_features
from tests.jobs.runtime.support import day, runner_at

DAY = day(4)
USERS, ROWS = 60, 20  # rows of a user


QUICK = {
    "windows": {"label_windows": 4},
    "rank": {"gbdt_lr": {"num_iterations": 15, "learning_rate": 0.2, "num_threads": 1}},
    "report": {"repeats": 2},
}


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return runner_at(tmp_path, **QUICK)


def shown(runner: Runner) -> str:
    """What the report of `DAY` prints."""
    page = io.StringIO()
    report_features(runner.config, dt.date.fromisoformat(DAY), Console(file=page, highlight=False))
    return page.getvalue()


def put_samples(runner: Runner, days: list[str], order: int = 1) -> None:
    """Labels that follow the first feature; the second is noise, the others are missing. order: -1 turns it round."""
    names = runner.contracts["samples"].names[len(SAMPLE_COLUMNS) :]
    for number, ds in enumerate(days):
        random = np.random.default_rng(number)
        signal, noise = random.normal(size=(2, USERS * ROWS)).astype(np.float32)
        absent = np.full(USERS * ROWS, np.nan, np.float32)
        columns: dict[str, Any] = {
            "ds": np.full(USERS * ROWS, ds),
            "user_code": np.repeat(np.arange(USERS, dtype=np.int32), ROWS),
            "item_code": np.tile(np.arange(ROWS, dtype=np.int32), USERS),
            "label": (signal > random.normal(size=len(signal)) * 0.5).astype(np.float32),
            "weight": np.ones(USERS * ROWS, np.float32),
            **dict.fromkeys(names, absent),
            **{names[0]: signal, names[1]: noise},
        }
        staged = runner.store.stage("samples")
        table = pa.table({name: pa.array(values[::order], from_pandas=True) for name, values in columns.items()})
        pq.write_table(table, staged / "part-00000.parquet")
        runner.store.commit("samples", ds, staged, {"built_from": ""})


def test_the_report_is_stored_and_shown_with_what_to_write_to_drop(runner: Runner) -> None:
    put_samples(runner, [day(number) for number in range(1, 5)])
    printed = shown(runner)
    (folder,) = runner.store.folders("feature_report", [DAY])
    rows = {row["feature"]: row for row in pq.read_table(folder).to_pylist()}
    signal, noise, *absent = runner.contracts["samples"].names[len(SAMPLE_COLUMNS) :]
    assert list(rows) == [signal, noise, *absent]
    assert (rows[signal]["verdict"], rows[signal]["ds"]) == ("keep", DAY)
    assert rows[signal]["gain_share"] > 0.5 > rows[noise]["gain_share"]
    assert {rows[name]["reason"] for name in absent} == {"missing everywhere"}
    assert f'    "{absent[0]}",\n' in printed and "conf/world.toml" in printed and f'    "{signal}"' not in printed
    assert "which no verdict has seen" in printed and "auc" in printed


def test_the_order_of_rows_in_the_samples_changes_nothing(runner: Runner) -> None:
    digests = []
    for order in (1, -1):
        put_samples(runner, [day(number) for number in range(1, 5)], order)
        shown(runner)
        digests.append([runner.store.digest(table, DAY) for table in ("feature_report", "feature_trial")])
    assert digests[0] == digests[1]


def test_missing_windows_and_too_few_windows_are_one_sentence(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PREDAWN_STORE", str(runner.store.root))
    assert main(["report-features", "--data", "world", "--date", DAY]) == 1
    assert f"table samples has no partition for {day(1)}, {day(2)}" in capsys.readouterr().err
    put_samples(runner, [day(1), day(2)])
    wanted = f"samples of {day(1)}, {day(2)} don't suffice: a feature report needs 3 label windows"
    with pytest.raises(RunError, match=wanted):
        report_features(runner.config, dt.date.fromisoformat(day(2)))


def test_what_is_made_on_demand_is_no_part_of_the_night() -> None:
    night = Graph()
    for job in night.on_demand:
        assert night.job(job.name) is job and job not in night.jobs
        assert not set(job.writes) & set(night.producers)


def test_a_dropped_feature_is_kept_from_the_ranker_and_an_unknown_one_is_told(tmp_path: Path) -> None:
    samples = runner_at(tmp_path).contracts["samples"]
    names = samples.names[len(SAMPLE_COLUMNS) :]
    assert kept_features(samples, ()) == names
    assert kept_features(samples, (names[1],)) == [names[0], *names[2:]]
    with pytest.raises(UsageError, match=rf"rank.drop names x_{names[0]}, which .* don't have; near it: {names[0]}\.$"):
        runner_at(tmp_path, rank={"drop": [f"x_{names[0]}"]})
