"""The landing zone: what log collectors and exports have left for Predawn to read.

<root>/events/ds=2017-12-01/*      a day's log, complete once `_SUCCESS` stands beside its files
<root>/items/ds=2017-12-01/*       a snapshot of the item table; the newest at or before a day is the day's
<root>/users/ds=2017-12-01/*       the same for users
<root>/campaigns/ds=2017-12-01/*   the same for pins, bans and boosts; there need be none

A data set whose files lie elsewhere says so in `files`, `marker` and `min_files` of its tables.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jobs.dataset import DataSet, Files
from jobs.errors import RunError
from jobs.pattern import DayPattern

LAST_DAY = str(dt.date.max)


class RawZone:
    """Raw files by day; only looked at, never changed. What begins with a dot or an underscore is no delivery."""

    def __init__(self, root: Path, data: DataSet) -> None:
        self.root, self.data = root, data

    def events(self, days: Sequence[str]) -> dict[str | None, list[Path]]:
        """The files of the days' logs by day; those that serve every day stand under None.

        Raises RunError that names the days not landed or not complete.
        """
        log = self.data.events
        missing = [day for day in days if not self._is_complete(log, day)]
        if missing:
            raise RunError(self._incomplete(missing))
        if not log.by_day:
            return {None: self._files(log, days[0])}
        return {day: self._files(log, day) for day in days}

    def missing(self, day: str) -> str | None:
        """What the day's log still lacks, as a sentence; None once it is complete."""
        log = self.data.events
        if self._is_complete(log, day):
            return None
        return f"{self.root / DayPattern(log.files).of(day)}: {self._found(log, day)}."

    def snapshot(self, table: str, day: str) -> list[Path]:
        """The files of the newest complete snapshot at or before `day`; none for a source without such a table.

        Raises RunError when none is known on the day, unless the table need not have any.
        """
        source: Files | None = getattr(self.data, table)
        newest = self._newest(table, source, day) if source else None
        return self._files(source, newest) if source and newest else []

    def snapshot_day(self, table: str, day: str) -> str | None:
        """The day of the snapshot that serves `day`; None where its files bear no day. Raises RunError as above."""
        source: Files | None = getattr(self.data, table)
        return self._newest(table, source, day) if source and source.by_day else None

    def landed(self, table: str) -> list[str]:
        """The days of which a table has files, complete or not, ascending; none where its files bear no day."""
        source: Files | None = getattr(self.data, table)
        return self._landed(source, LAST_DAY)[::-1] if source and source.by_day else []

    def files(self, table: str, day: str) -> list[Path]:
        """The files of one day, complete or not, in the order of their names."""
        return self._files(getattr(self.data, table), day)

    def is_complete(self, table: str, day: str) -> bool:
        return self._is_complete(getattr(self.data, table), day)

    def fingerprint(self, table: str, day: str) -> str:
        """A digest of the names and sizes of the files that a day reads, so that a new delivery is noticed; of what
        people edit also of the contents.
        """
        (paths,) = self.events([day]).values() if table == "events" else [self.snapshot(table, day)]
        facts: list[Any] = [(path.relative_to(self.root).as_posix(), path.stat().st_size) for path in paths]
        source: Files | None = getattr(self.data, table)
        if source and source.by_hand:
            facts += [path.read_bytes() for path in paths]
        return hashlib.blake2b(repr(facts).encode(), digest_size=8).hexdigest()

    def _incomplete(self, days: Sequence[str]) -> str:
        shown = ", ".join(days[:3]) + (f" and {len(days) - 3} more days" if len(days) > 3 else "")
        what, land = f"no complete raw events for {shown} in {self.root}", f"`make land DATA={self.data.name}`"
        if not self.root.is_dir():
            where = "put the files there or say with PREDAWN_RAW where they lie"
            return f"{what}, which is no folder: {where}; {land} lands a bundled data set."
        return f"{what}: land the day as {self._wanted(self.data.events, days[0])}"

    def _wanted(self, source: Files, day: str) -> str:
        name = self.data.name
        return (
            f"{DayPattern(source.files).of(day)} (now {self._found(source, day)}) and run again; "
            f"`make check DATA={name}` tells what lies there, `make land DATA={name}` lands a bundled data set."
        )

    def _found(self, source: Files, day: str) -> str:
        number = len(self._files(source, day))
        found = f"{number} of at least {source.min_files} files"
        if not number and any(self.root.glob(DayPattern(source.files).of(day))):
            found += ", as what matches is hidden or a folder"
        return found + ("" if self._is_marked(source, day) else f", no {DayPattern(source.marker).of(day)}")

    def _newest(self, table: str, source: Files, day: str) -> str | None:
        for landed in self._landed(source, day):
            if self._is_complete(source, landed):
                return landed
        if source.by_hand:
            return None
        raise RunError(
            f"no snapshot of {table} at or before {day} in {self.root}: land one as {self._wanted(source, day)}"
        )

    def _is_complete(self, source: Files, day: str) -> bool:
        return len(self._files(source, day)) >= source.min_files and self._is_marked(source, day)

    def _is_marked(self, source: Files, day: str) -> bool:
        """Whether the marker stands: at its path, or in every folder that has files of the day."""
        if not source.needs_marker:
            return True
        marker = DayPattern(source.marker).of(day)
        if "/" in marker:
            return (self.root / marker).is_file()
        folders = {path.parent for path in self._files(source, day)}
        if not folders:
            above = DayPattern(source.files).of(day).rpartition("/")[0]
            folders = set(self.root.glob(above)) if above else {self.root}
        return bool(folders) and all((folder / marker).is_file() for folder in folders)

    def _landed(self, source: Files, day: str) -> list[str]:
        """The days up to `day` of which there are files, newest first; the day itself where files serve every day."""
        pattern = DayPattern(source.files)
        if not pattern.by_day:
            return [day]
        paths = self.root.glob(pattern.any_day)
        found = {pattern.day(path.relative_to(self.root).as_posix()) for path in paths}
        return sorted((landed for landed in found if landed and landed <= day), reverse=True)

    def _files(self, source: Files, day: str) -> list[Path]:
        """The files of one day in the order of their names."""
        paths = sorted(self.root.glob(DayPattern(source.files).of(day)))
        return [path for path in paths if path.is_file() and not self._is_hidden(path)]

    def _is_hidden(self, path: Path) -> bool:
        return any(part.startswith((".", "_")) for part in path.relative_to(self.root).parts)
