"""`python -m jobs`: a wrong request is one sentence and status 2, a run that can't go on is status 1."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.__main__ import main
from jobs.graph import Graph
from jobs.overlay import data_sets
from jobs.runtime.context import Context
from tests.jobs.runtime.support import day, job_module, land, put_rows, runner_at

FIRST, DAY = day(0), day(2)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A landing zone and a store of the test's own."""
    monkeypatch.setenv("PREDAWN_RAW", str(tmp_path / "raw"))
    monkeypatch.setenv("PREDAWN_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("PREDAWN_DATA", "world")
    return tmp_path


def sentence(capsys: pytest.CaptureFixture[str]) -> str:
    """The only line on stderr."""
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("predawn: ") and line.endswith(".")
    return line.removeprefix("predawn: ")


@pytest.mark.parametrize(
    ("arguments", "named", "remedy"),
    [
        (["run", "clean_events", "--date", "2026-13-01"], "'2026-13-01' is no date", "YYYY-MM-DD"),
        (["run", "clean_events", "--date", "20260102"], "'20260102' is no date", "YYYY-MM-DD"),
        (["run", "clean_events", "--date", "yesterday"], "'yesterday' is no date", "YYYY-MM-DD"),
        (["run", "clean_events", "--date", ""], "'' is no date", "YYYY-MM-DD"),
        (["backfill", "--date", DAY, "--to", "2026-1-5"], "'2026-1-5' is no date", "YYYY-MM-DD"),
        (["backfill", "--date", DAY, "--to", FIRST], f"ends on {FIRST}, before it begins on {DAY}", "range"),
        (["backfill", "--date", "2025-12-31", "--to", DAY], "2025-12-31 lies before", f"{FIRST}, the first day"),
        (["run", "clean_events", "--date", "2025-12-31"], "2025-12-31 lies before", "data set world"),
        (["run", "clean_event", "--date", DAY], "unknown job 'clean_event'", "the night has clean_events, "),
        (["run", "clean_events", "--date", DAY, "--data", "mars"], "unknown data set 'mars'", "conf/ has "),
        (
            ["run", "clean_events", "--date", DAY, "--accept", "volume,speed"],
            "no gate is named speed",
            "volume, rejects",
        ),
        (["backfill", "--date", DAY, "--accept", "all"], "no gate is named all", "--accept takes any of volume"),
        (["wait", "--date", "today"], "'today' is no date", "YYYY-MM-DD"),
        (["health", "--date", "today"], "'today' is no date", "YYYY-MM-DD"),
        (["list", "--data", "../world"], "unknown data set '../world'", "conf/ has "),
    ],
)
def test_a_wrong_request_is_one_sentence_and_status_2(
    arguments: list[str], named: str, remedy: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    line = sentence(capsys)
    assert named in line and remedy in line
    assert not (place / "store").exists()


def test_an_unknown_data_set_names_all_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--data", "mars"]) == 2
    assert ", ".join(data_sets()) in sentence(capsys)


@pytest.mark.parametrize("command", [["run", "clean_events"], ["backfill"]])
def test_a_day_without_raw_data_is_one_sentence_and_status_1(
    command: list[str], place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    land(place / "raw", days=[FIRST, day(1)])
    assert main([*command, "--date", DAY]) == 1
    line = sentence(capsys)
    assert "job clean_events " in line and f"{DAY} failed: no complete raw events for {DAY} in {place / 'raw'}" in line
    assert "make land DATA=world" in line
    assert not [path for path in (place / "store").rglob("*") if path.is_file()]


def test_a_missing_input_is_one_sentence_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "publish_lists", "--date", DAY]) == 1
    line = sentence(capsys)
    assert f"job publish_lists {DAY} failed: table gates has no partition for {DAY}" in line
    assert f"make backfill DATE={DAY}" in line


def test_what_nobody_foresaw_is_a_sentence_below_its_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(ctx: Context) -> None:
        raise OSError(f"no space left for {ctx.ds}")

    job_module(monkeypatch, "rank_popular", run)
    assert main(["run", "rank_popular", "--date", DAY]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("Traceback")
    assert lines[-1] == f"predawn: job rank_popular {DAY} failed: OSError: no space left for {DAY}"


def test_a_job_that_is_not_due_says_so_and_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "build_samples", "--date", FIRST]) == 0
    assert capsys.readouterr().out == f"build_samples {FIRST}: not due, it runs every 1 days from {FIRST}\n"


def test_list_prints_the_night_in_its_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [job.name for job in Graph(experiments=False).jobs]
    assert lines[0].endswith("events, rejects -> events, rejects, intake")


def test_a_past_day_is_waited_for_in_vain_or_not_at_all(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    land(place / "raw", days=[FIRST])
    assert main(["wait", "--date", FIRST]) == 0
    assert capsys.readouterr().out == f"the raw files of {FIRST} are complete\n"
    assert main(["wait", "--date", DAY]) == 1
    assert f"the raw files of {DAY} are not complete" in sentence(capsys)


def test_the_health_of_a_day_is_printed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["health", "--date", DAY]) == 1
    assert f"table health has no partition for {DAY}" in sentence(capsys)
    put_rows(runner_at(place), "health", DAY, [])
    assert main(["health", "--date", DAY]) == 0
    assert capsys.readouterr().out.startswith(f"world {DAY}: ")


def test_make_live_reaches_the_job_only_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[object] = []

    def run(ctx: Context) -> None:
        seen.append(ctx.options["make_live"])
        raise RuntimeError

    job_module(monkeypatch, "publish_lists", run)
    for flags in ([], ["--make-live"]):
        assert main(["run", "publish_lists", "--date", DAY, *flags]) == 1
    assert seen == [False, True]
    capsys.readouterr()
