"""What a run built, for people: lists with names next to what happened the day after, and the replay day by day."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from jobs.runtime.config import Config
from jobs.runtime.store import Store

USERS = 3
SHOWN = 10
FEWEST_TAKEN, MOST_TAKEN = 5, 25  # a basket that fits on the screen and says something
HEADLINES = ("ndcg_at_10", "recall_at_20", "hit_rate_at_10", "coverage_at_10")


def read(config: Config, table: str, day: str) -> pa.Table:
    """One day of a table. Raises MissingPartition."""
    (folder,) = Store(config.store_root).folders(table, [day])
    return pa.concat_tables(pq.read_table(path) for path in sorted(folder.glob("*.parquet")))


def show_lists(config: Config, console: Console, as_of: str, day: str) -> None:
    """The first users, in the order of a digest of their ids, with a list as of one day and events on the next."""
    names = dict(
        zip(*(read(config, "items", as_of)[column].to_pylist() for column in ("item_id", "name")), strict=True)
    )
    positive = config.data.events.with_role("positive")
    daily = read(config, "user_item_daily", day)
    happened = pc.and_(pc.equal(daily["event_day"], day), pc.is_in(daily["event_type"], pa.array(positive)))
    daily = daily.filter(happened)
    taken: dict[str, list[str]] = {}
    for user, item in zip(daily["user_id"].to_pylist(), daily["item_id"].to_pylist(), strict=True):
        if item not in taken.setdefault(user, []):
            taken[user].append(item)
    lists = read(config, "topn", as_of)
    listed = dict(zip(lists["user_id"].to_pylist(), lists["item_ids"].to_pylist(), strict=True))
    few = min(FEWEST_TAKEN, max((len(items) for items in taken.values()), default=0))
    fitting = sorted(user for user, items in taken.items() if user in listed and few <= len(items) <= MOST_TAKEN)
    step = max(1, len(fitting) // USERS)
    for user in fitting[step // 2 :: step][:USERS]:
        _show_user(console, user, listed[user], taken[user], names, as_of, day)


def _show_user(
    console: Console, user: str, items: list[str], taken: list[str], names: dict[str, str | None], as_of: str, day: str
) -> None:
    hits = [item for item in items if item in taken]
    table = Table(title=f"user {user}: the list as of {as_of}, and what happened on {day}", title_justify="left")
    table.add_column("#", justify="right")
    table.add_column(f"the first {SHOWN} of {len(items)} in the list")
    table.add_column("")
    table.add_column(f"taken on {day}")
    table.add_column("in the list at", justify="right")
    for row in range(max(min(SHOWN, len(items)), min(SHOWN, len(taken)))):
        item = items[row] if row < len(items) else None
        then = taken[row] if row < len(taken) else None
        table.add_row(
            str(row + 1) if item else "",
            _name(item, names) if item else "",
            "[green]taken[/green]" if item in hits else "",
            _name(then, names) if then else "",
            (str(items.index(then) + 1) if then in items else "-") if then else "",
        )
    console.print(table)
    console.print(f"{len(hits)} of {len(taken)} items taken on {day} stood in the list of {len(items)}\n")


def _name(item: str, names: dict[str, str | None]) -> str:
    name = names.get(item)
    return f"{name} ({item})" if name else item


def show_replay(config: Config, console: Console) -> None:
    """Every day's replay: the lists of the day before, judged by what happened on the day."""
    table = Table(
        title="replay: lists as of the day before, judged by each day's events (full catalogue, all users)",
        title_justify="left",
    )
    for column in ("day", "list", "users", *HEADLINES):
        table.add_column(column, justify="left" if column in ("day", "list") else "right")
    for day in Store(config.store_root).days("replay_metrics"):
        rows = read(config, "replay_metrics", day).to_pylist()
        sources = sorted({row["source"] for row in rows}, key=lambda source: (source != "topn", source))
        for source in sources:
            mine = {row["metric"]: row for row in rows if row["source"] == source}
            values = [f"{mine[name]['value']:.3f}" if name in mine else "-" for name in HEADLINES]
            style = "bold" if source == "topn" else None
            table.add_row(day, source, str(mine[HEADLINES[0]]["users"]), *values, style=style)
        table.add_section()
    console.print(table)
