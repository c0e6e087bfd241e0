"""The landing zone: what is complete, which snapshot is a day's, and when a delivery is another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobs.errors import RunError
from jobs.runtime.raw import RawZone
from tests.jobs.support import data_set

SUCCESS = "_SUCCESS"


def deliver(root: Path, table: str, day: str, text: str = "{}", complete: bool = True) -> Path:
    folder = root / table / f"ds={day}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "part-00000.json").write_text(text)
    if complete:
        (folder / SUCCESS).touch()
    return folder


@pytest.fixture
def zone(tmp_path: Path) -> RawZone:
    return RawZone(tmp_path, data_set())


def test_the_files_of_each_day_without_what_is_hidden(zone: RawZone) -> None:
    days = ("2026-01-02", "2026-01-01")
    folders = {day: deliver(zone.root, "events", day) for day in days}
    for name in ("a.json", ".b.json.crc", "_c"):
        (folders["2026-01-01"] / name).touch()
    assert zone.events(days) == {
        "2026-01-02": [folders["2026-01-02"] / "part-00000.json"],
        "2026-01-01": [folders["2026-01-01"] / name for name in ("a.json", "part-00000.json")],
    }


def test_days_not_landed_or_not_complete_are_named_with_what_to_do(zone: RawZone) -> None:
    deliver(zone.root, "events", "2026-01-01")
    deliver(zone.root, "events", "2026-01-02", complete=False)
    with pytest.raises(RunError) as caught:
        zone.events(["2026-01-01", "2026-01-02", "2026-01-03"])
    message = str(caught.value)
    assert message == (
        f"no complete raw events for 2026-01-02, 2026-01-03 in {zone.root}: land the day as events/ds=2026-01-02/* "
        "(now 1 of at least 1 files, no _SUCCESS) and run again; `make check DATA=mine` tells what lies there, "
        "`make land DATA=mine` lands a bundled data set."
    )
    assert zone.missing("2026-01-01") is None
    lacks = "events/ds=2026-01-03/*: 0 of at least 1 files, no _SUCCESS."
    assert zone.missing("2026-01-03") == f"{zone.root}/{lacks}"
    nowhere = RawZone(zone.root / "none", zone.data)
    with pytest.raises(RunError, match=r"for 2026-01-01 in .*/none, which is no folder: put .* PREDAWN_RAW where they"):
        nowhere.events(["2026-01-01"])
    with pytest.raises(RunError, match=r"2026-02-01, 2026-02-02, 2026-02-03 and 2 more days in"):
        zone.events([f"2026-02-0{n}" for n in range(1, 6)])


def test_a_snapshot_is_the_newest_complete_one_at_or_before_the_day(zone: RawZone) -> None:
    for day in ("2025-12-31", "2026-01-02", "2026-01-09"):
        deliver(zone.root, "items", day)
    deliver(zone.root, "items", "2026-01-05", complete=False)
    deliver(zone.root, "users", "2026-01-04")
    found = {
        day: zone.snapshot("items", day)[0].parent.name
        for day in ("2026-01-01", "2026-01-02", "2026-01-08", "2026-02-01")
    }
    assert found == {
        "2026-01-01": "ds=2025-12-31",
        "2026-01-02": "ds=2026-01-02",
        "2026-01-08": "ds=2026-01-02",
        "2026-02-01": "ds=2026-01-09",
    }


def test_a_table_that_need_not_be_there_is_empty_until_it_is(zone: RawZone) -> None:
    before = zone.fingerprint("campaigns", "2026-01-05")
    assert (zone.snapshot("campaigns", "2026-01-05"), zone.snapshot_day("campaigns", "2026-01-05")) == ([], None)
    folder = deliver(zone.root, "campaigns", "2026-01-05", complete=False)
    assert zone.snapshot("campaigns", "2026-01-05") == [folder / "part-00000.json"]
    landed = zone.fingerprint("campaigns", "2026-01-05")
    assert landed != before == zone.fingerprint("campaigns", "2026-01-04")
    deliver(zone.root, "campaigns", "2026-01-05", "[]", complete=False)
    assert zone.fingerprint("campaigns", "2026-01-05") != landed, "another content of the same size"


def test_a_day_before_every_snapshot_is_an_error_with_what_to_do(zone: RawZone) -> None:
    deliver(zone.root, "items", "2026-01-02")
    with pytest.raises(RunError, match=r"no snapshot of items at or before 2026-01-01 in .*: land one .*DATA=mine"):
        zone.snapshot("items", "2026-01-01")


def test_a_fingerprint_tells_deliveries_apart(zone: RawZone) -> None:
    folder = deliver(zone.root, "events", "2026-01-01")
    first = zone.fingerprint("events", "2026-01-01")
    assert zone.fingerprint("events", "2026-01-01") == first
    (folder / "part-00001.json").write_text("")
    second = zone.fingerprint("events", "2026-01-01")
    (folder / "part-00000.json").write_text("{ }")
    deliver(zone.root, "events", "2026-01-02")
    assert len({first, second, zone.fingerprint("events", "2026-01-01"), zone.fingerprint("events", "2026-01-02")}) == 4


def test_days_that_share_a_snapshot_share_its_fingerprint(zone: RawZone) -> None:
    deliver(zone.root, "users", "2026-01-01")
    before = zone.fingerprint("users", "2026-01-02")
    assert before == zone.fingerprint("users", "2026-01-01")
    deliver(zone.root, "users", "2026-01-02")
    assert before != zone.fingerprint("users", "2026-01-02")
    assert before == zone.fingerprint("users", "2026-01-01")


def test_a_fingerprint_of_what_is_not_there_is_an_error(zone: RawZone) -> None:
    with pytest.raises(RunError, match="no complete raw events for 2026-01-01"):
        zone.fingerprint("events", "2026-01-01")
    with pytest.raises(RunError, match="no snapshot of users"):
        zone.fingerprint("users", "2026-01-01")


def touch(root: Path, *names: str) -> list[Path]:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("{}")
    return [root / name for name in names]


def zone_of(root: Path, **events: Any) -> RawZone:
    return RawZone(root, data_set(events=events))


def test_a_day_without_marker_is_complete_with_enough_files(tmp_path: Path) -> None:
    zone = zone_of(tmp_path, files="{day:%Y/%m/%d}/*.gz", marker="", min_files=2)
    files = touch(tmp_path, "2026/01/02/a.gz", "2026/01/02/b.gz", "2026/01/02/c.txt", "2026/01/03/a.gz")
    assert zone.events(["2026-01-02"]) == {"2026-01-02": files[:2]}
    assert zone.missing("2026-01-03") == f"{tmp_path}/2026/01/03/*.gz: 1 of at least 2 files."


def test_a_marker_stands_in_every_folder_of_the_day_or_at_its_path(tmp_path: Path) -> None:
    files = "events/ds={day}/hour=*/*"
    touch(
        tmp_path, "events/ds=2026-01-02/hour=00/a", "events/ds=2026-01-02/hour=01/a", "events/ds=2026-01-02/hour=00/_OK"
    )
    beside, above = zone_of(tmp_path, files=files, marker="_OK"), zone_of(tmp_path, files=files, marker="done/{day}.ok")
    assert beside.missing("2026-01-02") and above.missing("2026-01-02")
    touch(tmp_path, "events/ds=2026-01-02/hour=01/_OK", "done/2026-01-02.ok")
    assert not beside.missing("2026-01-02") and not above.missing("2026-01-02")


def test_files_without_a_day_serve_every_day_and_need_no_marker(tmp_path: Path) -> None:
    zone = zone_of(tmp_path, files="export-*.csv")
    assert zone.missing("2026-01-01") == f"{tmp_path}/export-*.csv: 0 of at least 1 files."
    files = touch(tmp_path, "export-1.csv", "export-2.csv")
    assert zone.events(["2026-01-01", "2026-01-02"]) == {None: files}
    assert zone.fingerprint("events", "2026-01-01") == zone.fingerprint("events", "2026-01-02")


def test_a_pattern_that_finds_folders_says_so(tmp_path: Path) -> None:
    touch(tmp_path, "logs/2026-01-02/a.json")
    message = zone_of(tmp_path, files="logs/{day}", marker="").missing("2026-01-02")
    assert "as what matches is hidden or a folder" in str(message)


def test_one_snapshot_may_serve_every_day_and_a_source_may_have_none(tmp_path: Path) -> None:
    items = {"item_id": "item", "files": "items.csv", "format": "csv"}
    zone = RawZone(tmp_path, data_set(items=items, users=None))
    files = touch(tmp_path, "items.csv")
    assert zone.snapshot("items", "2020-01-01") == files
    assert zone.snapshot("users", "2020-01-01") == []
    assert zone.snapshot_day("items", "2020-01-01") is zone.snapshot_day("users", "2020-01-01") is None
    assert zone.fingerprint("users", "2020-01-01") == zone.fingerprint("users", "2026-01-01")


def test_days_may_lie_side_by_side_in_the_root(tmp_path: Path) -> None:
    zone = zone_of(tmp_path, files="{day}.json", marker="{day}.done")
    assert zone.missing("2026-01-02") == f"{tmp_path}/2026-01-02.json: 0 of at least 1 files, no 2026-01-02.done."
    files = touch(tmp_path, "2026-01-02.json", "2026-01-02.done", "2026-01-03.done")
    assert zone.events(["2026-01-02"]) == {"2026-01-02": files[:1]}
    assert zone.missing("2026-01-03") == f"{tmp_path}/2026-01-03.json: 0 of at least 1 files."
