"""`python -m jobs`: run one job, backfill days, wait for a day's files, show its health, or list the night.

The same entries serve people, make and Airflow.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
import time
import traceback
from collections.abc import Sequence

from features.gates import GATES
from jobs.errors import RunError, UnexpectedError, UsageError
from jobs.feature_docs import page
from jobs.overlay import data_sets

USAGE, FAILURE = 2, 1


def parse_day(text: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or len(text) != len("2017-12-01"):
        raise UsageError(f"{text!r} is no date: write it as YYYY-MM-DD, such as 2017-12-01.")
    return day


def parse_gates(text: str) -> frozenset[str]:
    names = frozenset(name.strip() for name in text.split(",") if name.strip())
    if unknown := sorted(names - {*GATES}):
        raise UsageError(f"no gate is named {', '.join(unknown)}: --accept takes any of {', '.join(GATES)}.")
    return names


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
    backfill.add_argument("--variant", help="the lists of a variant, one of [variants.<name>] of the data set")
    for command in (run, backfill):
        command.add_argument("--make-live", action="store_true", help="let older lists replace newer ones in Redis")
        command.add_argument(
            "--accept", default="", metavar="GATE[,GATE]", help="let failures of these gates through, in this run"
        )
    wait = commands.add_parser("wait", parents=[data], help="wait until a day's raw files are complete")
    wait.add_argument("--date", required=True)
    health = commands.add_parser("health", parents=[data], help="show the gates of a day")
    health.add_argument("--date", required=True)
    health.add_argument("--all", action="store_true", help="those that it passed too")
    judged = commands.add_parser("experiments", parents=[data], help="what the experiments say as of a day")
    judged.add_argument("--date", required=True)
    judged.add_argument("--assign", action="store_true", help="let readers assign users as configured for the day, now")
    report = commands.add_parser("report-features", parents=[data], help="what each feature is worth, which to drop")
    report.add_argument("--date", required=True)
    quality = commands.add_parser("quality", parents=[data], help="how well lists as of a day foresaw what followed")
    quality.add_argument("--as-of", metavar="DATE", help="the newest day of which that is known, if left out")
    model = commands.add_parser("report-model", parents=[data], help="how good the model is on a day it hasn't seen")
    model.add_argument("--date", required=True)
    check = commands.add_parser("check", parents=[data], help="what a night would understand of the raw files")
    check.add_argument("--date", help="data day of the night; the newest, if left out")
    check.add_argument("--dir", help="folder of the raw files, if not that of the configuration")
    check.add_argument("--sketch", metavar="FILE", help="print a draft of an overlay for this raw file, and stop")
    commands.add_parser("list", parents=[data], help="the jobs of a night, in order")
    features = commands.add_parser(
        "features", help="docs/features.md: every feature, what it is, which data set has it"
    )
    features.add_argument("--data", default="", help="only those of one data set")
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
    if args.command == "check":
        from jobs.dryrun.command import run_check

        return run_check(args.data, parse_day(args.date) if args.date else None, args.dir, args.sketch)
    from jobs.runtime.backfill import backfill, run_one
    from jobs.runtime.config import load_config
    from jobs.runtime.runner import graph_of

    if args.command == "features":
        print(page({data: load_config(data).facts for data in ([args.data] if args.data else data_sets())}), end="")
        return 0
    config = load_config(args.data, variant=getattr(args, "variant", None))
    if args.command == "list":
        for job in graph_of(config).jobs:
            print(
                f"{job.name:26} {', '.join(read.table for read in job.reads) or 'raw ' + ', '.join(job.raw)}"
                f" -> {', '.join(job.writes)}"
            )
        return 0
    if args.command == "quality":
        from jobs.quality_report import report_quality

        report_quality(config, parse_day(args.as_of) if args.as_of else None)
        return 0
    first = parse_day(args.date)
    if args.command == "experiments":
        from rich.console import Console

        from jobs.experiment_report import assign, report

        print(assign(config, first)) if args.assign else report(config, first, Console(highlight=False))
        return 0
    if args.command == "wait":
        from jobs.runtime.waiting import wait_for_day

        wait_for_day(config, first, now=lambda: dt.datetime.now(dt.UTC), sleep=time.sleep)
        return 0
    if args.command == "health":
        from jobs.health_report import show_health

        show_health(config, first, everything=args.all)
        return 0
    if args.command == "report-features":
        from jobs.feature_report import report_features

        report_features(config, first)
        return 0
    if args.command == "report-model":
        from jobs.model_page import report_model

        report_model(config, first)
        return 0
    options = {"make_live": args.make_live, "accept": parse_gates(args.accept)}
    if args.command == "run":
        run_one(config, args.job, first, options=options)
        return 0
    last = parse_day(args.to) if args.to else first
    backfill(config, first, last, rebuild=args.rebuild, history_only=args.history, options=options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
