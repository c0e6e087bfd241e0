"""A staged partition against its contract: every difference is in the message, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.contract import Check, Column, Table
from jobs.errors import ContractBroken
from jobs.runtime.checks import arrow_schema, check_partition

DAY = "2026-01-03"
LISTS = Table(
    "lists",
    "user",
    ("user_id", "place"),
    (
        Column("ds", "string", "day"),
        Column("user_id", "string", "user"),
        Column("place", "int", "place"),
        Column("score", "double", "score", "not scored"),
        Column("item_ids", "array<string>", "items"),
    ),
    (Check("score", 0.0, 1.0), Check("place", 1, level="warn")),
)
EMPTY_ALLOWED = Table("maybe", "user", ("user_id",), LISTS.columns[:2], may_be_empty=True)
ROWS = {
    "ds": [DAY] * 3,
    "user_id": ["u1", "u1", "u2"],
    "place": [1, 2, 1],
    "score": [0.0, 1.0, None],
    "item_ids": [["a"], [], ["b", "c"]],
}


def stage(folder: Path, *parts: pa.Table) -> Path:
    for number, part in enumerate(parts):
        pq.write_table(part, folder / f"part-{number:05d}.parquet")
    return folder


def rows(**changed: list[object]) -> pa.Table:
    return pa.table({**ROWS, **changed}, schema=arrow_schema(LISTS))


def broken(folder: Path, *parts: pa.Table, table: Table = LISTS) -> str:
    with pytest.raises(ContractBroken) as caught:
        check_partition(table, DAY, stage(folder, *parts))
    message = str(caught.value)
    assert message.startswith(f"table {table.name}, day {DAY}, breaks its contract, nothing was replaced: ")
    return message.split("nothing was replaced: ")[1]


def test_a_partition_that_keeps_the_contract_has_its_rows_counted_over_all_files(tmp_path: Path) -> None:
    other = rows(user_id=["u3", "u4", "u5"])
    assert check_partition(LISTS, DAY, stage(tmp_path, rows(), other)) == (6, [])


def test_every_difference_of_columns_is_listed_at_once(tmp_path: Path) -> None:
    wrong = (
        rows().drop_columns(["user_id"]).append_column("usr_id", pa.array(["u1", "u1", "u2"])).drop_columns(["place"])
    )
    wrong = wrong.append_column("place", pa.array([1, 2, 1], pa.int64()))
    message = broken(tmp_path, wrong)
    assert message == "column user_id is missing; column usr_id is not in it; column place is int64, not int32."


def test_a_list_of_other_elements_is_another_type(tmp_path: Path) -> None:
    wrong = rows().drop_columns(["item_ids"]).append_column("item_ids", pa.array([[1], [], [2]], pa.list_(pa.int32())))
    assert "column item_ids is list<" in broken(tmp_path, wrong)


def test_the_order_of_columns_is_part_of_the_contract(tmp_path: Path) -> None:
    names = ["user_id", "ds", "place", "score", "item_ids"]
    assert broken(tmp_path, rows().select(names)) == f"columns stand in the order {', '.join(names)}."


def test_every_difference_of_rows_is_listed_at_once(tmp_path: Path) -> None:
    first = rows(ds=[DAY, "2026-01-04", None], user_id=["u1", None, None], place=[1, 0, 0])
    second = rows(score=[-0.1, 1.5, float("nan")])
    assert broken(tmp_path, first, second).rstrip(".").split("; ") == [
        f"column ds holds other days than {DAY}",
        "1 of 6 rows lack ds",
        "2 of 6 rows lack user_id",
        "2 of 6 rows repeat a key (user_id, place)",
        "3 values of score lie outside 0..1",
    ]


def test_a_key_may_not_repeat_across_files(tmp_path: Path) -> None:
    assert broken(tmp_path, rows(), rows()) == "3 of 6 rows repeat a key (user_id, place)."


def test_a_warning_does_not_stop_the_run(tmp_path: Path) -> None:
    outside = rows(place=[0, -1, 1])
    assert check_partition(LISTS, DAY, stage(tmp_path, outside)) == (3, ["2 values of place lie outside 1..inf"])


def test_limits_themselves_and_nulls_lie_inside(tmp_path: Path) -> None:
    assert check_partition(LISTS, DAY, stage(tmp_path, rows(score=[0.0, 1.0, None]))) == (3, [])


def test_no_rows_break_a_contract_unless_it_allows_them(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    assert broken(folder, arrow_schema(LISTS).empty_table()) == "no rows."
    assert check_partition(EMPTY_ALLOWED, DAY, stage(tmp_path, arrow_schema(EMPTY_ALLOWED).empty_table())) == (0, [])


def test_a_day_without_files_is_an_empty_partition_with_the_contract_s_columns(tmp_path: Path) -> None:
    assert check_partition(EMPTY_ALLOWED, DAY, tmp_path) == (0, [])
    (path,) = tmp_path.glob("*.parquet")
    assert pq.read_schema(path).equals(arrow_schema(EMPTY_ALLOWED))
    second = tmp_path / "second"
    second.mkdir()
    with pytest.raises(ContractBroken, match="no rows"):
        check_partition(LISTS, DAY, second)


def test_names_and_nullability_of_nested_fields_are_the_writer_s_own(tmp_path: Path) -> None:
    table = Table(
        "nested",
        "row",
        (),
        (
            Column("ds", "string", "day"),
            Column("item_codes", "array<int>", "codes"),
            Column("profile", "map<string,string>", "attributes"),
            Column("event_time", "timestamp", "when"),
        ),
    )
    types = {
        "ds": pa.string(),
        "item_codes": pa.list_(pa.field("array", pa.int32(), nullable=False)),
        "profile": pa.map_(pa.string(), pa.field("value", pa.string(), nullable=False)),
        "event_time": pa.timestamp("ns"),
    }
    data = {"ds": [DAY], "item_codes": [[1, 2]], "profile": [[("city", "Bern")]], "event_time": [0]}
    assert check_partition(table, DAY, stage(tmp_path, pa.table(data, schema=pa.schema(types)))) == (1, [])
