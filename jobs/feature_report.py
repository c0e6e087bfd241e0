"""The feature report for people: made from what stands, stored, and printed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from jobs.runtime.backfill import run_one
from jobs.runtime.config import Config
from jobs.runtime.store import Store

WIDTH = 150  # where there is no terminal
ALIKE = 0.9  # a correlation that is worth a word
ABOUT = """missing, distinct: of the values. MI (nats), chi2: of quantile bins and the label. F: of the present values.
gain: share of the trees' gain. shuffled: millionths of a nat by which their log loss rises on a later window when the
feature is shuffled, with its standard error."""


def report_features(config: Config, day: dt.date, console: Console | None = None) -> None:
    """Raises RunError when the label windows of the day don't stand or don't suffice."""
    run_one(config, "report_features", day, options={})
    console = console or Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    show(config, day.isoformat(), console)


def show(config: Config, day: str, console: Console) -> None:
    """Print the report that stands for the day: the features by what they give, then the dropped ones, then the trial.

    Raises MissingPartition.
    """
    features, trial = (_rows(config, table, day) for table in ("feature_report", "feature_trial"))
    features.sort(key=lambda row: (row["verdict"] == "drop", row["reason"], -row["gain_share"], row["feature"]))
    console.print(_feature_table(features, f"features of {config.data.name} as of {day}"))
    console.print(ABOUT, style="dim")
    _show_trial(trial, config, console)
    dropped = [row["feature"] for row in features if row["verdict"] == "drop"]
    if dropped:
        lines = "".join(f'    "{name}",\n' for name in sorted(dropped))
        console.print(f"\nTo drop them, in conf/{config.data.name}.toml (the samples keep them, so it can be undone):")
        console.print(f"[rank]\ndrop = [\n{lines}]", markup=False)


def _feature_table(rows: list[dict[str, Any]], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in ("feature", "missing", "distinct", "MI", "chi2", "F", "gain", "shuffled", "verdict"):
        left = column in ("feature", "verdict")
        table.add_column(column, justify="left" if left else "right", no_wrap=column != "verdict")
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        table.add_row(
            row["feature"],
            f"{row['missing_share']:.0%}",
            f"{row['distinct_values']}",
            f"{row['mutual_information']:.4f}",
            f"{row['chi2']:.0f}",
            "-" if row["f_statistic"] is None else f"{row['f_statistic']:.0f}",
            f"{row['gain_share']:.1%}",
            f"{row['permutation_loss'] * 1e6:+.0f} ± {row['permutation_error'] * 1e6:.0f}",
            _verdict(row),
            style="dim" if row["verdict"] == "drop" else None,
            end_section=following is not None and following["verdict"] != row["verdict"],
        )
    return table


def _verdict(row: dict[str, Any]) -> str:
    alike = abs(row["correlation"] or 0) >= ALIKE
    details = [row["reason"], f"{row['correlation']:.2f} like {row['better_feature']}" if alike else ""]
    return row["verdict"] + "".join(f", {detail}" for detail in details if detail)


def _show_trial(trial: list[dict[str, Any]], config: Config, console: Console) -> None:
    kept, count = trial[0]["kept_features"], trial[0]["features"]
    table = Table(
        title=f"\nthe ranker {config.get('rank.ranker')} on the newest label window, which no verdict has seen",
        title_justify="left",
    )
    for column in ("", f"all {count}", f"kept {kept}", "difference", "", ""):
        table.add_column(column, justify="right")
    for row in trial:
        table.add_row(
            row["metric"],
            f"{row['value']:.4f}",
            f"{row['kept_value']:.4f}",
            f"{row['kept_value'] - row['value']:+.4f}",
            f"± {row['error']:.4f}",
            "worse" if row["worse"] else "no worse than noise",
        )
    console.print(table)
    if any(row["worse"] for row in trial):
        console.print(
            "[bold]Dropping all of these costs quality: drop fewer, or raise report.rows and look again.[/bold]"
        )


def _rows(config: Config, table: str, day: str) -> list[dict[str, Any]]:
    (folder,) = Store(config.store_root).folders(table, [day])
    return pq.read_table(folder).to_pylist()
