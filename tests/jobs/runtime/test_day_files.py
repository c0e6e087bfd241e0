"""A file for each day of sorted rows, the same in whatever batches they come."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.runtime import day_files
from jobs.runtime.day_files import DayFiles

SCHEMA = pa.schema([("ds", pa.string()), ("user_id", pa.string()), ("count", pa.int64())])
DAYS = ("2026-03-01", "2026-03-02", "2026-03-03")


def rows_of(counts: list[int]) -> pa.RecordBatch:
    """So many rows of each day, the columns in another order and of another type than in the files."""
    days = [day for day, count in zip(DAYS, counts, strict=True) for _ in range(count)]
    count, users = pa.array(range(len(days)), pa.int32()), [f"u{number % 7}" for number in range(len(days))]
    return pa.RecordBatch.from_pydict({"count": count, "ds": pa.array(days, pa.string()), "user_id": users})


def written(folder: Path, batches: list[pa.RecordBatch], days: tuple[str, ...] = DAYS) -> list[str]:
    for day in days:
        (folder / day).mkdir(parents=True)
    return [row["ds"] for met in DayFiles(folder, SCHEMA, days)(batches) for row in met.to_pylist()]


@given(st.lists(st.integers(0, 9), min_size=3, max_size=3), st.lists(st.integers(1, 5), min_size=30, max_size=30))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_batches_leave_no_trace(tmp_path_factory: pytest.TempPathFactory, counts: list[int], sizes: list[int]) -> None:
    rows, batches, start = rows_of(counts), [], 0
    for size in sizes:
        batches.append(rows.slice(start, size))
        start += size
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(day_files, "ROWS_A_GROUP", 4)
        one, many = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("many")
        met = [day for day, count in zip(DAYS, counts, strict=True) if count]
        assert written(one, [rows]) == met == written(many, batches)
    for day, count in zip(DAYS, counts, strict=True):
        files = [sorted((folder / day).iterdir()) for folder in (one, many)]
        assert [[path.name for path in found] for found in files] == [["part-00000.parquet"] * (count > 0)] * 2
        if count:
            assert files[0][0].read_bytes() == files[1][0].read_bytes()
            file = pq.ParquetFile(files[0][0])
            assert (file.metadata.num_rows, file.num_row_groups, file.schema_arrow) == (count, -(-count // 4), SCHEMA)


def test_days_of_others_are_told_and_not_written(tmp_path: Path) -> None:
    assert written(tmp_path, [rows_of([2, 1, 1])], DAYS[1:]) == list(DAYS)
    assert sorted(path.name for path in tmp_path.iterdir()) == list(DAYS[1:])
    assert pq.read_table(tmp_path / DAYS[1])["count"].to_pylist() == [2]
