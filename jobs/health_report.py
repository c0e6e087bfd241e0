"""`python -m jobs health`: the gates of a day as a table for people."""

from __future__ import annotations

import datetime as dt
import sys
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from features.findings import ACCEPTED, FAIL, NOT_JUDGED, PASS, WARN
from jobs.errors import MissingPartition
from jobs.gates import KEY, expected, number
from jobs.proof import stored_verdict
from jobs.runtime.config import Config
from jobs.runtime.store import Store

LOG_WIDTH = 160
STAGES = (("health", "gates"), ("feature_health", "feature_gates"))
STYLES = {FAIL: "bold red", ACCEPTED: "yellow", WARN: "yellow", NOT_JUDGED: "dim", PASS: "green"}


def findings(config: Config, day: dt.date) -> list[dict[str, Any]]:
    """The findings of a day, the worst first; a failure that was let through has the verdict `accepted`.

    Raises MissingPartition when the day's intake was never measured; its features may not have been.
    """
    store, ds, found = Store(config.store_root), day.isoformat(), []
    for health, gates in STAGES:
        if store.digest(health, ds) is None:
            if health == STAGES[0][0]:
                raise MissingPartition(health, [ds])
            continue
        accepted = {tuple(row[name] for name in KEY) for row in _rows(store, gates, ds, on=(health,))}
        for row in _rows(store, health, ds):
            if row["verdict"] == FAIL and tuple(row[name] for name in KEY) in accepted:
                row["verdict"] = ACCEPTED
            found.append(row)
    order = list(STYLES)
    return sorted(found, key=lambda row: order.index(row["verdict"]))


def show_health(config: Config, day: dt.date, *, everything: bool = False, console: Console | None = None) -> None:
    """Print every finding that isn't a pass, and how many there are; `everything` prints the passes too.

    Raises MissingPartition.
    """
    width = None if sys.stdout.isatty() else LOG_WIDTH
    found, console = findings(config, day), console or Console(highlight=False, width=width)
    table = Table(title=f"gates of {config.data.name}, {day}", title_justify="left")
    for column in ("verdict", "gate", "of", "observed", "expected", "why"):
        table.add_column(column, justify="right" if column in ("observed", "expected") else "left", overflow="fold")
    for row in found:
        if everything or row["verdict"] != PASS:
            verdict = f"[{STYLES[row['verdict']]}]{row['verdict']}[/]"
            of = f"{row['table_name']}, {row['subject']}"
            table.add_row(verdict, row["gate"], of, number(row["observed"]), expected(row), row["basis"])
    if table.row_count:
        console.print(table)
    counts = {verdict: sum(row["verdict"] == verdict for row in found) for verdict in STYLES}
    console.print(f"{config.data.name} {day}: " + ", ".join(f"{n} {verdict}" for verdict, n in counts.items() if n))
    if proof := stored_verdict(config, day.isoformat()):
        console.print(f"lists of {day}: {proof.why}")


def _rows(store: Store, table: str, ds: str, on: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    if store.digest(table, ds, on) is None:
        return []
    (folder,) = store.folders(table, [ds])
    return pa.concat_tables([pq.read_table(path) for path in sorted(folder.glob("*.parquet"))]).to_pylist()
