"""`make airflow`: a local Airflow whose scheduler by itself runs the night after the demo's and publishes it.

Its parts are started here rather than by `airflow standalone`, whose log servers listen on every address of the
machine: these listen on 127.0.0.1 only.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from examples import local_redis
from examples.airflow_server import HOST, AirflowServer, LocalAirflowError
from examples.demo import DEMOS
from examples.landing import LandingError, days_between
from jobs.errors import RunError, UsageError
from jobs.runtime.config import CHECKOUT, Config, load_config
from jobs.runtime.machine import java_problem
from jobs.runtime.raw import RawZone
from predawn import Publisher
from predawn.connection import connect
from predawn.errors import PredawnError

DEFAULT_HOME = "var/airflow/{data}"
PORT_VARIABLE, DEFAULT_PORT = "PREDAWN_AIRFLOW_PORT", 8080
TASKS_AT_ONCE = 2  # each has a Spark of its own
POLL_SECONDS = 2.0
RUN_SECONDS = 120.0  # from a scheduler that answers to a run that it has made
RUN_ENDS = {"success", "failed"}
TASK_ENDS = {"success", "failed", "up_for_retry", "upstream_failed"}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m examples.airflow", description=__doc__)
    parser.add_argument("--data", default="completejourney")
    parser.add_argument("--dir", type=Path, help="folder of the public files, where they aren't bundled")
    parser.add_argument("--home", type=Path, help=f"folder of the metadata database and the logs ({DEFAULT_HOME})")
    parser.add_argument("--once", action="store_true", help="end after the night; exit status 0 if it succeeded")
    args = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, _interrupt)  # so that the parts are stopped then too
    try:
        return run(args.data, args.dir, args.home or CHECKOUT / DEFAULT_HOME.format(data=args.data), once=args.once)
    except UsageError as error:
        print(f"predawn: {error}", file=sys.stderr)
        return 2
    except (RunError, LandingError, PredawnError, local_redis.LocalRedisError, LocalAirflowError) as error:
        print(f"predawn: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def run(data: str, folder: Path | None, home: Path, *, once: bool) -> int:
    """0, or 1 when the night failed and `once` is set. Raises one of the errors that `main` prints as a sentence."""
    if data not in DEMOS:
        raise UsageError(
            f"there is no demo of {data!r}: pick one of {', '.join(DEMOS)}; docs/airflow.md is for your data."
        )
    problem = java_problem()
    if problem:
        raise RunError(problem)
    demo, config, port = DEMOS[data], load_config(data), free_port(os.environ)
    night = min(demo.nights[1] + dt.timedelta(1), demo.last)
    if not _landed(config, demo.first, night):
        print(f"landing the raw daily files {demo.first} .. {demo.last} in {config.raw_root}")
        demo.land(config.raw_root, folder, demo.first, demo.last)
    redis_url = os.environ.get("REDIS_URL") or local_redis.start()
    server = AirflowServer(home.resolve(), port, environment(data, night, redis_url))
    print(f"starting Airflow (metadata database and logs in {home}); this takes half a minute")
    try:
        server.start()
        print(f"Airflow answers at {server.url} - log in as {server.user} with password {server.password()}")
        succeeded = watch(server, f"predawn_{data}", night, config.data.time_zone)
        if succeeded:
            _tell_live(config.data.scene, redis_url, night)
        if once:
            return 0 if succeeded else 1
        print("Airflow keeps running until you press Ctrl-C")
        while True:
            server.check()
            time.sleep(POLL_SECONDS)
    finally:
        print("stopping Airflow")
        server.stop()


def free_port(environment: Mapping[str, str]) -> int:
    """PREDAWN_AIRFLOW_PORT, else 8080. Raises UsageError when it is no port, LocalAirflowError when it is taken."""
    stated = environment.get(PORT_VARIABLE) or str(DEFAULT_PORT)
    if not stated.isascii() or not stated.isdigit() or not 0 < int(stated) < 65536:
        raise UsageError(f"{PORT_VARIABLE} is {stated!r}: set it to a port number.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(stated)))
        except OSError as error:
            raise LocalAirflowError(
                f"port {stated} is taken: stop what listens there, or choose another with {PORT_VARIABLE}=<port>."
            ) from error
    return int(stated)


def environment(data: str, night: dt.date, redis_url: str) -> dict[str, str]:
    """What dags/predawn.py and its tasks are told: one data set, one night, one Redis."""
    return {
        "PREDAWN_DAGS": data,
        "PREDAWN_DAG_START": str(night),
        "PREDAWN_DAG_END": str(night),
        "PREDAWN_DAG_TASKS": str(TASKS_AT_ONCE),
        "PREDAWN_PYTHON": sys.executable,
        "REDIS_URL": redis_url,
        "AIRFLOW__CORE__DAGS_FOLDER": str(CHECKOUT / "dags"),
        "AIRFLOW__CORE__PARALLELISM": str(TASKS_AT_ONCE),
    }


def _landed(config: Config, first: dt.date, last: dt.date) -> bool:
    try:
        RawZone(config.raw_root, config.data).events([str(day) for day in days_between(first, last)])
    except RunError:
        return False
    return True


def watch(server: AirflowServer, dag_id: str, night: dt.date, zone: str) -> bool:
    """Print each task as it ends until the scheduled run of the night has ended; whether it succeeded.

    A run that failed in an earlier session is taken up again where it failed. Raises LocalAirflowError.
    """
    run_id = _scheduled_run(server, dag_id, night, zone)
    path, page = f"/dags/{dag_id}/dagRuns/{run_id}", f"{server.url}/dags/{dag_id}/runs/{run_id}"
    print(f"the scheduler runs {dag_id} for data day {night}: {page}")
    if server.get(path)["state"] == "failed":
        print("the night failed earlier: its failed tasks are run again")
        server.post(f"/dags/{dag_id}/clearTaskInstances", {"dry_run": False, "dag_run_id": run_id, "only_failed": True})
    told: set[tuple[str, int]] | None = None
    while True:
        server.check()
        state = server.get(path)["state"]
        tasks = server.get(f"{path}/taskInstances")["task_instances"]
        ended = {(task["task_id"], task["try_number"]): task for task in tasks if task["state"] in TASK_ENDS}
        if told is None:  # what an earlier session has done isn't news
            told = set(ended)
        for key in sorted(ended.keys() - told, key=lambda key: str(ended[key]["end_date"])):
            told.add(key)
            _tell_task(ended[key], sum(task["state"] == "success" for task in tasks), len(tasks), page)
        if state in RUN_ENDS:
            print(f"the night of {night} ended: {state}" + ("" if state == "success" else f", see {page}"))
            return bool(state == "success")
        time.sleep(POLL_SECONDS)


def _scheduled_run(server: AirflowServer, dag_id: str, night: dt.date, zone: str) -> str:
    """The id of the scheduled run whose data day is `night`, once the scheduler has made it."""
    begins = dt.datetime.combine(night, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)
    ends = begins + dt.timedelta(1)
    query = urlencode(
        {"run_type": "scheduled", "logical_date_gte": begins.isoformat(), "logical_date_lt": ends.isoformat()}
    )
    deadline = time.monotonic() + RUN_SECONDS
    while time.monotonic() < deadline:
        server.check()
        found = server.get(f"/dags/{dag_id}/dagRuns?{query}", missing={})  # missing: the DAG isn't parsed yet
        if found.get("dag_runs"):
            return str(found["dag_runs"][0]["dag_run_id"])
        time.sleep(POLL_SECONDS)
    raise LocalAirflowError(f"the scheduler made no run of {dag_id} for {night}: see the logs in {server.home}.")


def _tell_task(task: Mapping[str, Any], done: int, count: int, page: str) -> None:
    line = f"  {task['task_id']:28}{task['duration'] or 0.0:6.1f} s  {done:3} of {count}"
    failure = f"  {task['state']}, see {page}/tasks/{task['task_id']}"
    print(line if task["state"] == "success" else line + failure, flush=True)


def _tell_live(scene: str, redis_url: str, night: dt.date) -> None:
    """Raises PredawnError when Redis doesn't answer."""
    status = Publisher(connect(redis_url), scene).status()
    live = next((version for version in status.versions if version.live and version.manifest), None)
    if live is None or live.manifest is None:
        raise RunError(f"the night succeeded, but no lists of scene {scene} are live in Redis.")
    day = live.manifest.data_day
    print(f"live in Redis: scene {scene}, version {live.version}, data day {day}, {live.manifest.users} lists")
    if day != str(night):
        print(f"  (newer than {night}: an older night's lists don't replace newer ones)")


if __name__ == "__main__":
    sys.exit(main())
