"""The ratings of MovieTweetings land as they are, on the days of their times."""

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest

from examples import movietweetings
from examples.landing import day_folder

SOURCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "movietweetings_100k"
needs_source = pytest.mark.skipif(
    not SOURCE.is_dir(), reason="../shared/data/movietweetings_100k is not beside the checkout"
)


def landed(raw: Path, table: str, day: dt.date) -> bytes:
    (part,) = day_folder(raw, table, day).glob("part-*")
    assert part.name == "part-00000.dat.zst"
    return bytes(pa.CompressedInputStream(str(part), "zstd").read())


@needs_source
def test_every_line_lands_once_on_its_day(tmp_path: Path) -> None:
    assert movietweetings.main(["--raw", str(tmp_path), "--source", str(SOURCE)]) == 0
    days = [movietweetings.FIRST_DAY + dt.timedelta(n) for n in range(186)]
    assert days[-1] == movietweetings.LAST_DAY
    lines = []
    for day in days:
        mine = landed(tmp_path, "events", day).splitlines(keepends=True)
        assert {dt.datetime.fromtimestamp(int(line.split(b"::")[3]), dt.UTC).date() for line in mine} == {day}
        lines += mine
    source = (SOURCE / movietweetings.RATINGS).read_bytes().splitlines(keepends=True)
    assert len(lines) == len(source) == 100_000 and set(lines) == set(source)
    assert landed(tmp_path, "items", days[0]) == (SOURCE / movietweetings.MOVIES).read_bytes()


def test_days_outside_the_source_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / movietweetings.MOVIES).write_text("1::A (2013)::Drama\n")
    (tmp_path / movietweetings.RATINGS).write_text("1::1::8::1362062307\n1::2::8::1362148707\n")
    told = ["--raw", str(tmp_path / "raw"), "--source", str(tmp_path), "--first", "2013-02-28"]
    assert movietweetings.main([*told, "--last", "2013-03-02"]) == 2
    assert "has the days 2013-02-28 to 2013-03-01" in capsys.readouterr().err
    assert movietweetings.main([*told, "--last", "2013-03-01"]) == 0
    assert landed(tmp_path / "raw", "events", dt.date(2013, 3, 1)) == b"1::2::8::1362148707\n"


@pytest.mark.parametrize("name", [movietweetings.RATINGS, movietweetings.MOVIES])
def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    for other in {movietweetings.RATINGS, movietweetings.MOVIES} - {name}:
        (tmp_path / other).touch()
    assert movietweetings.main(["--raw", str(tmp_path / "raw"), "--source", str(tmp_path)]) == 2
    message = capsys.readouterr().err
    assert str(tmp_path) in message and name in message
    assert not (tmp_path / "raw").exists()
