"""`python -m jobs`: run one job, backfill days, or list the night. The same entries serve people, make and Airflow."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
import traceback
from collections.abc import Sequence

from jobs.errors import RunError, UnexpectedError, UsageError
from jobs.graph import Graph

USAGE, FAILURE = 2, 1


def parse_day(text: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or len(text) != len("2017-12-01"):
        raise UsageError(f"{text!r} is no date: write it as YYYY-MM-DD, such as 2017-12-01.")
    return day


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m jobs", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    data = argparse.ArgumentParser(add_help=False)
    data.add_argument(
        "--data", default=os.environ.get("PREDAWN_DATA", "completejourney"), help="data set, a file in conf/"
    )
    run = commands.add_parser("run", parents=[data], help="run one job on one day")
    run.add_argument("job")
    run.add_argument("--date", required=True)
    backfill = commands.add_parser("backfill", parents=[data], help="bring whole days up to date, and what they need")
    backfill.add_argument("--date", required=True)
    backfill.add_argument("--to", help="last day of a range that begins with --date")
    backfill.add_argument(
        "--rebuild", action="store_true", help="run the days' jobs even if nothing that they read changed"
    )
    backfill.add_argument("--history", action="store_true", help="only the earlier days that these days need")
    for command in (run, backfill):
        command.add_argument("--make-live", action="store_true", help="let older lists replace newer ones in Redis")
    commands.add_parser("list", parents=[data], help="the jobs of a night, in order")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    args = parser().parse_args(argv)
    try:
        return _dispatch(args)
    except UsageError as error:
        print(f"predawn: {error}", file=sys.stderr)
        return USAGE
    except RunError as error:
        if isinstance(error, UnexpectedError):
            traceback.print_exception(error.__cause__)
        print(f"predawn: {error}", file=sys.stderr)
        return FAILURE


def _dispatch(args: argparse.Namespace) -> int:
    from jobs.runtime.backfill import backfill, run_one
    from jobs.runtime.config import load_config

    config = load_config(args.data)
    if args.command == "list":
        for job in Graph(config.recall.channels).jobs:  # type: ignore[attr-defined]
            print(
                f"{job.name:26} {', '.join(read.table for read in job.reads) or 'raw ' + ', '.join(job.raw)}"
                f" -> {', '.join(job.writes)}"
            )
        return 0
    first = parse_day(args.date)
    options = {"make_live": args.make_live}
    if args.command == "run":
        run_one(config, args.job, first, options=options)
        return 0
    last = parse_day(args.to) if args.to else first
    backfill(config, first, last, rebuild=args.rebuild, history_only=args.history, options=options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
