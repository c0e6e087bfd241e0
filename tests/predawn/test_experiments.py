"""Readers that assign variants: by what stands in Redis, by what they are given, and when something is missing."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress

import pytest
import redis

from predawn import AsyncReader, Experiment, PredawnError, Reader, publish_experiment, read_experiment
from predawn.cli import main
from predawn.connection import Client
from tests.predawn.support import SCENE, FaultyClient, publish, version_of

HALF = Experiment("lists-1", SCENE, {"b": 0.5})
USERS = [f"user {n}" for n in range(60)]
HOME, B = version_of(), version_of(tag="b")


@pytest.fixture
def published(redis_client: redis.Redis) -> Client:
    """Lists of both variants, and no experiment yet."""
    publish(redis_client, users=60)
    publish(redis_client, tag="b", users=60, variant="b")
    return redis_client


def expected(experiment: Experiment, user: str) -> tuple[str | None, str]:
    """The variant that the answer names, and the version of the lists."""
    variant = experiment.variant(user)
    return variant, B if variant == "b" else HOME


def test_users_get_the_lists_of_their_variant(published: Client) -> None:
    publish_experiment(published, SCENE, HALF)
    reader = Reader(client=published, experiments=True)
    answers = [reader.top(user) for user in USERS]
    assert [(each.variant, each.version) for each in answers] == [expected(HALF, user) for user in USERS]
    assert Counter(each.variant for each in answers).keys() == {"control", "b"}
    assert reader.top_many(USERS) == answers and {each.tier for each in answers} == {"user"}


def test_readers_that_are_given_experiments_ask_nobody(published: Client) -> None:
    third = Experiment("other", SCENE, {"b": 0.3}, traffic=0.5)
    reader = Reader(client=published, experiments=[Experiment("x", "elsewhere", {"c": 1.0}), third])
    found = [(each.variant, each.version) for each in reader.top_many(USERS)]
    assert found == [expected(third, user) for user in USERS]
    assert Counter(variant for variant, _ in found).keys() == {None, "control", "b"}


def test_asyncio_readers_assign_the_same(published: Client, redis_server: str) -> None:
    publish_experiment(published, SCENE, HALF)

    async def ask() -> list[str | None]:
        reader = AsyncReader(redis_server, experiments=True)
        try:
            return [each.variant for each in await reader.top_many(USERS)]
        finally:
            await reader.close()

    assert asyncio.run(ask()) == [HALF.variant(user) for user in USERS]


def test_a_ramp_is_seen_within_the_pointers_seconds_and_moves_nobody_else(published: Client) -> None:
    now = 100.0
    reader = Reader(client=published, experiments=True)
    reader.lookups.clock = lambda: now
    publish_experiment(published, SCENE, Experiment("lists-1", SCENE, {"b": 0.5}, traffic=0.4))
    before = {each.user: each.variant for each in reader.top_many(USERS)}
    publish_experiment(published, SCENE, HALF)
    now = 104.9
    assert {each.user: each.variant for each in reader.top_many(USERS)} == before
    now = 105.0
    after = {each.user: each.variant for each in reader.top_many(USERS)}
    assert None in before.values() and None not in after.values()
    assert all(after[user] == variant for user, variant in before.items() if variant)
    publish_experiment(published, SCENE, None)
    now = 110.0
    assert {each.variant for each in reader.top_many(USERS)} == {None}


def test_who_names_a_variant_or_a_version_gets_it(published: Client) -> None:
    publish_experiment(published, SCENE, HALF)
    reader = Reader(client=published, experiments=True)
    assert {reader.top(user, variant="b").version for user in USERS[:5]} == {B}
    assert {reader.top(user, version=HOME).variant for user in USERS[:5]} == {None}
    assert {Reader(client=published, variant="b", experiments=True).top(user).version for user in USERS[:5]} == {B}
    assert {Reader(client=published).top(user).variant for user in USERS[:5]} == {None}
    assert reader.popular().variant is None and reader.similar("x").variant is None


def test_a_variant_without_lists_counts_nobody(redis_client: redis.Redis) -> None:
    publish(redis_client, users=60)
    publish_experiment(redis_client, SCENE, HALF)
    answers = Reader(client=redis_client, experiments=True).top_many(USERS)
    assert {each.version for each in answers} == {HOME}
    assert {each.variant for each in answers if HALF.variant(each.user or "") == "b"} == {None}


def test_an_unknown_user_gets_the_variants_popular_list(published: Client) -> None:
    reader = Reader(client=published, experiments=[Experiment("all", SCENE, {"b": 1.0})])
    answer = reader.top("nobody")
    assert (answer.tier, answer.variant, answer.items) == ("popular", "b", [f"{B}-popular"])


def test_without_redis_users_stay_what_they_were(published: Client) -> None:
    publish_experiment(published, SCENE, HALF)
    client = FaultyClient(published)
    reader = Reader(client=client, experiments=True, pointer_seconds=0)
    before = [reader.top(user).variant for user in USERS[:20]]
    client._fail_at = 1
    after = [reader.top(user) for user in USERS[:20]]
    assert [each.variant for each in after] == before and {each.tier for each in after} == {"memory"}


@pytest.mark.parametrize("value", [b"", b"\xff\x00", b"{}", b'{"buckets": 10000}'])
def test_foreign_bytes_assign_nobody(published: Client, value: bytes) -> None:
    publish_experiment(published, SCENE, HALF)
    published.set(f"predawn:{SCENE}:experiment", value)
    assert {each.variant for each in Reader(client=published, experiments=True).top_many(USERS)} == {None}
    assert read_experiment(published, SCENE) is None


def test_unknown_scenes_leave_nothing_in_memory(published: Client) -> None:
    reader = Reader(client=published, experiments=True)
    reader.top("user 1", scene=SCENE)
    for n in range(5):
        with suppress(PredawnError):
            reader.top("user 1", scene=f"made up {n}")
    assert set(reader.lookups.experiments.known) <= {SCENE}


def test_an_experiment_of_another_scene_is_refused(published: Client) -> None:
    with pytest.raises(ValueError, match="'lists-1' is one of scene 'groceries', not of 'home'"):
        publish_experiment(published, "home", HALF)


def test_the_command_says_what_runs(published: Client, redis_server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["experiment", "--url", redis_server]) == 0
    assert capsys.readouterr().out == f"scene {SCENE}  no experiment\n"
    publish_experiment(published, SCENE, HALF)
    assert main(["experiment", "--url", redis_server, "user 1"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"scene {SCENE}  layer lists-1  traffic 1  control 0.5, b 0.5"
    assert second == f"user user 1  {HALF.variant('user 1')}"
