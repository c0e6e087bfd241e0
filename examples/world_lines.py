"""Events of the generated world as JSON lines, with the faults that real logs have: copies and broken lines."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from examples.landing import text_of
from examples.world_log import DAY_SECONDS, DWELL_LIMIT, EVENT_NAMES, IMPRESSION, LIKE, PAGE, PURCHASE, Log
from examples.world_people import Items, Users

SCENE = "home"
ENDINGS = (f',"scene":"{SCENE}"',)
UNKNOWN_EVENT = "teleport"
COPY_LAG = 1_000  # a copied or broken line stands at most so many lines after its origin
_PART_DIGITS, _ROW_DIGITS = 3, 7  # an event_id is e, the date, the part, the row; unique over the whole world


def _changed(**changes: Any) -> Callable[[str], str]:
    """A fault that changes fields of a line; None takes the field out."""

    def apply(line: str) -> str:
        fields = {**json.loads(line), **changes}
        kept = {name: value for name, value in fields.items() if value is not None}
        return json.dumps(kept, separators=(",", ":")) + "\n"

    return apply


# Every fault costs the line its meaning: no pipeline can make an event of it.
FAULTS: dict[str, Callable[[str], str]] = {
    "cut": lambda line: line[: len(line) * 2 // 3] + "\n",
    "no user": _changed(user_id=None),
    "no item": _changed(item_id=None),
    "wrong type": _changed(time=True),
    "unknown event": _changed(event=UNKNOWN_EVENT),
}


class LineWriter:
    """Writes logs as lines. Every field is a look-up in a table of ready-made texts, so that no row meets Python."""

    def __init__(self, users: Users, items: Items) -> None:
        self._users = _texts(f'"user_id":"{name}",' for name in users.ids())
        self._items = _texts(f'"item_id":"{name}",' for name in items.ids())
        self._events = _texts(f'"event":"{name}",' for name in EVENT_NAMES)
        # What follows request_id: one table, the slices for each kind of event one after the other.
        dwells = range(int(DWELL_LIMIT * 10) + 1)
        tails = [
            [f',"position":{n}' for n in range(PAGE + 1)],
            [f',"dwell_seconds":{n // 10}.{n % 10}' for n in dwells],
            [""],
            [f',"price":{cents // 100}.{cents % 100:02d}' for cents in items.cents.tolist()],
        ]
        self._tails = _texts(f'"{text}' for table in tails for text in table)
        self._tail_starts = np.cumsum([0, *map(len, tails)])

    def write(
        self,
        rng: np.random.Generator,
        log: Log,
        day: dt.date,
        part: int,
        *,
        duplicates: float,
        malformed: float,
        endings: Sequence[str] = ENDINGS,
        ending_of: NDArray[np.int8] | None = None,
    ) -> bytes:
        """The lines of a log. duplicates, malformed: shares of the events that come again, whole or broken.

        endings: last fields of a line, as JSON that begins with a comma. ending_of: (users,) which of them the lines of
        a user have; without it the first.
        """
        ends = _texts(f"{text}}}\n" for text in endings)
        ending = ends[0] if ending_of is None else ends.take(pa.array(ending_of[log.user]))
        lines = self._lines(log, day, part, ending)
        count = len(lines)
        copies = rng.choice(count, round(count * duplicates), replace=False)
        broken = rng.choice(count, round(count * malformed), replace=False)
        kinds = list(FAULTS.values())
        origins = lines.take(pa.array(broken)).to_pylist()
        bad = pa.array([kinds[n % len(kinds)](line) for n, line in enumerate(origins)], pa.string())
        place = np.concatenate([np.arange(count), self._later(rng, copies), self._later(rng, broken)])
        source = np.concatenate([np.arange(count), copies, count + np.arange(len(bad))])
        order = source[np.argsort(place, kind="stable")]
        return text_of(pa.concat_arrays([lines, bad]).take(pa.array(order)))

    @staticmethod
    def _later(rng: np.random.Generator, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return rows + rng.integers(1, COPY_LAG + 1, size=len(rows))

    def _lines(self, log: Log, day: dt.date, part: int, ending: pa.StringArray | pa.StringScalar) -> pa.StringArray:
        # Numbers with a leading 1 have a fixed width; the 1 is then cut off.
        rows = pc.utf8_slice_codeunits(pa.array(10**_ROW_DIGITS + np.arange(len(log.kind))).cast(pa.string()), 1)
        requests = pc.utf8_slice_codeunits(
            pa.array(10**_ROW_DIGITS + np.arange(int(log.request.max(initial=-1)) + 1)).cast(pa.string()), 1
        )
        prefix = f"{day:%Y%m%d}{part:0{_PART_DIGITS}d}"
        return pc.binary_join_element_wise(
            f'{{"event_id":"e{prefix}',
            rows,
            _times(day).take(pa.array(log.second)),
            self._users.take(pa.array(log.user)),
            self._items.take(pa.array(log.item)),
            self._events.take(pa.array(log.kind)),
            f'"request_id":"r{prefix}',
            requests.take(pa.array(log.request)),
            self._tails.take(pa.array(self._tail_starts[log.kind] + _tail_rows(log))),
            ending,
            "",
        )


def _tail_rows(log: Log) -> NDArray[np.int64]:
    """The row of each event in the slice of tails for its kind."""
    rows = np.where(log.kind == IMPRESSION, log.position, log.dwell).astype(np.int64)
    rows[log.kind == LIKE] = 0
    bought = log.kind == PURCHASE
    rows[bought] = log.item[bought]
    return rows


def _times(day: dt.date) -> pa.StringArray:
    """(86400,): the text of the field `time` for every second of the day, from the quote that ends event_id on."""
    texts = (np.datetime64(day, "s") + np.arange(DAY_SECONDS)).astype(str)
    return pc.binary_join_element_wise('","time":"', pa.array(texts), 'Z",', "")


def _texts(values: Any) -> pa.StringArray:
    return pa.array(list(values), pa.string())
