"""Redis Cluster refuses a command or script over keys of two slots; a cluster of one node does so too."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from redis.cluster import RedisCluster

from examples.local_redis import HOST, start, stop
from predawn import Publisher, Reader
from predawn.products import BLOCK
from tests.predawn.support import DAY, SCENE, lists_of, publish, version_of
from tests.redis_fixture import free_port

SLOTS = 16_384
READY_SECONDS = 20.0
CLUSTER_INFO = "return redis.call('CLUSTER', 'INFO')"  # as text, whatever the client's release makes of the command
BUS_OFFSET = 10_000  # the cluster bus listens on the port plus this


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[RedisCluster]:
    port = free_port()
    while port + BUS_OFFSET > 65_535:
        port = free_port()
    url = start(port, tmp_path, ("--cluster-enabled", "yes", "--cluster-announce-ip", HOST))
    try:
        with redis.Redis.from_url(url) as node:
            node.execute_command("CLUSTER", "ADDSLOTS", *range(SLOTS))
            deadline = time.monotonic() + READY_SECONDS
            while "cluster_state:ok" not in node.eval(CLUSTER_INFO, 0).decode():
                assert time.monotonic() < deadline, "the cluster of one node doesn't come up"
                time.sleep(0.05)
        client: RedisCluster = RedisCluster.from_url(url)
        yield client
        client.close()
    finally:
        stop(port, tmp_path, keep_lists=False)


def test_publish_read_refresh_prune_and_roll_back(cluster: RedisCluster) -> None:
    for day in (DAY, "2017-12-02", "2017-12-03"):
        publish(cluster, day, keep=2, users=BLOCK + 5)
    assert publish(cluster, "2017-12-03", keep=2, users=BLOCK + 5).refreshed
    reader = Reader(client=cluster, pointer_seconds=0)
    assert reader.top("user 1004").items == lists_of("2017-12-03.a", BLOCK + 5)[1004][1]
    assert list(cluster.scan_iter(f"predawn:{SCENE}:{version_of()}*")) == []
    Publisher(cluster, SCENE).rollback()
    assert reader.top("nobody").items == ["2017-12-02.a-popular"]


def test_the_lists_of_a_scene_spread_over_the_slots(cluster: RedisCluster) -> None:
    publish(cluster, users=100)
    slots = {cluster.keyslot(key) for key in cluster.scan_iter(f"predawn:{SCENE}:*")}
    assert len(slots) > 90
