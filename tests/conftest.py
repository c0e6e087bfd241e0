"""Fixtures of all tests: one Spark session, and a Redis server for those who ask for it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.redis_fixture import redis_client, redis_server

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["redis_client", "redis_server"]

SPARK = {
    "master": "local[2]",
    "driver_memory": "1g",
    "shuffle_partitions": 2,
    # Frames of a few rows are done in less time than their plans take to compile, so plans are interpreted.
    "options": {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"},
}


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """The session of a run of the generated world (time zone UTC); started once, when the first test asks for it."""
    from jobs.runtime.config import load_config
    from jobs.runtime.spark import start_session

    session = start_session(load_config("world", {"spark": SPARK}))
    yield session
    session.stop()
    # What py4j says when the interpreter exits would go to a stream that pytest has closed.
    logging.getLogger("py4j").setLevel(logging.CRITICAL)
