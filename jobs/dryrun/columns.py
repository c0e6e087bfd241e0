"""What is wrong with the columns of raw files, told from their first lines: their format, and names that they lack."""

from __future__ import annotations

from collections.abc import Sequence

from features.source import used_fields
from jobs.dataset import DataSet
from jobs.dryrun.landed import Landed
from jobs.dryrun.problem import Problem, listed, near
from jobs.dryrun.shape import Shape, is_header, shape_of
from jobs.dryrun.times import time_fix
from jobs.runtime.peek import csv_fields, first_lines
from jobs.runtime.records import VITAL, columns_of


def format_problems(landed: Landed) -> list[Problem]:
    """Whether the first file is written as the overlay says."""
    path = landed.paths[0]
    shape, source, key = shape_of(path), landed.source, f"[data.{landed.table}]"
    if shape.format == "json array":
        fix = f"write one object a line: jq -c '.[]' {path.name} > lines.json"
        return [Problem(f"{path.name} is one JSON array, not an object a line", fix, True)]
    if shape.format and shape.format != source.format:
        divided = f" and delimiter = {_quoted(shape.delimiter)}" if shape.format == "csv" else ""
        fix = f'write format = "{shape.format}"{divided} under {key}'
        what = f"{path.name} is {_spelled(shape.format)}, and the overlay says {_spelled(source.format)}"
        return [Problem(what, fix, True)]
    if source.format != "csv" or shape.format != "csv":
        return []
    if shape.delimiter != source.delimiter and len(csv_fields(first_lines(path, 1)[0], source.delimiter)) == 1:
        what = f"{path.name} isn't divided by {_quoted(source.delimiter)}"
        return [Problem(what, f"write delimiter = {_quoted(shape.delimiter)} under {key}", True)]
    return _header_problems(landed, shape)


def _header_problems(landed: Landed, shape: Shape) -> list[Problem]:
    source, key, name = landed.source, f"[data.{landed.table}]", landed.paths[0].name
    first, *others = (csv_fields(line, source.delimiter) for line in first_lines(landed.paths[0], 50))
    if not source.columns and not is_header(first, others):
        what = f"the first line of {name} names no columns, it is a record: {listed(first, 8)}"
        names = ", ".join(f'"{column}"' for column in shape.columns)
        return [Problem(what, f"name its {len(first)} columns under {key}, in their order: columns = [{names}]", True)]
    if source.columns and len(first) != len(source.columns):
        what = f"{name} has {len(first)} columns, and `columns` names {len(source.columns)}"
        return [
            Problem(what, f"name all of them under {key}, in their order; the first line is {listed(first, 8)}", True)
        ]
    if source.columns and is_header(first, others) and set(first) != set(source.columns):
        what = f"the first line of {name} names columns ({listed(first, 8)}), and `columns` names others"
        return [
            Problem(
                what, f"leave `columns` out of {key} and use the names of the file; else each such line is rejected"
            )
        ]
    return []


def name_problems(landed: Landed, data: DataSet) -> list[Problem]:
    """Fields that expressions of the overlay name and records lack. Raises ValueError for what is no expression."""
    table = landed.table
    found = columns_of(landed.read, landed.source)
    columns = list(dict.fromkeys(name for names in found.values() for name in names))
    if not columns:
        return []
    problems = []
    for key, sql in data.stated(table).items():
        absent = [name for name in used_fields({key: sql}) if name not in columns]
        for name in absent:
            close = near(name, columns)
            meant = f"did you mean {close}? " if close else ""
            needed = landed.source.format != "json" or key.rpartition(".")[2] in VITAL[table]
            stops = needed and name not in landed.source.optional
            what = f"{key} names {name}, which {next(iter(found)).name} hasn't"
            problems.append(Problem(what, f"{meant}It has {listed(columns, 20)}", stops))
    return problems


def time_problems(landed: Landed, data: DataSet) -> list[Problem]:
    """Whether event_time is the name of a text field, and nothing says how its times are written."""
    log = data.events
    if log.time_format != "sql" or used_fields({"": log.event_time}) != [log.event_time]:
        return []
    records = shape_of(landed.paths[0], landed.source.columns).records
    values = [record[log.event_time] for record in records if log.event_time in record]
    if not values:
        return []
    what = f"event_time = {log.event_time!r} is text, such as {values[0]}, and time_format isn't said"
    return [Problem(what, time_fix(log.event_time, log.time_format, values), True)]


def unmapped(landed: Landed, data: DataSet, records: Sequence[dict[str, str]]) -> dict[str, list[str]]:
    """Fields of the records that no expression uses -> a few of their values."""
    table = landed.table
    used = {*used_fields(data.stated(table))}
    found: dict[str, list[str]] = {}
    for record in records:
        for name, value in record.items():
            values = found.setdefault(name, [])
            if len(values) < 2 and value not in values:
                values.append(value)
    return {name: values for name, values in found.items() if name not in used}


def _spelled(name: str) -> str:
    return {"json": "JSON lines", "csv": "CSV", "parquet": "Parquet"}[name]


def _quoted(delimiter: str) -> str:
    return '"\\t"' if delimiter == "\t" else f'"{delimiter}"'
