"""Which columns of a file have a dictionary."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.runtime.parquet import parquet_writer

ROWS = pa.table(
    {
        "user_id": ["u1", "u1"],
        "count": [1, 1],
        "event_key": [3, 4],
        "codes": [[1], [2, 3]],
        "scores": [[0.5], [0.25, 1.5]],
        "names": [["a"], ["a", "b"]],
        "profile": pa.array([[("age", "30")], []], pa.map_(pa.string(), pa.string())),
    }
)


def test_what_repeats_has_a_dictionary_and_numbers_of_lists_have_none(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    with parquet_writer(path, ROWS.schema, unique=("event_key",)) as writer:
        writer.write_table(ROWS)
    group = pq.read_metadata(path).row_group(0)
    columns = [group.column(place) for place in range(group.num_columns)]
    assert {column.compression for column in columns} == {"ZSTD"}
    assert {column.path_in_schema for column in columns if column.has_dictionary_page} == {
        *("user_id", "count", "names.list.element", "profile.key_value.key", "profile.key_value.value")
    }
    assert pq.read_table(path).equals(ROWS)
