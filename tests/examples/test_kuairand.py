"""The week of KuaiRand-Pure lands on the days of its own clock."""

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from examples import kuairand
from examples.landing import day_folder

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


def impressions(raw: Path, day: dt.date) -> pa.Table:
    return pq.read_table(day_folder(raw, "events", day) / "part-00000.parquet")


@needs_source
def test_events_fall_on_their_day_in_the_business_zone(raw: Path) -> None:
    zone = ZoneInfo(kuairand.TIME_ZONE)
    for day in (FIRST, LAST):
        times = impressions(raw, day)["time_ms"].to_pylist()
        assert {dt.datetime.fromtimestamp(time / 1000, zone).date() for time in times} == {day}


@needs_source
def test_no_event_of_a_day_is_lost(raw: Path) -> None:
    times = pd.read_parquet(SOURCE / kuairand.IMPRESSIONS, columns=["time_ms"])["time_ms"]
    start = dt.datetime(2022, 4, 25, tzinfo=ZoneInfo(kuairand.TIME_ZONE)).timestamp() * 1000
    day_ms = 86_400_000
    for number, day in enumerate((FIRST, LAST)):
        expected = times.between(start + number * day_ms, start + (number + 1) * day_ms, inclusive="left").sum()
        assert impressions(raw, day).num_rows == expected


@needs_source
def test_tables_and_columns_are_landed_as_published(raw: Path) -> None:
    assert impressions(raw, FIRST).schema == pq.read_schema(SOURCE / kuairand.IMPRESSIONS)
    for table, name in (("items", kuairand.VIDEOS), ("users", kuairand.USERS)):
        assert (day_folder(raw, table, FIRST) / "part-00000.csv").read_bytes() == (SOURCE / name).read_bytes()


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
