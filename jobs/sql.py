"""Spark SQL around the expressions of an overlay; plain text, so that reading a configuration needs no Spark."""

from __future__ import annotations

from collections.abc import Mapping

NAMED_FORMATS = ("sql", "iso", "epoch_s", "epoch_ms")
SECONDS = {"epoch_s": "", "epoch_ms": " / 1000"}
FIRST_SECOND, LAST_SECOND = -62135596800, 253402300799  # of the years 1 to 9999


def timestamp(sql: str, time_format: str) -> str:
    """`sql` as a timestamp, null where it is none; time_format as in `jobs.dataset.EventLog`."""
    if time_format == "sql":
        return sql
    text = f"cast({sql} AS string)"
    if time_format in SECONDS:
        seconds = f"try_cast({text} AS decimal(38,9)){SECONDS[time_format]}"
        return f"if({seconds} BETWEEN {FIRST_SECOND} AND {LAST_SECOND}, cast({seconds} AS timestamp), NULL)"
    if time_format == "iso":
        # Without its date a time would be taken for one of the day on which the job runs.
        return f"if(substring(ltrim({text}), 5, 1) = '-', try_to_timestamp({text}), NULL)"
    return f"try_to_timestamp({text}, {literal(time_format)})"


def digits(sql: str) -> str:
    """The digits of a whole number, however it is written (12, 12.0, 1.2e1); null for what is none."""
    number = f"try_cast(cast({sql} AS string) AS decimal(38,6))"
    return f"if(floor({number}) = {number}, cast(floor({number}) AS string), NULL)"


def number(sql: str) -> str:
    """A finite number as text; null for what is none."""
    value = f"try_cast(cast({sql} AS string) AS double)"
    return f"if(abs({value}) < double('Infinity'), cast({value} AS string), NULL)"


def literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def json_object(columns: Mapping[str, str]) -> str:
    """A JSON object of values as text, those that are null or blank left out; null when there is none."""
    fields = ", ".join(f"{literal(name)}, nullif(trim(cast({sql} AS string)), '')" for name, sql in columns.items())
    return f"nullif(to_json(named_struct({fields})), '{{}}')" if fields else "NULL"
