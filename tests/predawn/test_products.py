"""What publications consist of, and that what was written is read back."""

from dataclasses import replace
from typing import Any

import pytest
import redis

from predawn import CodedLists, Products, Publisher, PublishRefused, Reader
from predawn.lists import VersionLists
from predawn.manifest import Tally
from tests.predawn.support import DAY, SCENE, lists_of, publish, version_of


def top(client: redis.Redis, user: str = "user 0") -> list[str]:
    return Reader(scene=SCENE, client=client, pointer_seconds=0).top(user).items


def keys_of(client: redis.Redis, version: str) -> list[bytes]:
    return list(client.scan_iter(f"predawn:{SCENE}:{version}:*"))


def test_verification_reads_every_list_back(redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(redis_client)
    write = VersionLists.write

    def losing(lists: VersionLists, *arguments: Any) -> tuple[Tally, bytes]:
        tally = write(lists, *arguments)
        redis_client.delete(lists.keys.user("user 4321"))
        return tally

    monkeypatch.setattr(VersionLists, "write", losing)
    with pytest.raises(Exception, match="5999 of 6000"):
        publish(redis_client, "2017-12-02", users=6000)
    assert top(redis_client) == lists_of(version_of())[0][1]
    assert keys_of(redis_client, "2017-12-02.a") == []


@pytest.mark.parametrize("key", ["user", "popular"])
def test_verification_compares_bytes(redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    write = VersionLists.write

    def garbling(lists: VersionLists, *arguments: Any) -> tuple[Tally, bytes]:
        tally = write(lists, *arguments)
        redis_client.set(lists.keys.user("user 3") if key == "user" else lists.keys.popular, "garbled")
        return tally

    monkeypatch.setattr(VersionLists, "write", garbling)
    with pytest.raises(Exception, match="nothing went live"):
        publish(redis_client)
    assert redis_client.hget(f"predawn:{SCENE}:catalog", "live") is None


CODED = Products([CodedLists(["u1", "u2"], [b"1,0", b"2"])], ["milk"], items=["milk", "tea", "rice"])


def test_lists_that_the_caller_has_encoded(redis_client: redis.Redis) -> None:
    Publisher(redis_client, SCENE).publish(DAY, version_of(), CODED)
    assert (top(redis_client, "u1"), top(redis_client, "u2")) == (["tea", "milk"], ["rice"])
    assert Publisher(redis_client, SCENE).publish(DAY, version_of(), CODED).refreshed
    # The same bytes would be other lists under another order of the items.
    with pytest.raises(PublishRefused, match="another version"):
        Publisher(redis_client, SCENE).publish(DAY, version_of(), replace(CODED, items=["tea", "milk", "rice"]))
    mixed = [("u0", ["bread"]), *CODED.lists, ("u3", ["milk", "bread"])]
    Publisher(redis_client, SCENE).publish(DAY, version_of(tag="b"), replace(CODED, lists=mixed))
    assert [top(redis_client, f"u{number}")[0] for number in range(4)] == ["bread", "tea", "rice", "milk"]


@pytest.mark.parametrize("value", [b"3", b"01", b"0,,1", b"\xff", b"milk"])
def test_encoded_lists_of_unknown_codes_are_refused(redis_client: redis.Redis, value: bytes) -> None:
    with pytest.raises(PublishRefused, match=r"by the order of Products\.items"):
        Publisher(redis_client, SCENE).publish(DAY, version_of(), replace(CODED, lists=[CodedLists(["u1"], [value])]))
    with pytest.raises(PublishRefused, match=r"2 owners have 1 lists|empty list"):
        lists = [CodedLists(["u1", "u2"], [b"0"])]
        Publisher(redis_client, SCENE).publish(DAY, version_of(), replace(CODED, lists=lists))
    assert redis_client.dbsize() == 0


def test_a_double_outside_the_compared_blocks_is_found(
    redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("predawn.lists.COMPARED_BLOCKS", 1)
    lists = [(f"{number:05d}", ["milk"]) for number in range(4500)]
    Publisher(redis_client, SCENE).publish(DAY, version_of(), Products(lists, ["milk"]))
    with pytest.raises(PublishRefused, match="u:01500 occurs twice"):
        products = Products([*lists, ("01500", ["tea"])], ["milk"])
        Publisher(redis_client, SCENE).publish(DAY, version_of(tag="b"), products)
    assert keys_of(redis_client, version_of(tag="b")) == []
