"""A night from raw files to features, with a window of 60 days against one of 7: it should follow the day's events.

Run: python -m benchmarks.bench_window. The generated world at 10M events over 64 days (50,000 users, 5,000 items) is
landed and cleaned once, into var/bench. Then the jobs of the last day, from cleaning to interactions, run with
either window alternately in one Spark session, each side warmed up first; the ratio is the median over the pairs. With
7 days, users and items are counted over 7 days, too. Beside the ratio of the whole stand those without cleaning and
catalogues, and of the jobs behind the daily counts alone, the only ones that know of a window. The last line is JSON.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import statistics
from pathlib import Path

from examples import world
from jobs.runtime.config import Config, load_config
from jobs.runtime.runner import Runner, Step

FOLDER = Path("var/bench").resolve()
WORLD = world.WorldConfig(days=64, users=50_000, items=5_000, events=10_000_000)
DAYS_A_STEP = 8  # of cleaning: what one step holds in memory
SHORT, LONG = 7, 60
PROFILE = 28  # days of counts of users and items, as configured
ROUNDS = 3
COUNTS = ("aggregate_day", "count_day")
PREPARED = ("clean_events", *COUNTS)
CATALOGUES = ("load_items", "load_users")
WINDOWED = (
    "summarise_history",
    "build_item_features",
    "build_user_features",
    "build_behaviour_features",
    "build_interactions",
)
NIGHT = (*PREPARED, *CATALOGUES, *WINDOWED)
SCOPES = {
    "from raw files": NIGHT,
    "without cleaning and catalogues": (*COUNTS, *WINDOWED),
    "jobs with a window": WINDOWED,
}


def config(history_days: int) -> Config:
    paths = {"raw": str(FOLDER / "raw"), "store": str(FOLDER / "store")}
    windows = {"history_days": history_days, "profile_days": min(PROFILE, history_days)}
    return load_config("world", {"paths": paths, "windows": windows})


def prepare(runner: Runner) -> str:
    """Land the world and bring it to daily counts, as far as that isn't done; returns its last day."""
    world.land(FOLDER / "raw", WORLD.first_day, WORLD.last_day, WORLD)
    days = [(WORLD.first_day + dt.timedelta(n)).isoformat() for n in range(WORLD.days)]
    for start in range(0, len(days), DAYS_A_STEP):
        chunk = days[start : start + DAYS_A_STEP]
        for name in PREPARED:
            job = runner.graph.job(name)
            step = Step(job, tuple(d for d in chunk if not all(runner.store.digest(t, d) for t in job.writes)))
            if step.days:
                print(f"{step.label}: {runner.run(step):.1f} s", flush=True)
    return days[-1]


def night(runner: Runner, day: str) -> dict[str, float]:
    """Seconds of each job."""
    return {name: runner.run(Step(runner.graph.job(name), (day,))) for name in NIGHT}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_window", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    short, long = (Runner(config(days), say=lambda _: None) for days in (SHORT, LONG))
    long._spark = short.session()
    try:
        day = prepare(short)
        sides = {SHORT: short, LONG: long}
        for runner in sides.values():
            night(runner, day)
        times: dict[int, list[dict[str, float]]] = {SHORT: [], LONG: []}
        for _ in range(rounds):
            for days, runner in sides.items():
                times[days].append(night(runner, day))
    finally:
        short.close()
    totals = {days: [sum(seconds.values()) for seconds in runs] for days, runs in times.items()}
    ratios = {
        scope: [
            sum(long_[name] for name in jobs) / sum(short_[name] for name in jobs)
            for short_, long_ in zip(times[SHORT], times[LONG], strict=True)
        ]
        for scope, jobs in SCOPES.items()
    }
    for name in NIGHT:
        medians = [statistics.median(seconds[name] for seconds in times[days]) for days in (SHORT, LONG)]
        print(f"{name:26} {medians[0]:6.1f} s {medians[1]:6.1f} s")
    for days, seconds in totals.items():
        print(f"{days:2} days: {statistics.median(seconds):.1f} s ({', '.join(f'{s:.1f}' for s in seconds)})")
    for scope, found in ratios.items():
        print(f"ratio, {scope}: {statistics.median(found):.2f} ({', '.join(f'{ratio:.2f}' for ratio in found)})")
    record = {
        "benchmark": "window",
        "events": WORLD.events,
        "days": WORLD.days,
        "rounds": rounds,
        f"seconds_{SHORT}_days": round(statistics.median(totals[SHORT]), 2),
        f"seconds_{LONG}_days": round(statistics.median(totals[LONG]), 2),
        "ratios": {scope: round(statistics.median(found), 3) for scope, found in ratios.items()},
    }
    print(json.dumps(record))


if __name__ == "__main__":
    main()
