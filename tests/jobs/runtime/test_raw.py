"""The landing zone: what is complete, which snapshot is a day's, and when a delivery is another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.errors import RunError
from jobs.runtime.raw import SUCCESS, RawZone


def deliver(root: Path, table: str, day: str, text: str = "{}", complete: bool = True) -> Path:
    folder = root / table / f"ds={day}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "part-00000.json").write_text(text)
    if complete:
        (folder / SUCCESS).touch()
    return folder


@pytest.fixture
def zone(tmp_path: Path) -> RawZone:
    return RawZone(tmp_path, "mine")


def test_the_folders_of_days_come_in_their_order(zone: RawZone) -> None:
    folders = [deliver(zone.root, "events", day) for day in ("2026-01-02", "2026-01-01")]
    assert zone.events(["2026-01-02", "2026-01-01"]) == folders


def test_days_not_landed_or_not_complete_are_named_with_what_to_do(zone: RawZone) -> None:
    deliver(zone.root, "events", "2026-01-01")
    deliver(zone.root, "events", "2026-01-02", complete=False)
    with pytest.raises(RunError) as caught:
        zone.events(["2026-01-01", "2026-01-02", "2026-01-03"])
    message = str(caught.value)
    assert message.startswith(f"no complete raw events for 2026-01-02, 2026-01-03 in {zone.root / 'events'}: ")
    assert SUCCESS in message and "make land DATA=mine" in message
    with pytest.raises(RunError, match=r"2026-02-01, 2026-02-02, 2026-02-03 and 2 more days in"):
        zone.events([f"2026-02-0{n}" for n in range(1, 6)])


def test_a_snapshot_is_the_newest_complete_one_at_or_before_the_day(zone: RawZone) -> None:
    for day in ("2025-12-31", "2026-01-02", "2026-01-09"):
        deliver(zone.root, "items", day)
    deliver(zone.root, "items", "2026-01-05", complete=False)
    deliver(zone.root, "users", "2026-01-04")
    found = {day: zone.snapshot("items", day).name for day in ("2026-01-01", "2026-01-02", "2026-01-08", "2026-02-01")}
    assert found == {
        "2026-01-01": "ds=2025-12-31",
        "2026-01-02": "ds=2026-01-02",
        "2026-01-08": "ds=2026-01-02",
        "2026-02-01": "ds=2026-01-09",
    }


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
