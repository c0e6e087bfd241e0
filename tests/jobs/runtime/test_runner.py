"""One step of a run: its outputs appear together or not at all, and an unchanged model is not trained again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from jobs.errors import RunError, UnexpectedError, UsageError
from jobs.job import Job
from jobs.runtime.context import Context
from jobs.runtime.runner import Runner, Step
from jobs.runtime.store import STAGING
from tests.jobs.runtime.support import day, job_module, put_open_gates, put_rows, runner_at

DAY = day(6)
JOB = Job("some_job", (), ("popular_items", "ranker"))


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return runner_at(tmp_path)


def save(text: str, folder: Path) -> None:
    (folder / "model.txt").write_text(text)


def write_both(ctx: Context) -> None:
    row = {"ds": [ctx.ds], "rank": [1], "item_id": ["i1"], "item_code": [0], "score": [1.0]}
    ctx.write_arrow("popular_items", [pa.table(row)])
    ctx.write_folder("ranker", partial(save, "a tree"))


def visible(runner: Runner) -> dict[str, str]:
    """Every file of the store that is not staged."""
    files = [path for path in runner.store.root.rglob("*") if path.is_file()]
    return {str(path): path.read_bytes().hex() for path in files if STAGING not in path.parts}


def staged(runner: Runner) -> list[Path]:
    return list((runner.store.root / STAGING).glob("*"))


def test_a_step_commits_its_outputs_and_starts_no_session_unasked(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_module(monkeypatch, JOB.name, write_both)
    assert runner.run(Step(JOB, (DAY,))) > 0
    for table, rows in (("popular_items", 1), ("ranker", None)):
        manifest = runner.store.manifest(table, DAY) or {}
        assert (manifest["job"], manifest["rows"]) == (JOB.name, rows)
        assert manifest["built_from"] == runner.prints.fingerprint(JOB, DAY)
    assert not staged(runner) and runner._spark is None


def interrupted() -> None:
    raise KeyboardInterrupt


def broken() -> None:
    raise RunError("the plug is out.")


def unforeseen() -> None:
    raise ValueError("  one line\nand another")


def silent() -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("fail", "error", "message"),
    [
        (broken, RunError, f"^job some_job {DAY} failed: the plug is out.$"),
        (unforeseen, UnexpectedError, f"^job some_job {DAY} failed: ValueError: one line$"),
        (silent, UnexpectedError, f"^job some_job {DAY} failed: ZeroDivisionError: no message$"),
        (interrupted, KeyboardInterrupt, "^$"),
    ],
)
@pytest.mark.parametrize("before", [False, True])
def test_a_job_that_fails_leaves_what_stood(
    runner: Runner,
    monkeypatch: pytest.MonkeyPatch,
    fail: Callable[[], None],
    error: type[BaseException],
    message: str,
    before: bool,
) -> None:
    if before:
        job_module(monkeypatch, JOB.name, write_both)
        runner.run(Step(JOB, (DAY,)))
    stood = visible(runner)

    def write_and_fail(ctx: Context) -> None:
        write_both(ctx)
        fail()

    job_module(monkeypatch, JOB.name, write_and_fail)
    with pytest.raises(error, match=message) as caught:
        runner.run(Step(JOB, (DAY,)))
    assert bool(stood) == before and visible(runner) == stood and not staged(runner)
    if error is UnexpectedError:
        assert not isinstance(caught.value.__cause__, RunError)


def test_options_and_settings_reach_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def run(ctx: Context) -> None:
        ctx.say(f"{ctx.ds} {ctx.options['make_live']} {ctx.config.data.name}")
        write_both(ctx)

    job_module(monkeypatch, JOB.name, run)
    runner = runner_at(tmp_path, said)
    runner.options["make_live"] = True
    runner.run(Step(JOB, (DAY,)))
    assert said == [f"{DAY} True world"]


def test_a_wrong_redis_url_is_one_sentence(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "localhost:6379")
    list_ = {"user_id": "u1", "user_code": 0, "item_ids": ["i1"], "item_codes": [0], "scores": [0.5]}
    put_rows(runner, "topn", DAY, [list_])
    put_rows(runner, "popular_items", DAY, [{"rank": 1, "item_id": "i1", "item_code": 0, "score": 1.0}])
    put_open_gates(runner, DAY)
    with pytest.raises(RunError, match=f"publish_lists {DAY} failed: the Redis URL isn't valid") as caught:
        runner.run(Step(runner.graph.job("publish_lists"), (DAY,)))
    assert not isinstance(caught.value, UnexpectedError)
    assert not runner.store.days("publications")


def test_a_name_that_is_no_job_is_a_wrong_request(runner: Runner) -> None:
    with pytest.raises(UsageError, match="unknown job 'train'"):
        runner.graph.job("train")


class Training:
    """A train_ranker that counts; every model that it learns is another one."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        self.root, self.times = root, 0
        self.said: list[str] = []
        job_module(patch, "train_ranker", self._run)

    def _run(self, ctx: Context) -> None:
        self.times += 1
        ctx.write_folder("ranker", partial(save, f"model {self.times}"))

    def night(self, number: int, **overrides: object) -> str:
        """The digest of the ranker of a day, whose label windows of 3 days have samples."""
        runner = runner_at(self.root, self.said, windows={"label_days": 3}, **overrides)
        runner.run(Step(runner.graph.job("train_ranker"), (day(number),)))
        return str(runner.store.digest("ranker", day(number)))

    def samples(self, number: int, text: str) -> None:
        store = runner_at(self.root).store
        folder = store.stage("samples")
        (folder / "part-00000.parquet").write_text(text)
        store.commit("samples", day(number), folder, {})


@pytest.fixture
def training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Training:
    trained = Training(tmp_path, monkeypatch)
    for number in (3, 6, 9):
        trained.samples(number, f"samples of {number}")
    return trained


def test_the_same_samples_mean_the_same_ranker(training: Training) -> None:
    first = training.night(6)
    assert [training.night(7), training.night(8)] == [first, first]
    assert training.times == 1
    assert training.said == [
        f"train_ranker {day(7)}: the samples are those of {day(6)}, so is the model",
        f"train_ranker {day(8)}: the samples are those of {day(7)}, so is the model",
    ]
    store = runner_at(training.root).store
    assert (store.manifest("ranker", day(8)) or {})["job"] == "train_ranker"
    assert [path.name for path in store.folders("ranker", [day(8)])[0].iterdir()] == ["model.txt"]


def test_another_label_window_means_another_ranker(training: Training) -> None:
    assert training.night(6) != training.night(9)
    assert training.times == 2


def test_changed_samples_or_settings_mean_another_ranker(training: Training) -> None:
    training.night(6)
    training.night(7, rank={"seed": 1})
    assert training.times == 2
    training.samples(6, "other samples")
    training.night(8, rank={"seed": 1})
    assert training.times == 3


def test_a_ranker_never_comes_from_a_later_day(training: Training) -> None:
    training.night(8)
    training.night(7)
    assert training.times == 2
