"""A draft of an overlay, guessed from one raw file; and what to tell whoever has none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from jobs.dryrun.landed import pattern_of
from jobs.dryrun.problem import near
from jobs.dryrun.shape import Shape, exact_column, shape_of, sql_name
from jobs.dryrun.sketch_table import item_lines, user_lines
from jobs.dryrun.times import MICROSECONDS, guess_format, read_time
from jobs.errors import UsageError

# What columns are called in other people's logs, the likeliest first.
USER = ("user_id", "user", "uid", "userid", "customer_id", "customer", "visitor_id", "member_id", "household_id")
ITEM = ("item_id", "item", "product_id", "product", "video_id", "movie_id", "article_id", "content_id", "sku", "asin")
TIME = ("event_time", "timestamp", "time", "ts", "time_ms", "datetime", "created_at", "date", "at")
EVENT = ("event_type", "event", "event_name", "action", "behavior", "behaviour", "type")
VALUE = ("value", "price", "amount", "revenue", "sales_value")
DWELL = ("dwell_seconds", "duration_seconds", "duration")
EXPOSURES = ("impression", "exposure", "expose", "show", "shown", "display", "impressed", "view_list")
NEGATIVES = ("dislike", "hate", "hide", "block", "report", "thumbs_down", "skip")
WEIGHTS = {
    **dict.fromkeys(("purchase", "buy", "order", "transaction", "checkout"), 4.0),
    **dict.fromkeys(("cart", "add_to_cart", "addtocart", "share", "like", "favorite", "favourite", "save"), 2.0),
    **dict.fromkeys(("click", "view", "play", "watch", "read", "open", "rate", "rating"), 1.0),
}
MOST_TYPES = 12

TEMPLATE = """[data]
title = "..."               # for people
scene = "home"              # where the lists are shown; part of their keys in Redis, so no other data set may have it
first_day = 2026-01-01      # the first day of the log
time_zone = "Europe/Berlin" # whose midnight ends a day
repeats = false             # whether somebody takes the same item again, as with groceries

[data.events]
files = "events/{day}.csv" # below var/raw/<name>; without {day} the same files serve every day
marker = ""                # or the name of a file that says that a day is complete
format = "csv"             # or "json" (an object a line), "parquet"
user_id = "user_id"
item_id = "item_id"
event_time = "time"
time_format = "iso"        # or "epoch_s", "epoch_ms", a pattern such as "dd/MM/yyyy HH:mm:ss"
types.click = { when = "event = 'click'", role = "positive", weight = 1.0 }
"""


def no_overlay(name: str, error: UsageError) -> UsageError:
    """The error for a data set without a file in conf/, with something to begin with."""
    return UsageError(
        f"{error}\nMake conf/{name}.toml of this, or let a raw file suggest one "
        f"(make check DATA={name} SKETCH=path/to/file):\n\n{TEMPLATE}"
    )


def sketch(path: Path, name: str, raw: Path) -> str:
    """The draft, as TOML; what couldn't be guessed is marked `TODO`. raw: the folder of the data set's raw files.

    A file without times is one of items or of users, and gets the section of such a table alone. Raises UsageError for
    a file that isn't there, or that is none of ours.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder: name one of the files in it.")
    if not path.is_file():
        raise UsageError(f"there is no file {path}.")
    shape = shape_of(path)
    if not shape.columns:
        found = "is a JSON array: write one object a line" if shape.format else "is neither JSON lines, CSV nor Parquet"
        raise UsageError(f"{path} {found}.")
    time, user, item = (_column(shape, names) for names in (TIME, USER, ITEM))
    table = "events" if time and user and item else "items" if item else "users" if user else "events"
    lines = _data(shape, name, time) if table == "events" else []
    lines += ["", f"[data.{table}]", *_files(path, raw, table), *_format(shape)]
    if table == "items":
        lines += [_told("item_id", item), *item_lines(shape)]
    elif table == "users":
        lines += [_told("user_id", user), *user_lines(shape, str(user))]
    else:
        numbers = {"value": exact_column(shape.columns, VALUE), "dwell_seconds": exact_column(shape.columns, DWELL)}
        lines += [_told("user_id", user), _told("item_id", item), *_time(shape, time)]
        lines += [_told(key, column) for key, column in numbers.items() if column]
        lines += _types(shape)
    return "\n".join(lines) + "\n"


