"""The quality of lists for people: measured where it isn't yet, stored, and printed as a table."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from jobs.errors import UsageError
from jobs.proof import stored_verdict
from jobs.runtime.backfill import measure
from jobs.runtime.config import Config
from jobs.runtime.raw import RawZone
from jobs.runtime.store import Store
from models.evaluate.contest import ANY, FINAL, NEW
from models.evaluate.metrics import METRICS
from models.rank import RANKERS
from models.rank.coarse import COARSE
from models.recall import FUSED

WIDTH = 150  # where there is no terminal
COLUMNS = (*METRICS, "coverage", "novelty", "diversity")
MODES = {
    ANY: "whatever was taken counts",
    NEW: "only what was new to the user counts, and lists leave out what wasn't",
}
ABOUT = """value ± half the width of its bootstrap interval over users. topn: the final lists; fused: merged recall,
without a ranker. gain: how much more NDCG the final lists have, with its interval over the same draws of users."""


def report_quality(config: Config, as_of: dt.date | None, console: Console | None = None) -> None:
    """Print how lists as of a day foresaw the label window after it. None: the newest day of which that has landed.

    Raises UsageError when no day has, RunError when the days can't be built.
    """
    console = console or Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = WIDTH
    horizon = dt.timedelta(config.windows.label_days)
    day = (as_of or _newest(config) - horizon) + horizon
    measure(config, "measure_quality", day, console)
    show(config, day, console)


def show(config: Config, day: dt.date, console: Console) -> None:
    """Print what stands for the label window that ends on the day. Raises MissingPartition."""
    rows, channels = (_rows(config, table, day) for table in ("quality", "channel_report"))
    for mode in dict.fromkeys(row["mode"] for row in rows):
        mine = [row for row in rows if row["mode"] == mode]
        as_of, users = mine[0]["as_of"], mine[0]["users"]
        title = f"\n{config.data.name}: lists as of {as_of}, what {users} users took until {day}; {MODES[mode]}"
        console.print(_quality_table(mine, config, title))
        console.print(_channel_table([row for row in channels if row["mode"] == mode], config))
    console.print(ABOUT, style="dim")
    if verdict := stored_verdict(config, as_of):
        console.print(f"final lists of {as_of}: {verdict.why}")


def _quality_table(rows: list[dict[str, Any]], config: Config, title: str) -> Table:
    settings = config.proof
    cells = {(row["source"], row["metric"]): row for row in rows}
    sources = sorted(dict.fromkeys(row["source"] for row in rows), key=_place)
    table = Table(title=title, title_justify="left")
    for name in ("@", "list", *COLUMNS, f"gain of {FINAL}"):
        table.add_column(name, justify="left" if name == "list" else "right", no_wrap=True)
    for k in settings.ks:
        for source in sources:
            found = [_cell(cells.get((source, f"{name}_at_{k}"))) for name in COLUMNS]
            gain = _gain(cells[source, f"{METRICS[0]}_at_{k}"], "gain")
            table.add_row(f"{k}", source, *found, gain, style="bold" if source == FINAL else None)
        table.add_section()
    return table


def _channel_table(rows: list[dict[str, Any]], config: Config) -> Table:
    table = Table(title="what each channel gives; without: the ranker refitted, on others' candidates alone")
    table.title_justify = "left"
    for name in ("channel", "candidates", "hits", "of all taken", "unique hits", "without", "loss"):
        table.add_column(name, justify="left" if name == "channel" else "right")
    for row in rows:
        without = "-" if row["without"] is None else f"{row['without']:.4f}"
        counts = (f"{row['candidates']}", f"{row['hits']}", f"{row['hit_share']:.1%}", f"{row['unique_hits']}")
        table.add_row(row["channel"], *counts, without, _gain(row, "loss"))
    table.caption = f"without, loss: {config.proof.metric}"
    return table


def _cell(row: dict[str, Any] | None) -> str:
    if row is None or row["value"] is None:
        return "-"
    text = f"{row['value']:.3f}" + ("" if row["low"] is None else f" ±{(row['high'] - row['low']) / 2:.3f}")
    return re.sub(r"\b0\.", ".", text)


def _gain(row: dict[str, Any], name: str) -> str:
    if row[name] is None:
        return ""
    text = f"{row[name]:+.4f} [{row[f'{name}_low']:+.4f}, {row[f'{name}_high']:+.4f}]"
    return re.sub(r"\b0\.", ".", text)


def _place(source: str) -> tuple[int, int]:
    """Popularity and the other channels, merged recall, the rankers with the plain ones first, the final lists."""
    rankers = list(RANKERS)[::-1]
    if source in rankers:
        return 3, rankers.index(source)
    return {"popular": 0, FUSED: 2, COARSE: 2, FINAL: 4}.get(source, 1), 0


def _newest(config: Config) -> dt.date:
    landed = RawZone(config.raw_root, config.data).landed("events")
    if not landed:
        raise UsageError(f"say as of which day: the files of {config.data.name} bear none, or there are none.")
    return dt.date.fromisoformat(landed[-1])


def _rows(config: Config, table: str, day: dt.date) -> list[dict[str, Any]]:
    (folder,) = Store(config.store_root).folders(table, [day.isoformat()])
    return pq.read_table(folder).to_pylist()
