"""The model report for people: made from what stands, stored, and printed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from jobs.runtime.backfill import measure
from jobs.runtime.config import Config
from jobs.runtime.store import Store

WIDTH = 120  # where there is no terminal
BAR = 40  # characters of a curve's widest bar
ABOUT = """lead: of the first model, and where it lies in 95 % of samples drawn anew, user by user. log loss in nats;
normalised entropy: log loss over that of the mean label. AUC, GAUC: of whether a positive event followed."""


def report_model(config: Config, day: dt.date, console: Console | None = None) -> None:
    """What the report needs is brought up to date first. Raises RunError when the label windows don't suffice."""
    console = console or Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    measure(config, "report_model", day, console)
    show(config, day.isoformat(), console)


def show(config: Config, day: str, console: Console) -> None:
    """Print the report that stands for the day. Raises MissingPartition."""
    figures, curves, features = (
        _rows(config, table, day) for table in ("model_report", "model_calibration", "model_importance")
    )
    what = "click model, by impressions" if config.clicked else "ranker, by its samples"
    console.print(_figures(figures, f"{what}, of {config.data.name} on the newest label window as of {day}"))
    console.print(ABOUT, style="dim")
    first = figures[0]["model"]
    console.print(_curve([row for row in curves if row["model"] == first], f"\ncalibration of {first}"))
    console.print(_importance(features))


def _figures(rows: list[dict[str, Any]], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    table.add_column("model")
    for metric in metrics:
        table.add_column(metric.replace("_", " "), justify="right")
    for name in ("AUC", "normalised entropy"):
        table.add_column(f"lead in {name}", justify="right")
    for model in dict.fromkeys(row["model"] for row in rows):
        mine = {row["metric"]: row for row in rows if row["model"] == model}
        values = [_number(mine[metric]["value"], ".4f") for metric in metrics]
        table.add_row(model, *values, *(_lead(mine[metric]) for metric in ("auc", "normalised_entropy")))
    return table


def _lead(row: dict[str, Any]) -> str:
    if row["lead"] is None:
        return "-"
    interval = f" ({_number(row['lead_low'], '+.4f')} .. {_number(row['lead_high'], '+.4f')})"
    return f"{row['lead']:+.4f}" + interval * (row["lead_low"] is not None)


def _curve(rows: list[dict[str, Any]], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in ("bin", "samples", "predicted", "observed"):
        table.add_column(column, justify="right")
    table.add_column("observed, and | predicted", min_width=BAR + 1)
    most = max(max(row["predicted"], row["observed"]) for row in rows) or 1.0
    for row in rows:
        observed, predicted = (round(row[name] / most * BAR) for name in ("observed", "predicted"))
        bar = ("█" * observed).ljust(BAR + 1)
        bar = f"{bar[:predicted]}|{bar[predicted + 1 :]}"
        numbers = (str(row["bin"]), str(row["samples"]), f"{row['predicted']:.4f}", f"{row['observed']:.4f}")
        table.add_row(*numbers, bar)
    return table


def _importance(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="\nshares of the trees' gain", title_justify="left")
    for column in ("", "feature", "gain"):
        table.add_column(column, justify="left" if column == "feature" else "right")
    for row in sorted(rows, key=lambda row: row["place"]):
        table.add_row(str(row["place"]), row["feature"], f"{row['gain_share']:.1%}")
    return table


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _rows(config: Config, table: str, day: str) -> list[dict[str, Any]]:
    (folder,) = Store(config.store_root).folders(table, [day])
    return pq.read_table(folder).to_pylist()
