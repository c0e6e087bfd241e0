"""The report of the closed loop for people."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from examples.closed_loop_app import LISTS
from examples.closed_loop_figures import FRESH_DAYS, Lift, NewItems
from examples.closed_loop_report import REPLAYED, Report
from predawn.assignment import CONTROL


def show(found: Report, console: Console) -> None:
    _show_days(found, console)
    _show_new_items(found.new_items, console)
    _show_replay(found, console)


def _show_days(found: Report, console: Console) -> None:
    table = Table(title="clicks per impression: own lists beside the popular list", title_justify="left")
    table.add_column("day")
    for column in ("users", "shown", "CTR", "users", "shown", "CTR", "lift", "95 % interval", "p", "sample ratio p"):
        table.add_column(column, justify="right")
    for day, each in found.daily.items():
        table.add_row(day, *_cells(each))
    table.add_section()
    table.add_row("all", *_cells(found.total), style="bold")
    console.print(table)
    console.print("users, shown, CTR: first of own lists, then of the popular one; p: for one look at that row\n")


def _cells(found: Lift) -> list[str]:
    arms = [
        text
        for arm in (found.lists, found.control)
        for text in (f"{arm.users}", f"{arm.impressions}", _percent(arm.ctr))
    ]
    interval = f"{found.lift_low:+.0%} .. {found.lift_high:+.0%}" if math.isfinite(found.lift_low) else "-"
    change = f"{found.lift:+.0%}" if math.isfinite(found.lift) else "-"
    return [*arms, change, interval, _p(found.p_value), _p(found.sample_ratio_p)]


def _show_new_items(found: Mapping[str, NewItems], console: Console) -> None:
    own, popular = found[LISTS], found[CONTROL]
    table = Table(title=f"exploration: the {own.born} items born in the loop", title_justify="left")
    for column in ("", "own lists", "popular list"):
        table.add_column(column, justify="right" if column else "left")
    rows = {
        "shown": [
            f"{arm.shown} ({_percent(arm.shown / arm.born if arm.born else math.nan)})" for arm in (own, popular)
        ],
        "clicked": [
            f"{arm.clicked} ({_percent(arm.clicked / arm.born if arm.born else math.nan)})" for arm in (own, popular)
        ],
        "their share of impressions": [_percent(arm.of_impressions) for arm in (own, popular)],
        "their share of clicks": [_percent(arm.of_clicks) for arm in (own, popular)],
        f"impressions of items up to {FRESH_DAYS} days old": [_percent(arm.fresh) for arm in (own, popular)],
        "catalogue shown": [_percent(arm.coverage) for arm in (own, popular)],
    }
    for name, cells in rows.items():
        table.add_row(name, *cells)
    table.add_section()
    for age in own.by_age:
        table.add_row(
            f"impressions of one, {age} day{'s' if age > 1 else ''} old",
            *(f"{arm.by_age[age]:.1f}" for arm in (own, popular)),
        )
    console.print(table)


def _show_replay(found: Report, console: Console) -> None:
    table = Table(title="replay: lists as of the day before, judged by each day's events", title_justify="left")
    table.add_column("day")
    for source in ("topn", "popular", "best other"):
        for metric in REPLAYED:
            table.add_column(f"{source} {metric}", justify="right")
    for day, sources in found.replay.items():
        others = {name: values for name, values in sources.items() if name != "topn"}
        best = max(others, key=lambda name: others[name].get(REPLAYED[0], 0.0), default="")
        cells = [
            f"{sources.get(name, {}).get(metric, math.nan):.3f}" for name in ("topn", "popular") for metric in REPLAYED
        ]
        own = [f"{others[best].get(metric, math.nan):.3f}" if best else "-" for metric in REPLAYED]
        table.add_row(day, *cells, f"{own[0]} ({best})", own[1])
    console.print(table)


def show_beside(runs: Mapping[str, Mapping[str, Any]], console: Console) -> None:
    """What own lists did in runs that differ in their configuration. runs: name -> what `Report.plain` says."""
    table = Table(title="own lists of this run and of others in the same world", title_justify="left")
    table.add_column("")
    for name in runs:
        table.add_column(name, justify="right")
    new = [each["new_items"][LISTS] for each in runs.values()]
    total = [each["total"] for each in runs.values()]
    rows = {
        "CTR": [_percent(each[LISTS]["ctr"]) for each in total],
        "lift over the popular list": [_percent(each["lift"]) for each in total],
        "items born in the loop": [str(each["born"]) for each in new],
        "of them shown": [str(each["shown"]) for each in new],
        "of them clicked": [str(each["clicked"]) for each in new],
        "their share of impressions": [_percent(each["of_impressions"]) for each in new],
        "their share of clicks": [_percent(each["of_clicks"]) for each in new],
        "catalogue shown": [_percent(each["coverage"]) for each in new],
    }
    for name, cells in rows.items():
        table.add_row(name, *cells)
    console.print(table)


def _percent(share: float | None) -> str:
    return f"{share:.1%}" if share is not None and math.isfinite(share) else "-"


def _p(value: float) -> str:
    return f"{value:.2g}" if math.isfinite(value) else "-"
