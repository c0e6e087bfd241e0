"""Packed commands against a real server: they do what the client's own commands do, and fail as they fail."""

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from predawn.bulk import bulk, bulk_of
from predawn.wire import WINDOW

STEM = "predawn:x:u:"


def write(client: redis.Redis, names: list[str], values: list[bytes], seconds: int = 100) -> None:
    with bulk_of(client) as commands:
        commands.set(STEM, names, values, seconds)


def compared(client: redis.Redis, names: list[str], values: list[bytes]) -> list[list[bytes | None]]:
    """What `odd` is called with."""
    odd: list[list[bytes | None]] = []
    data = bulk(values)
    with bulk_of(client) as commands:
        commands.compare(STEM, names, len(data), data.__eq__, odd.append)
    return odd


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(st.lists(st.binary(max_size=40) | st.sampled_from([b"+PONG\r\n", b"$-1\r\n", b"\r\n"]), min_size=1, max_size=20))
def test_any_bytes_round_trip(redis_client: redis.Redis, values: list[bytes]) -> None:
    names = [f"n{number}" for number in range(len(values))]
    write(redis_client, names, values)
    assert redis_client.mget([STEM + name for name in names]) == values
    assert compared(redis_client, names, values) == []
    # Every other outcome is told with all values: longer, shorter, other and missing ones.
    redis_client.set(STEM + "n0", values[0] + b"+PONG\r\n")
    assert compared(redis_client, names, values) == [[values[0] + b"+PONG\r\n", *values[1:]]]
    redis_client.delete(STEM + "n0")
    assert compared(redis_client, names, values) == [[None, *values[1:]]]


def test_many_batches_are_on_their_way_at_once(redis_client: redis.Redis) -> None:
    batches = [[f"{batch}-{number}" for number in range(700)] for batch in range(4 * WINDOW)]
    odd: list[list[bytes | None]] = []
    with bulk_of(redis_client) as commands:
        for names in batches:
            commands.set(STEM, names, [name.encode() * 40 for name in names], 100)
    redis_client.delete(f"{STEM}3-5", f"{STEM}{len(batches) - 1}-699")
    with bulk_of(redis_client) as commands:
        for names in batches:
            data = bulk([name.encode() * 40 for name in names])
            commands.compare(STEM, names, len(data), data.__eq__, odd.append)
    assert [found.index(None) for found in odd] == [5, 699]
    assert redis_client.ttl(f"{STEM}0-0") in range(90, 101)


def test_life_times_are_renewed(redis_client: redis.Redis) -> None:
    write(redis_client, ["a", "b"], [b"1", b"2"])
    with bulk_of(redis_client) as commands:
        commands.expire(STEM, ["a", "missing", "b"], 5000)
    assert min(redis_client.ttl(STEM + "a"), redis_client.ttl(STEM + "b")) > 4000


def test_a_refused_command_is_raised_and_leaves_the_pool_usable(redis_client: redis.Redis) -> None:
    redis_client.rpush(STEM + "list", "x")
    assert compared(redis_client, ["list"], [b"1"]) == [[None]]
    with pytest.raises(redis.ResponseError, match="invalid expire"):
        write(redis_client, ["a"], [b"1"], seconds=-1)
    for _ in range(5):
        assert redis_client.ping()
    write(redis_client, ["a"], [b"1"])


@pytest.mark.parametrize("protocol", [2, 3])
def test_both_versions_of_the_protocol(redis_server: str, redis_client: redis.Redis, protocol: int) -> None:
    client = redis.Redis.from_url(redis_server, protocol=protocol)
    write(client, ["a"], [b"1"])
    assert compared(client, ["a", "b"], [b"1", b"2"]) == [[b"1", None]]
    assert redis_client.get(STEM + "a") == b"1"


def test_a_connection_that_breaks(redis_client: redis.Redis) -> None:
    def cut() -> None:
        with bulk_of(redis_client) as commands:
            commands.set(STEM, ["a"], [b"1"], 100)
            for each in redis_client.client_list():
                if each["id"] != str(redis_client.client_id()):
                    redis_client.client_kill_filter(_id=each["id"])
            commands.set(STEM, ["b"], [b"1"], 100)

    with pytest.raises(redis.ConnectionError):
        cut()
    write(redis_client, ["a"], [b"1"])
