"""Which raw files there are, which of them a dry run reads, and what is wrong with where they lie."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs.dataset import Files, TableName
from jobs.dryrun.problem import Problem, listed
from jobs.runtime.raw import RawZone

MOST_FILES = 6
DAYS_READ = 3
DATE = re.compile(r"\d{4}(-|/|)\d\d\1\d\d")
ELSEWHERE = "DIR=..., or for good PREDAWN_RAW or [paths] raw"
MARKERS = ("_SUCCESS", "_DONE", "_COMPLETE", "_complete")


@dataclass(frozen=True)
class Landed:
    """The files of one table.

    days: with files, ascending; complete: those of them that a night would read; both empty where the same files serve
    every day. files: all of them. read: day (or None) -> those that the dry run reads.
    """

    table: TableName
    source: Files
    days: tuple[str, ...]
    complete: tuple[str, ...]
    files: tuple[Path, ...]
    read: dict[str | None, list[Path]]

    @property
    def paths(self) -> list[Path]:
        """The files that are read."""
        return [path for paths in self.read.values() for path in paths]

    @property
    def bytes(self) -> int:
        return sum(path.stat().st_size for path in self.files)


def look(zone: RawZone, table: TableName, night: str | None) -> Landed:
    """What lies there of a table of the data set. night: the day to look at; None: the newest that is complete.

    Of a log by days the night's day, the day before it and the first one are read; of a snapshot the newest.
    """
    source: Files = getattr(zone.data, table)
    if not source.by_day:
        files = tuple(zone.files(table, str(zone.data.first_day)))
        return Landed(table, source, (), (), files, {None: list(files[:MOST_FILES])} if files else {})
    days = zone.landed(table)
    complete = [day for day in days if zone.is_complete(table, day)]
    files = tuple(path for day in days for path in zone.files(table, day))
    known = [day for day in complete or days if night is None or day <= night]
    if table == "events":
        chosen = sorted({*known[:1], *known[-DAYS_READ + 1 :]})
        each = MOST_FILES // max(1, len(chosen))
        read: dict[str | None, list[Path]] = {day: _spread(zone.files(table, day), each) for day in chosen}
    else:
        read = {None: zone.files(table, known[-1])} if known else {}
    return Landed(table, source, tuple(days), tuple(complete), files, read)


def file_problems(landed: Landed, root: Path) -> list[Problem]:
    """No files, or none that are complete."""
    source, key = landed.source, f"[data.{landed.table}]"
    if not landed.files:
        what = f"no file of {landed.table} matches {source.files} in {root}"
        return [Problem(what, _place(landed, root), True)]
    if not source.by_day or landed.complete:
        return []
    if not source.needs_marker:
        what = f"no day of {landed.table} is complete: none has {source.min_files} files"
        return [Problem(what, f"lower min_files under {key}, or wait for the rest", True)]
    found = sorted({name for path in landed.files for name in MARKERS if (path.parent / name).exists()})
    if found:
        fix = f'write marker = "{found[0]}" under {key}'
    else:
        fix = f'write marker = "" under {key} if nothing marks a day whose files are all there; else have it written'
    return [Problem(f"no day of {landed.table} is complete: none has the marker {source.marker}", fix, True)]


def _place(landed: Landed, root: Path) -> str:
    """What to do where nothing matches: files that lie elsewhere are named, with the pattern that they fit."""
    if not root.is_dir():
        return f"there is no folder {root}: make it and put the files there, or name theirs ({ELSEWHERE})"
    there = sorted(
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and not path.name.startswith((".", "_"))
    )
    if not there:
        return f"{root} is empty: put the files there, or name their folder ({ELSEWHERE})"
    fitting = [name for name in there if landed.table[:-1] in name.lower()] or there
    return f'there are {listed(there, 3)}: write files = "{pattern_of(fitting[0])}" under [data.{landed.table}]'


def pattern_of(path: str) -> str:
    """A pattern that the path of a file fits, and those of other days."""
    folder, slash, name = path.rpartition("/")
    if date := DATE.search(path):
        spelled = {"-": "{day}", "/": "{day:%Y/%m/%d}", "": "{day:%Y%m%d}"}[date[1]]
        path = path.replace(date[0], spelled)
        folder, slash, name = path.rpartition("/")
        return path if "{day" in name else f"{folder}{slash}*"
    return f"{folder}/*" if slash else name


def _spread(paths: Sequence[Path], most: int) -> list[Path]:
    """Some of the paths, evenly spread over their order."""
    step = -(-len(paths) // max(1, most))
    return list(paths[:: max(1, step)])
