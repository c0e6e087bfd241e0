"""What becomes of judged records: events in the order of their records, and rejects with the text that stood there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.lines import EXCERPT, packing_of, read_lines
from features.reasons import REASONS
from jobs.runtime.cleaning.judge import KEPT
from jobs.runtime.cleaning.stage import Piece, Stage
from jobs.runtime.parquet import parquet_writer

PART = 1 << 20  # records whose events make a file; fixed, so that the bytes of a partition are
GROUP = 1 << 17  # records whose events make a row group of it
TEXT_LIMIT = 2000  # characters of a rejected record's text
FETCHED = pa.schema(
    [("position", pa.int64()), ("reason", pa.string()), ("line", pa.string()), ("event_key", pa.int64())]
)
SOUND = (
    *("event_day", "user_id", "item_id", "event_time", "event_types", "value", "dwell_seconds"),
    *("scene", "variant", "context", "event_key"),
)


class Part(NamedTuple):
    """A stretch of a day's records, from `start` on, whose events go into one file. pieces: those that it touches."""

    day: str
    number: int
    start: int
    stop: int
    pieces: Sequence[Piece]


class Refused(NamedTuple):
    """A file with rejected records. pieces: of all days that it has any on."""

    source: int
    path: str
    pieces: Sequence[Piece]


class Done(NamedTuple):
    """What was written. day, records: kept ones, or rejected ones."""

    day: str
    kept: int
    rejected: int


@dataclass(frozen=True)
class Deliver:
    """One task of the last pass. types: names of the event types, in the order of their bits.

    schema: of events. events: a folder with one for each day. form: how the raw files are written.
    """

    stage: Stage
    types: Sequence[str]
    schema: pa.Schema
    events: Path
    form: str
    max_bytes: int

    def __call__(self, task: Part | Refused) -> list[Done]:
        return [self._write_part(task)] if isinstance(task, Part) else self._fetch(task)

    def _write_part(self, part: Part) -> Done:
        records = self.stage.read(part.pieces, SOUND)
        verdicts = np.load(self.stage.verdicts(part.day), mmap_mode="r")
        before = part.pieces[0].offset
        kept = 0
        path = self.events / part.day / f"part-{part.number:05d}.parquet"
        with parquet_writer(path, self.schema, unique=("event_key",)) as writer:
            for start in range(part.start, part.stop, GROUP):
                stop = min(start + GROUP, part.stop)
                places = np.flatnonzero(verdicts[start:stop] == KEPT)
                kept += len(places)
                group = records.slice(start - before, stop - start)
                writer.write_table(_events(part.day, group, places, self.types, self.schema))
        return Done(part.day, kept, 0)

    def _fetch(self, refused: Refused) -> list[Done]:
        """Leaves the rejected records of a file with their text, by day."""
        found = {day: self._refused(day, pieces) for day, pieces in by_day(refused.pieces).items()}
        wanted = np.unique(np.concatenate([np.asarray(rows["position"]) for rows in found.values()]))
        texts = dict(_texts(Path(refused.path), self.form, wanted, self.max_bytes))
        if len(texts) < len(wanted):
            raise RuntimeError(f"{refused.path} has changed while it was read: run again.")
        for day, rows in found.items():
            lines = pa.array([texts[position] for position in rows["position"].to_pylist()], pa.string())
            # People count lines from 1.
            numbered = rows.set_column(0, "position", pc.add(rows["position"], 1))
            table = numbered.append_column("line", lines).select(FETCHED.names)
            with pa.ipc.new_file(str(self.stage.rejects(day, refused.source)), FETCHED) as writer:
                writer.write_table(table)
        return [Done(day, 0, len(rows)) for day, rows in found.items()]

    def _refused(self, day: str, pieces: Sequence[Piece]) -> pa.Table:
        first, last = pieces[0], pieces[-1]
        verdicts = np.load(self.stage.verdicts(day), mmap_mode="r")[first.offset : last.offset + last.records]
        places = np.flatnonzero(verdicts != KEPT)
        records = self.stage.read(pieces, ("position", "event_key", "reason")).take(places)
        reasons = pa.array(REASONS).take(pa.array(verdicts[places].astype(np.int64) - 1))
        sound = pc.if_else(pc.is_null(records["reason"]), records["event_key"], pa.scalar(None, pa.int64()))
        return pa.table({"position": records["position"], "reason": reasons, "event_key": sound})


def by_day(pieces: Sequence[Piece]) -> dict[str, list[Piece]]:
    found: dict[str, list[Piece]] = {}
    for piece in pieces:
        found.setdefault(piece.day, []).append(piece)
    return found


def parts(pieces: Sequence[Piece]) -> Iterator[Part]:
    """A day's records in stretches of `PART`."""
    total = pieces[-1].offset + pieces[-1].records if pieces else 0
    for number, start in enumerate(range(0, total, PART)):
        stop = min(start + PART, total)
        touched = [piece for piece in pieces if piece.offset < stop and piece.offset + piece.records > start]
        yield Part(pieces[0].day, number, start, stop, touched)


def _events(day: str, records: pa.Table, places: np.ndarray, types: Sequence[str], schema: pa.Schema) -> pa.Table:
    """Grain: event, in the order of the records at `places` and of the types."""
    if len(places) < len(records):
        records = records.take(places)
    bits = np.asarray(records["event_types"])
    if (bits & (bits - 1)).any():
        held = (bits[:, None] >> np.arange(len(types))) & 1
        rows, kinds = np.nonzero(held)
        records = records.take(rows)
    else:
        kinds = np.frexp(bits.astype(np.float64))[1] - 1
    columns = {
        "ds": pa.repeat(pa.scalar(day), len(records)),
        "event_day": records["event_day"].cast(pa.string()),
        "event_type": pa.array(types, pa.string()).take(pa.array(kinds)),
    }
    named = {name: columns[name] if name in columns else records[name] for name in schema.names}
    # Pages end where chunks do: one chunk, so that they depend on the records alone.
    return pa.table(named, schema=schema).combine_chunks()


def _texts(path: Path, form: str, positions: np.ndarray, max_bytes: int) -> Iterator[tuple[int, str]]:
    """The records of a raw file at some ascending positions, as text."""
    if form == "parquet":
        yield from _rows(path, positions)
        return
    with path.open("rb") as file:
        for lines in read_lines(file, packing_of(path.name), max_bytes=max_bytes):
            first, last = int(lines.numbers[0]), int(lines.numbers[-1])
            low, high = np.searchsorted(positions, [first, last + 1])
            for position in positions[low:high].tolist():
                yield position, lines.texts[position - first].decode("utf-8", "replace")[:TEXT_LIMIT]
            if high == len(positions):
                return


def _rows(path: Path, positions: np.ndarray) -> Iterator[tuple[int, str]]:
    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid):
        with path.open("rb") as raw:
            yield 0, raw.read(EXCERPT).decode("utf-8", "replace")[:TEXT_LIMIT]
        return
    start = 0
    for batch in file.iter_batches():
        low, high = np.searchsorted(positions, [start, start + len(batch)])
        chosen = positions[low:high]
        for position, row in zip(chosen.tolist(), batch.take(pa.array(chosen - start)).to_pylist(), strict=True):
            yield position, json.dumps(row, default=str, ensure_ascii=False)[:TEXT_LIMIT]
        start += len(batch)
