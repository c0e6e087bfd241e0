"""Hostile deliveries: whatever lies in the raw files, every record of theirs is kept or rejected, with its text."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs.errors import RunError
from jobs.runtime.cleaning.deliver import TEXT_LIMIT
from jobs.runtime.runner import Runner
from tests.features.test_lines import packed
from tests.raw import clean, cleaner, put_files, rows

DAY = "2026-01-03"


def event(number: int, **changes: Any) -> str:
    fields = {"event_id": f"e{number}", "time": f"{DAY}T10:00:00Z", "user_id": "u1", "item_id": "i1", "event": "click"}
    return json.dumps({**fields, **changes}, ensure_ascii=False)


def text(first: int, count: int, **changes: Any) -> str:
    return "".join(f"{event(number, **changes)}\n" for number in range(first, first + count))


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


MIXED = (
    event(200).encode()
    + b"\r\n"
    + event(201, user_id="jos\u00e9").encode("latin-1")
    + b"\n\n"
    + event(202, user_id="na\u00efve \u4f60\u597d").encode()
    + b"\n\x00\x00\n"
    + event(203, user_id="nul\x00").encode()
    + b"\n"
    + event(204).encode("utf-16")
    + b"\n"
    + event(205).encode()
)
HUGE = event(300) + "\n" + event(301, note="x" * 10_000_000) + "\n" + event(302) + "\n"
WEIRD = [
    event(400, user_id=17, item_id="18"),
    event(401, price="12.50", event="purchase"),
    event(402, price=12.5, event="purchase"),
    event(403, user_id={"id": {"deep": [1]}}),
    event(404, extra={"deep": [[{"a": 1}]] * 20}),
    event(405, time="-1969-01-01T00:00:00Z"),
    event(406, time="1969-12-31T23:59:59Z"),
    event(407, time="9999-12-31T23:59:59Z"),
    event(408, time="2026-02-03T10:00:00Z"),
    event(409, time=1_767_434_400),
    event(410, user_id=f"{DAY}T10:00:00Z", time="u1", item_id="click", event="i1"),
    event(411) + event(412),
    event(413, price=1e300, event="purchase"),
    event(414, user_id="u" * 1_025),
    "{" * 5_000,
    '{"a":' * 20_000 + "1" + "}" * 20_000,
]
FILES = {
    "a-sound.json": text(0, 5),
    "b-cut.json.gz": half(gzip.compress(text(10_000, 4_000).encode())),
    "c-cut.json.zst": half(packed(text(20_000, 40_000).encode(), "zstd")),
    "d-no-gzip.json.gz": text(30, 3),
    "e-mixed.json": MIXED,
    "f-huge.json.gz": gzip.compress(HUGE.encode()),
    "g-weird.json": "\n".join(WEIRD),
    "h-empty.json": "",
    "i-empty.json.gz": gzip.compress(b""),
    "j-nothing.json.gz": b"",
    "k-again.json": text(0, 5),
    "l-blank.json": "\n\n \n",
}


def by_file(runner: Runner, day: str) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in rows(runner, "intake", day):
        found.setdefault(Path(row["file"]).name, {})[row["verdict"]] = row["records"]
    return found


@pytest.fixture(scope="module")
def said() -> list[str]:
    return []


@pytest.fixture(scope="module")
def corpus(spark: SparkSession, said: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    root = tmp_path_factory.mktemp("hostile")
    put_files(root / "raw", {DAY: FILES})
    # The corpus makes one user click thousands of times.
    with cleaner(spark, root, clean={"bot_events_per_day": 0}) as runner:
        runner.say = said.append
        clean(runner, DAY)
        yield runner


def test_every_record_of_every_file_is_accounted_for(corpus: Runner) -> None:
    found = by_file(corpus, DAY)
    cut = {name: found.pop(name) for name in ("b-cut.json.gz", "c-cut.json.zst")}
    assert found == {
        "a-sound.json": {"kept": 5},
        "d-no-gzip.json.gz": {"kept": 0, "unreadable file": 1},
        "e-mixed.json": {"kept": 4, "blank line": 1, "not UTF-8": 2, "malformed": 1},
        "f-huge.json.gz": {"kept": 2, "line too long": 1},
        "g-weird.json": {
            "kept": 4,
            "malformed": 3,
            "id too long": 1,
            "wrong type": 1,
            "no time": 3,
            "time out of range": 2,
            "in the future": 1,
            "value out of range": 1,
        },
        "h-empty.json": {"kept": 0},
        "i-empty.json.gz": {"kept": 0},
        "j-nothing.json.gz": {"kept": 0},
        "k-again.json": {"kept": 0, "duplicate": 5},
        "l-blank.json": {"kept": 0, "blank line": 3},
    }
    for verdicts in cut.values():
        assert verdicts["kept"] > 1_000 and verdicts["file ends early"] == 1 and len(verdicts) == 2


def test_events_and_rejects_are_what_the_intake_says(corpus: Runner) -> None:
    intake = rows(corpus, "intake", DAY)
    kept = sum(row["records"] for row in intake if row["verdict"] == "kept")
    assert len(rows(corpus, "events", DAY)) == kept, "each of these records is one event"
    counted = Counter((row["file"], row["reason"]) for row in rows(corpus, "rejects", DAY))
    assert counted == {(row["file"], row["verdict"]): row["records"] for row in intake if row["verdict"] != "kept"}
    sizes = {Path(row["file"]).name: row["file_bytes"] for row in intake}
    assert sizes["a-sound.json"] == len(FILES["a-sound.json"]) and sizes["h-empty.json"] == 0


def test_rejects_bear_their_text_and_where_it_stands(corpus: Runner) -> None:
    found = [row for row in rows(corpus, "rejects", DAY) if row["file"].endswith("g-weird.json")]
    assert {row["file"] for row in found} == {f"events/ds={DAY}/g-weird.json"}
    assert {row["position"]: row["line"] for row in found} == {
        row["position"]: WEIRD[row["position"] - 1][:TEXT_LIMIT] for row in found
    }
    huge = [row for row in rows(corpus, "rejects", DAY) if row["reason"] == "line too long"]
    assert [(row["position"], row["line"]) for row in huge] == [(2, HUGE.splitlines()[1][:TEXT_LIMIT])]
    (odd, _) = [row["line"] for row in rows(corpus, "rejects", DAY) if row["reason"] == "not UTF-8"]
    assert '"jos\ufffd"' in odd
    cut = [row for row in rows(corpus, "rejects", DAY) if row["reason"] == "file ends early"]
    assert all(row["line"].startswith('{"e') or not row["line"] for row in cut)


def test_what_is_kept_says_what_the_records_said(corpus: Runner) -> None:
    found = {row["user_id"]: row for row in rows(corpus, "events", DAY)}
    assert {"na\u00efve \u4f60\u597d", "nul\x00", "17"} < set(found)
    assert [row["value"] for row in rows(corpus, "events", DAY) if row["event_type"] == "purchase"] == [12.5, 12.5]


@pytest.mark.usefixtures("corpus")
def test_the_run_says_what_came_in_and_what_is_damaged(said: list[str]) -> None:
    story, *warnings = said
    assert story.startswith("clean_events: ") and " records read, " in story and "5 duplicate" in story
    assert [line.split(": ")[2].split(";")[0] for line in warnings] == ["file ends early"] * 2 + ["unreadable file"]


def test_csv_and_parquet_rows_are_accounted_for_too(spark: SparkSession, tmp_path: Path) -> None:
    good = {"user": "u1", "item": 1, "at": "2026-01-03 10:00:00", "kind": "click", "price": 1.5}
    table = pa.Table.from_pylist([good, good, {**good, "item": None}, {**good, "item": 2, "price": None}])
    whole = pa.BufferOutputStream()
    pq.write_table(table, whole)
    data = bytes(whole.getvalue())
    put_files(tmp_path / "raw", {DAY: {"a.parquet": data, "b.parquet": data[:-9], "c.parquet": b""}})
    log = {"user_id": "user", "item_id": "item", "event_time": "at", "event_key": [], "event_type": "kind"}
    told = {"dwell_seconds": "NULL", "scene": "NULL", "variant": "NULL", "context": []}
    with cleaner(spark, tmp_path, data={"events": {**log, **told, "format": "parquet"}}) as runner:
        clean(runner, DAY)
        assert by_file(runner, DAY) == {
            "a.parquet": {"kept": 2, "no item": 1, "duplicate": 1},
            "b.parquet": {"kept": 0, "unreadable file": 1},
            "c.parquet": {"kept": 0, "unreadable file": 1},
        }
        lines = {row["reason"]: row["line"] for row in rows(runner, "rejects", DAY) if "a.parquet" in row["file"]}
        assert json.loads(lines["duplicate"]) == good and json.loads(lines["no item"]) == {**good, "item": None}
    csv = "user,item,at,kind,price\nu1,1,2026-01-03 10:00:00,click,\nu1,1\n\nu2,2,2026-01-03 10:00:00,click,x,y\n"
    other = tmp_path / "csv"
    put_files(other / "raw", {DAY: {"a.csv": csv, "b.csv.gz": half(gzip.compress(csv.encode())), "c.csv": ""}})
    with cleaner(spark, other, data={"events": {**log, **told, "format": "csv"}}) as runner:
        clean(runner, DAY)
        found = by_file(runner, DAY)
        assert found["a.csv"] == {"kept": 1, "malformed": 2, "blank line": 1} and found["c.csv"] == {"kept": 0}
        assert found["b.csv.gz"]["file ends early"] == 1


def test_a_missing_day_and_a_file_that_vanishes_are_named(spark: SparkSession, tmp_path: Path) -> None:
    put_files(tmp_path / "raw", {DAY: {"a.json": text(0, 2)}})
    with cleaner(spark, tmp_path) as runner:
        with pytest.raises(RunError, match="clean_events 2026-01-04 failed: no complete raw events for 2026-01-04"):
            clean(runner, "2026-01-04")
        gone = tmp_path / "raw" / "events" / f"ds={DAY}" / "b.json"
        gone.symlink_to(tmp_path / "nowhere")
        clean(runner, DAY)
        assert by_file(runner, DAY) == {"a.json": {"kept": 2}}
