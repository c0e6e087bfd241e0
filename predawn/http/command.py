"""`predawn serve`: the command line. Importable without the extra; what needs it is imported when the command runs."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from predawn.errors import PredawnError
from predawn.http.settings import DEFAULT_HOST, DEFAULT_PORT, MAX_AGE_DAYS, ServeSettings, is_loopback, keys_from

EXTRA = ("starlette", "uvicorn", "prometheus_client")


class MissingExtra(PredawnError):
    """The packages of the extra `serve` aren't installed."""


def add_to(commands: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Adds `serve` to the `predawn` command; the parents have --url and --scene."""
    parser = commands.add_parser(
        "serve", parents=parents, help="lists over HTTP, a page for people at /, metrics (extra `serve`)"
    )
    parser.add_argument("--host", default=DEFAULT_HOST, help=f"address to bind (default {DEFAULT_HOST}: this machine)")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"default {DEFAULT_PORT}; 0 = any free one")
    parser.add_argument(
        "--max-age-days",
        type=float,
        default=MAX_AGE_DAYS,
        help=f"/readyz fails when the live data day ended longer ago (default {MAX_AGE_DAYS:g})",
    )
    parser.add_argument(
        "--api-key-env", metavar="NAME", help="variable with the API keys that open /v1 and /metrics (default: open)"
    )
    parser.add_argument("--rate", type=float, default=0.0, help="requests a second and client (default 0: no limit)")
    parser.add_argument("--burst", type=int, default=0, help="requests that a client may send at once (default: RATE)")
    parser.add_argument(
        "--trust-proxy",
        metavar="ADDRESSES",
        help="proxies, separated by commas, whose X-Forwarded-For names the client (default: none)",
    )
    parser.add_argument("--root-path", default="", help="path prefix that a proxy takes off, such as /recommendations")
    parser.add_argument("--access-log", action="store_true", help="a line for each request")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> list[str]:
    """Serves until it is told to end (SIGINT, SIGTERM). Raises ValueError, MissingExtra, PredawnError."""
    settings = ServeSettings(
        scene=arguments.scene,
        max_age_days=arguments.max_age_days,
        keys=keys_from(os.environ, arguments.api_key_env),
        rate=arguments.rate,
        burst=arguments.burst,
        root_path=arguments.root_path,
    )
    if not 0 <= arguments.port < 65536:
        raise ValueError(f"port is {arguments.port}: choose one from 1 to 65535, or 0 for any free one.")
    try:
        from predawn.http.server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in EXTRA:
            raise
        raise MissingExtra(
            f"`predawn serve` needs the extra `serve` ({error.name} is missing): pip install 'predawn[serve]'."
        ) from None
    if not settings.keys and not is_loopback(arguments.host):
        print(
            f"predawn: warning: whoever reaches {arguments.host} can read every list: set --api-key-env, or bind to "
            f"{DEFAULT_HOST} behind a proxy that asks for a key.",
            file=sys.stderr,
        )
    serve(
        arguments.url,
        settings,
        arguments.host,
        arguments.port,
        trust_proxy=arguments.trust_proxy,
        access_log=arguments.access_log,
    )
    return ["predawn has stopped serving."]
