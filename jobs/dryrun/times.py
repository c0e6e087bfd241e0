"""How times are written: a guess from some of them, in the words of `time_format`."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence

from jobs.sql import timestamp

ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?)?$")
NUMBER = re.compile(r"\d+(\.\d+)?$")
# Seconds of 1990 to 2100: what a time of day that someone logged can be.
FIRST, LAST = 631_152_000, 4_102_444_800
NEARLY_ALL = 0.95
UNITS = {"epoch_s": 1, "epoch_ms": 1_000}
MICROSECONDS = "microseconds"
# Patterns of strptime and Spark that mean the same; of two that fit, the first is more common.
PATTERNS = {
    "%Y%m%d%H%M%S": "yyyyMMddHHmmss",
    "%Y%m%d": "yyyyMMdd",
    "%Y/%m/%d %H:%M:%S": "yyyy/MM/dd HH:mm:ss",
    "%Y/%m/%d %H:%M": "yyyy/MM/dd HH:mm",
    "%d/%m/%Y %H:%M:%S": "dd/MM/yyyy HH:mm:ss",
    "%m/%d/%Y %H:%M:%S": "MM/dd/yyyy HH:mm:ss",
    "%d/%m/%Y %H:%M": "dd/MM/yyyy HH:mm",
    "%m/%d/%Y %H:%M": "MM/dd/yyyy HH:mm",
    "%d.%m.%Y %H:%M:%S": "dd.MM.yyyy HH:mm:ss",
    "%d.%m.%Y %H:%M": "dd.MM.yyyy HH:mm",
    "%d/%b/%Y:%H:%M:%S %z": "dd/MMM/yyyy:HH:mm:ss Z",
    "%a %b %d %H:%M:%S %z %Y": "EEE MMM dd HH:mm:ss Z yyyy",
}


def guess_format(values: Sequence[str]) -> str | None:
    """The `time_format` that the values fit, `MICROSECONDS`, which there is none for, or None.

    A few odd ones among many don't count. Of formats that fit equally many the first is taken.
    """
    values = [value.strip() for value in values if value and value.strip()]
    if not values:
        return None
    found = {"iso": sum(bool(ISO.match(value)) for value in values)}
    numbers = [float(value) for value in values if NUMBER.match(value)]
    for name, unit in (*UNITS.items(), (MICROSECONDS, 1_000_000)):
        found[name] = sum(FIRST <= number / unit < LAST for number in numbers)
    found |= {spark: sum(_fits(value, python) for value in values) for python, spark in PATTERNS.items()}
    best = max(found, key=lambda name: found[name])
    return best if found[best] >= NEARLY_ALL * len(values) else None


def read_time(value: str, time_format: str) -> dt.datetime | None:
    """A time as `time_format` says, naive where it bears no zone, else in UTC; None where it is none."""
    try:
        if time_format in UNITS:
            return dt.datetime.fromtimestamp(float(value) / UNITS[time_format], dt.UTC)
        if time_format == "iso":
            return dt.datetime.fromisoformat(value.strip().replace(",", "."))
        pattern = next((python for python, spark in PATTERNS.items() if spark == time_format), None)
        return dt.datetime.strptime(value.strip(), pattern) if pattern else None  # noqa: DTZ007
    except (ValueError, OverflowError, OSError):
        return None


def time_fix(sql: str, stated: str, values: Sequence[str]) -> str:
    """What to write about times that look like these. sql: the expression of event_time; stated: its time_format."""
    guess = guess_format(values)
    if guess == MICROSECONDS:
        return f'they look like microseconds: write event_time = "{sql} / 1000" and time_format = "epoch_ms"'
    if guess and guess != stated:
        kinds = {"iso": "ISO 8601", "epoch_s": "Unix seconds", "epoch_ms": "Unix milliseconds"}
        return f'they look like {kinds.get(guess, guess)}: write time_format = "{guess}"'
    return "say with time_format how they are written: iso, epoch_s, epoch_ms or a pattern such as dd/MM/yyyy HH:mm:ss"


def second_format(sql: str, stated: str, values: Sequence[str]) -> str | None:
    """What to write where most times are as stated and these few are of another format; None where none is known.

    Told to write only the other format, somebody would lose all that is understood now.
    """
    guess = guess_format(values)
    if guess in (None, MICROSECONDS, stated) or stated == "sql":
        return None
    both = ", ".join(timestamp(sql, written) for written in (stated, str(guess)))
    if sql.isidentifier():  # a field is a string already
        both = both.replace(f"cast({sql} AS string)", sql)
    told = json.dumps(f"coalesce({both})")  # a string of TOML as well
    return f'they look like {guess}: read both with event_time = {told} and time_format = "sql"'


def _fits(value: str, pattern: str) -> bool:
    try:
        return dt.datetime.strptime(value, pattern).year >= 1990  # noqa: DTZ007
    except ValueError:
        return False
