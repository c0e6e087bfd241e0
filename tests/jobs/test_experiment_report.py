"""What a person is told of an experiment, and a ramp that takes effect at once."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import redis
from rich.console import Console

from jobs.__main__ import main
from jobs.errors import RunError
from jobs.experiment_report import assign, report
from jobs.runtime.runner import Runner
from predawn import read_experiment
from tests.jobs.runtime.support import FIRST, day, put_rows, runner_at

DAY = day(6)
LAYERS = {"ranker-1": {"start": day(3), "end": day(8), "variants": {"b": 0.25}, "traffic": 0.2}}
OVERLAY = {"variants": {"b": {"rank": {"ranker": "lr"}}}, "experiments": {"layers": LAYERS}}


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return runner_at(tmp_path, **OVERLAY)


def told(runner: Runner, rows: list[dict[str, Any]]) -> str:
    put_rows(runner, "experiment_metrics", DAY, rows)
    said = io.StringIO()
    report(runner.config, FIRST.replace(day=7), Console(file=said, width=200, highlight=False))
    return said.getvalue()


def row(variant: str, **known: Any) -> dict[str, Any]:
    base = {"layer": "ranker-1", "variant": variant, "metric": "ctr", "users": 500, "numerator": 5, "denominator": 50}
    return {**base, "value": 0.1, "low": 0.05, "high": 0.15, "sample_ratio_p": 0.4, **known}


def test_a_line_says_what_changed_and_how_sure_that_is(runner: Runner) -> None:
    b = row("b", difference=0.02, always_low=0.01, always_high=0.03, p_always_holm=0.004, needed_users=12_345.0)
    text = told(runner, [row("control"), b])
    (line,) = (line for line in text.splitlines() if " b " in line)
    assert all(cell in line for cell in ("ctr", "500", "0.1", "+0.02", "+0.01 .. +0.03", "0.004", "12345"))
    assert "experiment ranker-1" in text and "believe none" not in text


def test_a_mismatch_is_told_before_anything_is_believed(runner: Runner) -> None:
    assert "believe none of these numbers" in told(runner, [row("control", sample_ratio_p=1e-7)])
    assert "believe none" not in told(runner, [row("control", sample_ratio_p=None)])


def test_a_day_without_an_experiment_says_so(runner: Runner) -> None:
    assert told(runner, []) == f"no experiment of data set world ran on {DAY}\n"


def test_readers_assign_by_the_configuration_at_once(
    runner: Runner, redis_client: redis.Redis, redis_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", redis_server)
    assert assign(runner.config, FIRST.replace(day=4)) == (
        "experiment ranker-1 assigns scene 'home': control 0.75, b 0.25, traffic 0.2"
    )
    assert read_experiment(redis_client, "home") == runner.config.experiments.experiment("ranker-1", "home")
    assert "everyone gets the same lists" in assign(runner.config, FIRST.replace(day=10))
    assert read_experiment(redis_client, "home") is None


def test_without_redis_it_is_one_sentence(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    with pytest.raises(RunError, match="set REDIS_URL"):
        assign(runner.config, FIRST)


def test_the_command_names_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PREDAWN_STORE", str(tmp_path / "store"))
    assert main(["experiments", "--data", "world", "--date", DAY]) == 1
    assert f"table experiment_metrics has no partition for {DAY}" in capsys.readouterr().err
