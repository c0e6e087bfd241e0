"""The `predawn` command: look up a user's list, show what is live, roll back, prune."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict

from predawn import keys
from predawn.answers import DEFAULT_N
from predawn.catalog import places, the_only_scene
from predawn.codec import Reason
from predawn.connection import DEFAULT_URL, Client, address, answering, connect
from predawn.errors import NoPublication, PredawnError
from predawn.experiments import read_experiment
from predawn.http import command
from predawn.keys import Place, day_of
from predawn.manifest import Manifest
from predawn.memory import shown
from predawn.publication import Status
from predawn.publisher import DEFAULT_KEEP, Publisher
from predawn.reader import Reader
from predawn.target import ANSWER_SECONDS

PRODUCTS = {
    keys.WHY: "with reasons",
    keys.SIMILAR: "items with similar ones",
    keys.TOGETHER: "items with ones taken together",
    keys.SEGMENT: "segments",
    keys.FEATURES: "items with features",
    keys.VECTOR: "items with vectors",
    keys.HISTORY: "users with histories",
}
FAILED = 1
USAGE = 2


def main(argv: Sequence[str] | None = None) -> int:
    """0; 1 when Redis or the publication fails the request, 2 when the request is wrong. Errors go to stderr."""
    arguments = _parser().parse_args(argv)
    try:
        lines = arguments.run(arguments)
    except ValueError as error:  # InvalidId too, which is a PredawnError as well
        return _complain(error, USAGE)
    except PredawnError as error:
        return _complain(error, FAILED)
    try:
        print("\n".join(lines), flush=True)
    except BrokenPipeError:  # `predawn status | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="predawn", description="Nightly top-N lists in Redis.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--url", help=f"Redis, see docs/reading.md (default: REDIS_URL, else {DEFAULT_URL})")
    scene = argparse.ArgumentParser(add_help=False)
    scene.add_argument("--scene", help="default: the only published scene")
    scene.add_argument("--variant", help="default: the scene's own lists")

    get = commands.add_parser("get", parents=[common, scene], help="one user's list from the live version")
    get.add_argument("user", metavar="USER")
    get.add_argument("--n", type=int, default=DEFAULT_N, help=f"items (default {DEFAULT_N})")
    get.add_argument("--segment", metavar="ATTRIBUTE=VALUE", help="whose list answers for a user without one")
    get.add_argument("--exclude", metavar="ITEM", action="append", default=[], help="may be repeated")
    get.add_argument("--recent", metavar="ITEM", action="append", default=[], help="may be repeated, the newest first")
    get.add_argument("--reasons", action="store_true", help="why each item is there")
    get.add_argument("--version", help="a kept version (default: the live one)")
    get.add_argument("--json", action="store_true", help="one JSON object instead of text")
    get.set_defaults(run=_get)

    status = commands.add_parser("status", parents=[common], help="every scene's live and kept versions")
    status.add_argument("--json", action="store_true", help="one JSON list instead of text")
    status.set_defaults(run=_status)

    command.add_to(commands, [common, scene])

    rollback = commands.add_parser("rollback", parents=[common, scene], help="make an earlier kept version live")
    rollback.add_argument("--to", metavar="VERSION", help="default: the kept version before the live one")
    rollback.set_defaults(run=_rollback)

    experiment = commands.add_parser("experiment", parents=[common], help="who gets which variant of a scene's lists")
    experiment.add_argument("user", metavar="USER", nargs="?", help="also this user's variant")
    experiment.add_argument("--scene", help="default: the only published scene")
    experiment.set_defaults(run=_experiment)

    prune = commands.add_parser("prune", parents=[common, scene], help="remove versions beyond those to keep")
    prune.add_argument("--keep", type=int, default=DEFAULT_KEEP, help=f"with the live one (default {DEFAULT_KEEP})")
    prune.add_argument("--attempts", action="store_true", help="also unfinished ones that might still be running")
    prune.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    prune.set_defaults(run=_prune)
    return parser


def _get(arguments: argparse.Namespace) -> list[str]:
    reader = Reader(arguments.url, arguments.scene, variant=arguments.variant, timeout_seconds=ANSWER_SECONDS)
    answer = reader.top(
        arguments.user,
        arguments.n,
        exclude=arguments.exclude,
        recent=arguments.recent,
        segment=arguments.segment,
        reasons=arguments.reasons,
        version=arguments.version,
    )
    if arguments.json:
        return [json.dumps(asdict(answer), ensure_ascii=False)]
    head = (
        f"user {_shown(arguments.user)}  {_place(Place(answer.scene, answer.variant))}  version {answer.version}  "
        f"data day {answer.data_day}  tier {answer.tier}"
    )
    reasons = answer.reasons or [None] * len(answer.items)
    lines = zip(answer.items, map(_reason, reasons), strict=True)
    return [head, *(f"{rank:>4}  {_shown(item)}{why}" for rank, (item, why) in enumerate(lines, start=1))]


def _reason(reason: Reason | None) -> str:
    if reason is None:
        return ""
    score = "" if reason.score is None else f"  {reason.score:.4f}"
    evidence = "" if reason.evidence is None else f" because of {_shown(reason.evidence)}"
    return f"{score}  {_shown(reason.channel)}{evidence}"


def _status(arguments: argparse.Namespace) -> list[str]:
    client = connect(arguments.url)
    with answering(client):
        found = places(client)
    if not found:
        raise NoPublication(f"nothing is published at {address(client)}: publish first, `make demo` does for a start.")
    states = [Publisher(client, place.scene, variant=place.variant).status() for place in found]
    if arguments.json:
        return [json.dumps([asdict(state) for state in states], ensure_ascii=False)]
    return [line for state in states for line in _state_lines(state)]


def _state_lines(status: Status) -> list[str]:
    day = f"data day {day_of(status.live)}, {_age(day_of(status.live))}" if status.live else "data day none"
    lines = [f"{_place(Place(status.scene, status.variant))}  live {status.live}  {day}"]
    for kept in status.versions:
        since = f" since {dt.datetime.fromtimestamp(kept.since, dt.UTC):%Y-%m-%d %H:%M} UTC" if kept.since else ""
        line = f"  {'*' if kept.live else ' '} {kept.version}  {kept.state}{since}"
        lines.append(f"{line}  {_content(kept.manifest) if kept.manifest else 'no lists'}")
    return lines


def _content(manifest: Manifest) -> str:
    others = [f"{manifest.counts[name]} {text}" for name, text in PRODUCTS.items() if name in manifest.counts]
    gate = f"  gate {_shown(manifest.gate)}" if manifest.gate else ""
    return (
        f"{', '.join([f'{manifest.users} users', *others])}, {manifest.items} items, {shown(manifest.memory_bytes)}, "
        f"checksum {manifest.checksum}{gate}"
    )


def _age(day: str) -> str:
    """A data day's age in days of UTC, as no time zone is known here: 1 is what a night makes."""
    days = (dt.datetime.now(dt.UTC).date() - dt.date.fromisoformat(day)).days
    return f"{days} day{'' if days == 1 else 's'} ago"


