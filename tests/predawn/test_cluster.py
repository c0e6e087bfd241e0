"""Three nodes: commands and scripts over keys of two slots are errors there, and keys spread over the nodes."""

import asyncio
import json
from collections.abc import Iterator

import pytest
import redis
from redis.cluster import RedisCluster

from examples.local_redis import HOST
from predawn import AsyncReader, Publisher, Reader, Unavailable
from predawn.cli import main
from predawn.connection import connect
from predawn.products import BLOCK
from tests.predawn.servers import cluster
from tests.predawn.support import DAY, SCENE, lists_of, publish, version_of
from tests.predawn.test_access import READER, WRITER

USERS = BLOCK + 5


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[int]]:
    with cluster(tmp_path_factory.mktemp("cluster")) as found:
        yield found


@pytest.fixture
def url(ports: list[int]) -> str:
    for port in ports:
        with redis.Redis(host=HOST, port=port) as node:
            node.flushall()
    return "redis+cluster://" + ",".join(f"{HOST}:{port}" for port in ports[:2])


@pytest.fixture
def client(url: str) -> Iterator[RedisCluster]:
    found = connect(url)
    assert isinstance(found, RedisCluster)
    yield found
    found.close()


def test_publish_read_refresh_prune_and_roll_back(client: RedisCluster, url: str) -> None:
    for day in (DAY, "2017-12-02", "2017-12-03"):
        publish(client, day, keep=2, users=USERS)
    assert publish(client, "2017-12-03", keep=2, users=USERS).refreshed
    reader = Reader(url, pointer_seconds=0)
    assert reader.top("user 1004").items == lists_of("2017-12-03.a", USERS)[1004][1]
    assert list(client.scan_iter(f"predawn:{SCENE}:{version_of()}*")) == []
    Publisher(client, SCENE).rollback()
    assert reader.top("nobody").items == ["2017-12-02.a-popular"]
    reader.close()


def test_the_checksum_is_that_of_one_server(client: RedisCluster, redis_client: redis.Redis) -> None:
    assert publish(client, users=USERS).checksum == publish(redis_client, users=USERS).checksum


def test_the_lists_of_a_scene_spread_over_slots_and_nodes(client: RedisCluster, ports: list[int]) -> None:
    publish(client, users=300)
    keys = list(client.scan_iter(f"predawn:{SCENE}:*"))
    assert len({client.keyslot(key) for key in keys}) > 250
    nodes = [client.get_node_from_key(key.decode()).port for key in keys]
    assert min(nodes.count(port) for port in ports) > 50


def test_a_slot_that_moves_is_followed(client: RedisCluster, url: str, ports: list[int]) -> None:
    key = f"predawn:{SCENE}:{version_of()}:u:user%203"
    slot, owner = client.keyslot(key), client.get_node_from_key(key).port
    nodes = {port: redis.Redis(host=HOST, port=port) for port in ports}
    other = next(port for port in ports if port != owner)
    name = nodes[other].execute_command("CLUSTER", "MYID")
    for port in (other, owner):
        nodes[port].execute_command("CLUSTER", "SETSLOT", slot, "NODE", name)
    nodes[other].execute_command("CLUSTER", "BUMPEPOCH")
    # The client still believes in the old owner.
    publish(client)
    assert nodes[other].get(key)
    assert Reader(url).top("user 3").items == lists_of(version_of())[3][1]
    assert publish(client).refreshed


def test_the_documented_users(url: str, ports: list[int]) -> None:
    for port in ports:
        with redis.Redis(host=HOST, port=port) as node:
            for user, rules in (("writer", WRITER), ("reader", READER)):
                node.execute_command("ACL", "SETUSER", user, "on", ">p", *rules.split(), "+cluster|slots", "+command")
    publish(connect(url.replace("://", "://writer:p@")), users=USERS)
    own = url.replace("://", "://reader:p@")
    assert Reader(own).top("user 3").tier == asyncio.run(AsyncReader(own).top("user 3")).tier == "user"
    with pytest.raises(Unavailable, match="doesn't allow this user"):
        publish(connect(own), "2017-12-02")


def test_asyncio_and_many_users(client: RedisCluster, url: str) -> None:
    publish(client, users=USERS)

    async def read() -> tuple[list[str], list[str]]:
        reader = AsyncReader(url)
        answers = await reader.top_many(["user 1", "nobody", "user 1004"])
        one = await reader.top("user 1")
        await reader.close()
        return [answer.tier for answer in answers], one.items

    tiers, items = asyncio.run(read())
    assert tiers == ["user", "popular", "user"]
    assert items == lists_of(version_of())[1][1]


def test_the_command(client: RedisCluster, url: str, capsys: pytest.CaptureFixture) -> None:
    publish(client)
    publish(client, "2017-12-02")
    assert main(["rollback", "--url", url]) == 0
    assert main(["status", "--url", url]) == 0
    assert f"live {version_of()}" in capsys.readouterr().out
    assert main(["get", "user 1", "--json", "--url", url]) == 0
    assert json.loads(capsys.readouterr().out)["version"] == version_of()


def test_a_cluster_that_is_away() -> None:
    url = f"redis+cluster://me:secret@{HOST}:1"
    with pytest.raises(Unavailable, match=f"{HOST}:1") as raised:
        connect(url)
    assert "secret" not in str(raised.value)
    assert Reader(url, SCENE, fallback=["milk"]).top("user 1").tier == "memory"
