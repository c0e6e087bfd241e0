"""Raw lines to typed events, rejects and accounts: our cleaning job against DuckDB, the same rules on the same files.

Run: python -m benchmarks.bench_clean (DuckDB comes with the `dev` extra). The generated world at 10M events over three
days is landed once, into var/bench, as gzip JSON lines with copies, broken lines and bots. Each side reads all files
and writes Parquet on two cores; the start of the Spark session is left out, the first run of either side is a warm-up
on one day. Both must keep and reject the same number of records for each reason. The last line is JSON.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import shutil
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.duck_clean import duck_clean
from examples import world
from jobs.runtime.config import Config, load_config
from jobs.runtime.runner import Runner, Step

FOLDER = Path("var/bench/clean").resolve()
EVENTS, DAYS = 10_000_000, 3
ROUNDS = 2
# The quick compiler alone, which suits nights of a minute, costs a run of this length more than it saves.
LONG_RUN = {"spark": {"java_options": "-XX:+UseSerialGC -XX:ReservedCodeCacheSize=256m"}}


def config() -> Config:
    paths = {"raw": str(FOLDER / "raw"), "store": str(FOLDER / "store")}
    return load_config("world", {"paths": paths, **LONG_RUN})


def ours(runner: Runner, days: tuple[str, ...]) -> Counter[str]:
    """Records by verdict: kept, or the reason."""
    runner.run(Step(runner.graph.job("clean_events"), days))
    found: Counter[str] = Counter()
    for folder in runner.store.folders("intake", list(days)):
        for path in folder.glob("*.parquet"):
            for row in pq.read_table(path, columns=["verdict", "records"]).to_pylist():
                found[row["verdict"]] += row["records"]
    return +found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_clean", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    told = parser.parse_args()
    size = world.WorldConfig(days=DAYS, users=100_000, items=20_000, events=told.events)
    world.land(FOLDER / "raw", size.first_day, size.last_day, size)
    days = tuple((size.first_day + dt.timedelta(n)).isoformat() for n in range(DAYS))
    runner = Runner(config(), say=lambda _: None)
    runner.session()
    seconds: dict[str, list[float]] = {"predawn": [], "duckdb": []}
    try:
        for number in range(told.rounds + 1):
            span = days if number else days[:1]
            found = {}
            for side in seconds:
                shutil.rmtree(FOLDER / "store", ignore_errors=True)
                shutil.rmtree(FOLDER / "duckdb", ignore_errors=True)
                started = time.perf_counter()
                if side == "predawn":
                    found[side] = ours(runner, span)
                else:
                    found[side] = duck_clean(FOLDER / "raw", span, FOLDER / "duckdb", runner.config)
                if number:
                    seconds[side].append(time.perf_counter() - started)
            if found["predawn"] != found["duckdb"]:
                sys.exit(f"the sides disagree: predawn {dict(found['predawn'])}, duckdb {dict(found['duckdb'])}")
    finally:
        runner.close()
    records = found["predawn"].total()
    for verdict, number in sorted(found["predawn"].items(), key=lambda item: -item[1]):
        print(f"{verdict:20} {number:12,}")
    rates = {side: records / statistics.median(took) for side, took in seconds.items()}
    for side, took in seconds.items():
        print(f"{side:8} {rates[side]:12,.0f} records/s ({', '.join(f'{one:.1f} s' for one in took)})")
    ratio = rates["predawn"] / rates["duckdb"]
    print(f"ratio {ratio:.3f}")
    figures = {f"{side}_records_per_s": round(rate) for side, rate in rates.items()}
    print(json.dumps({"benchmark": "clean", "records": records, **figures, "ratio": round(ratio, 3)}))


if __name__ == "__main__":
    main()
