"""`predawn serve` as a process."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis

from predawn.cli import main
from tests.predawn.http.shop import publish_shop
from tests.predawn.http.support import Client
from tests.redis_fixture import free_port

KEY = "correct-horse-battery"


@contextmanager
def served(url: str, *options: str) -> Iterator[tuple[subprocess.Popen[str], Client, str]]:
    """The process, a client of it, and the line it has printed."""
    command = [sys.executable, "-m", "predawn", "serve", "--url", url, "--port", "0", *options]
    environment = {**os.environ, "KEYS": KEY}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stderr
            said = process.stderr.readline()
            while "predawn serves" not in said and process.poll() is None:
                said += process.stderr.readline()
            port = re.search(r":(\d+)/ \(API", said)
            assert port, said
            yield process, Client(int(port[1])), said
        finally:
            process.kill()


def test_serves_until_told_to_end(redis_client: redis.Redis, redis_server: str) -> None:
    publish_shop(redis_client)
    with served(redis_server, "--api-key-env", "KEYS", "--rate", "100") as (process, client, said):
        assert redis_server in said
        assert "warning" not in said
        deadline = time.monotonic() + 10
        while client.get("/healthz").status != 200 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert client.get("/v1/users/612").status == 401
        assert client.get("/v1/users/612", **{"X-API-Key": KEY}).json()["tier"] == "user"
        assert "stale" in client.get("/readyz").json()["detail"]
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=15)
    assert process.returncode == 0, err
    assert out == "predawn has stopped serving.\n"


def test_a_server_that_others_reach_without_a_key_warns(redis_server: str) -> None:
    with served(redis_server, "--host", "0.0.0.0") as (_, client, said):
        assert "warning: whoever reaches 0.0.0.0 can read every list: set --api-key-env" in said
        assert client.get("/healthz").status == 200


@pytest.mark.parametrize(
    ("options", "status", "reason"),
    [
        (["--api-key-env", "NO_SUCH_VARIABLE"], 2, "no API key in NO_SUCH_VARIABLE"),
        (["--rate", "-1"], 2, "rate is -1"),
        (["--max-age-days", "0"], 2, "max-age-days"),
        (["--port", "70000"], 2, "port is 70000"),
        (["--root-path", "x"], 2, "root-path"),
        (["--url", "http://x"], 2, "isn't valid"),
        (["--host", "192.0.2.1"], 1, r"192\.0\.2\.1:8399 can't be bound"),
        (["--host", "no.such.host.invalid"], 1, "can't be bound"),
    ],
)
def test_wrong_options(options: list[str], status: int, reason: str, capsys: pytest.CaptureFixture) -> None:
    assert main(["serve", *options]) == status
    assert re.search(reason, capsys.readouterr().err)


def test_a_taken_port(redis_server: str, capsys: pytest.CaptureFixture) -> None:
    port = redis_server.rpartition(":")[2].partition("/")[0]
    assert main(["serve", "--port", port]) == 1
    assert f"127.0.0.1:{port} can't be bound" in capsys.readouterr().err
    assert free_port()


@pytest.mark.parametrize("missing", ["starlette", "uvicorn", "prometheus_client"])
def test_without_the_extra(missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; from predawn.cli import main; sys.exit(main(['serve']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "needs the extra `serve`" in done.stderr
    assert "pip install 'predawn[serve]'" in done.stderr


def test_the_library_loads_nothing_of_the_server() -> None:
    code = (
        "import sys, predawn, predawn.cli; print([m for m in ('starlette', 'uvicorn', 'asyncio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "starlette" not in done.stdout
    assert "uvicorn" not in done.stdout
