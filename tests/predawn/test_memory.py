"""What a version takes, and whether the server has it."""

from collections.abc import Iterator

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from examples.local_redis import HOST
from predawn import Publisher, PublishRefused
from predawn.cli import main
from predawn.keys import Place
from predawn.memory import ServerMemory
from predawn.sizes import allocated, stored_bytes
from tests.predawn.servers import running
from tests.predawn.support import SCENE, publish, version_of


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[redis.Redis]:
    with running(tmp_path_factory.mktemp("memory")) as port, redis.Redis(host=HOST, port=port) as client:
        yield client


@pytest.fixture
def small(server: redis.Redis) -> redis.Redis:
    """A server whose limits a test may set."""
    server.config_set("maxmemory", 0)
    server.config_set("maxmemory-policy", "noeviction")
    server.flushall()
    return server


@given(st.integers(1, 100_000))
def test_size_classes_waste_less_than_a_fifth(size: int) -> None:
    assert size <= allocated(size) <= max(size * 1.25, size + 7)
    assert allocated(allocated(size)) == allocated(size)


@pytest.mark.parametrize("length", [3, 40, 60, 300, 2000])
def test_the_estimate_is_what_the_server_counts(small: redis.Redis, length: int) -> None:
    # Just below a power of two, where a table of keys has no empty half, up to half as many as that.
    names, value = [f"{number:05d}" for number in range(12_000)], b"x" * length
    before = small.info("memory")["used_memory"]
    pipeline = small.pipeline(transaction=False)
    for name in names:
        pipeline.set(f"predawn:groceries:2017-12-01.1a2b3c4d:u:{name}", value, ex=1000)
    pipeline.execute()
    counted = small.info("memory")["used_memory"] - before
    estimate = stored_bytes("predawn:groceries:2017-12-01.1a2b3c4d:u:", names, [value] * len(names))
    assert abs(estimate / counted - 1) < 0.1


def test_a_publication_states_what_it_takes(small: redis.Redis) -> None:
    publish(small)  # tables of keys have grown, scripts and buffers are there
    before = small.info("memory")["used_memory"]
    done = publish(small, "2017-12-02", users=20_000)
    assert abs(done.memory_bytes / (small.info("memory")["used_memory"] - before) - 1) < 0.15


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_a_server_that_would_evict_is_refused(small: redis.Redis, policy: str) -> None:
    publish(small)
    small.config_set("maxmemory-policy", policy)
    publish(small, "2017-12-02")  # without a limit nothing is evicted
    small.config_set("maxmemory", 10**9)
    with pytest.raises(PublishRefused, match=f"{policy}.*set maxmemory-policy noeviction"):
        publish(small, "2017-12-03")
    assert small.hget(f"predawn:{SCENE}:catalog", "live") == b"2017-12-02.a"
    assert small.keys("*2017-12-03*") == []


def test_a_policy_that_changes_while_lists_are_loaded_stops_the_flip(
    small: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(small)
    answers = [ServerMemory("", None, None), ServerMemory("", None, "allkeys-lru")]
    monkeypatch.setattr(ServerMemory, "of", lambda _: answers.pop(0))
    with pytest.raises(PublishRefused, match="evict"):
        publish(small, "2017-12-02")
    assert small.keys("*2017-12-02*") == []


def test_versions_beyond_the_budget_are_refused_before_loading(small: redis.Redis) -> None:
    size = publish(small, users=5000, memory_mb=3).memory_bytes
    publish(small, "2017-12-02", users=5000, memory_mb=3, keep=2)
    with pytest.raises(PublishRefused) as raised:
        publish(small, "2017-12-03", users=5000, memory_mb=3, keep=2)
    message = str(raised.value)
    for part in (SCENE, f"{size / 1e6:.1f} MB beside {2 * size / 1e6:.1f} MB of kept", "3.0 MB", "raise memory_mb"):
        assert part in message
    assert small.keys("*2017-12-03*") == []
    # The remedy helps.
    assert [each.version for each in Publisher(small, SCENE, keep=1).prune()] == [version_of()]
    publish(small, "2017-12-03", users=5000, memory_mb=3, keep=2)


def test_a_full_server_can_be_pruned(small: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in ("2017-12-01", "2017-12-02", "2017-12-03"):
        publish(small, day, users=2000)
    small.config_set("maxmemory", small.info("memory")["used_memory"] - 100_000)
    with pytest.raises(redis.ResponseError):
        small.set("x", "y")
    port = small.connection_pool.connection_kwargs["port"]
    monkeypatch.setenv("REDIS_URL", f"redis://{HOST}:{port}")
    assert main(["prune", "--keep", "1"]) == 0
    assert {key.split(b":")[2] for key in small.keys("*:u:*")} == {b"2017-12-03.a"}
    small.set("x", "y")


def test_the_fullest_node_of_a_cluster_counts() -> None:
    class Cluster:
        nodes = (
            {"maxmemory": 100, "used_memory": 40, "maxmemory_policy": "noeviction"},
            {"maxmemory": 100, "used_memory": 90, "maxmemory_policy": "noeviction"},
        )

        def info(self, _: str, target_nodes: object) -> dict:
            assert target_nodes
            return dict(enumerate(self.nodes))

        def get_nodes(self) -> list:
            return []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("predawn.memory.is_cluster", lambda _: True)
        memory = ServerMemory.of(Cluster())
    assert (memory.left, memory.evicts) == (20, None)
    with pytest.raises(PublishRefused):
        memory.refuse_overflow(Place(SCENE), need=21, kept=0, budget=0)
    memory.refuse_overflow(Place(SCENE), need=20, kept=1000, budget=0)
