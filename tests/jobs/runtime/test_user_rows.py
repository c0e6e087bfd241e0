"""Rows of users, looked up by code in the files of a table."""

from __future__ import annotations

import copy

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.runtime.user_rows import CodedTable, beside

USERS = 20
GROUP = 3


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> CodedTable:
    """Users 0 to 19 without 7, in two files and groups of three rows, with an empty file between."""
    folder = tmp_path_factory.mktemp("behaviour")
    codes = [code for code in range(USERS) if code != 7]
    rows = pa.table(
        {
            "lists": pa.array([list(range(code % 4)) for code in codes], pa.list_(pa.int32())),
            "user_code": pa.array(codes, pa.int32()),
            "value": pa.array([None if code == 5 else code / 2 for code in codes], pa.float32()),
        }
    )
    paths = [str(folder / name) for name in ("part-0.parquet", "part-1.parquet", "part-2.parquet")]
    for path, part in zip(paths, (rows.slice(0, 11), rows.slice(11, 0), rows.slice(11)), strict=True):
        pq.write_table(part, path, row_group_size=GROUP)
    return CodedTable(paths, {"user_value": "value", "codes": "lists"})


@given(codes=st.sets(st.integers(0, USERS - 1).filter(lambda code: code != 7), min_size=1))
def test_any_users_are_found_in_their_order(table: CodedTable, codes: set[int]) -> None:
    found = table.of(np.array(sorted(codes)))
    assert found.schema.names == ["user_value", "codes"]
    assert found.to_pylist() == [
        {"user_value": None if code == 5 else code / 2, "codes": list(range(code % 4))} for code in sorted(codes)
    ]


@pytest.mark.parametrize("code", [-1, 7, USERS])
def test_a_user_without_a_row_is_an_error(table: CodedTable, code: int) -> None:
    with pytest.raises(ValueError, match=f"no row of user code {code}"):
        table.of(np.array([code]))


def test_batches_keep_what_they_have_and_travel_to_workers(table: CodedTable) -> None:
    table.of(np.array([0]))  # opens a file, which can't travel
    there = copy.copy(table)
    codes = pa.array([1, 2, 12], pa.int32())
    batches = [pa.RecordBatch.from_pydict({"user_code": part, "label": part}) for part in (codes, codes[:0])]
    (batch,) = beside(batches, [there])
    assert batch.to_pydict() == {
        "user_code": [1, 2, 12],
        "label": [1, 2, 12],
        "user_value": [0.5, 1.0, 6.0],
        "codes": [[0], [0, 1], []],
    }
