"""A/A: one log of the generated world, hundreds of seeded assignments of its users to two variants that don't differ.

Run: python -m benchmarks.aa. Whatever is significant here is a false alarm: about 5 % of the runs for each metric when
judged once, at most 5 % when judged after every day by the always-valid test, and far more when the single-look test
is looked at every day. The last line is JSON.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from examples.world import World, WorldConfig
from models.experiment.judge import Finding, Judging, judge
from models.experiment.moments import Moments
from predawn.assignment import CONTROL, Experiment

WORLD = WorldConfig(days=14, users=4_000, items=600, events=600_000, seed=7)
RUNS, WATCHED = 3_000, 500  # assignments judged once, at the end, and those of them that are judged every day
MOST_EXPOSURES = 200  # of a human of this world on a day; its bots open hundreds of pages
KINDS = ("impression", "click", "purchase")
METRICS = {
    "ctr": ("click", "impression"),
    "clicks_per_user": ("click", None),
    "cvr": ("purchase", "click"),
    "conversions_per_user": ("purchase", None),
}
ONCE, DAILY, ALWAYS = "judged once", "single-look test, every day", "always-valid test, every day"
ANY = "any, corrected"


@dataclass(frozen=True)
class UserDays:
    """A log by user. counts: kind -> (days, users) events of a kind up to and including each day."""

    users: list[str]
    counts: Mapping[str, np.ndarray]
    robots: int


def read_log(config: WorldConfig, most_exposures: int) -> UserDays:
    """What humans did, from the world's lines; copies count once, broken lines not at all, and robots are left out."""
    world, seen = World(config), set[str]()
    users = world.users.ids()
    code = {user: number for number, user in enumerate(users)}
    counts = {kind: np.zeros((config.days, len(users)), np.int64) for kind in KINDS}
    for number in range(config.days):
        for event in _events(world, config.first_day + dt.timedelta(number)):
            if event.get("event") in counts and event.get("user_id") in code and event["event_id"] not in seen:
                seen.add(event["event_id"])
                counts[event["event"]][number, code[event["user_id"]]] += 1
    human = counts["impression"].max(axis=0) <= most_exposures
    kept = {kind: by_day[:, human].cumsum(axis=0) for kind, by_day in counts.items()}
    return UserDays([user for user, is_human in zip(users, human, strict=True) if is_human], kept, int((~human).sum()))


def _events(world: World, day: dt.date) -> Iterator[dict[str, str]]:
    for part in world.day(day):
        for line in part.decode().splitlines():
            try:
                event = json.loads(line)
            except json.JSONDecodeError:
                continue
            if isinstance(event, dict):
                yield event


def findings(log: UserDays, experiment: Experiment, assigned: np.ndarray, day: int) -> list[Finding]:
    """What the night after a day says. assigned: (users,) bool, who is in variant b."""
    shown = log.counts["impression"][day] > 0
    moments: dict[str, dict[str, Moments]] = {}
    for metric, (numerator, denominator) in METRICS.items():
        x = log.counts[numerator][day]
        y = log.counts[denominator][day] if denominator else np.ones(len(x), np.int64)
        moments[metric] = {
            name: Moments.of(x[shown & mine], y[shown & mine]) for name, mine in ((CONTROL, ~assigned), ("b", assigned))
        }
    return [found for found in judge(moments, experiment.shares(), CONTROL, Judging()) if found.variant == "b"]


def alarms(log: UserDays, experiment: Experiment, alpha: float, watched: bool) -> dict[str, set[str]]:
    """How one looks -> what was significant in one A/A run. watched: judged after every day, not the last only."""
    assigned = np.array([experiment.variant(user) == "b" for user in log.users])
    found: dict[str, set[str]] = {ONCE: set(), DAILY: set(), ALWAYS: set()}
    last = len(log.counts["impression"]) - 1
    for day in range(last + 1) if watched else [last]:
        for finding in findings(log, experiment, assigned, day):
            name = finding.metric
            found[DAILY] |= {name} if finding.p_value < alpha else set()
            found[ALWAYS] |= {name} if finding.p_always < alpha else set()
            found[ALWAYS] |= {ANY} if finding.p_always_holm < alpha else set()
            if day == last:
                found[ONCE] |= {name} if finding.p_value < alpha else set()
                found[ONCE] |= {ANY} if finding.p_holm < alpha else set()
                found[ONCE] |= {"sample ratio"} if finding.sample_ratio_p < alpha else set()
    return found


def study(
    config: WorldConfig, runs: int, watched: int, most_exposures: int = MOST_EXPOSURES
) -> dict[str, dict[str, int]]:
    """How one looks -> metric -> runs with an alarm."""
    log, alpha = read_log(config, most_exposures), Judging().alpha
    print(f"{len(log.users):,} users, {log.robots} robots left out, {config.days} days, {runs} assignments")
    total: dict[str, Counter[str]] = {ONCE: Counter(), DAILY: Counter(), ALWAYS: Counter()}
    for run in range(runs):
        found = alarms(log, Experiment(f"aa-{run}", "home", {"b": 0.5}), alpha, run < watched)
        for how in total if run < watched else [ONCE]:
            total[how].update(found[how])
    return {how: dict(counted) for how, counted in total.items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.aa", description="False alarms of A/A experiments.")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--watched", type=int, default=WATCHED)
    arguments, started = parser.parse_args(), time.perf_counter()
    runs, watched = arguments.runs, min(arguments.watched, arguments.runs)
    total = study(WORLD, runs, watched)
    record: dict[str, object] = {"benchmark": "aa", "runs": runs, "watched": watched, "alpha": Judging().alpha}
    for how, names in ((ONCE, [*METRICS, ANY, "sample ratio"]), (ALWAYS, [*METRICS, ANY]), (DAILY, [*METRICS])):
        tried = runs if how == ONCE else watched
        print(f"{how}: share of {tried} runs with a false alarm, with its 95 % interval")
        for name in names:
            found = binomtest(total[how].get(name, 0), tried)
            low, high = found.proportion_ci()
            print(f"  {name:22} {found.statistic:7.1%}   {low:6.1%} .. {high:6.1%}")
            record[f"{how}: {name}"] = [round(float(part), 4) for part in (found.statistic, low, high)]
    print(json.dumps({**record, "seconds": round(time.perf_counter() - started)}))


if __name__ == "__main__":
    main()
