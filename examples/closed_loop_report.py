"""The report of the closed loop, read from the tables of its store."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from examples.closed_loop_app import LISTS
from examples.closed_loop_figures import Lift, NewItems, lift, new_items, plain, served
from examples.show import read
from jobs.runtime.config import Config
from predawn.assignment import CONTROL

FILE = "report.json"
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
            "experiment_metrics": [dict(row) for row in self.metrics],
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


def write(folder: Path, content: Mapping[str, Any]) -> Path:
    path = folder / FILE
    path.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return path


def alike(folder: Path, content: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Name of the run -> what it reported, of the runs beside a folder with the same settings, its own among them."""
    found = {path.parent.name: json.loads(path.read_text()) for path in sorted(folder.parent.glob(f"*/{FILE}"))}
    return {name: each for name, each in found.items() if each["settings"] == content["settings"]}
