"""Redis away, slow, full or restarting, lists expired or overwritten: an app's page still shows something."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from examples.local_redis import HOST, start, stop
from predawn import NoPublication, Products, Publisher, PublishRefused, Reader, Unavailable, UnknownScene
from predawn.breaker import Breaker
from predawn.connection import connect
from tests.predawn.servers import proxy, running
from tests.predawn.support import DAY, SCENE, FaultyClient, lists_of, publish, version_of
from tests.redis_fixture import free_port

DEAD = f"redis://{HOST}:1/0"
POPULAR = [f"{version_of()}-popular"]


def stem(version: str = version_of()) -> str:
    return f"predawn:{SCENE}:{version}"


def faulty(client: redis.Redis) -> FaultyClient:
    return FaultyClient(client, fail_at=1_000_000)


def fail_from_now(client: FaultyClient) -> None:
    client._fail_at = client.requests + 1


def test_the_last_good_popular_list_answers_while_redis_is_away(redis_client: redis.Redis) -> None:
    publish(redis_client)
    client = faulty(redis_client)
    reader = Reader(client=client, pointer_seconds=0)
    reader.top("user 1")
    fail_from_now(client)
    answer = reader.top("user 1", reasons=True)
    assert (answer.tier, answer.items, answer.reasons) == ("memory", POPULAR, [None])
    assert (answer.version, answer.data_day, answer.scene) == (version_of(), DAY, SCENE)
    assert [each.tier for each in reader.top_many(["a", "b"])] == ["memory", "memory"]
    assert (reader.similar("x").tier, reader.popular().tier) == ("memory", "memory")
    # Excluded items are shown rather than nothing.
    assert reader.top("user 1", exclude=POPULAR).items == POPULAR
    # Where a list of everyone's is no answer, the error is.
    with pytest.raises(Unavailable):
        reader.features("x")
    with pytest.raises(Unavailable):
        reader.top("user 1", version=version_of())


def test_without_a_memory_the_fallback_answers() -> None:
    answer = Reader(DEAD, SCENE, fallback=["milk", "bread"]).top("user 1", n=1, exclude=["milk"])
    assert (answer.items, answer.tier, answer.scene, answer.version) == (["bread"], "memory", SCENE, None)
    assert Reader(DEAD, fallback=["milk"]).popular().items == ["milk"]
    with pytest.raises(Unavailable, match="no Redis answers"):
        Reader(DEAD).top("user 1")


def test_an_unknown_scene(redis_client: redis.Redis) -> None:
    publish(redis_client)
    reader = Reader(client=redis_client)
    with pytest.raises(UnknownScene, match=SCENE):
        reader.top("user 1", scene="music")
    assert reader.lookups.places.keys().isdisjoint({("music", None)})
    assert Reader(client=redis_client, fallback=["milk"]).top("user 1", scene="music").items == ["milk"]


def test_a_pointer_to_an_expired_version(redis_client: redis.Redis) -> None:
    publish(redis_client)
    reader = Reader(client=redis_client, pointer_seconds=0)
    reader.top("user 1")
    redis_client.delete(*redis_client.keys(f"{stem()}:*"))
    assert reader.top("user 1").tier == "memory"
    with pytest.raises(NoPublication, match="expired"):
        Reader(client=redis_client).top("user 1")
    assert publish(redis_client).version == version_of()
    assert reader.top("user 1").tier == "user"


@pytest.mark.parametrize("foreign", [b"\x80\x04pickle", b"", b"0,,1", b"zzzz", b"x" * 100_000])
def test_foreign_bytes_count_as_no_list(redis_client: redis.Redis, foreign: bytes) -> None:
    publish(redis_client)
    redis_client.set(f"{stem()}:u:user%201", foreign)
    reader = Reader(client=redis_client)
    assert (reader.top("user 1").tier, reader.top("user 1").items) == ("popular", POPULAR)
    redis_client.set(f"{stem()}:popular", foreign)
    # What is left is the dictionary, the most listed items first.
    assert len(Reader(client=redis_client).top("nobody").items) == 10
    assert Reader(client=redis_client).top("user 2").items == lists_of(version_of())[2][1]


@pytest.mark.parametrize("decoding", [False, True])
def test_keys_of_a_foreign_type_count_as_no_list(redis_server: str, redis_client: redis.Redis, decoding: bool) -> None:
    publish(redis_client)
    for key in ("u:user%201", "why:user%201", "similar:x"):
        redis_client.delete(f"{stem()}:{key}")
        redis_client.rpush(f"{stem()}:{key}", b"\xff")
    client = redis.Redis.from_url(redis_server, decode_responses=decoding)
    for seconds in (0, 1000):
        reader = Reader(client=client, pointer_seconds=seconds)
        for _ in range(2):
            assert reader.top("user 1", recent=["x"], reasons=True).items == POPULAR


@pytest.mark.parametrize("key", ["items", "manifest"])
@pytest.mark.parametrize("foreign", [b"\xff", b'{"format": 1}', None])
def test_a_version_without_its_dictionary_is_none(redis_client: redis.Redis, key: str, foreign: bytes | None) -> None:
    publish(redis_client)
    reader = Reader(client=redis_client, pointer_seconds=0)
    reader.top("user 1")
    publish(redis_client, "2017-12-02")
    redis_client.delete(f"{stem('2017-12-02.a')}:{key}")
    if foreign and key == "items":
        redis_client.hset(f"{stem('2017-12-02.a')}:{key}", "0", foreign)
    elif foreign:
        redis_client.set(f"{stem('2017-12-02.a')}:{key}", foreign)
    answer = reader.top("user 1")
    assert (answer.tier, answer.version) == ("memory", version_of())
    Publisher(redis_client, SCENE).rollback(version_of())
    assert reader.top("user 1").tier == "user"


@pytest.mark.parametrize("live", [b"\xff\x00", b"2017-12-01.nosuch", b""])
def test_a_foreign_pointer(redis_client: redis.Redis, live: bytes) -> None:
    publish(redis_client)
    reader = Reader(client=redis_client, pointer_seconds=0)
    reader.top("user 1")
    redis_client.hset(f"predawn:{SCENE}:catalog", "live", live)
    assert reader.top("user 1").tier == "memory"
    redis_client.delete(f"predawn:{SCENE}:catalog")
    redis_client.set(f"predawn:{SCENE}:catalog", "x")
    assert reader.top("user 1").tier == "memory"


def test_a_variant_that_is_not_published_gets_what_everyone_gets(redis_client: redis.Redis) -> None:
    publish(redis_client)
    reader = Reader(client=redis_client, variant="b", pointer_seconds=0)
    assert (reader.top("user 1").variant, reader.top("user 1").tier) == (None, "user")
    publish(redis_client, "2017-12-02", variant="b")
    answer = reader.top("user 1")
    assert (answer.variant, answer.version) == ("b", "2017-12-02.a")
    assert Reader(client=redis_client).top("user 1").version == version_of()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_breaker_opens_probes_and_closes(redis_client: redis.Redis) -> None:
    publish(redis_client)
    client, clock = faulty(redis_client), Clock()
    breaker = Breaker(failures=3, open_seconds=2.0, clock=clock)
    reader = Reader(client=client, pointer_seconds=1e9, breaker=breaker)
    reader.top("user 1")
    fail_from_now(client)
    for _ in range(3):
        assert reader.top("user 1").tier == "memory"
    assert reader.breaker_open
    asked = client.requests
    for clock.now in (0.5, 1.9):
        assert reader.top("user 1").tier == "memory"
    assert client.requests == asked
    # Half open: one probe, whose failure opens it again.
    clock.now = 2.1
    assert [reader.top("user 1").tier for _ in range(2)] == ["memory", "memory"]
    assert client.requests == asked + 1
    client._fail_at = None
    clock.now = 4.0
    assert reader.top("user 1").tier == "memory"
    clock.now = 4.2
    assert reader.top("user 1").tier == "user"
    assert not reader.breaker_open


def test_a_success_forgets_earlier_failures() -> None:
    breaker = Breaker(failures=2)
    for _ in range(3):
        breaker.failed()
        breaker.succeeded()
    assert not breaker.is_open


def test_a_slow_redis_costs_no_more_than_the_time_out(redis_server: str, redis_client: redis.Redis) -> None:
    publish(redis_client)
    port = int(redis_server.rpartition(":")[2].partition("/")[0])
    with proxy(port, delay=0.6) as slow:
        reader = Reader(f"redis://{HOST}:{slow}/0", SCENE, fallback=["milk"], timeout_seconds=0.1)
        begun = time.monotonic()
        assert reader.top("user 1").tier == "memory"
        assert time.monotonic() - begun < 0.5


def test_a_restart_is_survived(tmp_path: Path) -> None:
    port = free_port()
    url = start(port, tmp_path)
    try:
        publish(connect(url))
        reader = Reader(url, pointer_seconds=0, breaker=Breaker(open_seconds=0.0))
        assert reader.top("user 1").tier == "user"
        stop(port, tmp_path)
        assert reader.top("user 1").tier == "memory"
        start(port, tmp_path)
        assert reader.top("user 1").tier == "user"
    finally:
        stop(port, tmp_path, keep_lists=False)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[redis.Redis]:
    """A server of its own, whose limits a test may set."""
    with running(tmp_path) as port, redis.Redis(host=HOST, port=port) as client:
        yield client


def test_a_full_redis_refuses_a_publication_and_serves_the_one_before(small: redis.Redis) -> None:
    publish(small)
    small.config_set("maxmemory", small.info("memory")["used_memory"] + 500_000)
    big = "2017-12-02"
    with pytest.raises(PublishRefused, match=r"new version needs about .* left below maxmemory: raise maxmemory"):
        publish(small, big, users=20_000)
    # Nothing was written; where the count isn't known, Redis itself refuses.
    assert small.keys(f"*{big}*") == []

    def lists() -> Iterator[tuple[str, list[str]]]:
        yield from lists_of("y", 20_000)

    with pytest.raises(Unavailable, match=r"is full .*raise maxmemory"):
        Publisher(small, SCENE).publish(big, f"{big}.a", Products(lists(), ["p"]))
    assert small.keys(f"*{big}*") == []
    reader = Reader(client=small)
    assert reader.top("user 1").tier == "user"
    small.config_set("maxmemory", 1)
    assert reader.top("user 1").tier == "user"
    assert Reader(client=small).top("nobody").tier == "popular"
