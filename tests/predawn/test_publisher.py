import hashlib
import json
import random
from collections.abc import Iterator

import pytest
import redis

from predawn import InvalidId, Products, Publisher, PublishRefused, Reader, Unavailable
from predawn.products import BLOCK
from tests.predawn.support import DAY, POPULAR, SCENE, lists_of, publish, version_of


def top(client: redis.Redis, user: str = "user 0") -> list[str]:
    return Reader(scene=SCENE, client=client, pointer_seconds=0).top(user).items


def keys_of(client: redis.Redis, version: str) -> list[bytes]:
    return list(client.scan_iter(f"predawn:{SCENE}:{version}:*"))


def dumps_of(client: redis.Redis) -> dict[bytes, object]:
    return {key: client.dump(key) for key in keys_of(client, version_of())}


def test_publish_makes_all_lists_live(redis_client: redis.Redis) -> None:
    done = publish(redis_client, users=2 * BLOCK + 1)
    assert (done.users, done.items_per_list, done.data_day, done.previous) == (2 * BLOCK + 1, 3, DAY, None)
    reader = Reader(client=redis_client)
    for user, items in lists_of(version_of(), 2 * BLOCK + 1)[:: BLOCK // 2]:
        assert reader.top(user).items == items
    assert redis_client.smembers("predawn:scenes") == {SCENE.encode()}


def test_every_list_expires_and_the_popular_one_first(redis_client: redis.Redis) -> None:
    publish(redis_client, ttl_seconds=100)
    lives = {key: redis_client.ttl(key) for key in keys_of(redis_client, version_of())}
    popular = f"predawn:{SCENE}:{version_of()}:popular".encode()
    users = [life for key, life in lives.items() if b":u:" in key or b":index:" in key or b":items" in key]
    assert 0 < lives[popular] <= 100 < min(users)
    assert min(lives.values()) > 0


def test_a_newer_day_replaces_an_older_one(redis_client: redis.Redis) -> None:
    publish(redis_client)
    done = publish(redis_client, "2017-12-02")
    assert done.previous == version_of()
    assert top(redis_client) == lists_of("2017-12-02.a")[0][1]


def test_an_older_day_is_refused_before_anything_is_written(redis_client: redis.Redis) -> None:
    publish(redis_client, "2017-12-02")
    before = sorted(redis_client.keys())
    catalog = redis_client.hgetall(f"predawn:{SCENE}:catalog")
    with pytest.raises(PublishRefused, match="2017-12-02"):
        publish(redis_client, DAY)
    assert sorted(redis_client.keys()) == before
    assert redis_client.hgetall(f"predawn:{SCENE}:catalog") == catalog


def test_an_older_day_goes_live_on_purpose(redis_client: redis.Redis) -> None:
    publish(redis_client, "2017-12-02")
    publish(redis_client, DAY, make_live_if_older=True)
    assert top(redis_client) == lists_of(version_of())[0][1]


def test_a_newer_day_that_wins_the_race_stays_live(redis_client: redis.Redis) -> None:
    def slow_lists() -> Iterator[tuple[str, list[str]]]:
        yield from lists_of("slow")
        publish(redis_client, "2017-12-02")

    with pytest.raises(PublishRefused, match="2017-12-02"):
        Publisher(redis_client, SCENE).publish(DAY, version_of(), Products(slow_lists(), POPULAR))
    assert top(redis_client) == lists_of("2017-12-02.a")[0][1]
    assert keys_of(redis_client, version_of()) == []


@pytest.mark.parametrize(("lists", "popular"), [([], POPULAR), (lists_of("x"), []), ([("u", [])], POPULAR)])
def test_an_empty_publication_is_refused(redis_client: redis.Redis, lists: list, popular: list) -> None:
    with pytest.raises(PublishRefused, match=r"empty|no user"):
        Publisher(redis_client, SCENE).publish(DAY, version_of(), Products(lists, popular))
    assert redis_client.dbsize() == 0


def test_a_user_with_two_lists_is_refused(redis_client: redis.Redis) -> None:
    publish(redis_client)
    lists = [*lists_of("x", BLOCK), ("user 7", ["other"])]
    with pytest.raises(PublishRefused, match="twice"):
        Publisher(redis_client, SCENE).publish("2017-12-02", "2017-12-02.b", Products(lists, POPULAR))
    assert top(redis_client) == lists_of(version_of())[0][1]
    assert keys_of(redis_client, "2017-12-02.b") == []


def test_a_bad_id_in_the_middle_leaves_no_trace(redis_client: redis.Redis) -> None:
    lists = [*lists_of("x", BLOCK), ("", ["a"])]
    with pytest.raises(InvalidId):
        Publisher(redis_client, SCENE).publish(DAY, version_of(), Products(lists, POPULAR))
    assert keys_of(redis_client, version_of()) == []


def test_the_version_must_begin_with_its_day(redis_client: redis.Redis) -> None:
    with pytest.raises(InvalidId, match="2017-12-01"):
        Publisher(redis_client, SCENE).publish(DAY, "2017-12-02.a", Products(lists_of("x"), POPULAR))


def test_the_checksum_depends_on_the_lists_and_their_order(redis_client: redis.Redis) -> None:
    lists = lists_of("x", 50)
    shuffled = random.Random(7).sample(lists, len(lists))
    changed = [*lists[:-1], (lists[-1][0], lists[-1][1][::-1])]
    checksums = []
    cases = [(lists, POPULAR), (lists, POPULAR), (shuffled, POPULAR), (changed, POPULAR), (lists, ["other"])]
    for tag, (some, popular) in zip("abcde", cases, strict=True):
        done = Publisher(redis_client, SCENE).publish(DAY, version_of(tag=tag), Products(some, popular))
        checksums.append(done.checksum)
    assert checksums[0] == checksums[1]
    assert len(set(checksums)) == 4


def test_the_checksum_is_the_documented_one(redis_client: redis.Redis) -> None:
    done = publish(redis_client, users=2)
    stem = f"predawn:{SCENE}:{version_of()}"

    def strings(*values: bytes | None) -> bytes:
        assert all(values)
        return b"".join(b"$%d\r\n%b\r\n" % (len(value or b""), value or b"") for value in values)

    index = redis_client.get(f"{stem}:index:0")
    assert index == b"u:user%200,user%201"
    lists = strings(*redis_client.mget(f"{stem}:u:user%200", f"{stem}:u:user%201"))
    digest = hashlib.sha256(index + lists).digest()
    rest = strings(redis_client.hget(f"{stem}:items", "0")) + (redis_client.get(f"{stem}:popular") or b"")
    assert done.checksum == hashlib.sha256(digest + rest).hexdigest()[:32]
    manifest = json.loads(redis_client.get(f"{stem}:manifest") or "")
    assert manifest == {
        "channels": [],
        "checksum": done.checksum,
        "chunks": 1,
        "counts": {"u": 2},
        "data_day": DAY,
        "format": 2,
        "gate": None,
        "items": 7,
        "items_per_list": 3,
        "memory_bytes": done.memory_bytes,
        "scene": SCENE,
        "users": 2,
        "variant": None,
        "version": version_of(),
    }


def test_publishing_again_only_renews_life_times(redis_client: redis.Redis) -> None:
    first = publish(redis_client, ttl_seconds=50, users=BLOCK + 5)
    before = dumps_of(redis_client)
    lists = lists_of(version_of(), BLOCK + 5)[::-1]
    popular = [f"{version_of()}-popular"]
    again = Publisher(redis_client, SCENE, ttl_seconds=5000).publish(DAY, version_of(), Products(lists, popular))
    assert (again.checksum, again.refreshed, first.refreshed) == (first.checksum, True, False)
    assert dumps_of(redis_client) == before
    assert min(redis_client.ttl(key) for key in before) > 50


def test_publishing_again_restores_a_lost_list(redis_client: redis.Redis) -> None:
    publish(redis_client)
    redis_client.delete(*redis_client.keys(f"predawn:{SCENE}:{version_of()}:u:user%203"))
    assert publish(redis_client).refreshed
    assert top(redis_client, "user 3") == lists_of(version_of())[3][1]


@pytest.mark.parametrize("change", ["list", "more", "fewer", "popular"])
def test_other_lists_under_a_published_version_are_refused(redis_client: redis.Redis, change: str) -> None:
    publish(redis_client)
    before = dumps_of(redis_client)
    lists, popular = lists_of(version_of()), [f"{version_of()}-popular"]
    if change == "list":
        lists[2] = ("user 2", ["other"])
    elif change == "more":
        lists.append(("user 99", ["other"]))
    elif change == "fewer":
        lists.pop()
    else:
        popular = ["other"]
    with pytest.raises(PublishRefused, match="another version"):
        Publisher(redis_client, SCENE).publish(DAY, version_of(), Products(lists, popular))
    assert dumps_of(redis_client) == before


def test_an_expired_live_version_can_be_published_again(redis_client: redis.Redis) -> None:
    publish(redis_client)
    redis_client.delete(f"predawn:{SCENE}:{version_of()}:popular", f"predawn:{SCENE}:{version_of()}:manifest")
    assert not publish(redis_client).refreshed
    assert top(redis_client) == lists_of(version_of())[0][1]


@pytest.mark.usefixtures("redis_client")
def test_a_client_that_decodes_responses_does_too(redis_server: str) -> None:
    client = redis.Redis.from_url(redis_server, decode_responses=True)
    publish(client)
    assert publish(client).refreshed
    assert Reader(client=client).top("user 1").items == lists_of(version_of())[1][1]


def test_redis_down_is_told_without_the_password() -> None:
    client = redis.Redis.from_url("redis://user:secret@127.0.0.1:1/0")
    with pytest.raises(Unavailable, match=r"redis://127\.0\.0\.1:1/0") as raised:
        publish(client)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("options", [{"ttl_seconds": 0}, {"keep": 0}, {"scene": ""}])
def test_arguments_out_of_range(redis_client: redis.Redis, options: dict) -> None:
    with pytest.raises(ValueError):
        publish(redis_client, **options)
