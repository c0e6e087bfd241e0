"""The dry run as a whole: what it prints of small logs, which nights it says can run, and that it leaves no trace."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from rich.console import Console

from jobs import overlay
from jobs.__main__ import main
from jobs.dataset import DataSet
from jobs.dryrun import sample
from jobs.dryrun.check import check
from jobs.dryrun.nights import first_night, night_problems, span_of
from jobs.runtime.config import Config, load_config
from tests.jobs.dryrun.support import looked, put, said
from tests.jobs.support import data_set

DAYS = [f"2026-01-0{n}" for n in range(1, 6)]
LOG: dict[str, Any] = {
    **{"files": "{day}.csv", "marker": "", "format": "csv", "event_type": "what"},
    "types": {"view": {"role": "exposure"}, "buy": {"role": "positive", "weight": 1.0}},
}
ITEMS = {"files": "items.json", "item_id": "id", "name": "title"}
USERS = {"files": "users.json", "user_id": "id", "profile": ["city"]}


def config_of(root: Path, data: DataSet) -> Config:
    windows = {"label_days": 1, "label_windows": 3, "history_days": 3}
    config = load_config("world", {"paths": {"raw": str(root), "store": str(root / "store")}, "windows": windows})
    return config.model_copy(update={"data": data})


def log_of(day: str, **rows: str) -> str:
    lines = [
        f"{user},i{n % 4},{day}T{n:02d}:30:00,{'buy' if n % 3 else 'view'},s{n % 5}"
        for n, user in enumerate("abcabcdd")
    ]
    return "\n".join(["user,item,at,what,page", *lines, *rows.values()]) + "\n"


def mine(root: Path, files: Mapping[str, str], **changes: Any) -> Config:
    put(root, files)
    return config_of(root, data_set(**{"items": None, "users": None, "events": LOG, **changes}))


def page_of(spark: SparkSession, config: Config, day: dt.date | None = None) -> tuple[bool, str]:
    page = io.StringIO()
    console = Console(file=page, highlight=False, soft_wrap=True, width=150)
    return check(config, day, console, lambda: spark), page.getvalue()


def test_a_sound_log_with_tables_can_run(spark: SparkSession, tmp_path: Path) -> None:
    files = {f"{day}.csv": log_of(day) for day in DAYS}
    files["items.json"] = "\n".join(json.dumps({"id": f"i{n}", "title": f"thing {n}", "shelf": n}) for n in range(3))
    files["users.json"] = "\n".join(json.dumps({"id": user, "city": "Ulm"}) for user in "abcd")
    config = mine(tmp_path, files, items=ITEMS, users=USERS)
    before = sorted(path.name for path in tmp_path.rglob("*"))
    runs, page = page_of(spark, config)
    assert runs and "nothing to mend" in page and f"make backfill DATA=mine DATE={DAYS[-1]}" in page
    for words in (
        *(f"5, {DAYS[0]} .. {DAYS[-1]}", "24 records, of 3 files", "view │ exposure │        │      9"),
        *("buy  │ positive │      1 │     15", f"{DAYS[0]} 00:30:00 .. {DAYS[-1]} 07:30:00 in UTC"),
        *("user_id 4 distinct, text, most often a, b, c", "page               such as s0, s1"),
        *("items: 3 records; 3 items", "75 % of the events are of one of them", "name                        3 values"),
        *("shelf              such as 0, 1", "users: 4 records; 4 users", "city                        1 values"),
    ):
        assert words in page, (words, page)
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_what_a_night_would_reject_is_shown_with_an_example(spark: SparkSession, tmp_path: Path) -> None:
    bad = log_of(DAYS[-1], nobody=",i1,2026-01-05T09:00:00,buy,s1", short="a,i1", odd="a,i1,noon,buy,s1")
    files = {f"{day}.csv": log_of(day) for day in DAYS[:-1]} | {f"{DAYS[-1]}.csv": bad}
    runs, page = page_of(spark, mine(tmp_path, files))
    assert runs
    for reason, example in (("no user", ",i1,2026-01-05T09:00:00"), ("malformed", "a,i1 "), ("no time", "a,i1,noon")):
        (line,) = (line for line in page.splitlines() if f"│ {reason}" in line)
        assert example in line and "3.7 %" in line
    assert "event_time gave no time for 3.7 % of the records, such as noon" in page


def test_an_overlay_that_cannot_be_read_is_told_without_a_night(spark: SparkSession, tmp_path: Path) -> None:
    events = LOG | {"value": "price + ", "user_id": "usr"}
    files = {f"{day}.csv": log_of(day) for day in DAYS}
    for changes, words in (
        (events, ["x data.events.value = 'price + ' is no Spark SQL expression"]),
        (events | {"value": "no_such(page)"}, ["x data.events.user_id names usr", "did you mean user?"]),
        (LOG | {"value": "no_such(page)"}, ["x conf/mine.toml: data.events.value = 'no_such(page)' is no Spark SQL"]),
        (LOG | {"time_format": "sql"}, ["x event_time = 'at' is text", 'write time_format = "iso"']),
    ):
        runs, page = page_of(spark, mine(tmp_path, files, events=changes))
        assert not runs and "make backfill" not in page
        assert all(word in page for word in words), page


def test_each_record_is_told_apart_by_the_columns_of_its_own_file(spark: SparkSession, tmp_path: Path) -> None:
    """Files of one name lie in two folders, with other columns."""
    order = "id,at,user,item\n" + "".join(f"o{n},soon,a,i1\n" for n in range(2))
    files = {f"{folder}/{day}.csv": text for day in DAYS for folder, text in (("a", log_of(day)), ("b", order))}
    told = LOG | {"files": "*/{day}.csv", "optional": ["what"], "event_type": "coalesce(what, 'buy')"}
    _, page = page_of(spark, mine(tmp_path, files, events=told))
    assert "event_time gave no time for 20 % of the records, such as soon" in page, page
    assert "id                 such as o0, o1" in page and "page               such as s0, s1" in page


def test_one_file_for_all_days_is_dated_by_its_events(spark: SparkSession, tmp_path: Path) -> None:
    log = "".join(log_of(day) for day in DAYS)
    config = mine(tmp_path, {"log.csv": log}, events=LOG | {"files": "log.csv"}, first_day="2025-12-30")
    runs, page = page_of(spark, config)
    assert runs and f"DATE={DAYS[-1]}" in page, page
    assert "the first event that was seen is of 2026-01-01, after first_day = 2025-12-30" in page


def test_of_a_long_log_some_records_are_drawn_and_copies_with_them(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "ROWS", 300)
    monkeypatch.setattr(sample, "READ", 2500)
    lines = [f"u{n % 50},i{n % 40},{DAYS[0]}T{n // 60:02d}:{n % 60:02d}:00,buy,s" for n in range(1200)]
    put(tmp_path, {f"{DAYS[0]}.csv": "\n".join(["user,item,at,what,page", *lines, *lines, *lines]) + "\n"})
    config = config_of(tmp_path, data_set(items=None, users=None, events=LOG))
    rows = sample.read_events(spark, config, looked(tmp_path, config.data))
    assert 200 < len(rows) < 450
    copies = rows["reason"].value_counts()["duplicate"]
    assert 0.45 * len(rows) < copies < 0.6 * len(rows)
    assert rows["line"].str.startswith("u").all() and rows["event_time"].notna().all()


def nights(root: Path, present: list[str], night: str, **changes: Any) -> str:
    config = mine(root, {f"{day}.csv": log_of(day) for day in present}, **changes)
    landed = {"events": looked(root, config.data)}
    if config.data.items:
        landed["items"] = looked(root, config.data, "items")
    return said(night_problems(config, landed, dt.date.fromisoformat(night), None))


def test_a_night_needs_label_windows_and_every_day_of_its_history(tmp_path: Path) -> None:
    assert str(first_night(mine(tmp_path, {}))) == DAYS[1]
    span = span_of(mine(tmp_path, {}), dt.date(2026, 1, 9))
    assert [str(day) for day in (span.as_of, span.first)] == ["2026-01-06", "2026-01-04"]
    assert nights(tmp_path / "1", DAYS, DAYS[-1]) == ""
    early = nights(tmp_path / "2", DAYS, DAYS[0])
    assert early.startswith(f"x {DAYS[0]} is too early for a night") and f"pick {DAYS[1]} or later" in early
    gap = nights(tmp_path / "3", [*DAYS[:2], *DAYS[3:]], DAYS[-1])
    assert f"x the night of {DAYS[-1]} reads the log from {DAYS[0]} on, and lacks {DAYS[2]}" in gap
    late = nights(tmp_path / "4", DAYS[1:], DAYS[-1])
    assert f"x the log begins on {DAYS[1]}, and first_day says {DAYS[0]}: write first_day = {DAYS[1]}" in late
    cut = nights(tmp_path / "5", DAYS, DAYS[-1], first_day=DAYS[1])
    assert "- 1 days of the log lie before first_day" in cut and not cut.startswith("x")


def test_a_night_needs_a_snapshot_as_old_as_its_oldest_features(tmp_path: Path) -> None:
    items = {"item_id": "id", "files": "items/{day}.json", "marker": ""}
    put(tmp_path, {f"items/{DAYS[2]}.json": "{}"})
    told = nights(tmp_path, DAYS, DAYS[-1], items=items)
    assert f"x the first snapshot of items is of {DAYS[2]}, and the night of {DAYS[-1]} needs one of {DAYS[1]}" in told


def test_the_command_without_an_overlay_or_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--data", "mine"]) == 2
    told = capsys.readouterr().err
    assert "unknown data set 'mine'" in told and "Make conf/mine.toml of this" in told and "[data.events]" in told
    put(tmp_path, {"log.csv": log_of(DAYS[0])})
    assert main(["check", "--data", "mine", "--sketch", str(tmp_path / "log.csv"), "--dir", str(tmp_path)]) == 0
    assert 'files = "log.csv"' in capsys.readouterr().out
    assert main(["check", "--data", "mine", "--sketch", str(tmp_path)]) == 2
    assert "is a folder: name one of the files in it" in capsys.readouterr().err
    assert main(["check", "--data", "world", "--dir", str(tmp_path)]) == 1
    assert "x no file of events matches events/ds={day}/*" in capsys.readouterr().out


def test_a_draft_is_written_into_the_overlay_that_it_is_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The shell makes the empty file before the command runs, and it may be the first of all data sets."""
    put(tmp_path, {"predawn.toml": (overlay.CONF / "predawn.toml").read_text(), "acme.toml": ""})
    put(tmp_path / "raw", {"acme/log.csv": log_of(DAYS[0])})
    monkeypatch.setattr(overlay, "CONF", tmp_path)
    monkeypatch.setenv("PREDAWN_RAW", str(tmp_path / "raw" / "{data}"))
    assert main(["check", "--data", "acme", "--sketch", str(tmp_path / "raw" / "acme" / "log.csv")]) == 0
    assert f'files = "log.csv" # below {tmp_path}/raw/acme\n' in capsys.readouterr().out
