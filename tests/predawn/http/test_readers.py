"""The whole way from Redis to an answer."""

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import redis

from examples.local_redis import start, stop
from predawn.http.app import create_app
from predawn.http.readers import Readers
from predawn.http.settings import ServeSettings
from tests.predawn.http.shop import BEFORE, LIVE, NAMES, SCENE, USERS, publish_shop
from tests.predawn.http.support import Client, running
from tests.predawn.test_access import READER
from tests.redis_fixture import free_port

EVERY_ROUTE = (
    "/v1/users/612?reasons=1&recent=7",
    "/v1/items/7/similar",
    f"/v1/popular?version={BEFORE}",
    "/v1/items?id=1",
    "/v1/users/612/history",
    "/v1/users",
    "/v1/versions",
    "/readyz",
)
NOW = dt.datetime(2017, 12, 3, 6, tzinfo=dt.UTC)


@pytest.fixture
def server(redis_client: redis.Redis, redis_server: str) -> Iterator[Client]:
    publish_shop(redis_client)
    with running(create_app(Readers.at(redis_server), ServeSettings(), lambda: NOW)) as client:
        yield client


def test_tiers_reasons_and_ids(server: Client) -> None:
    own = server.get("/v1/users/612?n=2&reasons=1").json()
    assert (own["tier"], own["items"], own["version"]) == ("user", ["1", "3"], LIVE)
    assert own["reasons"] == [
        {"score": 0.83, "channel": "buy_again", "evidence": None},
        {"score": 0.77, "channel": "item_cf", "evidence": "1"},
    ]
    assert server.get(f"/v1/users/{quote(USERS[3], safe='')}").json()["items"] == ["2", "1"]
    assert server.get("/v1/users/nobody").json()["tier"] == "popular"
    assert server.get("/v1/users/nobody?segment=age%3D25-34").json()["items"] == ["4", "9"]
    assert server.get("/v1/users/612?exclude=1&n=1").json()["items"] == ["3"]
    assert "8" in server.get("/v1/users/612?recent=7").json()["items"]
    assert server.get("/v1/users/612?variant=bold").json()["items"] == ["8", "7"]


@pytest.mark.parametrize("user", ["\x00\n", "🎈" * 256, "y" * 1025, "z" * 5000, "%00"])
def test_ids_without_a_list_get_the_popular_one(server: Client, user: str) -> None:
    answer = server.get(f"/v1/users/{quote(user, safe='')}").json()
    assert (answer["user"], answer["tier"], answer["items"][0]) == (user, "popular", "1")


def test_ids_that_are_no_text_get_the_popular_one(server: Client) -> None:
    reply = server.send("/v1/batch", "POST", b'{"users": ["\\ud800", "612"], "exclude": ["\\udfff"], "n": 1}')
    assert [(each["user"], each["tier"]) for each in reply.json()["answers"]] == [
        ("\ud800", "popular"),
        ("612", "user"),
    ]


def test_places_that_cannot_be(server: Client) -> None:
    for query in (f"scene={'x' * 1025}", f"variant={'x' * 1025}"):
        reply = server.get(f"/v1/users/612?{query}")
        assert (reply.status, reply.json()["type"]) == (422, "/docs#bad-id"), query
    assert server.get(f"/v1/users/nobody?segment={'x' * 1025}").json()["tier"] == "popular"


def test_similar_items(server: Client) -> None:
    assert server.get("/v1/items/7/similar").json()["items"] == ["6", "8", "2"]
    assert server.get("/v1/items/7/similar?kind=together&n=1").json()["items"] == ["8"]
    assert server.get("/v1/items/a%2Fb%20c/similar").json()["tier"] == "item"
    assert server.get("/v1/items/none/similar").json()["tier"] == "popular"


def test_a_kept_version(server: Client) -> None:
    assert server.get(f"/v1/users/612?version={BEFORE}&n=2").json()["items"] == ["1", "2"]
    assert server.get(f"/v1/popular?version={BEFORE}").json()["items"] == ["9", "1", "2"]
    assert server.get("/v1/popular").json()["items"] == ["1", "9", "3", "2"]
    for version in ("2017-11-01.a", "nonsense", f"{LIVE}:popular", "2017-12-02.a%0A"):
        reply = server.get(f"/v1/users/612?version={version}")
        assert (reply.status, reply.json()["type"]) == (404, "/docs#unknown-version"), version


def test_a_version_that_is_pruned_is_not_remembered(server: Client, redis_client: redis.Redis) -> None:
    path = f"/v1/popular?version={BEFORE}"
    assert server.get(path).status == 200
    redis_client.delete(f"predawn:{SCENE}:{BEFORE}:popular")
    assert server.get(path).status == 404


def test_what_is_kept_beside_the_lists(server: Client) -> None:
    items = server.get("/v1/items?id=1&id=9&id=a%2Fb%20c").json()["items"]
    assert {item: stored["name"] for item, stored in items.items()} == {"1": NAMES["1"], "a/b c": NAMES["a/b c"]}
    history = server.get("/v1/users/612/history").json()["history"]
    assert [each["item"] for each in history] == ["7", "6", "9"]
    assert server.get("/v1/users/1364/history").json()["history"] == []
    assert server.get("/v1/users").json()["users"] == USERS


