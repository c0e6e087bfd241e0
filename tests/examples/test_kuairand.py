"""The week of KuaiRand-Pure lands on the days of its own clock."""

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from examples import kuairand
from tests.examples.helpers import read_rows

SOURCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "kuairand_week1"
FIRST, LAST = dt.date(2022, 4, 25), dt.date(2022, 4, 26)
needs_source = pytest.mark.skipif(
    not SOURCE.is_dir(), reason="../shared/data/kuairand_week1 is not beside the checkout"
)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("kuairand")
    kuairand.land(root, SOURCE, FIRST, LAST)
    return root


@needs_source
def test_events_fall_on_their_day_in_the_business_zone(raw: Path) -> None:
    zone = ZoneInfo(kuairand.TIME_ZONE)
    for day in (FIRST, LAST):
        rows = read_rows(raw, "events", day)
        assert {dt.datetime.fromtimestamp(row["time_ms"] / 1000, zone).date() for row in rows} == {day}
        assert list(rows[0]) == list(kuairand.EVENT_FIELDS)


@needs_source
def test_no_event_of_a_day_is_lost(raw: Path) -> None:
    times = pd.read_parquet(SOURCE / kuairand.IMPRESSIONS, columns=["time_ms"])["time_ms"]
    start = dt.datetime(2022, 4, 25, tzinfo=ZoneInfo(kuairand.TIME_ZONE)).timestamp() * 1000
    day_ms = 86_400_000
    for number, day in enumerate((FIRST, LAST)):
        expected = times.between(start + number * day_ms, start + (number + 1) * day_ms, inclusive="left").sum()
        assert len(read_rows(raw, "events", day)) == expected


@needs_source
def test_snapshots_hold_whole_numbers(raw: Path) -> None:
    videos, users = read_rows(raw, "items", FIRST), read_rows(raw, "users", FIRST)
    assert (len(videos), len(users)) == (7_583, 27_285)
    assert list(videos[0]) == list(kuairand.ITEM_FIELDS) and list(users[0]) == list(kuairand.USER_FIELDS)
    numbers = [row[name] for row in videos for name in ("video_duration", "music_type")]
    numbers += [row["onehot_feat4"] for row in users]
    assert {type(number) for number in numbers} == {int, type(None)}


@pytest.mark.parametrize("name", [kuairand.IMPRESSIONS, kuairand.USERS, kuairand.VIDEOS])
def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for other in {kuairand.IMPRESSIONS, kuairand.USERS, kuairand.VIDEOS} - {name}:
        (source / other).touch()
    assert kuairand.main(["--raw", str(tmp_path / "raw"), "--source", str(source)]) == 2
    message = capsys.readouterr().err
    assert str(source) in message and name in message
    assert not (tmp_path / "raw").exists()
