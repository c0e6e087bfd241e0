"""Lands one week of KuaiRand-Pure, short-video impressions with feedback, as daily logs.

Gao et al., "KuaiRand: An Unbiased Sequential Recommendation Dataset with Randomly Exposed Videos", CIKM 2022,
doi:10.1145/3511808.3557624; CC BY-SA 4.0. The source folder holds impressions.parquet, user_features_pure.csv and
video_features_basic_pure.csv. An event's day is that of `time_ms` in Asia/Shanghai. The source's own `date` is not
used: 803 lines, all from the last two hours before midnight, carry the date of the day after, so 141 events fall on
2022-04-24. About 3 % of the lines equal another in every landed field; they are landed as they are, for the pipeline
to reject.

    python -m examples.kuairand --raw var/raw/kuairand --source DIR --first 2022-04-25 --last 2022-04-30
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from examples.landing import LandingError, check_span, days_between, exit_status, land_day, parse_day

FIRST_DAY = dt.date(2022, 4, 25)
LAST_DAY = dt.date(2022, 4, 30)
TIME_ZONE = "Asia/Shanghai"
IMPRESSIONS, USERS, VIDEOS = "impressions.parquet", "user_features_pure.csv", "video_features_basic_pure.csv"
EVENT_FIELDS = (
    "user_id",
    "video_id",
    "time_ms",
    "is_click",
    "is_like",
    "is_follow",
    "is_comment",
    "is_forward",
    "is_hate",
    "long_view",
    "play_time_ms",
    "duration_ms",
    "tab",
)
ITEM_FIELDS = (
    "video_id",
    "author_id",
    "video_type",
    "upload_dt",
    "upload_type",
    "video_duration",
    "music_id",
    "music_type",
    "tag",
)
USER_FIELDS = (
    "user_id",
    "user_active_degree",
    "is_lowactive_period",
    "is_live_streamer",
    "is_video_author",
    "follow_user_num_range",
    "fans_user_num_range",
    "friend_user_num_range",
    "register_days_range",
    *(f"onehot_feat{n}" for n in range(18)),
)


def land(raw: Path, source: Path, first: dt.date, last: dt.date, *, overwrite: bool = False) -> None:
    """Land the impressions of each day, and in the folder of `first` the snapshots of videos and users.

    Raises LandingError naming the folder and the file that is missing, or the days that the source has.
    """
    for name in (IMPRESSIONS, USERS, VIDEOS):
        if not (source / name).is_file():
            raise LandingError(f"{source} has no file {name}: --source is the folder of KuaiRand-Pure's week")
    impressions = pd.read_parquet(source / IMPRESSIONS, columns=list(EVENT_FIELDS))
    days = pd.to_datetime(impressions["time_ms"], unit="ms", utc=True).dt.tz_convert(TIME_ZONE).dt.date
    check_span(first, last, days.min(), days.max(), "this week of KuaiRand-Pure")
    by_day = dict(iter(impressions.groupby(days)))
    land_day(raw, "items", first, _table(source / VIDEOS, ITEM_FIELDS), overwrite=overwrite)
    land_day(raw, "users", first, _table(source / USERS, USER_FIELDS), overwrite=overwrite)
    for day in days_between(first, last):
        land_day(raw, "events", day, by_day.get(day, impressions.iloc[:0]), overwrite=overwrite)


def _table(path: Path, fields: Sequence[str]) -> pd.DataFrame:
    """The columns of a CSV file; a column of whole numbers with gaps, which pandas reads as floats, is whole again."""
    table = pd.read_csv(path, usecols=list(fields))[list(fields)]
    for name in table.select_dtypes("float"):
        known = table[name].dropna()
        if (known == known.round()).all():
            table[name] = table[name].astype("Int64")
    return table


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
