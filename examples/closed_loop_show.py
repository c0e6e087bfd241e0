"""The report of the closed loop for people, and the same as plain data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from examples.closed_loop_app import LISTS
from examples.closed_loop_figures import FRESH_DAYS, Lift, NewItems, lift, new_items, plain, served
from examples.show import read
from jobs.runtime.config import Config
from predawn.assignment import CONTROL

REPLAYED = ("ndcg_at_10", "recall_at_20")
COLUMNS = ["event_day", "user_id", "item_id", "event_type", "variant"]


@dataclass(frozen=True)
class Report:
    """days: of the loop. daily, replay: by day. metrics: rows of `experiment_metrics` as of the last day.
    new_items: arm -> what became of the items born in the loop."""

    days: Sequence[str]
    daily: Mapping[str, Lift]
    total: Lift
    metrics: Sequence[Mapping[str, Any]]
    new_items: Mapping[str, NewItems]
    replay: Mapping[str, Mapping[str, Mapping[str, float]]]

    def plain(self) -> dict[str, Any]:
        return {
            "days": {day: {**plain(found), "replay": self.replay[day]} for day, found in self.daily.items()},
            "total": plain(self.total),
            "experiment_metrics": list(self.metrics),
            "new_items": {arm: plain(found) for arm, found in self.new_items.items()},
        }


def report(config: Config, layer: str, days: Sequence[str]) -> Report:
    """From the tables of the store. Raises MissingPartition."""
    frames = [read(config, "events", day).select(COLUMNS).to_pandas() for day in days]
    events = served(pd.concat(frames, ignore_index=True).rename(columns={"event_day": "day"}))
    items = read(config, "items", days[-1])
    born = pd.Series([str(day) for day in items["created_on"].to_pylist()], items["item_id"].to_pylist())
    shares = config.experiments.experiment(layer, config.data.scene).shares()
    return Report(
        days=days,
        daily={day: lift(events[events["day"] == day], shares, config.experiments) for day in days},
        total=lift(events, shares, config.experiments),
        metrics=read(config, "experiment_metrics", days[-1]).to_pylist(),
        new_items={arm: new_items(events[events["variant"] == arm], born, days) for arm in (LISTS, CONTROL)},
        replay={day: _replay(config, day) for day in days},
    )


def _replay(config: Config, day: str) -> dict[str, dict[str, float]]:
    """Source -> metric -> value, of the lists of the day before."""
    found: dict[str, dict[str, float]] = {}
    for row in read(config, "replay_metrics", day).to_pylist():
        if row["metric"] in REPLAYED:
            found.setdefault(row["source"], {})[row["metric"]] = row["value"]
    return found


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
    for source in ("topn", "popular", "best channel"):
        for metric in REPLAYED:
            table.add_column(f"{source} {metric}", justify="right")
    for day, sources in found.replay.items():
        channels = {name: values for name, values in sources.items() if name != "topn"}
        best = max(channels, key=lambda name: channels[name].get(REPLAYED[0], 0.0), default="")
        cells = [
            f"{sources.get(name, {}).get(metric, math.nan):.3f}" for name in ("topn", "popular") for metric in REPLAYED
        ]
        own = [f"{channels[best].get(metric, math.nan):.3f}" if best else "-" for metric in REPLAYED]
        table.add_row(day, *cells, f"{own[0]} ({best})", own[1])
    console.print(table)


def _percent(share: float) -> str:
    return f"{share:.1%}" if math.isfinite(share) else "-"


def _p(value: float) -> str:
    return f"{value:.2g}" if math.isfinite(value) else "-"
