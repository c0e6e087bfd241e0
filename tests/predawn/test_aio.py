import asyncio
import inspect

import pytest
import redis
import redis.asyncio

from predawn import AsyncReader, NoPublication, Publisher, Reader, Unavailable
from predawn.breaker import Breaker
from tests.predawn.servers import proxy
from tests.predawn.support import DAY, FULL, SCENE, publish, version_of

DEAD = "redis://127.0.0.1:1/0"
METHODS = ("top", "top_many", "similar", "popular", "features", "vector", "status")


@pytest.mark.parametrize("method", ["__init__", *METHODS])
def test_both_readers_have_the_same_methods(method: str) -> None:
    assert inspect.signature(getattr(Reader, method)) == inspect.signature(getattr(AsyncReader, method))


def test_both_readers_give_the_same_answers(redis_server: str, redis_client: redis.Redis) -> None:
    Publisher(redis_client, SCENE).publish(DAY, version_of(), FULL)
    calls = [
        ("top", ("1364",), {"reasons": True, "recent": ["tea"]}),
        ("top", ("nobody", 2), {"segment": "age=25-34"}),
        ("top_many", (["1364", "nobody", ""],), {"exclude": ["milk"]}),
        ("similar", ("tea",), {"kind": "together"}),
        ("popular", (1,), {}),
        ("features", ("tea",), {}),
        ("vector", ("tea",), {}),
        ("status", (), {}),
    ]

    async def ask() -> list:
        reader = AsyncReader(redis_server)
        answers = [await getattr(reader, name)(*positional, **named) for name, positional, named in calls]
        await reader.close()
        return answers

    sync = Reader(redis_server)
    assert asyncio.run(ask()) == [getattr(sync, name)(*positional, **named) for name, positional, named in calls]


def test_outages_are_bridged(redis_server: str, redis_client: redis.Redis) -> None:
    publish(redis_client)

    async def ask() -> None:
        with proxy(int(redis_server.rpartition(":")[2].partition("/")[0])) as port:
            reader = AsyncReader(f"redis://127.0.0.1:{port}", pointer_seconds=0, breaker=Breaker(failures=2))
            assert (await reader.top("user 1")).tier == "user"
            with pytest.raises(NoPublication):
                await reader.top("user 1", version="2017-12-02.a")
        assert [(await reader.top("user 1")).tier for _ in range(2)] == ["memory", "memory"]
        assert reader.breaker_open
        with pytest.raises(Unavailable, match="left alone"):
            await reader.status()
        await reader.close()

    asyncio.run(ask())


def test_without_anything_to_answer_from() -> None:
    async def ask() -> None:
        with pytest.raises(Unavailable, match=r"redis://127\.0\.0\.1:1/0"):
            await AsyncReader(DEAD).top("user 1")
        assert (await AsyncReader(DEAD, fallback=["milk"]).top("user 1")).items == ["milk"]

    asyncio.run(ask())


def test_a_client_of_the_caller_stays_open(redis_server: str, redis_client: redis.Redis) -> None:
    publish(redis_client)

    async def ask() -> bool:
        client = redis.asyncio.Redis.from_url(redis_server)
        reader = AsyncReader(client=client)
        await reader.top("user 1")
        await reader.close()
        alive = bool(await client.ping())
        await client.aclose()
        return alive

    assert asyncio.run(ask())


def test_answers_of_many_tasks_at_once(redis_server: str, redis_client: redis.Redis) -> None:
    publish(redis_client, users=50)

    async def ask() -> list:
        reader = AsyncReader(redis_server)
        answers = await asyncio.gather(*(reader.top(f"user {number}", 1) for number in range(50)))
        await reader.close()
        return [answer.items[0] for answer in answers]

    assert asyncio.run(ask()) == [f"{version_of()}-{number}-0" for number in range(50)]
