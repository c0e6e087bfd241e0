"""A verdict on each record of a day: what it says of itself, then whether it is a copy, then whether a bot made it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.bots import of_bots
from features.clean_settings import Clean
from features.duplicates import delivered, repeated
from features.reasons import BOT, DUPLICATE, REASONS
from jobs.runtime.cleaning.stage import Piece, Stage

KEPT = 0  # every other verdict is the place of its reason, counted from 1
CODES = {reason: code for code, reason in enumerate(REASONS, 1)}
NEEDED = ("source", "event_day", "user_id", "event_time", "event_key", "reason")


class Day(NamedTuple):
    """A day to judge. earlier: the days before it, newest first, whose deliveries may hold its events too."""

    day: str
    pieces: Sequence[Piece]
    earlier: Sequence[Earlier]


class Earlier(NamedTuple):
    """An earlier delivery: pieces of the same run, or the folders of its events and rejects."""

    day: str
    pieces: Sequence[Piece]
    folders: Sequence[Path]


class Count(NamedTuple):
    """records of a file with a verdict; late: those among them that happened before the day."""

    source: int
    verdict: int
    records: int
    late: int


@dataclass(frozen=True)
class Judge:
    stage: Stage
    rules: Clean
    time_zone: str

    def __call__(self, task: Day) -> list[Count]:
        """Leaves (records,) uint8 verdicts beside the day's records. Returns what they come to."""
        records = self.stage.read(task.pieces, NEEDED)
        found = pc.index_in(records["reason"], value_set=pa.array(REASONS, pa.string()))
        verdicts = np.asarray(pc.fill_null(found, -1), np.int64).astype(np.int8) + 1
        ages = _number(task.day) - np.asarray(records["event_day"].cast(pa.int32()).fill_null(_number(task.day)))
        self._duplicates(task, records, verdicts, ages)
        left = np.flatnonzero(verdicts == KEPT)
        micros = np.asarray(records["event_time"].cast(pa.int64()).take(left))
        users = records["user_id"].take(left)
        bots = of_bots(
            users, micros, per_minute=self.rules.bot_events_per_minute, per_day=self.rules.bot_events_per_day
        )
        verdicts[left[bots]] = CODES[BOT]
        np.save(self.stage.verdicts(task.day), verdicts.astype(np.uint8), allow_pickle=False)
        return _counts(np.asarray(records["source"]), verdicts, ages > 0)

    def _duplicates(self, task: Day, records: pa.Table, verdicts: np.ndarray, ages: np.ndarray) -> None:
        """What earlier days have delivered can only be late, or have come in the minutes after their midnight."""
        keys = np.asarray(records["event_key"])
        sound = np.flatnonzero(verdicts == KEPT)
        verdicts[sound[repeated(keys[sound])]] = CODES[DUPLICATE]
        late = np.flatnonzero((verdicts == KEPT) & (ages > 0))
        for earlier in task.earlier if len(late) else ():
            verdicts[late[delivered(keys[late], self._keys(earlier))]] = CODES[DUPLICATE]
        if task.earlier and task.earlier[0].day == _day_before(task.day) and self.rules.early_minutes:
            micros = np.asarray(records["event_time"].cast(pa.int64()).fill_null(0))
            end = _midnight(task.day, self.time_zone) + self.rules.early_minutes * 60_000_000
            first = np.flatnonzero((verdicts == KEPT) & (ages == 0) & (micros < end))
            verdicts[first[delivered(keys[first], self._keys(task.earlier[0]))]] = CODES[DUPLICATE]

    def _keys(self, earlier: Earlier) -> Iterator[np.ndarray]:
        """Keys of all sound records of a delivery, whatever became of them: bots and copies too."""
        if earlier.pieces:
            records = self.stage.read(earlier.pieces, ("event_key", "reason"))
            yield np.asarray(records["event_key"].filter(pc.is_null(records["reason"])))
        for folder in earlier.folders:
            for path in sorted(folder.glob("*.parquet")):
                yield np.asarray(pq.read_table(path, columns=["event_key"])["event_key"].drop_null())


def _counts(sources: np.ndarray, verdicts: np.ndarray, late: np.ndarray) -> list[Count]:
    width = len(REASONS) + 1
    groups = sources.astype(np.int64) * width + verdicts
    records, among = np.bincount(groups), np.bincount(groups, weights=late)
    return [
        Count(*divmod(int(group), width), int(records[group]), int(among[group])) for group in np.flatnonzero(records)
    ]


def _number(day: str) -> int:
    return (dt.date.fromisoformat(day) - dt.date(1970, 1, 1)).days


def _day_before(day: str) -> str:
    return (dt.date.fromisoformat(day) - dt.timedelta(1)).isoformat()


def _midnight(day: str, zone: str) -> int:
    """The first microsecond of a day, counted from 1970."""
    return round(dt.datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1_000_000)
