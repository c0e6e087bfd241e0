"""The `predawn` command: look up a user's list, show what is live, roll back."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict

from predawn.answers import DEFAULT_N
from predawn.catalog import places, the_only_scene
from predawn.connection import DEFAULT_URL, address, answering, connect
from predawn.errors import NoPublication, PredawnError
from predawn.keys import day_of
from predawn.publication import Status
from predawn.publisher import Publisher
from predawn.reader import Reader

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
    common.add_argument("--url", help=f"Redis (default: REDIS_URL, else the private server at {DEFAULT_URL})")
    scene = argparse.ArgumentParser(add_help=False)
    scene.add_argument("--scene", help="default: the only published scene")

    get = commands.add_parser("get", parents=[common, scene], help="one user's list from the live version")
    get.add_argument("user", metavar="USER")
    get.add_argument("--n", type=int, default=DEFAULT_N, help=f"items (default {DEFAULT_N})")
    get.add_argument("--json", action="store_true", help="one JSON object instead of text")
    get.set_defaults(run=_get)

    status = commands.add_parser("status", parents=[common], help="every scene's live and kept versions")
    status.set_defaults(run=_status)

    rollback = commands.add_parser("rollback", parents=[common, scene], help="make an earlier kept version live")
    rollback.add_argument("--to", metavar="VERSION", help="default: the kept version before the live one")
    rollback.set_defaults(run=_rollback)
    return parser


def _get(arguments: argparse.Namespace) -> list[str]:
    answer = Reader(arguments.url, arguments.scene).top(arguments.user, arguments.n)
    if arguments.json:
        return [json.dumps(asdict(answer), ensure_ascii=False)]
    head = (
        f"user {_shown(arguments.user)}  scene {_shown(answer.scene)}  version {answer.version}  "
        f"data day {answer.data_day}  tier {answer.tier}"
    )
    return [head, *(f"{rank:>4}  {_shown(item)}" for rank, item in enumerate(answer.items, start=1))]


def _status(arguments: argparse.Namespace) -> list[str]:
    client = connect(arguments.url)
    with answering(client):
        found = places(client)
    if not found:
        raise NoPublication(f"nothing is published at {address(client)}: publish first, `make demo` does for a start.")
    return [
        line for place in found for line in _scene_lines(Publisher(client, place.scene, variant=place.variant).status())
    ]


def _scene_lines(status: Status) -> list[str]:
    day = day_of(status.live) if status.live else "none"
    lines = [f"scene {_shown(status.scene)}  live {status.live}  data day {day}"]
    for kept in status.versions:
        size = f"{kept.manifest.users} users, checksum {kept.manifest.checksum}" if kept.manifest else "no lists"
        lines.append(f"  {'*' if kept.live else ' '} {kept.version}  {kept.state}  {size}")
    return lines


def _rollback(arguments: argparse.Namespace) -> list[str]:
    client = connect(arguments.url)
    with answering(client):
        scene = the_only_scene(places(client), address(client)) if arguments.scene is None else arguments.scene
    done = Publisher(client, scene).rollback(arguments.to)
    return [f"scene {_shown(scene)}  live {done.version}  data day {done.data_day}  before {done.previous}"]


def _shown(text: str) -> str:
    """Ids are anyone's text: control characters must not reach the terminal."""
    return text if text.isprintable() else ascii(text)


def _complain(error: Exception, status: int) -> int:
    print(f"predawn: {error}", file=sys.stderr)
    return status
