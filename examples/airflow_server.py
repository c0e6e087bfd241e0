"""A local Airflow as child processes: SQLite, LocalExecutor, one user, and nothing that listens beyond 127.0.0.1."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

HOST = "127.0.0.1"
PARTS: dict[str, tuple[str, ...]] = {
    "api-server": ("api-server",),
    "dag-processor": ("dag-processor",),
    "scheduler": ("scheduler", "--skip-serve-logs"),  # the API server reads the log files itself
}
START_SECONDS = 180.0
STOP_SECONDS = 8.0  # the scheduler would wait for running tasks for as long as they take
ANSWER_SECONDS = 30.0
POLL_SECONDS = 0.5
PASSWORDS = "passwords.json"


class LocalAirflowError(Exception):
    """Airflow can't be started or has ended; the message says what to do."""


class AirflowServer:
    """One Airflow with its metadata database and logs in `home`. settings: further environment of its parts."""

    user = "admin"

    def __init__(self, home: Path, port: int, settings: Mapping[str, str]) -> None:
        self.home, self.url = home, f"http://{HOST}:{port}"
        # Settings of another Airflow, above all its database, must not leak into this one.
        kept = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
        self.environment = kept | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{self.user}:admin",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / PASSWORDS),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__HOST": HOST,
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",  # a killed session's tasks are soon noticed
            "NO_PROXY": ",".join(filter(None, [kept.get("NO_PROXY"), HOST, "localhost"])),
            **settings,
        }
        self._parts: dict[str, subprocess.Popen[bytes]] = {}
        self._token = ""

    def start(self) -> None:
        """Start all parts and log in. Raises LocalAirflowError when a part ends or doesn't answer in time."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.home.chmod(0o700)  # it holds the password and the signing keys
        migration = self._spawn("db-migrate", ("db", "migrate"))
        if migration.wait():
            raise LocalAirflowError(f"Airflow's database could not be made: see {self._log('db-migrate')}.")
        for name, arguments in PARTS.items():
            self._parts[name] = self._spawn(name, arguments)
        deadline = time.monotonic() + START_SECONDS
        while not self._log_in():
            self.check()
            if time.monotonic() > deadline:
                raise LocalAirflowError(f"Airflow doesn't answer at {self.url}: see {self._log('api-server')}.")
            time.sleep(POLL_SECONDS)

    def check(self) -> None:
        """Raises LocalAirflowError when a part has ended."""
        for name, process in self._parts.items():
            if process.poll() is not None:
                raise LocalAirflowError(
                    f"Airflow's {name} ended with status {process.returncode}: see {self._log(name)}."
                )

    def stop(self) -> None:
        """End all parts and everything that they have started, tasks in sessions of their own among it."""
        family: list[psutil.Process] = []
        for process in self._parts.values():
            try:
                head = psutil.Process(process.pid)
                family += [head, *head.children(recursive=True)]
            except psutil.NoSuchProcess:
                continue
        for process in self._parts.values():
            process.terminate()
        _, alive = psutil.wait_procs(family, timeout=STOP_SECONDS)
        for survivor in alive:
            for process_ in (*_children(survivor), survivor):
                try:
                    process_.kill()
                except psutil.NoSuchProcess:
                    continue
        psutil.wait_procs(alive, timeout=STOP_SECONDS)
        self._parts.clear()

    def password(self) -> str:
        return str(json.loads((self.home / PASSWORDS).read_text(encoding="utf-8"))[self.user])

    def get(self, path: str, missing: Any = None) -> Any:
        """What the REST API answers. missing: returned where the API answers 404, if given."""
        try:
            return self._ask(f"/api/v2{path}")
        except urllib.error.HTTPError as error:
            if error.code == 404 and missing is not None:
                return missing
            raise LocalAirflowError(f"Airflow refused {path} ({error.code}): see {self._log('api-server')}.") from error
        except OSError as error:
            raise LocalAirflowError(f"Airflow doesn't answer ({error}): see {self._log('api-server')}.") from error

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Raises LocalAirflowError."""
        try:
            return self._ask(f"/api/v2{path}", body)
        except OSError as error:
            raise LocalAirflowError(f"Airflow refused {path} ({error}): see {self._log('api-server')}.") from error

    def _ask(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {self._token}"} if self._token else {}
        )
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers)
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=ANSWER_SECONDS) as answer:
            return json.load(answer)

    def _log_in(self) -> bool:
        """Whether the API server answers yet; it makes up the password when it first starts."""
        try:
            self._token = self._ask("/auth/token", {"username": self.user, "password": self.password()})["access_token"]
        except (OSError, ValueError, KeyError):
            return False
        return True

    def _spawn(self, name: str, arguments: tuple[str, ...]) -> subprocess.Popen[bytes]:
        with self._log(name).open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "airflow", *arguments],
                env=self.environment, cwd=self.home, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,  # a Ctrl-C reaches the program that stops them, not each of them
            )  # fmt: skip

    def _log(self, name: str) -> Path:
        return self.home / f"{name}.log"


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
