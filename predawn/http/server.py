"""One worker: uvicorn around the application, with a socket of our own so that a taken port is told in a sentence."""

from __future__ import annotations

import logging
import signal
import socket
import sys
from contextlib import suppress

import uvicorn

from predawn.errors import PredawnError
from predawn.http.app import create_app
from predawn.http.readers import Readers
from predawn.http.settings import ServeSettings

BACKLOG = 2048
KEEP_ALIVE_SECONDS = 75  # longer than proxies keep idle connections (nginx: 60), so that they are the ones to close
DRAIN_SECONDS = 10  # what requests in flight are given when the server is told to end


class CannotBind(PredawnError):
    """The address isn't ours, or is taken."""


def serve(
    url: str | None,
    settings: ServeSettings,
    host: str,
    port: int,
    trust_proxy: str | None = None,
    access_log: bool = False,
) -> None:
    """Serves lists from the Redis at `url` until SIGINT or SIGTERM. Raises CannotBind, ValueError for a wrong URL."""
    readers = Readers.at(url, settings.scene)
    config = uvicorn.Config(
        create_app(readers, settings),
        root_path=settings.root_path,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        proxy_headers=trust_proxy is not None,
        forwarded_allow_ips=trust_proxy,
        server_header=False,
        access_log=access_log,
        log_level=logging.WARNING if not access_log else logging.INFO,
    )
    with bind(host, port) as bound:
        shown = f"[{host}]" if ":" in host else host
        where = f"http://{shown}:{bound.getsockname()[1]}{settings.root_path}"
        print(f"predawn serves {where}/ (API: {where}/docs) from {readers.address()}", file=sys.stderr, flush=True)
        # uvicorn drains, and then raises the signal once more for whoever handled it before: that ends this call only.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[bound])


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises CannotBind."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CannotBind(f"{host}:{port} can't be bound ({reason}): choose another with --host and --port.") from error