def _rollback(arguments: argparse.Namespace) -> list[str]:
    client = connect(arguments.url)
    done = Publisher(client, _scene(client, arguments), variant=arguments.variant).rollback(arguments.to)
    place = _place(Place(done.scene, done.variant))
    return [f"{place}  live {done.version}  data day {done.data_day}  before {done.previous}"]


def _experiment(arguments: argparse.Namespace) -> list[str]:
    client = connect(arguments.url)
    scene = _scene(client, arguments)
    running = read_experiment(client, scene)
    if running is None:
        return [f"scene {_shown(scene)}  no experiment"]
    shares = ", ".join(f"{name} {share:.4g}" for name, share in running.shares().items())
    lines = [f"scene {_shown(scene)}  layer {_shown(running.layer)}  traffic {running.traffic:.4g}  {shares}"]
    if arguments.user is not None:
        lines.append(f"user {_shown(arguments.user)}  {running.variant(arguments.user) or 'takes no part'}")
    return lines


def _prune(arguments: argparse.Namespace) -> list[str]:
    client = connect(arguments.url)
    publisher = Publisher(client, _scene(client, arguments), keep=arguments.keep, variant=arguments.variant)
    removed = publisher.prune(arguments.dry_run, arguments.attempts)
    verb, place = "would remove" if arguments.dry_run else "removed", _place(publisher.place)
    return [
        f"{place}  {verb} {each.version}  {each.state}"
        + (f"  {shown(each.manifest.memory_bytes)}" if each.manifest else "")
        for each in removed
    ] or [f"{place}  nothing to remove"]


def _scene(client: Client, arguments: argparse.Namespace) -> str:
    if arguments.scene is not None:
        return str(arguments.scene)
    with answering(client):
        return the_only_scene(places(client), address(client))


def _place(place: Place) -> str:
    return f"scene {_shown(place.scene)}" + (f"  variant {_shown(place.variant)}" if place.variant else "")


def _shown(text: str) -> str:
    """Ids are anyone's text: control characters must not reach the terminal."""
    return text if text.isprintable() else ascii(text)


def _complain(error: Exception, status: int) -> int:
    print(f"predawn: {error}", file=sys.stderr)
    return status
