"""A staged partition against its contract; read back from its files, so what is checked is what is published."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.arrays import Codes
from jobs.contract import Check, Table
from jobs.errors import ContractBroken

_ARROW = {
    "string": pa.string(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
    "array<int>": pa.list_(pa.int32()),
    "array<bigint>": pa.list_(pa.int64()),
    "array<float>": pa.list_(pa.float32()),
    "array<string>": pa.list_(pa.string()),
    "map<string,string>": pa.map_(pa.string(), pa.string()),
    "map<string,double>": pa.map_(pa.string(), pa.float64()),
}


def arrow_schema(table: Table) -> pa.Schema:
    return pa.schema([(column.name, _ARROW[column.type]) for column in table.columns])


def check_partition(table: Table, day: str, folder: Path) -> tuple[int, list[str]]:
    """Rows and warnings of a staged day. Raises ContractBroken that lists every difference."""
    paths = sorted(folder.glob("*.parquet"))
    if not paths:
        pq.write_table(arrow_schema(table).empty_table(), folder / "part-00000.parquet")
        paths = [folder / "part-00000.parquet"]
    differences = _schema_differences(table, paths[0])
    if differences:
        raise ContractBroken(table.name, day, differences)
    warnings: list[str] = []
    rows = sum(pq.read_metadata(path).num_rows for path in paths)
    if not rows and not table.may_be_empty:
        differences.append("no rows")
    required = [column.name for column in table.columns if not column.null and "<" not in column.type]
    # Only what a rule speaks of: the ranker's features, which may all be missing, would fill the memory for nothing.
    needed = list(dict.fromkeys([*required, *table.key, *(check.column for check in table.checks)]))
    schema = arrow_schema(table)
    texts = [name for name in needed if schema.field(name).type == pa.string()]
    data = pa.concat_tables([pq.read_table(path, columns=needed, read_dictionary=texts) for path in paths])
    if rows and set(pc.unique(data["ds"]).to_pylist()) != {day}:
        differences.append(f"column ds holds other days than {day}")
    for name in required:
        if nulls := data[name].null_count:
            differences.append(f"{nulls} of {rows} rows lack {name}")
    if table.key and (repeated := _repeated(data.select(table.key))):
        differences.append(f"{repeated} of {rows} rows repeat a key ({', '.join(table.key)})")
    for check in table.checks:
        outside = _outside(data[check.column], check)
        if outside:
            message = f"{outside} values of {check.column} lie outside {check.low:g}..{check.high:g}"
            (differences if check.level == "fail" else warnings).append(message)
    if differences:
        raise ContractBroken(table.name, day, differences)
    return rows, warnings


def _repeated(keys: pa.Table) -> int:
    """Rows whose key stands in another row, too. Most tables lie sorted by their key, and then neighbours tell."""
    if not any(key.null_count for key in keys.columns) and _ascend(keys):
        return 0
    texts = [key.cast(pa.string()) if pa.types.is_dictionary(key.type) else key for key in keys.columns]
    plain = pa.table(texts, names=keys.column_names)
    return len(keys) - plain.group_by(keys.column_names).aggregate([]).num_rows


def _ascend(keys: pa.Table) -> bool:
    """Whether each key, none of them null, is greater than the one before."""
    ascends = np.zeros(max(0, len(keys) - 1), bool)
    for key in reversed(keys.columns):
        values = Codes(key).ranks if pa.types.is_dictionary(key.type) else key.to_numpy()
        ascends = (values[1:] > values[:-1]) | ((values[1:] == values[:-1]) & ascends)
    return bool(ascends.all())


def _schema_differences(table: Table, path: Path) -> list[str]:
    expected, found = arrow_schema(table), pq.read_schema(path)
    missing = [name for name in expected.names if name not in found.names]
    extra = [name for name in found.names if name not in expected.names]
    differences = [f"column {name} is missing" for name in missing] + [f"column {name} is not in it" for name in extra]
    for name in expected.names:
        if name in found.names and not _same_type(expected.field(name).type, found.field(name).type):
            differences.append(f"column {name} is {found.field(name).type}, not {expected.field(name).type}")
    if not differences and expected.names != found.names:
        differences.append(f"columns stand in the order {', '.join(found.names)}")
    return differences


def _same_type(expected: pa.DataType, found: pa.DataType) -> bool:
    """Equal but for the names and nullability of nested fields, which writers choose as they like."""
    if pa.types.is_list(expected) and pa.types.is_list(found):
        return _same_type(expected.value_type, found.value_type)
    if pa.types.is_map(expected) and pa.types.is_map(found):
        return expected.key_type == found.key_type and expected.item_type == found.item_type
    if pa.types.is_timestamp(expected):
        return pa.types.is_timestamp(found)
    return expected == found


def _outside(values: pa.ChunkedArray, check: Check) -> int:
    inside = pc.and_(pc.greater_equal(values, check.low), pc.less_equal(values, check.high))
    return int(pc.sum(pc.invert(inside)).as_py() or 0)
