"""Ids that nobody expects, numbers that make no sense: each has an answer, and it is the same on both sides."""

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from predawn import InvalidId, Products, Publisher, PublishRefused, Reader, Reason
from predawn.cli import main
from tests.predawn.support import DAY, FULL, POPULAR, SCENE, publish, version_of

AWKWARD = [
    "a b",
    "x:y",
    "u:1:popular",
    "{tag}",
    "a%3Ab",
    "a,b",
    "50%",
    "é 中 🎈",
    "\x00\n\r\t\x7f",
    "../..",
    "*",
    " ",
    "x" * 1024,
    "🎈" * 256,
]
UNSTORABLE = ["", "x" * 1025, "é" * 513, "\ud800"]
ANY_ID = st.text(min_size=1, max_size=30) | st.sampled_from(AWKWARD)


def test_awkward_ids_everywhere(redis_client: redis.Redis) -> None:
    lists = [(user, [item for item in AWKWARD if item != user]) for user in AWKWARD]
    why = [(user, [Reason(0.5, channel, user) for channel in AWKWARD[:12]]) for user in AWKWARD]
    products = Products(lists, AWKWARD, segments=lists, similar=lists, together=lists, why=why)
    scene, variant = "a@b:{c} %", "é/1"
    Publisher(redis_client, scene, variant=variant).publish(DAY, version_of(), products)
    reader = Reader(client=redis_client, variant=variant)
    for user, items in lists:
        answer = reader.top(user, 100, reasons=True)
        assert (answer.tier, answer.items, answer.scene, answer.variant) == ("user", items, scene, variant)
        assert answer.reasons and answer.reasons[:12] == [Reason(0.5, each, user) for each in AWKWARD[:12]]
        assert reader.similar(user, 100).items == reader.similar(user, 100, kind="together").items == items
        assert (reader.popular(100, segment=user).tier, reader.popular(100, segment=user).items) == ("segment", items)
    assert [answer.tier for answer in reader.top_many(AWKWARD)] == ["user"] * len(AWKWARD)
    assert set(reader.top(AWKWARD[0], 100, recent=AWKWARD[:3]).items) == set(AWKWARD[3:])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(st.dictionaries(ANY_ID, st.lists(ANY_ID, min_size=1, max_size=5), min_size=1, max_size=5), ANY_ID)
def test_any_ids_round_trip(redis_client: redis.Redis, lists: dict[str, list[str]], stranger: str) -> None:
    redis_client.flushall()
    publisher = Publisher(redis_client, SCENE)
    publisher.publish(DAY, version_of(), Products(lists.items(), POPULAR))
    reader = Reader(client=redis_client)
    for user, items in lists.items():
        assert reader.top(user).items == items
    assert reader.top(stranger).items == lists.get(stranger, POPULAR)
    assert publisher.publish(DAY, version_of(), Products(lists.items(), POPULAR)).refreshed


@pytest.mark.parametrize("name", UNSTORABLE)
def test_ids_that_cannot_be_stored_have_nothing(redis_client: redis.Redis, name: str) -> None:
    Publisher(redis_client, SCENE).publish(DAY, version_of(), FULL)
    reader = Reader(client=redis_client)
    assert reader.top(name, segment=name, recent=[name], exclude=[name], reasons=True).items == [
        "milk",
        "bread",
        "rice",
    ]
    assert (reader.similar(name).tier, reader.features(name), reader.vector(name)) == ("popular", None, None)
    for products in (
        Products([(name, ["milk"])], POPULAR),
        Products([("user", [name])], POPULAR),
        Products([("user", ["milk"])], [name]),
        Products([("user", ["milk"])], POPULAR, similar=[(name, ["milk"])]),
    ):
        with pytest.raises(InvalidId):
            Publisher(redis_client, SCENE).publish(DAY, version_of(tag="b"), products)
    assert reader.top("1364").version == version_of()
    assert redis_client.keys(f"*{version_of(tag='b')}*") == []


@pytest.mark.parametrize("name", [1364, None, b"1364", 1.5])
def test_what_is_no_string_is_named(redis_client: redis.Redis, name: object) -> None:
    publish(redis_client)
    kind = type(name).__name__
    with pytest.raises(InvalidId, match=kind):
        Reader(client=redis_client).top(name)  # type: ignore[arg-type]
    for lists in ([(name, ["milk"])], [("user", [name])]):
        with pytest.raises(InvalidId, match=kind):
            Publisher(redis_client, SCENE).publish(DAY, version_of(tag="b"), Products(lists, POPULAR))  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [0, -1, -(10**30), 1.5, "3", None])
def test_n_that_is_no_number_of_items(redis_client: redis.Redis, n: object) -> None:
    publish(redis_client)
    with pytest.raises(ValueError, match="n is"):
        Reader(client=redis_client).top("user 1", n)  # type: ignore[arg-type]


def test_a_huge_n_is_the_whole_list(redis_client: redis.Redis) -> None:
    publish(redis_client)
    reader = Reader(client=redis_client)
    assert reader.top("user 1", 10**30).items == reader.top("user 1", 3).items


@pytest.mark.parametrize("option", ["exclude", "recent"])
def test_a_single_id_is_no_list(redis_client: redis.Redis, option: str) -> None:
    publish(redis_client)
    with pytest.raises(ValueError, match="wrap"):
        Reader(client=redis_client).top("user 1", **{option: "milk"})  # type: ignore[arg-type]


def test_far_too_many_recent_and_excluded_items(redis_client: redis.Redis) -> None:
    Publisher(redis_client, SCENE).publish(DAY, version_of(), FULL)
    many = [str(number) for number in range(20_000)]
    reader = Reader(client=redis_client)
    assert reader.top("1364", recent=["tea", *many], exclude=many).items[:2] == ["milk", "coffee"]
    assert len(reader.top_many(many)) == 20_000


def test_a_contradiction_within_a_publication(redis_client: redis.Redis) -> None:
    publisher = Publisher(redis_client, SCENE)
    lists = [("user", ["milk"])]
    for products, said in (
        (Products(lists, POPULAR, similar=[("milk", [])]), "similar 'milk' has an empty list"),
        (Products([*lists, ("user", ["bread"])], POPULAR), "user 'user' occurs twice"),
        (Products(lists, POPULAR, segments=[("a=b", ["milk"]), ("a=b", ["milk"])]), "twice"),
    ):
        with pytest.raises(PublishRefused, match=said):
            publisher.publish(DAY, version_of(), products)
        assert redis_client.keys("*:u:*") == []


def test_the_command_shows_no_control_characters(
    redis_client: redis.Redis, redis_server: str, capsys: pytest.CaptureFixture
) -> None:
    lists = [("\x1b[2J", ["\x1b]0;x\x07", "é"])]
    products = Products(lists, ["x"], why=[("\x1b[2J", [Reason(1.0, "\x1b", "\x1b[0m")])])
    Publisher(redis_client, "\x1b", variant="\x1b").publish(DAY, version_of(), products, gate="\x1b[2J")
    named = ["--scene", "\x1b", "--variant", "\x1b", "--url", redis_server]
    for command in (["get", "\x1b[2J", "--reasons", *named], ["status", "--url", redis_server], ["prune", *named]):
        assert main(command) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said and "é" in said
