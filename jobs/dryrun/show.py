"""A dry run for people: what was found, what was understood, what to mend."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from features.catalogue import NUMBER, PROFILE
from features.source import CORRUPT
from jobs.dataset import DataSet, TableName
from jobs.dryrun.columns import unmapped
from jobs.dryrun.events import EventSample
from jobs.dryrun.landed import Landed
from jobs.dryrun.problem import Problem, listed, share
from jobs.dryrun.shape import shape_of
from jobs.dryrun.tables import Snapshot
from jobs.runtime.config import Config

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
CUT = 90  # characters of a raw line


def show_files(console: Console, config: Config, landed: Mapping[TableName, Landed]) -> None:
    data = config.data
    console.print(f"[bold]{data.title}[/bold]")
    console.print(
        f"scene {data.scene}, business days of {data.time_zone} from {data.first_day} on; conf/{data.name}.toml\n"
    )
    table = _table(f"files in {config.raw_root}", "table", "files", "format", "found", "complete days")
    for name, found in landed.items():
        number = len(found.files)
        size = f"{number} file{'s' * (number != 1)}, {found.bytes / 1e6:.1f} MB"
        if not found.source.by_day:
            days = "the same serve every day"
        elif found.complete:
            lacking = len(found.days) - len(found.complete)
            days = f"{len(found.complete)}, {found.complete[0]} .. {found.complete[-1]}"
            days += f"; {lacking} incomplete" if lacking else ""
        else:
            days = "none"
        table.add_row(name, found.source.files, found.source.format, size, days)
    console.print(table)


def show_events(console: Console, sample: EventSample) -> None:
    rows, kept = sample.rows, sample.kept
    files = len(sample.landed.paths)
    table = _table(f"{len(rows)} records, of {files} files", "", "records", "share", "an example")
    table.add_row("kept", f"{len(kept)}", share(len(kept), len(rows)), _example(kept))
    for reason, count in rows["reason"].value_counts().items():
        table.add_row(str(reason), f"{count}", share(int(count), len(rows)), _example(rows[rows["reason"] == reason]))
    console.print(table)
    table = _table("events", "type", "role", "weight", "events")
    for name, kind in sample.data.events.types.items():
        table.add_row(name, kind.role, f"{kind.weight:g}" if kind.weight else "", f"{sample.event_counts[name]}")
    console.print(table)
    if len(kept):
        times, zone = kept["event_time"], sample.data.time_zone
        console.print(f"  time    {times.min()} .. {times.max()} in {zone}")
        console.print(f"  days    {_days(sample)}")
        for name in ("user_id", "item_id"):
            ids = kept[name].str.strip()
            some = ", ".join(ids.value_counts().sort_index().nlargest(3).index)
            console.print(f"  {name} {ids.nunique()} distinct, {_kind(ids)}, most often {some}", markup=False)
    _show_unmapped(console, sample.landed, sample.data, sample.records)


def _days(sample: EventSample) -> str:
    """Shares of the newest days; and what came in another day's file than its own."""
    kept = sample.kept
    shares = kept["event_time"].dt.strftime("%Y-%m-%d").value_counts().sort_index()
    text = listed([f"{day} {share(int(count), len(kept))}" for day, count in shares.iloc[::-1].items()])
    if not sample.landed.source.by_day:
        return text
    behind = (pd.to_datetime(kept["ds"]) - kept["event_time"].dt.normalize()).dt.days
    late, early = int((behind > 0).sum()), int((behind < 0).sum())
    return text + (f"; {late} in a later file than their day's, {early} in an earlier one" if late or early else "")


def show_snapshot(console: Console, snapshot: Snapshot, landed: Landed, data: DataSet) -> None:
    rows, known = snapshot.rows, snapshot.known
    some = "" if snapshot.whole else ", the first of them"
    corrupt = int(rows[CORRUPT].notna().sum())
    unread = f"; {corrupt} not understood" if corrupt else ""
    console.print(f"\n[bold]{snapshot.table}[/bold]: {len(rows)} records{some}{unread}; {len(known)} {snapshot.table}")
    events = len(snapshot.event_ids)
    if events:
        least = "" if snapshot.whole else "at least "
        console.print(f"  {least}{share(snapshot.coverage, events)} of the events are of one of them")
    for name in snapshot.columns:
        values = known[name].dropna()
        missing = share(len(known) - len(values), len(known))
        title = name.removeprefix(PROFILE).removeprefix(NUMBER)
        examples = listed(values.drop_duplicates().astype(str).head(3), 3)
        console.print(
            f"  {title:20} {values.nunique():>8} values, {missing:>6} missing, such as {examples}", markup=False
        )
    _show_unmapped(console, landed, data, shape_of(landed.paths[0], landed.source.columns).records)


def _show_unmapped(console: Console, landed: Landed, data: DataSet, records: Sequence[dict[str, str]]) -> None:
    fields = unmapped(landed, data, records)
    if fields:
        console.print("  fields that no expression uses:")
    for name, values in fields.items():
        console.print(f"    {name:18} such as {listed([value[:30] for value in values])}", markup=False)


def show_problems(console: Console, problems: list[Problem]) -> None:
    if not problems:
        console.print("\nnothing to mend")
        return
    console.print("\n[bold]to mend[/bold] (x: no night can run before)")
    for problem in sorted(problems, key=lambda problem: not problem.stops):
        console.print(f"  {'x' if problem.stops else '-'} {problem.what}", markup=False)
        console.print(f"      {problem.fix}", markup=False)


def show_next(console: Console, config: Config, night: dt.date) -> None:
    console.print(f"\na night can run: make backfill DATA={config.data.name} DATE={night}")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        right = column in ("records", "share", "weight", "events")
        table.add_column(column, justify="right" if right else "left", no_wrap=right)
    return table


def _example(rows: pd.DataFrame) -> str:
    line = str(rows["line"].iloc[0]) if len(rows) else ""
    shown = CONTROL.sub("?", line[:CUT].replace("\t", "  ")) + "..." * (len(line) > CUT)
    return escape(shown)


def _kind(ids: pd.Series) -> str:
    """What ids look like."""
    whole = ids.str.fullmatch(r"[0-9]+")
    if whole.all():
        padded = ids.str.startswith("0") & (ids.str.len() > 1)
        return "whole numbers" + (", some with leading zeros" if padded.any() else "")
    return "text" if not whole.any() else "whole numbers and text"
