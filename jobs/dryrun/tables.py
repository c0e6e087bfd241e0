"""Snapshots of items and users: what they hold, how much of the events they know, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from features.catalogue import PROFILE
from features.source import CORRUPT
from jobs.dataset import DataSet
from jobs.dryrun.id_shapes import difference, remedy
from jobs.dryrun.problem import Problem, share

KNOWN = 0.5  # of the events; when a table knows fewer, something is wrong with ids
CATEGORIES = 1000  # more values than a profile column has


class Snapshot:
    """rows: grain record; columns as `jobs.dryrun.sample.read_catalogue` gives them. whole: whether that is all."""

    def __init__(self, table: str, rows: pd.DataFrame, event_ids: pd.Series, data: DataSet, *, whole: bool) -> None:
        self.data = data
        self.table, self.rows, self.whole, self.event_ids = table, rows, whole, event_ids
        self.key = "item_id" if table == "items" else "user_id"
        sound = rows[rows[CORRUPT].isna()]
        self.sound = sound[sound[self.key].fillna("").str.strip() != ""]
        self.known = self.sound.drop_duplicates(self.key)

    @property
    def coverage(self) -> int:
        """Events of the sample whose id the table has."""
        return int(self.event_ids.isin(set(self.known[self.key])).sum())

    @property
    def columns(self) -> Sequence[str]:
        """The columns that the overlay fills."""
        return [name for name in self.rows if name not in (CORRUPT, self.key) and self.rows[name].notna().any()]

    def problems(self) -> Iterator[Problem]:
        key = f"[data.{self.table}]"
        if not len(self.known):
            yield Problem(
                f"no record of {self.table} is understood", f"mend format and {self.key} of {key}", stops=True
            )
            return
        copies = len(self.sound) - len(self.known)
        if copies:
            what = f"{copies} records of {self.table} repeat the id of another"
            yield Problem(what, f"one of each is used; if they are versions, let the snapshot hold the newest ({key})")
        if self.whole and len(self.event_ids) and self.coverage < KNOWN * len(self.event_ids):
            what = f"{self.table} knows {share(self.coverage, len(self.event_ids))} of the events"
            yield Problem(what, self._id_fix())
        for name in (name for name in self.columns if name.startswith(PROFILE)):
            count = self.known[name].nunique()
            if count > CATEGORIES:
                name = name.removeprefix(PROFILE)
                what = f"the profile column {name} has {count} values"
                yield Problem(
                    what, f'if it is a number, write {name} = {{ sql = "...", type = "number" }}; else leave it out'
                )

    def _id_fix(self) -> str:
        mine, theirs = self.known[self.key], self.event_ids
        found = difference(mine, theirs, max(self.coverage, int(KNOWN * len(theirs))))
        if not found:
            return f"ids are {theirs.iloc[0]} in events and {mine.iloc[0]} in {self.table}: do both mean the same?"
        what = f"the ids differ by {found.name}: {theirs.iloc[0]} in events, {mine.iloc[0]} in {self.table}"
        return f"{what}; {remedy(found, mine, theirs, self.table, self.key, self.data)}"
