"""Every common mistake is told with its fix, and a sound log is told nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.source import CORRUPT
from jobs.dryrun.columns import format_problems, name_problems, unmapped
from jobs.dryrun.events import EventSample
from jobs.dryrun.landed import file_problems
from jobs.dryrun.shape import shape_of
from jobs.dryrun.tables import Snapshot
from tests.jobs.dryrun.support import DAY, looked, put, said, sample
from tests.jobs.support import data_set

NO_TIME = {"event_time": None, "reason": "no time"}


def problems(found: EventSample) -> str:
    return said(list(found.problems()))


def test_a_sound_sample_has_none(tmp_path: Path) -> None:
    assert problems(sample(tmp_path, [{}] * 10)) == ""


@pytest.mark.parametrize(
    ("at", "fix"),
    [
        ("1767268800000", 'Unix milliseconds: write time_format = "epoch_ms"'),
        ("1767268800", 'Unix seconds: write time_format = "epoch_s"'),
        ("1767268800000000", 'write event_time = "at / 1000" and time_format = "epoch_ms"'),
        ("31/12/2025 10:00:00", 'write time_format = "dd/MM/yyyy HH:mm:ss"'),
        ("noon", "say with time_format how they are written"),
    ],
)
def test_times_that_were_not_understood(tmp_path: Path, at: str, fix: str) -> None:
    text = problems(sample(tmp_path, [{"at": at, **NO_TIME}] * 9 + [{}]))
    assert f"x event_time gave no time for 90 % of the records, such as {at}" in text and fix in text


def test_seconds_taken_for_milliseconds_are_times_of_1970(tmp_path: Path) -> None:
    row = {"at": "1767268800", "event_time": "1970-01-21T10:00:00", "reason": "time out of range"}
    text = problems(sample(tmp_path, [row] * 10, time_format="epoch_ms"))
    assert "x event_time gave a time before 1990" in text and 'time_format = "epoch_s"' in text
    assert "x every record is rejected" in text


def test_a_few_times_of_another_format_leave_the_rest_as_it_is(tmp_path: Path) -> None:
    text = problems(sample(tmp_path, [{"at": "31/12/2025 10:00", **NO_TIME}] + [{}] * 99))
    assert text.startswith("- event_time gave no time for 1.0 % of the records, such as 31/12/2025 10:00: they look ")
    assert 'try_to_timestamp(at, \'dd/MM/yyyy HH:mm\'))" and time_format = "sql"' in text


def test_a_few_bad_times_are_no_problem(tmp_path: Path) -> None:
    assert problems(sample(tmp_path, [{"at": "noon", **NO_TIME}] + [{}] * 99)) == ""


def test_files_cut_at_midnight_of_another_zone(tmp_path: Path) -> None:
    shifted = [{"at": str(pd.Timestamp(DAY) + pd.Timedelta(hours=8 + hour))} for hour in range(24)]
    text = problems(sample(tmp_path, shifted))
    assert "33 % of the events are of another day than their file" in text
    assert "hold 08:07 to 06:53 (+1 d) of it in UTC" in text and "set time_zone" in text


def test_files_named_after_the_day_of_delivery(tmp_path: Path) -> None:
    text = problems(sample(tmp_path, [{"at": f"2025-12-31T{hour:02d}:00:00"} for hour in range(24)]))
    assert "x 100 % of the events are of another day" in text and "day of their events, not of their delivery" in text


def test_types_that_the_overlay_does_not_have(tmp_path: Path) -> None:
    types = {"click": {"role": "positive", "weight": 1.0}, "view": {"role": "exposure"}}
    unknown = {"event_types": [], "reason": "unknown event"}
    rows = [{}] * 6 + [{"what": "Click", **unknown}] * 3 + [{"what": "cart-add", **unknown}]
    text = problems(sample(tmp_path, rows, event_type="what", types=types))
    assert "- 30 % of the records say what = 'Click', which is no type: write types.click = { when" in text
    assert "- 10 % of the records say what = 'cart-add', which is no type: add types.cart_add" in text
    assert "no record is of the type view" in text


def test_conditions_that_nothing_meets(tmp_path: Path) -> None:
    text = problems(sample(tmp_path, [{"event_types": [], "reason": "unknown event"}] * 4 + [{}]))
    assert "80 % of the records are of no event type" in text


def test_a_log_without_positives_stops(tmp_path: Path) -> None:
    types = {"click": {"role": "positive", "weight": 1.0}, "view": {"role": "exposure"}}
    rows = [{"what": "view", "event_types": ["view"]}] * 5
    assert "x there is no positive event" in problems(sample(tmp_path, rows, event_type="what", types=types))


@pytest.mark.parametrize(
    ("row", "what", "fix"),
    [
        ({"user_id": None, "reason": "no user"}, "x user_id is missing in 50 % of the records", "mend user_id"),
        ({"item_id": "NULL"}, "- item_id is 'NULL' in 50 % of the records", "item_id = \"nullif(item, 'NULL')\""),
        ({"user_id": "12.0"}, "- user_id is written as a decimal, such as 12.0", "regexp_replace(user, '[.]0+$', '')"),
        ({"reason": "file ends early"}, "- 10 of 20 records are rejected: file ends early", "delivered again"),
        ({"reason": "bot"}, "- 10 of 20 records are rejected: bot", "bot_events_per_minute"),
        ({"reason": "duplicate"}, "- 50 % of the records are copies of others", "counted once"),
    ],
)
def test_ids_and_copies(tmp_path: Path, row: dict[str, Any], what: str, fix: str) -> None:
    text = problems(sample(tmp_path, [{}, row] * 10))
    assert what in text and fix in text


def test_decimals_for_both_ids_are_integers(tmp_path: Path) -> None:
    text = problems(sample(tmp_path, [{"user_id": "12.0", "item_id": "7"}] * 10))
    assert 'write id_type = "integer" under [data]' in text


def test_an_empty_sample_stops(tmp_path: Path) -> None:
    empty = sample(tmp_path, [{}])
    empty.rows = empty.rows.iloc[:0]
    assert problems(empty).startswith("x the files hold no record")


@pytest.mark.parametrize(
    ("text", "told", "fix"),
    [
        ('{"a": 1}\n', {"format": "csv"}, 'write format = "json" under [data.events]'),
        ("user;item\n1;2\n", {}, 'write format = "csv" and delimiter = ";"'),
        ("user;item\n1;2\n", {"format": "csv"}, 'write delimiter = ";"'),
        ("user\titem\n1\t2\n", {"format": "csv"}, 'write delimiter = "\\t"'),
        ("7,12\n8,13\n", {"format": "csv"}, 'columns = ["column_1", "column_2"]'),
        ("7,12\n8,13\n", {"format": "csv", "columns": ["user"]}, "name all of them"),
        ("user,item\n1,2\n", {"format": "csv", "columns": ["a", "b"]}, "leave `columns` out"),
        ('[{"a": 1}]', {}, "jq -c '.[]'"),
        ("user,item\n1,2\n", {"format": "csv"}, ""),
        ("7,12\n8,13\n", {"format": "csv", "columns": ["user", "item"]}, ""),
        ("", {"format": "csv"}, ""),
    ],
)
def test_files_that_are_not_what_the_overlay_says(tmp_path: Path, text: str, told: dict[str, Any], fix: str) -> None:
    data = data_set(events={"files": "log", **told})
    put(tmp_path, {"log": text})
    found = said(format_problems(looked(tmp_path, data)))
    assert (fix in found) if fix else not found


def test_a_column_that_is_misnamed(tmp_path: Path) -> None:
    data = data_set(events={"files": "log.csv", "format": "csv", "user_id": "usr", "event_time": "At"})
    put(tmp_path, {"log.csv": "user,item,at,extra,more\n1,2,3,4,5\n"})
    text = said(name_problems(looked(tmp_path, data), data))
    assert "x data.events.user_id names usr, which log.csv hasn't: did you mean user? It has user, item, at" in text
    assert "x data.events.event_time names At, which log.csv hasn't: did you mean at?" in text
    records = [{"user": "1", "extra": "a"}, {"extra": "b", "more": "5"}, {"extra": "c"}]
    assert unmapped(looked(tmp_path, data), data, records) == {"extra": ["a", "b"], "more": ["5"], "user": ["1"]}


def test_columns_without_a_header_line_have_the_names_of_the_overlay(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("u1;i1;2026-01-01\nu2;i1;2026-01-02\n")
    assert shape_of(path, ("user", "item", "at")).records[0] == {"user": "u1", "item": "i1", "at": "2026-01-01"}
    assert shape_of(path, ("user", "item")).columns == shape_of(path).columns == ("column_1", "column_2", "column_3")


def test_files_that_lie_elsewhere_or_are_not_complete(tmp_path: Path) -> None:
    data = data_set()
    assert "there is no folder" in said(file_problems(looked(tmp_path / "none", data), tmp_path / "none"))
    assert "is empty" in said(file_problems(looked(tmp_path, data), tmp_path))
    put(tmp_path, {"logs/events-20260101.json.gz": "", "logs/items.json": ""})
    assert 'write files = "logs/events-{day:%Y%m%d}.json.gz" under [data.events]' in said(
        file_problems(looked(tmp_path, data), tmp_path)
    )
    put(tmp_path, {f"events/ds={DAY}/a.json": "{}"})
    text = said(file_problems(looked(tmp_path, data), tmp_path))
    assert text.startswith("x no day of events is complete: none has the marker _SUCCESS: write marker = ")
    put(tmp_path, {f"events/ds={DAY}/_DONE": ""})
    assert 'write marker = "_DONE"' in said(file_problems(looked(tmp_path, data), tmp_path))
    few = data_set(events={"marker": "", "min_files": 2})
    assert "none has 2 files" in said(file_problems(looked(tmp_path, few), tmp_path))


def snapshot(ids: list[str], event_ids: list[str], **columns: Any) -> Snapshot:
    rows = pd.DataFrame({CORRUPT: None, "item_id": ids, **columns})
    return Snapshot("items", rows, pd.Series(event_ids), data_set(), whole=True)


@pytest.mark.parametrize(
    ("ids", "event_ids", "fix"),
    [
        (
            ["12", "13"],
            ["0012", "0013"],
            "differ by leading zeros: 0012 in events, 12 in items; write [data.events] item_id = ",
        ),
        (
            ["12.0", "13.0"],
            ["12", "13"],
            "differ by a decimal point: 12 in events, 12.0 in items; write [data.items] item_id = ",
        ),
        (["sku-12"], ["SKU-12"], 'write [data.events] item_id = "lower(item)"'),
        (["12"], ["sku-12"], "differ by a prefix"),
        (["a"], ["b"], "do both mean the same?"),
    ],
)
def test_a_table_that_knows_few_of_the_events(ids: list[str], event_ids: list[str], fix: str) -> None:
    text = said(list(snapshot(ids, event_ids).problems()))
    assert "- items knows 0 % of the events" in text and fix in text


def test_a_table_of_ids_that_repeat_or_that_nobody_understands() -> None:
    assert "1 records of items repeat the id" in said(list(snapshot(["a", "a", "b"], ["a", "b"]).problems()))
    assert "x no record of items is understood" in said(list(snapshot(["", " "], []).problems()))
    known = snapshot(["a", "b", ""], ["a", "b", "c"], name=["x", None, None], price=[None] * 3)
    assert said(list(known.problems())) == "" and known.coverage == 2 and known.columns == ["name"]


def test_a_field_that_only_some_files_have(tmp_path: Path) -> None:
    told = {"files": "*/log.json", "event_type": "coalesce(what, 'order')", "value": "paid"}
    put(tmp_path, {"a/log.json": '{"user": 1, "item": 2, "at": 3}', "b/log.json": '{"what": "x"}'})
    data = data_set(events=told)
    assert said(name_problems(looked(tmp_path, data), data)).startswith("- data.events.value names paid")
    data = data_set(events={**told, "event_type": "event", "optional": ["event"]})
    assert "- data.events.event_type names event, which log.json hasn't" in said(
        name_problems(looked(tmp_path, data), data)
    )
