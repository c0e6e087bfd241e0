"""`make closed-loop`: the generated world is shown the lists, clicks, and its logs come back to the pipeline.

After some days of browsing, ten times: the night builds and publishes the lists of a day; on the next day half of the
users are shown them and half the popular list, and what they do is landed as that day's raw log. The report says what
the lists gained and what became of new items. The last line is JSON.

    python -m examples.closed_loop --days 10 --seed 7 [--without-exploration]
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import json
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from examples import local_redis
from examples.closed_loop_app import LISTS, App, LoopConfig
from examples.closed_loop_report import FILE, Report, alike, report, write
from examples.closed_loop_show import show, show_beside
from examples.landing import LandingError, land_day, parse_day
from jobs.errors import RunError, UsageError
from jobs.experiment_report import report as show_experiment
from jobs.overlay import CHECKOUT, merge, merged_toml
from jobs.runtime.config import Config, load_config
from jobs.runtime.machine import java_problem
from jobs.runtime.runner import Runner
from predawn import Reader
from predawn.assignment import CONTROL
from predawn.connection import connect
from predawn.errors import PredawnError
from predawn.experiments import read_experiment

DATA, LAYER, SHARE = "world", "closed-loop", 0.5
ROOT = CHECKOUT / "var" / "closed-loop"
JUDGES = ("judge_experiments", "replay_lists")  # what the last day, after which nothing is shown, is still needed for
EXPLORING = ("new_items", "new_slots", "new_boost")  # channels and rules that give new items a chance
PLACES = (("recall", "channels"), ("rerank", "rules"))
LOG_WIDTH = 140
HELP = {
    "history": "days of browsing before the first lists",
    "days": "days on which lists are shown",
    "events_a_day": "lines of a day's log, about",
    "browsing": "share of a day's requests in the loop that are no lists'",
    "born_share": "of the items, those born after the first day",
    "seed": "of all random numbers of the world",
}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m examples.closed_loop",
        description="Lists against popularity in a world that answers.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    for field in dataclasses.fields(LoopConfig):
        kind = parse_day if field.name == "first_day" else type(field.default)
        flag, said = "--" + field.name.replace("_", "-"), HELP.get(field.name, field.name.replace("_", " "))
        parser.add_argument(flag, type=kind, default=field.default, help=said)
    parser.add_argument("--without-exploration", action="store_true", help=f"switch off {', '.join(EXPLORING)}")
    chosen = vars(parser.parse_args(argv))
    without = chosen.pop("without_exploration")
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else LOG_WIDTH)
    try:
        loop = LoopConfig(**chosen)
        overrides = without_exploration(merged_toml(DATA)) if without else {}
        run(loop, ROOT / ("without-exploration" if without else "default"), overrides, console)
    except (UsageError, LandingError) as error:
        print(f"predawn: {error}", file=sys.stderr)
        return 2
    except (RunError, PredawnError, local_redis.LocalRedisError) as error:
        print(f"predawn: {error}", file=sys.stderr)
        return 1
    return 0


def run(loop: LoopConfig, folder: Path, overrides: Mapping[str, Any], console: Console) -> Report:
    """Raw logs, store and report in a folder, which is emptied of an earlier run's. overrides: of the configuration.

    Raises LandingError, UsageError, RunError, LocalRedisError or PredawnError, each with one sentence.
    """
    started = time.perf_counter()
    problem = java_problem()
    if problem:
        raise RunError(problem)
    for left_over in ("raw", "store", "redis"):
        shutil.rmtree(folder / left_over, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).unlink(missing_ok=True)
    port = local_redis.free_port()
    url = local_redis.start(port, folder / "redis")
    try:
        config = load_config(DATA, merge(settings(loop, folder, url), overrides))
        live(loop, config, url, folder / "nights.log", console)
    finally:
        local_redis.stop(port, folder / "redis", keep_lists=False)
    days = [str(day) for day in loop.loop]
    found = report(config, LAYER, days)
    show(found, console)
    show_experiment(config, loop.loop[-1], console)
    seconds = round(time.perf_counter() - started)
    _leave(found, loop, config, folder, seconds, console)
    return found


def settings(loop: LoopConfig, folder: Path, url: str) -> dict[str, Any]:
    """What the loop says beside conf/world.toml: where things are, and the experiment that compares the arms.

    Its variant differs in nothing: its users are shown everyone's lists, and the control the popular list.
    """
    layer = {"start": loop.loop[0], "variants": {LISTS: SHARE}}
    return {
        "data": {"first_day": loop.first_day},
        "paths": {"raw": str(folder / "raw"), "store": str(folder / "store")},
        "publish": {"url": url},
        "products": {"enabled": []},
        "variants": {LISTS: {}},
        "experiments": {"layers": {LAYER: layer}},
    }


def without_exploration(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Overrides of a configuration that take out what gives new items a chance. Raises UsageError if nothing does."""
    overrides: dict[str, Any] = {}
    for section, key in PLACES:
        used = tree.get(section, {}).get(key, [])
        kept = [name for name in used if name not in EXPLORING]
        if len(kept) < len(used):
            overrides[section] = {key: kept}
    if not overrides:
        raise UsageError(f"nothing explores: the configuration has none of {', '.join(EXPLORING)}.")
    return overrides


