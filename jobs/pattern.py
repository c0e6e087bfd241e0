"""Names of files by day: a glob in which `{day}` is the business day, as in `events/ds={day}/*.json.gz`."""

from __future__ import annotations

import datetime as dt
import re
from string import Formatter

ISO = "%Y-%m-%d"
DIGITS = {"%Y": 4, "%m": 2, "%d": 2}
GLOB = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


class DayPattern:
    """A glob with the day written as `{day}` (2026-01-31) or as `{day:%Y/%m/%d}`, or without any.

    Raises ValueError for anything else in braces.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self._parts = [(before, name, spec or ISO) for before, name, spec, _ in Formatter().parse(text)]
        except ValueError as error:
            raise ValueError(f"{text!r} is no pattern of files: {error}") from error
        for _, name, spec in self._parts:
            if name not in (None, "day"):
                raise ValueError(f"{{{name}}} in {text!r} isn't known: only {{day}} is, or {{day:%Y/%m/%d}}")
            if name and (set(re.findall("%.?", spec)) != set(DIGITS)):
                raise ValueError(f"{{day:{spec}}} in {text!r} has to be made of %Y, %m and %d, each of them")

    @property
    def by_day(self) -> bool:
        return any(name for _, name, _ in self._parts)

    def of(self, day: str) -> str:
        """The glob of one day."""
        return self.text.format(day=dt.date.fromisoformat(day)) if self.by_day else self.text

    @property
    def any_day(self) -> str:
        """A glob of all days."""
        return "".join(before + _spelled(spec, "[0-9]") * bool(name) for before, name, spec in self._parts)

    def day(self, path: str) -> str | None:
        """The day in a path that matches `any_day`; None when it is no date, or two different ones."""
        regex, known = "", set[str]()
        for before, name, spec in self._parts:
            regex += re.sub(r"\*\*/|\*\*|\*|\?|\[[^]]+\]|.", lambda found: _regex(found.group()), before)
            for piece in re.findall("%.|[^%]+", spec) if name else ():
                group = piece[1:] if piece in DIGITS else ""
                regex += f"(?P={group})" if group and group in known else _group(piece, group)
                known.add(group)
        match = re.fullmatch(regex, path)
        try:
            return str(dt.date(*(int(match[group]) for group in "Ymd"))) if match else None
        except ValueError:
            return None


def _spelled(spec: str, digit: str) -> str:
    for directive, width in DIGITS.items():
        spec = spec.replace(directive, digit * width)
    return spec


def _group(piece: str, group: str) -> str:
    return f"(?P<{group}>[0-9]{{{DIGITS[piece]}}})" if group else re.escape(piece)


def _regex(token: str) -> str:
    """A token of a glob as a regular expression."""
    if token.startswith("[") and len(token) > 1:
        return token.replace("[!", "[^")
    return GLOB.get(token) or re.escape(token)
