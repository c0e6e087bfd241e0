"""`make demo`: land a public data set day by day, run a few nights, publish them, and show what came out."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from examples import completejourney, kuairand, local_redis, movietweetings, news, world
from examples.landing import LandingError
from examples.show import show_lists, show_replay
from jobs.errors import RunError, UsageError
from jobs.runtime.backfill import backfill
from jobs.runtime.config import CHECKOUT, Config, load_config
from jobs.runtime.machine import java_problem

Land = Callable[[Path, Path | None, dt.date, dt.date], None]
LOG_WIDTH = 120  # of what is written where there is no terminal


@dataclass(frozen=True)
class Demo:
    """What to land and which nights to run. land: lands first..last below a raw root, given the folder of --dir."""

    about: str
    first: dt.date
    last: dt.date
    nights: tuple[dt.date, dt.date]
    land: Land


def _from_folder(data: str, land: Callable[[Path, Path, dt.date, dt.date], None]) -> Land:
    """Landing of public files that aren't bundled."""

    def landing(raw: Path, folder: Path | None, first: dt.date, last: dt.date) -> None:
        if folder is None:
            raise UsageError(
                f"the files of {data} aren't bundled: name their folder, `make demo DATA={data} DIR=/path/to/files`."
            )
        land(raw, folder, first, last)

    return landing


DEMOS = {
    "completejourney": Demo(
        "a year of grocery baskets, simulated by its publisher on real shopping patterns",
        dt.date(2017, 1, 1),
        dt.date(2017, 12, 31),
        (dt.date(2017, 12, 1), dt.date(2017, 12, 2)),
        lambda raw, _, first, last: completejourney.land(raw, first, last),
    ),
    "kuairand": Demo(
        "real short-video impressions of one week",
        dt.date(2022, 4, 25),
        dt.date(2022, 4, 30),
        (dt.date(2022, 4, 28), dt.date(2022, 4, 30)),
        _from_folder("kuairand", kuairand.land),
    ),
    "movietweetings": Demo(
        "real ratings of movies, as people tweeted them in half a year",
        dt.date(2013, 2, 28),
        dt.date(2013, 9, 1),
        (dt.date(2013, 8, 29), dt.date(2013, 8, 31)),
        _from_folder("movietweetings", movietweetings.land),
    ),
    "news": Demo(
        "a generated news site; its readers, articles and logs are invented",
        dt.date(2026, 3, 2),
        dt.date(2026, 3, 15),
        (dt.date(2026, 3, 12), dt.date(2026, 3, 14)),
        lambda raw, _, first, last: news.land(raw, first, last),
    ),
    "world": Demo(
        "a generated content app; its users, items and logs are invented",
        dt.date(2026, 1, 1),
        dt.date(2026, 1, 14),
        (dt.date(2026, 1, 10), dt.date(2026, 1, 12)),
        lambda raw, _, first, last: world.land(raw, first, last),
    ),
}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m examples.demo", description=__doc__)
    parser.add_argument("--data", default="completejourney")
    parser.add_argument("--dir", type=Path, help="folder of the public files, where they aren't bundled")
    parser.add_argument("--only-land", action="store_true", help="land the raw files and stop")
    args = parser.parse_args(argv)
    try:
        run(args.data, args.dir, only_land=args.only_land)
    except UsageError as error:
        print(f"predawn: {error}", file=sys.stderr)
        return 2
    except (RunError, LandingError, local_redis.LocalRedisError) as error:
        print(f"predawn: {error}", file=sys.stderr)
        return 1
    return 0


def run(data: str, folder: Path | None, *, only_land: bool) -> None:
    """Raises UsageError, RunError, LandingError or LocalRedisError, each with one sentence."""
    started = time.perf_counter()
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else LOG_WIDTH)
    if data not in DEMOS:
        raise UsageError(
            f"there is no demo of {data!r}: pick one of {', '.join(DEMOS)}, or `make backfill` for your own data."
        )
    problem = java_problem()
    if problem:
        raise RunError(problem)
    demo, config = DEMOS[data], load_config(data)
    console.print(f"[bold]{config.data.title}[/bold]\n({demo.about})\n")
    console.print(f"landing the raw daily files {demo.first} .. {demo.last} in {_shown(config.raw_root)}")
    demo.land(config.raw_root, folder, demo.first, demo.last)
    if only_land:
        return
    if not os.environ.get("REDIS_URL"):
        console.print(f"no REDIS_URL is set: a private Redis server of this demo answers at {local_redis.start()}")
    first, last = demo.nights
    console.print(f"\nrunning the nights of {first} .. {last}, and what they need of earlier days")
    backfill(config, first, last, options={}, console=console)
    show_lists(config, console, (last - dt.timedelta(1)).isoformat(), last.isoformat())
    show_replay(config, console)
    _where_next(console, config, time.perf_counter() - started)


def _where_next(console: Console, config: Config, seconds: float) -> None:
    environment = f"REDIS_URL={os.environ['REDIS_URL']} " if os.environ.get("REDIS_URL") else ""
    scene, data = config.data.scene, config.data.name
    demo, following = DEMOS[data], DEMOS[data].nights[1] + dt.timedelta(1)
    hints = [
        (f"{environment}.venv/bin/predawn get USER --scene {scene}", "a live list, as an app reads it"),
        (f"{environment}.venv/bin/predawn status", "versions, their data days, and which is live"),
        (_shown(config.store_root), "every table, one folder a day, Parquet"),
        (f"make health DATA={data} DATE={demo.nights[1]}", "what the gates found on the last day"),
        ("jobs/graph.py", "the night on one screen"),
        (f"conf/{data}.toml", "what was said about this data"),
    ]
    if following <= demo.last:
        hints.insert(2, (f"make backfill DATA={data} DATE={following}", "the next night"))
    if not environment:
        hints.append(("make redis-stop", "stop the demo's Redis server"))
    console.print(f"\nThe demo took {seconds:.0f} s. Where to look next:")
    for what, why in hints:
        console.print(f"  {what:<52} {why}")


def _shown(path: Path) -> str:
    return str(path.relative_to(CHECKOUT)) if path.is_relative_to(CHECKOUT) else str(path)


if __name__ == "__main__":
    sys.exit(main())