def test_versions_and_readiness(server: Client, redis_client: redis.Redis) -> None:
    own, variant = server.get("/v1/versions").json()["scenes"]
    assert (own["live"], variant["variant"]) == (LIVE, "bold")
    assert [(each["version"], each["state"], each["live"]) for each in own["versions"]] == [
        (LIVE, "ready", True),
        (BEFORE, "ready", False),
    ]
    assert own["versions"][0]["products"]["u"] == len(USERS)
    assert server.get("/readyz").status == 200
    redis_client.delete(f"predawn:{SCENE}:{LIVE}:popular")
    assert "no live lists" in server.get("/readyz").json()["detail"]


def test_a_batch_comes_from_one_version(server: Client) -> None:
    answers = server.post("/v1/batch", {"users": [*USERS, "nobody", "612", ""], "n": 1}).json()["answers"]
    assert [answer["tier"] for answer in answers] == ["user"] * 4 + ["popular", "user", "popular"]
    assert {answer["version"] for answer in answers} == {LIVE}


def test_names_from_anyone_leave_nothing_behind(redis_client: redis.Redis, redis_server: str) -> None:
    publish_shop(redis_client)
    readers = Readers.at(redis_server)
    with running(create_app(readers, ServeSettings())) as client:
        for number in range(3):
            reply = client.get(f"/v1/users/1?scene=x{number}")
            assert (reply.status, reply.json()["type"]) == (404, "/docs#unknown-scene")
            assert client.get(f"/v1/users/612?variant=x{number}").json()["variant"] is None
            assert client.get(f"/v1/users/1?scene=x{number}&version=2017-12-01.z").status == 404
        assert [str(place) for place in readers._lookups.places] == [f"scene '{SCENE}'"]


def test_a_user_that_may_only_read_is_enough(redis_client: redis.Redis, redis_server: str) -> None:
    publish_shop(redis_client)
    redis_client.execute_command("ACL", "SETUSER", "page", "on", ">p", *READER.split())
    try:
        url = redis_server.replace("redis://", "redis://page:p@")
        with running(create_app(Readers.at(url), ServeSettings(), lambda: NOW)) as client:
            for path in EVERY_ROUTE:
                assert client.get(path).status == 200, path
            assert client.get("/v1/users/612").json()["tier"] == "user"
    finally:
        redis_client.execute_command("ACL", "DELUSER", "page")


def test_redis_goes_away_and_comes_back(tmp_path: Path) -> None:
    port = free_port()
    url = start(port, tmp_path)
    try:
        with redis.Redis.from_url(url) as plain:
            publish_shop(plain)
        with running(create_app(Readers.at(url), ServeSettings(), lambda: NOW)) as client:
            assert client.get("/v1/users/612").json()["tier"] == "user"
            stop(port, tmp_path)
            for _ in range(8):
                answer = client.get("/v1/users/612").json()
                assert (answer["tier"], answer["items"][0], answer["version"]) == ("memory", "1", LIVE)
            exposed = client.get("/metrics").body
            assert b"predawn_reader_breaker_open 1.0" in exposed
            assert b"predawn_reader_failures_total 5.0" in exposed  # then Redis was left alone
            assert "has failed" in client.get("/readyz").json()["detail"]
            start(port, tmp_path)
            deadline = time.monotonic() + 20
            while client.get("/v1/users/612").json()["tier"] == "memory" and time.monotonic() < deadline:
                time.sleep(0.1)
            assert client.get("/v1/users/612").json()["tier"] == "user"
            assert client.get("/readyz").status == 200
    finally:
        stop(port, tmp_path, keep_lists=False)


def test_foreign_bytes_are_passed_over(server: Client, redis_client: redis.Redis) -> None:
    stem = f"predawn:{SCENE}:{LIVE}:"
    for key in ("u:612", "why:612", "item:1", "history:612"):
        redis_client.set(stem + key, b"\x80\x04pickle")
    assert server.get("/v1/users/612?reasons=1").json()["tier"] == "popular"
    assert server.get("/v1/items?id=1").json()["items"] == {}
    assert server.get("/v1/users/612/history").json()["history"] == []


def test_nothing_published(redis_client: redis.Redis, redis_server: str) -> None:
    redis_client.flushall()
    with running(create_app(Readers.at(redis_server), ServeSettings())) as client:
        assert client.get("/v1/users/1").json()["type"] == "/docs#no-publication"
        assert client.get("/v1/versions").json() == {"scenes": []}
        assert "not published" in client.get("/readyz").json()["detail"]
        assert client.get("/metrics").status == 200


def test_no_redis() -> None:
    with running(create_app(Readers.at("redis://:secret@127.0.0.1:1/0"), ServeSettings())) as client:
        for path, kind in [("/v1/users/1", "unavailable"), ("/v1/versions", "unavailable"), ("/readyz", "not-ready")]:
            reply = client.get(path)
            assert (reply.status, reply.json()["type"]) == (503, f"/docs#{kind}")
            assert "redis://127.0.0.1:1/0" in reply.json()["detail"]
            assert b"secret" not in reply.body
        assert client.get("/metrics").status == 200
        assert client.get("/").status == 200
