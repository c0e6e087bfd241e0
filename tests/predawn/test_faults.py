"""A failure at any request leaves the old version or the new one, whole; a plain re-run ends in the new one."""

import threading
from collections.abc import Iterator, Sequence

import pytest
import redis

from predawn import NoPublication, Products, Publisher, PublishRefused, Reader, Unavailable
from predawn.keys import day_of
from tests.predawn.support import SCENE, FaultyClient, lists_of, publish, version_of

NEW_DAY = "2017-12-02"
USERS = 5


def assert_whole(client: redis.Redis) -> str:
    """Every user and the popular tier come from one version, which is returned."""
    reader = Reader(scene=SCENE, client=client, pointer_seconds=0)
    version = reader.top("nobody").version
    for user, items in lists_of(version, USERS):
        answer = reader.top(user)
        assert (answer.items, answer.tier, answer.version) == (items, "user", version)
    assert reader.top("nobody").items == [f"{version}-popular"]
    return version


def requests_of_a_publication(client: redis.Redis) -> int:
    """How many requests the publication of the new day over the old one sends."""
    client.flushall()
    publish(client)
    counting = FaultyClient(client)
    publish(counting, NEW_DAY, users=USERS, keep=1)
    return counting.requests


@pytest.mark.parametrize("once", [True, False])
def test_a_failure_at_every_request(redis_client: redis.Redis, once: bool) -> None:
    requests = requests_of_a_publication(redis_client)
    assert requests > 10
    versions = []
    for fail_at in range(1, requests + 1):
        redis_client.flushall()
        publish(redis_client)
        with pytest.raises(Unavailable):
            publish(FaultyClient(redis_client, fail_at, once), NEW_DAY, users=USERS, keep=1)
        versions.append(assert_whole(redis_client))
        if versions[-1] == version_of() and once and fail_at > 1:
            assert redis_client.keys(f"predawn:{SCENE}:{NEW_DAY}*") == []
        publish(redis_client, NEW_DAY, users=USERS, keep=1)
        assert assert_whole(redis_client) == version_of(NEW_DAY)
        assert redis_client.keys(f"predawn:{SCENE}:{version_of()}*") == []
    # The old version until the pointer moves, the new one from then on.
    assert versions == sorted(versions)
    assert set(versions) == {version_of(), version_of(NEW_DAY)}


def test_a_kill_leaves_lists_that_the_next_run_replaces(redis_client: redis.Redis) -> None:
    class Killed(BaseException):
        pass

    def lists() -> Iterator[tuple[str, list[str]]]:
        yield from [(f"stray {number}", ["x"]) for number in range(1500)]
        raise Killed

    publish(redis_client)
    with pytest.raises(Killed):
        Publisher(redis_client, SCENE).publish(NEW_DAY, version_of(NEW_DAY), Products(lists(), ["y"]))
    assert redis_client.keys("*stray*") != []
    assert assert_whole(redis_client) == version_of()
    publish(redis_client, NEW_DAY, users=USERS)
    assert redis_client.keys("*stray*") == []
    assert assert_whole(redis_client) == version_of(NEW_DAY)


def test_lists_of_a_killed_run_go_with_the_next_day(redis_client: redis.Redis) -> None:
    left: list[bytes] = []
    for fail_at in range(1, 40):
        redis_client.flushall()
        publish(redis_client)
        with pytest.raises(Unavailable):
            publish(FaultyClient(redis_client, fail_at), NEW_DAY, tag="killed", users=USERS)
        if left := redis_client.keys("*killed*:u:*"):
            break
    assert left
    publish(redis_client, "2017-12-03")
    assert redis_client.keys("*killed*") == []


def test_an_overtaken_attempt_removes_nothing_of_the_one_that_overtook(redis_client: redis.Redis) -> None:
    publish(redis_client)

    def lists() -> Iterator[tuple[str, list[str]]]:
        yield from lists_of(version_of(NEW_DAY), USERS)
        publish(redis_client, NEW_DAY, users=USERS)  # the same version, by a second run
        raise RuntimeError

    with pytest.raises(RuntimeError):
        Publisher(redis_client, SCENE).publish(NEW_DAY, version_of(NEW_DAY), Products(lists(), ["y"]))
    assert assert_whole(redis_client) == version_of(NEW_DAY)


