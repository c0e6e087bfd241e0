"""Fixtures with a real Redis server of the tests' own, on a free port; it is stopped by its process id at the end.

A conftest that wants them imports them: `from tests.redis_fixture import redis_client, redis_server`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from examples.local_redis import free_port, start, stop

__all__ = ["free_port", "redis_client", "redis_server"]


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server that lives as long as the test session."""
    folder, port = tmp_path_factory.mktemp("redis"), free_port()
    yield start(port, folder)
    stop(port, folder, keep_lists=False)


@pytest.fixture
def redis_client(redis_server: str) -> Iterator[redis.Redis]:
    """A client of that server, which is empty when the test begins."""
    client = redis.Redis.from_url(redis_server)
    client.flushall()
    yield client
    client.close()
