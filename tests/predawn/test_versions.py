"""What is kept of earlier publications: pruning, roll-back, status."""

import time
from collections.abc import Iterator

import pytest
import redis

from predawn import NoPublication, Products, Publisher, PublishRefused, Reader, UnknownScene
from predawn.products import BLOCK
from tests.predawn.support import DAY, SCENE, lists_of, publish, version_of


def top(client: redis.Redis, user: str = "user 0") -> list[str]:
    return Reader(scene=SCENE, client=client, pointer_seconds=0).top(user).items


def keys_of(client: redis.Redis, version: str) -> list[bytes]:
    return list(client.scan_iter(f"predawn:{SCENE}:{version}:*"))


def test_versions_beyond_keep_are_removed_with_every_key(redis_client: redis.Redis) -> None:
    days = [f"2017-12-0{number}" for number in range(1, 6)]
    for day in days:
        publish(redis_client, day, keep=2, users=BLOCK + 3)
    assert [len(keys_of(redis_client, version_of(day))) for day in days] == [0, 0, 0, BLOCK + 8, BLOCK + 8]
    kept = [each.version for each in Publisher(redis_client, SCENE).status().versions]
    assert kept == ["2017-12-05.a", "2017-12-04.a"]


def test_the_live_version_is_never_removed(redis_client: redis.Redis) -> None:
    for day in ("2017-12-03", "2017-12-04"):
        publish(redis_client, day)
    publish(redis_client, DAY, keep=1, make_live_if_older=True)
    assert top(redis_client) == lists_of(version_of())[0][1]


def test_another_scene_is_left_alone(redis_client: redis.Redis) -> None:
    publish(redis_client, scene="videos")
    for day in ("2017-12-02", "2017-12-03"):
        publish(redis_client, day, keep=1)
    assert Reader(scene="videos", client=redis_client).top("user 1").items == lists_of(version_of())[1][1]


def test_rollback_and_forward_again(redis_client: redis.Redis) -> None:
    publisher = Publisher(redis_client, SCENE)
    for day, tag in [(DAY, "a"), ("2017-12-02", "b"), ("2017-12-02", "a")]:
        publish(redis_client, day, tag)
    assert publisher.rollback().version == "2017-12-02.b"
    assert publisher.rollback().version == version_of()
    assert top(redis_client) == lists_of(version_of())[0][1]
    with pytest.raises(PublishRefused, match="before 2017-12-01"):
        publisher.rollback()
    assert publisher.rollback("2017-12-02.a").previous == version_of()
    assert publish(redis_client, "2017-12-03").previous == "2017-12-02.a"


def test_rollback_never_goes_to_a_version_without_lists(redis_client: redis.Redis) -> None:
    for day in (DAY, "2017-12-02", "2017-12-03"):
        publish(redis_client, day)
    redis_client.delete(f"predawn:{SCENE}:2017-12-02.a:popular")
    publisher = Publisher(redis_client, SCENE)
    with pytest.raises(PublishRefused):
        publisher.rollback("2017-12-02.a")
    assert publisher.rollback().version == version_of()


def test_rollback_of_nothing(redis_client: redis.Redis) -> None:
    with pytest.raises(NoPublication):
        Publisher(redis_client, SCENE).rollback()
    publish(redis_client)
    with pytest.raises(UnknownScene, match=SCENE):
        Publisher(redis_client, "other").rollback()


def test_pruning_by_hand(redis_client: redis.Redis) -> None:
    for day in (DAY, "2017-12-02", "2017-12-03"):
        publish(redis_client, day)
    publish(redis_client, "2017-12-02", tag="other", variant="b")
    publisher = Publisher(redis_client, SCENE, keep=2)
    publisher.rollback(version_of())
    # The live version counts wherever it stands, and stays even beyond `keep`.
    assert Publisher(redis_client, SCENE, keep=1).prune(dry_run=True) != []
    assert len(publisher.status().versions) == 3
    assert [each.version for each in Publisher(redis_client, SCENE, keep=1).prune()] == ["2017-12-02.a"]
    assert [each.version for each in publisher.status().versions] == ["2017-12-03.a", version_of()]
    assert keys_of(redis_client, "2017-12-02.a") == []
    assert top(redis_client) == lists_of(version_of())[0][1]
    assert len(Publisher(redis_client, SCENE, variant="b").status().versions) == 1


def test_pruning_leaves_attempts_that_may_be_running(redis_client: redis.Redis) -> None:
    class Killed(BaseException):
        pass

    def lists() -> Iterator[tuple[str, list[str]]]:
        yield from lists_of("x", 2 * BLOCK)
        raise Killed

    publish(redis_client)
    publish(redis_client, "2017-12-02")
    publisher = Publisher(redis_client, SCENE)
    with pytest.raises(Killed):
        publisher.publish(DAY, f"{DAY}.old", Products(lists(), ["y"]), make_live_if_older=True)
    assert [each.version for each in publisher.prune()] == [f"{DAY}.old"]
    with pytest.raises(Killed):
        publisher.publish("2017-12-03", "2017-12-03.new", Products(lists(), ["y"]))
    assert publisher.prune() == []
    assert keys_of(redis_client, "2017-12-03.new") != []
    assert [each.version for each in publisher.prune(attempts=True)] == ["2017-12-03.new"]
    assert keys_of(redis_client, "2017-12-03.new") == []
    assert [each.state for each in publisher.status().versions] == ["ready", "ready"]


def test_an_attempt_of_yesterday_is_dead(redis_client: redis.Redis) -> None:
    publish(redis_client)
    redis_client.hset(f"predawn:{SCENE}:catalog", "2017-12-09.x", f"writing 7 {int(time.time()) - 90_000}")
    redis_client.hset(f"predawn:{SCENE}:catalog", "2017-12-09.y", f"writing 8 {int(time.time())}")
    assert [each.version for each in Publisher(redis_client, SCENE).prune()] == ["2017-12-09.x"]


def test_status_shows_live_and_kept_versions(redis_client: redis.Redis) -> None:
    publish(redis_client)
    done = publish(redis_client, "2017-12-02")
    redis_client.delete(f"predawn:{SCENE}:{version_of()}:popular")
    status = Publisher(redis_client, SCENE).status()
    assert status.live == "2017-12-02.a"
    assert [(kept.version, kept.state, kept.live) for kept in status.versions] == [
        ("2017-12-02.a", "ready", True),
        (version_of(), "expired", False),
    ]
    assert status.versions[0].manifest and status.versions[0].manifest.checksum == done.checksum
