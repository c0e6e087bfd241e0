"""Lands MovieTweetings, movie ratings that people tweeted, as daily logs.

Dooms, De Pessemier and Martens, "MovieTweetings: a Movie Rating Dataset Collected From Twitter", CrowdRec at RecSys
2013; MIT. The source folder holds ratings.dat (`user::imdb id::rating from 0 to 10::Unix seconds`) and movies.dat
(`imdb id::title (year)::genre|genre`): 100,000 ratings of 28 February to 1 September 2013. Their lines are landed as
they are, packed with zstd; a rating's day is that of its time in UTC. There is no table of users.

    python -m examples.movietweetings --raw var/raw/movietweetings --source DIR --first 2013-02-28 --last 2013-09-01
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from examples.landing import LandingError, check_span, days_between, exit_status, land_day, parse_day

FIRST_DAY = dt.date(2013, 2, 28)
LAST_DAY = dt.date(2013, 9, 1)
RATINGS, MOVIES = "ratings.dat", "movies.dat"
SUFFIX = ".dat.zst"


def land(raw: Path, source: Path, first: dt.date, last: dt.date, *, overwrite: bool = False) -> None:
    """Land the ratings of each day, and in the folder of `first` the snapshot of movies.

    Raises LandingError naming the folder and the file that is missing, or the days that the source has.
    """
    for name in (RATINGS, MOVIES):
        if not (source / name).is_file():
            raise LandingError(
                f"{source} has no file {name}: --source is the folder of MovieTweetings' 100,000 ratings"
            )
    by_day: dict[dt.date, list[bytes]] = defaultdict(list)
    for line in (source / RATINGS).read_bytes().splitlines(keepends=True):
        by_day[dt.datetime.fromtimestamp(int(line.rsplit(b"::", 1)[1]), dt.UTC).date()].append(line)
    check_span(first, last, min(by_day), max(by_day), "this part of MovieTweetings")
    land_day(raw, "items", first, [(source / MOVIES).read_bytes()], suffix=SUFFIX, overwrite=overwrite)
    for day in days_between(first, last):
        land_day(raw, "events", day, [b"".join(by_day[day])], suffix=SUFFIX, overwrite=overwrite)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m examples.movietweetings", description="Land MovieTweetings.")
    parser.add_argument("--raw", type=Path, default=Path("var/raw/movietweetings"), help="folder of the raw logs")
    parser.add_argument("--source", type=Path, required=True, help="folder with the published files")
    parser.add_argument("--first", type=parse_day, default=FIRST_DAY, help=f"first day to land, default {FIRST_DAY}")
    parser.add_argument("--last", type=parse_day, default=LAST_DAY, help=f"last day to land, default {LAST_DAY}")
    parser.add_argument("--overwrite", action="store_true", help="land days again that are there already")
    chosen = parser.parse_args(arguments)
    return exit_status(lambda: land(chosen.raw, chosen.source, chosen.first, chosen.last, overwrite=chosen.overwrite))


if __name__ == "__main__":
    sys.exit(main())
