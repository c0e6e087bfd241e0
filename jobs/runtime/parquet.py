"""How the store's Parquet files are written: one compression, and dictionaries where values repeat."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

COMPRESSION = "zstd"
ROWS_A_GROUP = 1 << 17


def parquet_writer(path: Path, schema: pa.Schema, unique: Collection[str] = ()) -> pq.ParquetWriter:
    """unique: columns of which hardly a value comes twice. Those, and lists of numbers (codes, scores, ranks), are
    written as they are: a table of values that don't repeat costs more time than it saves space.
    """
    repeating = [leaf for field in schema if field.name not in unique for leaf in _repeating(field)]
    return pq.ParquetWriter(path, schema, compression=COMPRESSION, use_dictionary=repeating)


def _repeating(field: pa.Field) -> Iterator[str]:
    """The Parquet names of a column's leaves that get a dictionary."""
    if pa.types.is_map(field.type):
        yield from (f"{field.name}.key_value.{part}" for part in ("key", "value"))
    elif not pa.types.is_list(field.type):
        yield field.name
    elif pa.types.is_string(field.type.value_type):
        yield f"{field.name}.list.element"
