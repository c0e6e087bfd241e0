"""What the jobs that measure and those that open the gates share: findings as rows, and as sentences for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from features.findings import FAIL, OFF, WARN, Finding
from jobs.errors import RunError
from jobs.runtime.checks import arrow_schema
from jobs.runtime.context import Context

COLUMNS = ("gate", "table_name", "subject", "observed", "low", "high", "basis", "verdict")
KEY = COLUMNS[:3]
SHOWN = 5  # findings that are spelled out; the others are counted


def findings_table(ds: str, findings: Sequence[Finding]) -> pa.Table:
    """Grain: gate x subject, in this order; those of gates that are off are left out."""
    columns = list(Finding.__dataclass_fields__)
    rows = sorted(
        (asdict(found) for found in findings if found.level != OFF), key=lambda row: [row[name] for name in KEY]
    )
    return pa.table({"ds": [ds] * len(rows), **{name: [row[name] for row in rows] for name in columns}})


def open_gates(ctx: Context, health: str, gates: str) -> None:
    """Write to `gates` which failures of `health` were accepted, if that is all of them.

    What was accepted once stays so while `health` is the same, so that a plain re-run goes on where it was let through.
    Raises RunError that names the table, the day, what was observed and expected, and how to let it through once.
    """
    found = ctx.read_arrow(health, COLUMNS).to_pylist()
    accepted = ctx.options.get("accept", frozenset())
    for row in _first([row for row in found if row["verdict"] == WARN], ctx, health):
        ctx.say(f"warning: {sentence(row)}.")
    failed = [row for row in found if row["verdict"] == FAIL]
    before = ctx.made_before(gates)
    accepted = accepted | (set() if before is None else set(before["gate"].to_pylist()))
    shut = [row for row in failed if row["gate"] not in accepted]
    if shut:
        raise RunError(_refusal(ctx, shut))
    for row in failed:
        ctx.say(f"accepted: {sentence(row)}.")
    rows = [{"ds": ctx.ds, **{name: row[name] for name in KEY}} for row in failed]
    ctx.write_arrow(gates, [pa.Table.from_pylist(rows, schema=arrow_schema(ctx.contract(gates)))])


def sentence(row: Mapping[str, Any]) -> str:
    """One finding, such as: gate volume, table events, all: 1,201 where 1,850 to 7,400 was expected (...)."""
    return (
        f"gate {row['gate']}, table {row['table_name']}, {row['subject']}: {number(row['observed'])} where "
        f"{expected(row)} was expected ({row['basis']})"
    )


def expected(row: Mapping[str, Any]) -> str:
    low, high = row["low"], row["high"]
    if low is None and high is None:
        return ""
    if low is None:
        return f"at most {number(high)}"
    return f"at least {number(low)}" if high is None else f"{number(low)} to {number(high)}"


def number(value: float | None) -> str:
    """Counts in full, shares with four digits."""
    if value is None:
        return ""
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:.4g}"


def _first(rows: list[dict[str, Any]], ctx: Context, health: str) -> list[dict[str, Any]]:
    if len(rows) > SHOWN:
        ctx.say(f"warning: {len(rows)} findings of {health}, day {ctx.ds}; the first {SHOWN} follow, {_all(ctx)}.")
    return rows[:SHOWN]


def _all(ctx: Context) -> str:
    return f"all: `make health DATA={ctx.config.data.name} DATE={ctx.ds}`"


def _refusal(ctx: Context, shut: Sequence[Mapping[str, Any]]) -> str:
    listed = "; ".join(sentence(row) for row in shut[:SHOWN])
    more = f"; and {len(shut) - SHOWN} more" if len(shut) > SHOWN else ""
    names = ",".join(sorted({str(row["gate"]) for row in shut}))
    return (
        f"day {ctx.ds} is not sound, so nothing of it is published: {listed}{more} ({_all(ctx)}). Have it delivered "
        f"anew and run again, or let it through this once: "
        f'`make backfill DATA={ctx.config.data.name} DATE={ctx.ds} ARGS="--accept {names}"`.'
    )