def test_a_reader_sees_whole_versions_while_publications_flip(redis_server: str, redis_client: redis.Redis) -> None:
    publish(redis_client)
    stop = threading.Event()
    seen: set[str] = set()
    failures: list[BaseException] = []

    def read() -> None:
        reader = Reader(redis_server, SCENE, pointer_seconds=0.002)
        try:
            while not stop.is_set():
                for user in ("user 0", "user 3", "nobody"):
                    answer = reader.top(user)
                    tier = "popular" if user == "nobody" else "user"
                    first = f"{answer.version}-popular" if user == "nobody" else f"{answer.version}-{user[5:]}-0"
                    assert (answer.tier, answer.items[0]) == (tier, first)
                    assert answer.data_day == day_of(answer.version)
                    seen.add(answer.version)
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        for number in range(200):
            publish(redis_client, f"2018-{number // 28 + 1:02d}-{number % 28 + 1:02d}", keep=1)
    finally:
        stop.set()
        thread.join()
    assert failures == []
    assert len(seen) > 20


def test_a_reader_sees_whole_versions_while_the_pointer_goes_back_and_forth(
    redis_server: str, redis_client: redis.Redis
) -> None:
    versions = [publish(redis_client, day, users=USERS).version for day in ("2017-12-01", NEW_DAY)]
    publisher, stop = Publisher(redis_client, SCENE), threading.Event()
    seen: list[str] = []
    failures: list[BaseException] = []

    def read() -> None:
        reader = Reader(redis_server, SCENE, pointer_seconds=0)
        try:
            while not stop.is_set():
                own, everyone, many = reader.top("user 3"), reader.top("nobody"), reader.top_many(["user 1", "user 4"])
                assert (own.items, own.tier) == ([f"{own.version}-3-{rank}" for rank in range(3)], "user")
                assert (everyone.items, everyone.tier) == ([f"{everyone.version}-popular"], "popular")
                assert {item[: len(versions[0])] for answer in many for item in answer.items} == {many[0].version}
                seen.append(own.version or "")
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        for number in range(300):
            publisher.rollback(versions[number % 2])
    finally:
        stop.set()
        thread.join()
    assert failures == []
    assert set(seen) == set(versions)


def test_a_pointer_that_moves_at_every_request_is_not_run_after(redis_client: redis.Redis) -> None:
    versions = [publish(redis_client, day, users=USERS).version for day in ("2017-12-01", NEW_DAY)]
    publisher, reader = Publisher(redis_client, SCENE), Reader(client=redis_client, scene=SCENE, pointer_seconds=0)
    send, requests = reader._send, 0

    def moving(commands: Sequence[tuple[str, ...]]) -> list:
        nonlocal requests
        requests += 1
        publisher.rollback(versions[requests % 2])
        return send(commands)

    reader.top("user 1")
    reader._send = moving  # type: ignore[method-assign]
    for _ in range(5):
        before, answer = requests, reader.top("user 3")
        assert (answer.tier, answer.items) == ("user", [f"{answer.version}-3-{rank}" for rank in range(3)])
        assert requests - before <= 3


def test_two_publishers_never_move_the_pointer_back(redis_server: str, redis_client: redis.Redis) -> None:
    days = [f"2018-01-{number:02d}" for number in range(1, 29)]
    lives: list[str] = []
    refusals: list[str] = []

    def run(mine: list[str]) -> None:
        client = redis.Redis.from_url(redis_server)
        for day in mine:
            try:
                publish(client, day)
            except PublishRefused as error:
                refusals.append(str(error))

    threads = [threading.Thread(target=run, args=(days[start::2],)) for start in (0, 1)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        live = redis_client.hget(f"predawn:{SCENE}:catalog", "live")
        lives += [live.decode()] if live else []
    for thread in threads:
        thread.join()
    assert lives == sorted(lives)
    assert all("newer than" in refusal or "overtook" in refusal for refusal in refusals)
    assert assert_whole(redis_client) == version_of(days[-1])


def test_a_newer_day_that_is_still_being_written_is_left_alone(redis_client: redis.Redis) -> None:
    def lists() -> Iterator[tuple[str, list[str]]]:
        yield from lists_of(version_of(NEW_DAY), 1500)
        publish(redis_client)  # the day before, begun later and done sooner

    popular = [f"{version_of(NEW_DAY)}-popular"]
    done = Publisher(redis_client, SCENE).publish(NEW_DAY, version_of(NEW_DAY), Products(lists(), popular))
    assert done.previous == version_of()
    assert assert_whole(redis_client) == version_of(NEW_DAY)


def test_nothing_is_published_when_the_first_publication_fails(redis_client: redis.Redis) -> None:
    with pytest.raises(Unavailable):
        publish(FaultyClient(redis_client, 5))
    with pytest.raises(NoPublication):
        Reader(client=redis_client).top("user 1")
