"""`python -m jobs experiments`: what the day's judgement says, for people; and a ramp that takes effect at once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from jobs.errors import RunError
from jobs.runtime.config import Config
from jobs.runtime.store import Store
from predawn.connection import connect
from predawn.errors import PredawnError
from predawn.experiments import publish_experiment

COLUMNS = ("variant", "users", "value", "against control", "at any time", "p, corrected", "needed users")
MISMATCH = 0.001


def report(config: Config, day: dt.date, console: Console) -> None:
    """One table for each layer that ran on the day. Raises MissingPartition."""
    (folder,) = Store(config.store_root).folders("experiment_metrics", [str(day)])
    rows = pa.concat_tables(pq.read_table(path) for path in sorted(folder.glob("*.parquet"))).to_pylist()
    if not rows:
        console.print(f"no experiment of data set {config.data.name} ran on {day}")
    for layer in dict.fromkeys(row["layer"] for row in rows):
        mine = [row for row in rows if row["layer"] == layer]
        table = Table(title=f"experiment {layer}, as of {day}", title_justify="left")
        for column in ("metric", *COLUMNS):
            table.add_column(column, justify="left" if column in ("metric", "variant") else "right")
        for row in mine:
            style = "bold" if (row["p_always_holm"] or 1.0) < config.experiments.alpha else None
            table.add_row(row["metric"], *_cells(row), style=style)
        console.print(table)
        ratio = mine[0]["sample_ratio_p"]
        if ratio is not None and ratio < MISMATCH:
            console.print(
                f"the variants didn't get the users that they should have (p = {ratio:.1e}): something loses or adds "
                "users, so believe none of these numbers."
            )


def _cells(row: dict[str, Any]) -> list[str]:
    def number(name: str) -> str:
        return "-" if row[name] is None else f"{row[name]:.4g}"

    def interval(low: str, high: str) -> str:
        return "-" if row[low] is None else f"{row[low]:+.3g} .. {row[high]:+.3g}"

    change = "-" if row["difference"] is None else f"{row['difference']:+.3g}"
    return [
        *(row["variant"], str(row["users"]), number("value"), change),
        *(interval("always_low", "always_high"), number("p_always_holm")),
        "-" if row["needed_users"] is None else f"{row['needed_users']:.0f}",
    ]


def assign(config: Config, day: dt.date) -> str:
    """Let readers assign users by what the configuration says for a day; answers in a sentence. Raises RunError."""
    scene = config.data.scene
    experiment = config.experiments.shown(scene, after=str(day - dt.timedelta(1)))
    try:
        publish_experiment(connect(config.publish.url), scene, experiment)
    except (PredawnError, ValueError) as error:
        raise RunError(str(error)) from error
    if experiment is None:
        return f"no experiment runs on scene {scene!r} on {day}: everyone gets the same lists"
    shares = ", ".join(f"{name} {share:.4g}" for name, share in experiment.shares().items())
    return f"experiment {experiment.layer} assigns scene {scene!r}: {shares}, traffic {experiment.traffic:.4g}"
