import pytest
import redis

from predawn.connection import address, connect
from predawn.target import DEFAULT_URL, Target

SECRET = "s3cr%3At"


@pytest.mark.parametrize(
    ("url", "kind", "address"),
    [
        (DEFAULT_URL, "single", DEFAULT_URL),
        (f"rediss://me:{SECRET}@db/2", "single", "rediss://db:6379/2"),
        ("unix:///run/redis.sock?db=1", "single", "unix:///run/redis.sock?db=1"),
        (f"redis+cluster://me:{SECRET}@one:7000,two", "cluster", "redis+cluster://one:7000,two:6379"),
        ("rediss+cluster://[::1]:7000", "cluster", "rediss+cluster://::1:7000"),
        (f"redis+sentinel://:{SECRET}@a,b:1/lists/3", "sentinel", "redis+sentinel://a:26379,b:1/lists"),
    ],
)
def test_urls(url: str, kind: str, address: str) -> None:
    target = Target.of(url, {})
    assert (target.kind, target.address) == (kind, address)
    assert "s3cr" not in repr(target)


def test_options_of_a_url_have_the_types_of_the_client() -> None:
    target = Target.of("rediss+sentinel://me:a%40b@s/lists/3?socket_timeout=1.5&ssl_ca_certs=/ca", {})
    assert target.options == {
        "username": "me",
        "password": "a@b",
        "db": 3,
        "socket_timeout": 1.5,
        "ssl": True,
        "ssl_ca_certs": "/ca",
    }
    assert target.sentinel_options == {"ssl": True, "ssl_ca_certs": "/ca"}


def test_the_environment() -> None:
    assert Target.of(None, {}).address == DEFAULT_URL
    assert Target.of(None, {"REDIS_URL": "redis://db"}).address == "redis://db:6379/0"
    sentinels = {"REDIS_SENTINELS": "a:1,b:2", "REDIS_SENTINEL_SERVICE": "lists", "REDIS_SENTINEL_PASSWORD": "p"}
    target = Target.of(None, sentinels)
    assert (target.nodes, target.service, target.sentinel_options) == ((("a", 1), ("b", 2)), "lists", {"password": "p"})
    assert Target.of("redis://db", sentinels).kind == "single"
    with pytest.raises(ValueError, match="REDIS_SENTINELS"):
        Target.of(None, {"REDIS_URL": "redis://db", **sentinels})


def test_secrets_and_certificates_of_the_environment() -> None:
    access = {"REDIS_USERNAME": "me", "REDIS_PASSWORD": "p", "REDIS_CA_FILE": "/ca"}
    assert Target.of("redis://db", access).options == {"username": "me", "password": "p"}
    assert Target.of("rediss://db", access).options["ssl_ca_certs"] == "/ca"
    # What the URL says counts.
    assert Target.of("redis://you:q@db", access).options == {}
    assert Target.of("redis+cluster://you:q@db", access).options == {"username": "you", "password": "q"}


@pytest.mark.parametrize(
    "url",
    ["http://x", "redis+other://x", "redis+cluster://", "redis+sentinel://x:port/y", "redis://x?socket_timeout=a"],
)
def test_what_is_no_url_of_redis_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ValueError, match="isn't valid") as raised:
        Target.of(url.replace("://", f"://me:{SECRET}@"), {})
    assert "s3cr" not in str(raised.value)


def test_addresses_of_clients() -> None:
    assert address(connect("redis://me:secret@db:1/2")) == "redis://db:1/2"
    assert address(connect("rediss://db")) == "rediss://db:6379/0"
    assert address(connect("redis+sentinel://a/lists")) == "redis+sentinel:///lists"
    assert address(redis.Redis(unix_socket_path="/run/x")) == "unix:///run/x?db=0"
