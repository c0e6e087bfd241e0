"""What stops a night, what lets it through, and what people are told of it."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from features.findings import Finding
from jobs.errors import MissingPartition, RunError
from jobs.gates import expected, findings_table, number
from jobs.health_report import findings, show_health
from jobs.runtime.runner import Runner, Step
from tests.jobs.runtime.support import day, put_open_gates, put_rows, runner_at

DAY = day(6)
VOLUME = {
    "gate": "volume",
    "table_name": "events",
    "subject": "all",
    "observed": 1201.0,
    "low": 1850.4,
    "high": 6168.0,
    "basis": "0.6 to 2 times 3,084, the median of the last 3 days",
    "level": "fail",
    "verdict": "fail",
}
NULLS = VOLUME | {"gate": "nulls", "subject": "value of click", "observed": 0.31, "low": None, "high": 0.3}
DRIFT = VOLUME | {"gate": "drift", "table_name": "user_features", "observed": 0.4, "low": None, "high": 0.25}


def finding(like: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return like | changes


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def runner(tmp_path: Path, said: list[str]) -> Runner:
    return runner_at(tmp_path, said)


def open_gates(runner: Runner, *accept: str, job: str = "open_gates") -> None:
    runner.options["accept"] = frozenset(accept)
    runner.run(Step(runner.graph.job(job), (DAY,)))


def test_a_failure_names_table_day_observed_expected_and_the_way_out(runner: Runner) -> None:
    put_rows(runner, "health", DAY, [VOLUME])
    with pytest.raises(RunError) as refused:
        open_gates(runner)
    assert str(refused.value) == (
        f"job open_gates {DAY} failed: day {DAY} is not sound, so nothing of it is published: gate volume, table "
        "events, all: 1,201 where 1,850 to 6,168 was expected (0.6 to 2 times 3,084, the median of the last 3 days) "
        f"(all: `make health DATA=world DATE={DAY}`). Have it delivered anew and run again, or let it "
        f'through this once: `make backfill DATA=world DATE={DAY} ARGS="--accept volume"`.'
    )
    assert not runner.store.days("gates") and runner.store.days("health") == [DAY]


def test_every_failed_gate_must_be_accepted(runner: Runner, said: list[str]) -> None:
    put_rows(runner, "health", DAY, [finding(NULLS), VOLUME])
    with pytest.raises(RunError, match='ARGS="--accept nulls,volume"'):
        open_gates(runner)
    with pytest.raises(RunError, match=r'failed: .*gate nulls, .*ARGS="--accept nulls"') as refused:
        open_gates(runner, "volume")
    assert "gate volume" not in str(refused.value)
    open_gates(runner, "volume", "nulls", "mix")
    assert [line.split(",")[0] for line in said] == ["accepted: gate nulls", "accepted: gate volume"]
    (folder,) = runner.store.folders("gates", [DAY])
    assert (runner.store.manifest("gates", DAY) or {})["rows"] == 2 and folder.is_dir()


def test_what_was_accepted_stays_so_while_the_measurement_is_the_same(runner: Runner) -> None:
    """So that a task of Airflow that is cleared passes, once someone has accepted what it found."""
    put_rows(runner, "health", DAY, [VOLUME])
    open_gates(runner, "volume")
    digest = runner.store.digest("gates", DAY)
    open_gates(runner)
    assert runner.store.digest("gates", DAY) == digest
    put_rows(runner, "health", DAY, [finding(VOLUME, observed=1100.0)])
    with pytest.raises(RunError, match="gate volume"):
        open_gates(runner)


def test_warnings_are_said_and_stop_nothing(runner: Runner, said: list[str]) -> None:
    put_rows(runner, "feature_health", DAY, [finding(DRIFT, subject=f"f{n}", verdict="warn") for n in range(7)])
    open_gates(runner, job="open_feature_gates")
    assert said[0].startswith(f"warning: 7 findings of feature_health, day {DAY}; the first 5 follow")
    assert said[1].startswith("warning: gate drift, table user_features, f0: 0.4 where at most 0.25 was expected")
    assert len(said) == 6
    assert (runner.store.manifest("feature_gates", DAY) or {})["rows"] == 0


def test_lists_are_not_published_over_gates_that_judged_another_measurement(runner: Runner) -> None:
    """As when a day was delivered anew and its gates haven't opened since."""
    put_open_gates(runner, DAY)
    put_rows(runner, "health", DAY, [VOLUME])
    put_rows(runner, "topn", DAY, [])
    put_rows(runner, "popular_items", DAY, [])
    with pytest.raises(RunError, match=f"publish_lists {DAY} failed: table gates has no partition for {DAY}"):
        runner.run(Step(runner.graph.job("publish_lists"), (DAY,)))


def test_findings_of_a_gate_that_is_off_are_not_stored() -> None:
    rows = [("volume", "all", "off"), ("nulls", "b", "warn"), ("nulls", "a", "warn")]
    found = [Finding(gate, "events", of, 1.0, None, None, "", level, level) for gate, of, level in rows]
    table = findings_table(DAY, found)
    assert table["subject"].to_pylist() == ["a", "b"] and set(table["ds"].to_pylist()) == {DAY}


def test_numbers_and_ranges_read_well() -> None:
    assert [number(value) for value in (None, 3.0, 1234567.0, 1850.4, 0.03125, 1 / 3)] == [
        "",
        "3",
        "1,234,567",
        "1,850",
        "0.03125",
        "0.3333",
    ]
    assert expected({"low": 0.5, "high": None}) == "at least 0.5"
    assert expected({"low": None, "high": None}) == ""


def report(runner: Runner, *, everything: bool = False) -> str:
    text = io.StringIO()
    console = Console(file=text, width=160, highlight=False)
    show_health(runner.config, dt.date.fromisoformat(DAY), everything=everything, console=console)
    return text.getvalue()


def test_the_report_shows_the_worst_first_and_what_was_accepted(runner: Runner) -> None:
    steady = finding(VOLUME, gate="mix", subject="click", verdict="pass")
    digest = put_rows(runner, "health", DAY, [steady, finding(NULLS, verdict="warn"), VOLUME])
    text = report(runner)
    assert [line.split()[1] for line in text.splitlines() if "events, " in line] == ["fail", "warn"]
    assert "1,201" in text and "1,850 to 6,168" in text
    assert text.splitlines()[-1] == f"world {DAY}: 1 fail, 1 warn, 1 pass"
    assert "mix" not in text and "mix" in report(runner, everything=True)

    put_rows(runner, "gates", DAY, [{name: VOLUME[name] for name in ("gate", "table_name", "subject")}], health=digest)
    put_rows(runner, "feature_health", DAY, [DRIFT])
    assert report(runner).splitlines()[-1] == f"world {DAY}: 1 fail, 1 accepted, 1 warn, 1 pass"
    put_rows(runner, "health", DAY, [VOLUME])
    accepted = [row for row in findings(runner.config, dt.date.fromisoformat(DAY)) if row["verdict"] == "accepted"]
    assert not accepted, "the acceptance was of another measurement"


def test_a_day_that_was_never_measured_says_how_to(runner: Runner) -> None:
    with pytest.raises(MissingPartition, match=f"table health has no partition for {DAY}: .*make backfill"):
        report(runner)
