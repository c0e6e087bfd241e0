"""Routes that give out lists, over real HTTP, from a source in memory."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from predawn.errors import CorruptList, NoPublication, Unavailable, UnknownScene
from predawn.http.parameters import MAX_BODY, Options
from predawn.http.problems import UnknownVersion
from tests.predawn.http.support import SCENE, VERSION, Client, MemorySource, serving


@pytest.fixture(scope="module")
def source() -> MemorySource:
    return MemorySource()


@pytest.fixture(scope="module")
def server(source: MemorySource) -> Iterator[Client]:
    with serving(source) as client:
        yield client


@pytest.fixture(autouse=True)
def calm(source: MemorySource) -> Iterator[None]:
    yield
    source.error = None
    source.asked.clear()


def test_a_users_list(server: Client) -> None:
    reply = server.get("/v1/users/612?n=2")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert reply.headers["cache-control"] == "no-store"
    assert reply.json() == {
        "user": "612",
        "scene": SCENE,
        "variant": None,
        "version": VERSION,
        "data_day": "2017-12-01",
        "tier": "user",
        "items": ["612-0", "612-1"],
    }


AWKWARD = ["a/b", "a:b", "a b", "a+b", "é 中 🎈", "%2F", "a?b=c#d", "\x00\n\x7f", "ÿ" * 512, "users", "..%2f..", "{x}"]


@pytest.mark.parametrize("user", AWKWARD)
def test_any_id_in_the_path(server: Client, user: str) -> None:
    for path, name in [("/v1/users/{}", "user"), ("/v1/items/{}/similar", "item"), ("/v1/users/{}/history", "user")]:
        reply = server.get(path.format(quote(user, safe="")))
        assert reply.status == 200
        assert reply.json()[name] == user


@pytest.mark.parametrize("user", [*AWKWARD, ".", "..", ""])
def test_any_id_in_a_batch(server: Client, user: str) -> None:
    reply = server.post("/v1/batch", {"users": [user, "2"], "n": 1})
    assert [each["user"] for each in reply.json()["answers"]] == [user, "2"]


def test_parameters_reach_the_source(server: Client, source: MemorySource) -> None:
    server.get("/v1/users/1?n=3&exclude=a&exclude=b&recent=c&segment=x%3Dy&variant=v")
    server.get("/v1/items/7/similar?kind=together&exclude=a")
    server.get("/v1/popular?segment=x=y&version=2017-11-30.z")
    server.get("/v1/items?id=a&id=b")
    assert source.asked == [
        (["1"], Options(3, exclude=("a", "b"), recent=("c",), segment="x=y", variant="v")),
        ("7", Options(kind="together", exclude=("a",))),
        (None, Options(segment="x=y", version="2017-11-30.z")),
        (["a", "b"], Options(id=("a", "b"))),
    ]


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/v1/users/1?n=0", 422, "bad-parameter"),
        ("/v1/users/1?n=-3", 422, "bad-parameter"),
        ("/v1/users/1?m=3", 422, "bad-parameter"),
        ("/v1/popular?recent=3", 422, "bad-parameter"),
        ("/v1/users/%ff", 400, "bad-encoding"),
        ("/v1/users/1?exclude=%ff", 400, "bad-encoding"),
        ("/v1/users/", 404, "no-route"),
        ("/v1/users/a/b", 404, "no-route"),
        ("/", 200, None),
        ("/nowhere", 404, "no-route"),
        ("/static/../app.py", 404, "no-route"),
        ("/v1/batch", 405, "method"),
    ],
)
def test_problems_say_what_is_wrong(server: Client, path: str, status: int, kind: str | None) -> None:
    reply = server.get(path)
    assert reply.status == status
    if kind:
        assert reply.headers["content-type"] == "application/problem+json"
        problem = reply.json()
        assert problem["type"] == f"/docs#{kind}"
        assert problem["status"] == status
        assert problem["detail"].endswith(".")
        assert path.startswith(problem["instance"])


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (Unavailable("no Redis answers."), 503, "unavailable"),
        (NoPublication("expired."), 503, "no-publication"),
        (UnknownScene("no scene."), 404, "unknown-scene"),
        (UnknownVersion("not kept."), 404, "unknown-version"),
        (CorruptList("foreign."), 502, "corrupt"),
        (RuntimeError("secret"), 500, "internal"),
    ],
)
def test_what_the_reader_raises(server: Client, source: MemorySource, error: Exception, status: int, kind: str) -> None:
    source.error = error
    for reply in (server.get("/v1/users/1"), server.get("/v1/popular"), server.post("/v1/batch", {"users": ["1"]})):
        assert reply.status == status
        problem: Any = reply.json()
        assert problem["type"] == f"/docs#{kind}"
        assert (problem["detail"] == str(error)) == (kind != "internal")
        assert "secret" not in problem["detail"]
        assert ("retry-after" in reply.headers) == (kind == "unavailable")


def test_a_body_that_is_too_large(server: Client) -> None:
    reply = server.post("/v1/batch", b" " * (MAX_BODY + 1))
    assert (reply.status, reply.json()["type"]) == (413, "/docs#too-large")


def test_head_has_no_body_and_other_methods_are_told_what_there_is(server: Client) -> None:
    head = server.send("/v1/users/1", "HEAD")
    assert (head.status, head.body) == (200, b"")
    reply = server.send("/v1/users/1", "DELETE")
    assert reply.status == 405
    assert "GET" in reply.headers["allow"]


def test_the_servers_scene_holds_unless_another_is_named() -> None:
    source = MemorySource()
    with serving(source, scene="videos") as client:
        assert client.get("/v1/users/1").json()["scene"] == "videos"
        assert client.get("/v1/users/1?scene=music").json()["scene"] == "music"
        assert client.post("/v1/batch", {"users": ["1"]}).json()["answers"][0]["scene"] == "videos"
    assert source.closed
