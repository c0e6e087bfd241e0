"""Health, readiness, versions and metrics, over real HTTP."""

import datetime as dt

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from predawn.errors import Unavailable
from tests.predawn.http.support import NOON, SCENE, VERSION, Client, MemorySource, serving


def metrics(client: Client) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    reply = client.get("/metrics")
    assert reply.headers["content-type"].startswith("application/openmetrics-text")
    families = text_string_to_metric_families(reply.body.decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_fresh_lists_are_ready() -> None:
    with serving(MemorySource()) as client:
        assert client.get("/healthz").json() == {"status": "alive"}
        assert client.get("/readyz").json() == {"status": "ready"}


@pytest.mark.parametrize(("hours", "status"), [(47, 200), (48, 200), (49, 503)])
def test_lists_grow_stale_when_nights_are_missed(hours: int, status: int) -> None:
    end_of_data_day = dt.datetime(2017, 12, 2, tzinfo=dt.UTC)
    with serving(MemorySource(), end_of_data_day + dt.timedelta(hours=hours)) as client:
        reply = client.get("/readyz")
        assert reply.status == status
        if status != 200:
            problem = reply.json()
            assert problem["type"] == "/docs#not-ready"
            assert problem["reasons"] == [problem["detail"]]
            for part in (SCENE, "2017-12-01", "2.0 days", "see why the night failed"):
                assert part in problem["detail"]
        # Stale lists are better than none, and the process is fine.
        assert client.get("/v1/users/1").status == 200
        assert client.get("/healthz").status == 200


def test_the_limit_is_a_setting() -> None:
    with serving(MemorySource(), NOON, max_age_days=0.25) as client:
        assert "more than 0.25" in client.get("/readyz").json()["detail"]


@pytest.mark.parametrize(
    ("source", "settings", "reason"),
    [
        (MemorySource(live=None), {}, "no live lists"),
        (MemorySource(), {"scene": "videos"}, "scene 'videos' is not published"),
        (MemorySource(error=Unavailable("no Redis answers at X.")), {}, "no Redis answers at X."),
    ],
)
def test_what_makes_it_unready(source: MemorySource, settings: dict, reason: str) -> None:
    with serving(source, **settings) as client:
        reply = client.get("/readyz")
        assert reply.status == 503
        assert reason in reply.json()["detail"]


def test_versions() -> None:
    with serving(MemorySource()) as client:
        own, variant = client.get("/v1/versions").json()["scenes"]
        assert (own["scene"], own["variant"], own["live"], own["stale"]) == (SCENE, None, VERSION, False)
        assert own["age_seconds"] == 12 * 3600
        assert own["versions"][0]["users"] == 5
        # An experiment that ended doesn't make the server unready.
        assert (variant["variant"], variant["stale"]) == ("b", True)
        assert len(client.get(f"/v1/versions?scene={SCENE}").json()["scenes"]) == 2
        unknown = client.get("/v1/versions?scene=x")
        assert (unknown.status, unknown.json()["type"]) == (404, "/docs#unknown-scene")


def test_metrics_count_by_route_status_and_tier() -> None:
    source = MemorySource()
    with serving(source) as client:
        for user in ("1", "2"):
            client.get(f"/v1/users/{user}")
        client.get("/v1/users/1?n=0")
        client.post("/v1/batch", {"users": ["1", "2", "3"]})
        client.get("/nowhere/1")
        source.error = Unavailable("away.")
        client.get("/v1/popular")
        source.error = None
        found = metrics(client)

    def requests(route: str, status: str, tier: str) -> float | None:
        labels = (("route", route), ("status", status), ("tier", tier))
        return found.get(("predawn_http_requests_total", labels))

    assert requests("/v1/users/{user}", "200", "user") == 2
    assert requests("/v1/users/{user}", "422", "") == 1
    assert requests("/v1/batch", "200", "") == 1
    assert requests("none", "404", "") == 1
    assert requests("/v1/popular", "503", "") == 1
    assert found["predawn_http_answers_total", (("tier", "user"),)] == 5
    assert found["predawn_reader_errors_total", (("error", "Unavailable"),)] == 1
    assert found["predawn_http_request_seconds_count", (("route", "/v1/users/{user}"),)] == 3
    assert found["predawn_http_lists_per_read_sum", ()] == 2


def test_metrics_show_ages_and_the_breaker() -> None:
    source = MemorySource()
    age = ("predawn_lists_age_seconds", (("scene", SCENE), ("variant", ""), ("version", VERSION)))
    with serving(source) as client:
        found = metrics(client)
        assert found[age] == 12 * 3600
        assert found["predawn_reader_breaker_open", ()] == 0
        assert found["predawn_reader_failures_total", ()] == 7
        source.open, source.error = True, Unavailable("away.")
        found = metrics(client)
        assert age not in found
        assert found["predawn_reader_breaker_open", ()] == 1


def test_ids_never_become_labels() -> None:
    with serving(MemorySource()) as client:
        for path in ("/v1/users/jane%40example.org", "/jane", "/v1/items/jane/similar"):
            client.get(path)
        assert b"jane" not in client.get("/metrics").body