def live(loop: LoopConfig, config: Config, url: str, log: Path, console: Console) -> None:
    """All days of the world, and the nights between them. log: takes what the nights say."""
    app, raw = App(loop), config.raw_root
    land_day(raw, "users", loop.first_day, app.world.users_table())
    for day in loop.past:
        land_day(raw, "items", day, app.world.items_on(day))
        land_day(raw, "events", day, app.past_day(day))
    with log.open("w", encoding="utf-8") as file:
        runner = Runner(config, say=lambda line: print(line, file=file, flush=True))
        try:
            for day in loop.loop:
                seconds = night(runner, day - dt.timedelta(1))
                lines = one_day(app, config, url, day)
                console.print(f"night of {day - dt.timedelta(1)} {seconds:5.0f} s, then {day}: {lines}")
            night(runner, loop.loop[-1], JUDGES)
        finally:
            runner.close()


def night(runner: Runner, day: dt.date, towards: Sequence[str] = ()) -> float:
    """Bring a day up to date and return the seconds. towards: only these jobs and what the same night needs of them."""
    wanted = needed(runner, towards)
    return sum(runner.run(step) for step in runner.plan([day]) if not towards or step.job.name in wanted)


def needed(runner: Runner, towards: Sequence[str]) -> set[str]:
    """The jobs and all that stand upstream of them in a night."""
    found, frontier = set(towards), list(towards)
    while frontier:
        job = frontier.pop()
        for upstream in {one for one, other in runner.graph.edges if other == job} - found:
            found.add(upstream)
            frontier.append(upstream)
    return found


def one_day(app: App, config: Config, url: str, day: dt.date) -> str:
    """Serve a day, land its log, and say in a few words what was served."""
    scene = config.data.scene
    with connect(url) as client:
        experiment = read_experiment(client, scene)
    if experiment is None:
        raise RunError(f"no experiment runs on scene {scene!r} on {day}: the night before should have published one.")
    reader = Reader(url, scene)
    try:
        parts, served = app.loop_day(day, reader, experiment)
    finally:
        reader.close()
    land_day(config.raw_root, "items", day, app.world.items_on(day))
    land_day(config.raw_root, "events", day, parts)
    own = sum(count for (arm, _), count in served.tiers.items() if arm == LISTS)
    return (
        f"{sum(served.tiers.values())} visitors, {own} of them with own lists "
        f"({own - served.tiers[LISTS, 'user']} had none yet), version {served.version}"
    )


def _leave(found: Report, loop: LoopConfig, config: Config, folder: Path, seconds: int, console: Console) -> None:
    """Write the report, hold it beside others of the same world, and print the line that sums it up."""
    told = {"settings": json.loads(json.dumps(dataclasses.asdict(loop), default=str)), "config": exploring(config)}
    content = {**told, **found.plain(), "seconds": seconds}
    path = write(folder, content)
    if len(runs := alike(folder, content)) > 1:
        show_beside(runs, console)
    console.print(f"the whole report: {path}; it took {seconds} s")
    total, new = content["total"], content["new_items"]
    (judged,) = (row for row in found.metrics if (row["variant"], row["metric"]) == (LISTS, "ctr"))
    summary = {
        "closed_loop": folder.name,
        "days": loop.days,
        "ctr": {arm: total[arm]["ctr"] for arm in (LISTS, CONTROL)},
        **{name: total[name] for name in ("lift", "lift_low", "lift_high", "p_value", "sample_ratio_p")},
        "p_always_holm": judged["p_always_holm"],
        "new_items": {arm: {name: each[name] for name in ("born", "shown", "clicked")} for arm, each in new.items()},
        "coverage": {arm: each["coverage"] for arm, each in new.items()},
        "seconds": seconds,
    }
    console.print(json.dumps(summary), markup=False, soft_wrap=True)


def exploring(config: Config) -> dict[str, list[str]]:
    """Section and key -> what stands there, of what may give new items a chance."""
    tree = config.model_dump()
    return {".".join(place): list(names) for place in PLACES if (names := tree.get(place[0], {}).get(place[1]))}


if __name__ == "__main__":
    sys.exit(main())
