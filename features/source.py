"""From raw records to named fields, all of them strings: JSON lines, CSV lines and Parquet rows look alike afterwards.

A frame of lines has the columns ds (date of the delivery, null when a file serves every day), source (number of the
file in the run), position (of the record in its file, from 0), record (a hash of it), corrupt (null for a sound record,
else the reason why it can't be read) and line (its text, null where nobody asked). A frame of records has besides: raw
(struct of the fields, strings; null where the record doesn't say).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence

from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType,
    MapType,
    StringType,
    StructField,
    StructType,
    TimestampType,
    VariantType,
)

from features.reasons import BLANK, MALFORMED

NESTED = (StructType, ArrayType, MapType, VariantType)
ANSI = "spark.sql.ansi.enabled"
CORRUPT = "_corrupt"
LINE = ("ds", "source", "position", "record", "corrupt", "line")
RECORD = (*LINE, "raw")
# Spark's CSV parser fails the whole job on a record with more columns.
MAX_CSV_COLUMNS = 20480
INSTANT = "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"


def used_fields(expressions: Mapping[str, str]) -> list[str]:
    """The fields that Spark SQL expressions name, in the order of their first use. expressions: key -> SQL.

    Raises ValueError that names the key, for what is no expression and for a field within a field.
    """
    import sqlglot
    from sqlglot import exp

    found: dict[str, None] = {}
    for key, sql in expressions.items():
        try:
            tree = sqlglot.parse_one(sql, read="spark")
        except sqlglot.errors.SqlglotError as error:
            reason = re.sub(r"\x1b\[\d*m", "", str(error)).splitlines()[0]
            raise ValueError(f"{key} = {sql!r} is no Spark SQL expression: {reason}") from error
        for column in sorted(tree.find_all(exp.Column), key=lambda column: column.this.meta.get("start", 0)):
            if column.table:
                raise ValueError(
                    f"{key} names {column.sql()}: write a field within a field as "
                    f"get_json_object({column.parts[0].name}, '$.{'.'.join(part.name for part in column.parts[1:])}')"
                )
            found[column.name] = None
    return list(found)


def check_expressions(
    spark: SparkSession, fields: Sequence[str], expressions: Mapping[str, str], types: Mapping[str, str]
) -> None:
    """Raises ValueError that names the key of an expression that Spark doesn't understand over these string fields.

    types: key -> the type that an expression has to have; a null is of every type.
    """
    nothing = spark.createDataFrame([], StructType([StructField(name, StringType()) for name in fields]))
    # What is about to be said in a sentence isn't said in a page as well.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    for key, sql in expressions.items():
        try:
            ((_, kind),) = evaluate(nothing, {"value": sql}).dtypes
        except PySparkException as error:
            if (error.getCondition() or "").startswith("UNRESOLVED_COLUMN"):
                name = (error.getMessageParameters() or {})["objectName"]
                raise ValueError(f"{key} = {sql!r} names {name}, which isn't among {', '.join(fields)}") from error
            raise ValueError(f"{key} = {sql!r} is no Spark SQL expression: {_reason(error)}") from error
        wanted = types.get(key)
        if wanted and kind not in (wanted, "void"):
            remedy = "; say how it is written with time_format" if wanted == "timestamp" else ""
            raise ValueError(f"{key} = {sql!r} is a {kind} and has to be a {wanted}{remedy}")


def check_time_format(spark: SparkSession, key: str, pattern: str) -> None:
    """Raises ValueError for what is no pattern of Spark's."""
    try:
        spark.range(1).select(F.try_to_timestamp(F.lit("2026"), F.lit(pattern))).collect()
    except PySparkException as error:
        # What an older Spark would have made of the pattern helps nobody.
        reason = "" if "DATETIME_PATTERN" in (error.getCondition() or "") else f": {_reason(error)}"
        raise ValueError(f"{key} = {pattern!r} is no pattern of a time, such as yyyy-MM-dd HH:mm:ss{reason}") from error


def _reason(error: PySparkException) -> str:
    return next(line for line in str(error).splitlines() if line.strip())


