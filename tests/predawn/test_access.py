"""Ways into Redis: sentinels and a fail-over, TLS, users that may only read or only publish."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

from examples.local_redis import HOST
from predawn import AsyncReader, Publisher, Reader, Unavailable
from predawn.breaker import Breaker
from predawn.cli import main
from predawn.connection import connect
from predawn.keys import SCENES
from tests.predawn.servers import certificate, proxy, running, sentinel, wait
from tests.predawn.support import SCENE, lists_of, publish, version_of

# As docs/format.md gives them.
WRITER = (
    "~predawn:* -@all +get +mget +set +setex +unlink +exists +expire +hget +hset +hdel +hincrby +hgetall +sadd "
    "+smembers +eval +info +ping"
)
READER = "~predawn:* -@all +get +mget +hget +hgetall +smembers +ping"


SERVICE = "lists"


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[redis.Redis, redis.Redis, str]]:
    """A primary, its replica, and the URL of the sentinel that watches them."""
    with ExitStack() as stack:
        ports = [stack.enter_context(running(tmp_path / name)) for name in ("primary", "replica")]
        primary, replica = (stack.enter_context(redis.Redis(host=HOST, port=port)) for port in ports)
        primary.config_set("repl-diskless-sync-delay", "0")
        replica.execute_command("REPLICAOF", HOST, ports[0])
        port = stack.enter_context(sentinel(tmp_path / "sentinel", ports[0], SERVICE))
        yield primary, replica, f"redis+sentinel://{HOST}:{port}/{SERVICE}"


def test_a_fail_over_is_followed(watched: tuple[redis.Redis, redis.Redis, str]) -> None:
    primary, replica, url = watched
    client = connect(url)
    publish(client)
    wait(lambda: bool(replica.smembers(SCENES)), "replication")
    breaker = Breaker(failures=3, open_seconds=0.05)
    reader = Reader(url, SCENE, pointer_seconds=0, timeout_seconds=1.0, breaker=breaker)
    assert reader.top("user 1").tier == "user"
    with pytest.raises(Unavailable, match="read-only replica"):
        publish(replica, "2017-12-02")
    os.kill(int(primary.info("server")["process_id"]), signal.SIGKILL)
    tiers = [reader.top("user 1").tier]
    assert tiers == ["memory"]

    def recovered() -> bool:
        tiers.append(reader.top("user 1").tier)
        return tiers[-1] == "user"

    wait(recovered, "a fail-over")
    assert set(tiers) == {"memory", "user"}
    assert publish(client, "2017-12-02").previous == version_of()
    assert reader.top("user 1").version == "2017-12-02.a"
    assert asyncio.run(AsyncReader(url).top("user 1")).version == "2017-12-02.a"


@pytest.mark.usefixtures("redis_client")
def test_tls(tmp_path: Path, redis_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files = certificate(tmp_path)
    with proxy(int(redis_server.rpartition(":")[2].partition("/")[0]), tls=files) as port:
        url = f"rediss://{HOST}:{port}/0"
        with pytest.raises(Unavailable, match=f"rediss://{HOST}.*certificate"):
            publish(connect(url))
        monkeypatch.setenv("REDIS_CA_FILE", str(files[0]))
        client = connect(url)
        publish(client, users=2500)
        assert Reader(url).top("user 2400").items == lists_of(version_of(), 2500)[2400][1]
        client.close()


@pytest.fixture
def users(redis_client: redis.Redis) -> Iterator[None]:
    redis_client.execute_command("ACL", "SETUSER", "writer", "on", ">w", *WRITER.split())
    redis_client.execute_command("ACL", "SETUSER", "reader", "on", ">r", *READER.split())
    yield
    redis_client.execute_command("ACL", "DELUSER", "writer", "reader")


@pytest.mark.usefixtures("users")
def test_users_need_no_more_than_documented(redis_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", redis_server)
    monkeypatch.setenv("REDIS_USERNAME", "writer")
    monkeypatch.setenv("REDIS_PASSWORD", "w")
    writer = connect()
    for day in ("2017-12-01", "2017-12-02", "2017-12-03"):
        publish(writer, day, keep=2)
    assert publish(writer, "2017-12-03").refreshed
    assert Publisher(writer, SCENE).rollback().version == "2017-12-02.a"
    assert main(["prune", "--keep", "1"]) == 0
    monkeypatch.setenv("REDIS_USERNAME", "reader")
    monkeypatch.setenv("REDIS_PASSWORD", "r")
    reader = Reader()
    assert reader.top("user 1", recent=["x"], segment="a=b", reasons=True).version == "2017-12-02.a"
    assert [answer.tier for answer in reader.top_many(["user 1", "nobody"])] == ["user", "popular"]
    assert reader.similar("x").tier == "popular"
    assert main(["status"]) == 0
    with pytest.raises(Unavailable, match="doesn't allow this user"):
        publish(connect(), "2017-12-04")
    for command in (["set", "predawn:x", "y"], ["get", "other"], ["flushall"], ["keys", "*"]):
        with pytest.raises(redis.exceptions.NoPermissionError):
            connect().execute_command(*command)
    monkeypatch.setenv("REDIS_PASSWORD", "wrong")
    with pytest.raises(Unavailable, match="refuses the user or password") as raised:
        Reader().top("user 1")
    assert "wrong" not in str(raised.value)


def test_the_documented_users_are_these() -> None:
    text = Path("docs/format.md").read_text()
    for rules in (WRITER, READER):
        assert rules in " ".join(text.split())