def _data(shape: Shape, name: str, time: str | None) -> list[str]:
    days = _days(shape, time)
    return [
        "[data]",
        f'title = "{name}"',
        'scene = "home" # where the lists are shown; part of their keys in Redis, so no other data set may have it',
        f"first_day = {days[0] if days else '2026-01-01'} # TODO: the first day of the log",
        'time_zone = "UTC" # TODO: whose midnight ends a day, such as Europe/Berlin',
        "repeats = false # TODO: true where people take the same item again, as with groceries",
    ]


def _files(path: Path, raw: Path, table: str) -> list[str]:
    inside = path.resolve().is_relative_to(raw.resolve())
    where = path.resolve().relative_to(raw.resolve()).as_posix() if inside else f"{table}/{path.name}"
    files = pattern_of(where)
    lines = [f'files = "{files}" # below {raw}' + ("" if inside else ", where the file isn't yet")]
    return lines + ['marker = "" # or the name of a file that says that a day is complete'] * ("{day" in files)


def _format(shape: Shape) -> list[str]:
    lines = [f'format = "{shape.format}"']
    if shape.format == "csv" and shape.delimiter != ",":
        lines.append('delimiter = "\\t"' if shape.delimiter == "\t" else f'delimiter = "{shape.delimiter}"')
    if not shape.header:
        first = ", ".join(f"{value!r}" for value in list(shape.records[0].values())[:6]) if shape.records else ""
        names = ", ".join(f'"{name}"' for name in shape.columns)
        lines.append(f"columns = [{names}] # TODO: the file has no header; its first record is {first}")
    return lines


def _told(key: str, column: str | None) -> str:
    return f'{key} = "{sql_name(column)}"' if column else f'{key} = "{key}" # TODO'


def _time(shape: Shape, column: str | None) -> list[str]:
    values = [record[column] for record in shape.records if record.get(column)] if column else []
    guess = guess_format(values)
    if guess == MICROSECONDS:
        return [f'event_time = "{sql_name(str(column))} / 1000"', 'time_format = "epoch_ms"']
    return [_told("event_time", column), f'time_format = "{guess}"' if guess else 'time_format = "iso" # TODO']


def _days(shape: Shape, column: str | None) -> list[str]:
    values = [record[column] for record in shape.records if record.get(column)] if column else []
    guess = guess_format(values)
    return sorted(str(time.date()) for value in values if guess and (time := read_time(value, guess)))


def _types(shape: Shape) -> list[str]:
    column = _column(shape, EVENT)
    values = Counter(record[column] for record in shape.records if record.get(column)) if column else Counter[str]()
    if not values or len(values) > MOST_TYPES:
        return ['types.take = { when = "true", role = "positive", weight = 1.0 } # every record is one']
    return [_told("event_type", column), *(_type(str(column), value) for value in sorted(values))]


def _type(column: str, value: str) -> str:
    name = re.sub(r"\W+", "_", value.lower()).strip("_")
    name = name if re.match("[a-z]", name) else f"{column.lower()}_{name}"
    when = "" if name == value else f"when = \"{sql_name(column)} = '{value}'\", "
    if near(name, EXPOSURES) and name not in WEIGHTS:
        return f'types.{name} = {{ {when}role = "exposure" }}'
    if near(name, NEGATIVES) and name not in WEIGHTS:
        return f'types.{name} = {{ {when}role = "negative" }}'
    known = near(name, WEIGHTS)
    if known:
        return f'types.{name} = {{ {when}role = "positive", weight = {WEIGHTS[known]} }}'
    return f'types.{name} = {{ {when}role = "other" }} # TODO: exposure, positive (with a weight), negative or other'


def _column(shape: Shape, names: Sequence[str]) -> str | None:
    """The column that is called like one of the names, else one with such a word in its name."""
    words = {column: set(re.split(r"[^a-z0-9]+", column.lower())) for column in shape.columns}
    with_word = (column for name in names for column in shape.columns if name in words[column])
    return exact_column(shape.columns, names) or next(with_word, None)