def evaluate(frame: DataFrame, columns: Mapping[str, str]) -> DataFrame:
    """The frame's rows as new columns. columns: name -> SQL over the frame's.

    Unlike everywhere else a value that can't be cast is null, and so is what can't be computed: one odd record is no
    reason to stop. Spark settles that when an expression is analysed, which for a frame is here.
    """
    spark = frame.sparkSession
    ansi = spark.conf.get(ANSI, "true") or "true"
    spark.conf.set(ANSI, "false")
    try:
        return frame.select(*(F.expr(sql).alias(name) for name, sql in columns.items()))
    finally:
        spark.conf.set(ANSI, ansi)


def csv_titles(columns: Sequence[str], delimiter: str, header: str = "") -> set[str]:
    """The lines that name columns, with or without a byte order mark; files may have been put one after the other."""
    titles = {header or delimiter.join(columns), delimiter.join(columns)}
    return titles | {f"\ufeff{title}" for title in titles}


def parse_csv(lines: DataFrame, *, fields: Sequence[str], columns: Sequence[str], delimiter: str = ",") -> DataFrame:
    """Grain: line; none is a title. columns: the names of all columns, in the files' order.

    One character as delimiter: fields may stand in double quotes, a quote within is doubled. A longer delimiter: no
    quotes. A line with more or fewer columns is malformed. An empty field is null, and so is one that isn't a column.
    """
    if len(delimiter) > 1:
        parts = F.split("line", re.escape(delimiter), -1)
        named = [F.nullif(F.get(parts, F.lit(n)), F.lit("")).alias(name) for n, name in enumerate(columns)]
        return _records(lines.withColumn("raw", F.struct(*named)), F.size(parts) != len(columns), fields, columns)
    schema = ", ".join(f"{_quoted(name)} STRING" for name in (*columns, CORRUPT))
    options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": CORRUPT, "sep": delimiter, "escape": '"'}
    delimiters = F.length("line") - F.length(F.replace("line", F.lit(delimiter), F.lit("")))
    short = (F.octet_length("line") < MAX_CSV_COLUMNS) | (delimiters < MAX_CSV_COLUMNS)
    readable = short & F.col("corrupt").isNull() & (F.col("line") != "")
    parsed = lines.withColumn("raw", F.when(readable, F.from_csv("line", schema, options)))
    return _records(parsed, F.col("raw").isNull() | F.col("raw")[CORRUPT].isNotNull(), fields, columns)


def parse_rows(rows: DataFrame, *, fields: Sequence[str]) -> DataFrame:
    """Grain: row of a Parquet file. Input columns: ds, source, position, row (struct of all of its columns).

    line is the row's JSON. A field that isn't a column is null.
    """
    row = rows.schema["row"].dataType
    assert isinstance(row, StructType)
    known = {
        field.name: _text(F.col("row")[field.name], field.dataType) for field in row.fields if field.name in fields
    }
    named = [known.get(name, _nothing()).alias(name) for name in fields]
    return rows.select(
        "ds",
        "source",
        "position",
        _hash(row).alias("record"),
        F.lit(None).cast("string").alias("corrupt"),
        F.to_json("row").alias("line"),
        (F.struct(*named) if named else F.struct()).alias("raw"),
    )


def _hash(row: StructType) -> Column:
    """A hash of a row; that of columns passes over nulls, so where they are is part of it."""
    columns = [F.col("row")[field.name] for field in row.fields]
    if any(isinstance(field.dataType, NESTED) for field in row.fields):
        return F.xxhash64(F.to_json("row"))
    return F.xxhash64(*columns, *(column.isNull() for column in columns))


def _records(parsed: DataFrame, malformed: Column, fields: Sequence[str], columns: Sequence[str]) -> DataFrame:
    """malformed: whether a line that could be read isn't understood. columns: what raw has."""
    blank = F.trim("line") == ""
    corrupt = F.when(F.col("corrupt").isNotNull(), F.col("corrupt")).when(blank, BLANK).when(malformed, MALFORMED)
    named = [(F.col("raw")[name] if name in columns else _nothing()).alias(name) for name in fields]
    return parsed.withColumn("corrupt", corrupt).select(*LINE, F.struct(*named).alias("raw"))


def _nothing() -> Column:
    return F.lit(None).cast("string")


def _text(value: Column, kind: object) -> Column:
    """A typed value as a string that keeps what it says: an instant bears its offset, a nested value is JSON."""
    if isinstance(kind, NESTED):
        return F.to_json(value)
    if isinstance(kind, TimestampType):
        return F.date_format(value, INSTANT)
    return value.cast("string")


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
