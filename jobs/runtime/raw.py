"""The landing zone: what log collectors and exports have left for Predawn to read.

<root>/events/ds=2017-12-01/*      a day's log lines, complete once `_SUCCESS` stands
<root>/items/ds=2017-12-01/*       a snapshot of the item table; the newest at or before a day is the day's
<root>/users/ds=2017-12-01/*       the same for users
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from jobs.errors import RunError

SUCCESS = "_SUCCESS"


class RawZone:
    """Raw files by day; only looked at, never changed."""

    def __init__(self, root: Path, data: str) -> None:
        self.root, self.data = root, data

    def events(self, days: Sequence[str]) -> list[Path]:
        """The folders of the days' logs. Raises RunError that names the days not landed or not complete."""
        folders = [self.root / "events" / f"ds={day}" for day in days]
        missing = [folder.name.removeprefix("ds=") for folder in folders if not (folder / SUCCESS).exists()]
        if missing:
            shown = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more days" if len(missing) > 3 else "")
            raise RunError(
                f"no complete raw events for {shown} in {self.root / 'events'}: land the day with its {SUCCESS} file "
                f"(the bundled data sets: `make land DATA={self.data}`) and run again."
            )
        return folders

    def snapshot(self, table: str, day: str) -> Path:
        """The newest complete snapshot of `table` at or before `day`."""
        landed = sorted(path.parent for path in (self.root / table).glob(f"ds=*/{SUCCESS}"))
        known = [folder for folder in landed if folder.name.removeprefix("ds=") <= day]
        if not known:
            raise RunError(
                f"no snapshot of {table} at or before {day} in {self.root / table}: land one "
                f"(the bundled data sets: `make land DATA={self.data}`) and run again."
            )
        return known[-1]

    def fingerprint(self, table: str, day: str) -> str:
        """A digest of the names and sizes of the files that a day reads, so that a new delivery is noticed."""
        folder = self.events([day])[0] if table == "events" else self.snapshot(table, day)
        facts = [(path.name, path.stat().st_size) for path in sorted(folder.iterdir())]
        return hashlib.blake2b(repr((folder.name, facts)).encode(), digest_size=8).hexdigest()
