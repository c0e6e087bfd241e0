"""Keys, limits and prefixes, over real HTTP."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from predawn.answers import Answer
from predawn.http.parameters import Options
from tests.predawn.http.support import Client, MemorySource, serving

KEY, OTHER = "correct-horse-battery", "correct-horse-staple-"
OPEN = ("/", "/docs", "/openapi.json", "/healthz", "/readyz", "/static/app.js")
GUARDED = ("/v1/users/1", "/v1/popular", "/v1/versions", "/metrics", "/v1/nowhere")


def test_without_a_key_only_probes_and_the_page_are_open() -> None:
    with serving(MemorySource(), keys=(KEY,)) as client:
        for path in OPEN:
            assert client.get(path).status == 200, path
        for path in GUARDED:
            reply = client.get(path)
            assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer"), path
            assert reply.json()["type"] == "/docs#no-key"


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": f"Bearer {KEY}"}, {"authorization": f"bearer  {OTHER}"}, {"X-API-Key": KEY}],
)
def test_any_of_the_keys_opens(headers: dict[str, str]) -> None:
    with serving(MemorySource(), keys=(KEY, OTHER)) as client:
        assert client.get("/v1/users/1", **headers).status == 200
        assert client.get("/metrics", **headers).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": KEY},
        {"X-API-Key": KEY[:-1]},
        {"X-API-Key": KEY + "x"},
        {"X-API-Key": ""},
        {"X-API-Key": "é"},
        {"Cookie": KEY},
    ],
)
def test_nothing_else_does(headers: dict[str, str]) -> None:
    with serving(MemorySource(), keys=(KEY,)) as client:
        assert client.get("/v1/users/1", **headers).status == 401


@pytest.mark.parametrize("path", ["/%761/users/1", "//v1/users/1", "/v1%2Fusers/1", "/V1/users/1", "/x/../v1/users/1"])
def test_another_spelling_of_a_path_is_no_way_around_the_key(path: str) -> None:
    source = MemorySource()
    with serving(source, keys=(KEY,)) as client:
        assert client.get(path).status in (401, 404)
    assert not source.asked


def test_the_document_says_where_a_key_is_needed() -> None:
    with serving(MemorySource(), keys=(KEY,)) as client:
        described = client.get("/openapi.json").json()
    assert described["paths"]["/v1/popular"]["get"]["security"]
    assert "401" in described["paths"]["/v1/popular"]["get"]["responses"]
    assert "security" not in described["paths"]["/readyz"]["get"]
    assert KEY not in str(described)


def limited(client: Client, requests: int) -> list[int]:
    return [client.get("/v1/users/1").status for _ in range(requests)]


def test_a_client_that_sends_too_much_is_told_when_to_come_again() -> None:
    with serving(MemorySource(), rate=0.01, burst=3) as client:
        assert limited(client, 4) == [200, 200, 200, 429]
        reply = client.get("/v1/users/1")
        assert 90 <= int(reply.headers["retry-after"]) <= 100
        assert reply.json()["type"] == "/docs#rate"
        for path in ("/healthz", "/readyz", "/metrics"):
            assert client.get(path).status == 200, path


def test_wrong_keys_are_limited_too() -> None:
    with serving(MemorySource(), keys=(KEY,), rate=0.01, burst=2) as client:
        assert limited(client, 3) == [401, 401, 429]


def test_behind_a_proxy_that_takes_a_prefix_off() -> None:
    with serving(MemorySource(), keys=(KEY,), root_path="/lists") as client:
        problem = client.get("/v1/users/1").json()
        assert problem["type"] == "/lists/docs#no-key"
        assert client.get("/v1/users/a%2Fb", **{"X-API-Key": KEY}).json()["user"] == "a/b"
        assert client.get("/healthz").status == 200
        assert client.get("/openapi.json").json()["servers"] == [{"url": "/lists"}]


def test_the_page_allows_nothing_from_elsewhere() -> None:
    with serving(MemorySource()) as client:
        for path in ("/", "/docs", "/static/app.js"):
            headers = client.get(path).headers
            assert "default-src 'none'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"


def test_requests_in_flight_are_answered_before_the_server_ends() -> None:
    class Slow(MemorySource):
        async def popular(self, options: Options) -> Answer:
            begun.set()
            await asyncio.sleep(0.5)
            return await super().popular(options)

    begun, source = threading.Event(), Slow()
    with ThreadPoolExecutor() as pool:
        with serving(source) as client:
            reply = pool.submit(client.get, "/v1/popular")
            assert begun.wait(10)
        assert reply.result(10).status == 200
    assert source.closed
