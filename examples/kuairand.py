"""Lands one week of KuaiRand-Pure, short-video impressions with feedback, as daily logs.

Gao et al., "KuaiRand: An Unbiased Sequential Recommendation Dataset with Randomly Exposed Videos", CIKM 2022,
doi:10.1145/3511808.3557624; CC BY-SA 4.0. The source folder holds impressions.parquet, user_features_pure.csv and
video_features_basic_pure.csv. The impressions are landed as Parquet with the columns as published, the two tables as
the files that they are. An event's day is that of `time_ms` in Asia/Shanghai. The source's own `date` is not used: 803
impressions, all from the last two hours before midnight, carry the date of the day after, so 141 fall on 2022-04-24.
About 3 % of the impressions equal another in every column; they are landed as they are, for the pipeline to reject.

    python -m examples.kuairand --raw var/raw/kuairand --source DIR --first 2022-04-25 --last 2022-04-30
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from examples.landing import LandingError, check_span, days_between, exit_status, land_day, parse_day

FIRST_DAY = dt.date(2022, 4, 25)
LAST_DAY = dt.date(2022, 4, 30)
TIME_ZONE = "Asia/Shanghai"
IMPRESSIONS, USERS, VIDEOS = "impressions.parquet", "user_features_pure.csv", "video_features_basic_pure.csv"


def land(raw: Path, source: Path, first: dt.date, last: dt.date, *, overwrite: bool = False) -> None:
    """Land the impressions of each day, and in the folder of `first` the snapshots of videos and users.

    Raises LandingError naming the folder and the file that is missing, or the days that the source has.
    """
    for name in (IMPRESSIONS, USERS, VIDEOS):
        if not (source / name).is_file():
            raise LandingError(f"{source} has no file {name}: --source is the folder of KuaiRand-Pure's week")
    impressions = pq.read_table(source / IMPRESSIONS)
    times = pd.to_datetime(impressions["time_ms"].to_pandas(), unit="ms", utc=True)
    days = times.dt.tz_convert(TIME_ZONE).dt.date
    check_span(first, last, days.min(), days.max(), "this week of KuaiRand-Pure")
    for table, name in (("items", VIDEOS), ("users", USERS)):
        land_day(raw, table, first, [(source / name).read_bytes()], suffix=".csv", overwrite=overwrite)
    for day in days_between(first, last):
        rows = impressions.filter(pa.array(days == day))
        land_day(raw, "events", day, [parquet(rows)], suffix=".parquet", overwrite=overwrite)


def parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue().to_pybytes()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m examples.kuairand", description="Land a week of KuaiRand-Pure.")
    parser.add_argument("--raw", type=Path, default=Path("var/raw/kuairand"), help="folder of the raw logs")
    parser.add_argument("--source", type=Path, required=True, help="folder with the published files")
    parser.add_argument("--first", type=parse_day, default=FIRST_DAY, help=f"first day to land, default {FIRST_DAY}")
    parser.add_argument("--last", type=parse_day, default=LAST_DAY, help=f"last day to land, default {LAST_DAY}")
    parser.add_argument("--overwrite", action="store_true", help="land days again that are there already")
    chosen = parser.parse_args(arguments)
    return exit_status(lambda: land(chosen.raw, chosen.source, chosen.first, chosen.last, overwrite=chosen.overwrite))


if __name__ == "__main__":
    sys.exit(main())
