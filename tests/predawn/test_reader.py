import pytest
import redis

from predawn import Answer, InvalidId, NoPublication, Products, Publisher, Reader, Reason, Unavailable, UnknownScene
from tests.predawn.support import DAY, FULL, SCENE, FaultyClient, lists_of, publish, version_of


def test_an_answer_names_where_it_comes_from(redis_client: redis.Redis) -> None:
    publish(redis_client)
    assert Reader(client=redis_client).top("user 1", n=2) == Answer(
        user="user 1",
        items=lists_of(version_of())[1][1][:2],
        tier="user",
        scene=SCENE,
        version=version_of(),
        data_day=DAY,
    )


def test_an_unknown_user_gets_the_popular_list(redis_client: redis.Redis) -> None:
    publish(redis_client)
    answer = Reader(client=redis_client).top("nobody")
    assert (answer.tier, answer.items) == ("popular", [f"{version_of()}-popular"])


def test_a_list_shorter_than_n_is_returned_whole(redis_client: redis.Redis) -> None:
    publish(redis_client)
    assert Reader(client=redis_client).top("user 1", n=100).items == lists_of(version_of())[1][1]


@pytest.mark.parametrize("n", [0, -1])
def test_n_below_one(redis_client: redis.Redis, n: int) -> None:
    with pytest.raises(ValueError, match=f"n is {n}"):
        Reader(client=redis_client).top("user 1", n)


@pytest.mark.parametrize("user", ["", "x" * 1025, "\ud800"])
def test_an_id_that_cannot_be_stored_has_no_list(redis_client: redis.Redis, user: str) -> None:
    publish(redis_client)
    assert Reader(client=redis_client).top(user).tier == "popular"


def test_an_id_that_is_no_text(redis_client: redis.Redis) -> None:
    publish(redis_client)
    with pytest.raises(InvalidId, match="int"):
        Reader(client=redis_client).top(1364)  # type: ignore[arg-type]


def test_the_pointer_is_remembered_for_a_while(redis_client: redis.Redis) -> None:
    now = 100.0
    reader = Reader(scene=SCENE, client=redis_client, pointer_seconds=5.0)
    reader.lookups.clock = lambda: now
    publish(redis_client)
    assert reader.top("user 1").data_day == DAY
    publish(redis_client, "2017-12-02")
    now = 104.9
    assert reader.top("user 1").data_day == DAY
    now = 105.0
    assert reader.top("user 1").data_day == "2017-12-02"


def test_a_lookup_with_a_remembered_pointer_is_one_request(redis_client: redis.Redis) -> None:
    publish(redis_client)
    counting = FaultyClient(redis_client)
    reader = Reader(client=counting)
    reader.top("user 1")
    before = counting.requests
    reader.top("user 2")
    reader.top("nobody")
    assert counting.requests - before == 2


def test_a_pruned_version_is_left_at_once(redis_client: redis.Redis) -> None:
    publish(redis_client)
    reader = Reader(client=redis_client, pointer_seconds=1e9)
    reader.top("user 1")
    publish(redis_client, "2017-12-02", keep=1)
    assert reader.top("user 1").version == "2017-12-02.a"
    assert reader.top("nobody").version == "2017-12-02.a"


def test_expired_lists_are_told(redis_client: redis.Redis) -> None:
    publish(redis_client)
    redis_client.delete(*redis_client.keys(f"predawn:{SCENE}:{version_of()}:*"))
    with pytest.raises(NoPublication, match="expired"):
        Reader(client=redis_client).top("user 1")


def test_the_scene_may_be_left_out_when_there_is_one(redis_client: redis.Redis) -> None:
    with pytest.raises(NoPublication, match="nothing is published"):
        Reader(client=redis_client).top("user 1")
    publish(redis_client)
    assert Reader(client=redis_client).top("user 1").scene == SCENE
    publish(redis_client, scene="videos")
    with pytest.raises(UnknownScene, match="'groceries', 'videos'"):
        Reader(client=redis_client).top("user 1")
    assert Reader(client=redis_client, scene="videos").top("user 1").scene == "videos"


def test_an_unknown_scene_names_the_known_ones(redis_client: redis.Redis) -> None:
    with pytest.raises(NoPublication, match="'music'"):
        Reader(client=redis_client, scene="music").top("user 1")
    publish(redis_client)
    with pytest.raises(UnknownScene, match=r"'music'.*'groceries'"):
        Reader(client=redis_client, scene="music").top("user 1")


def test_awkward_ids(redis_client: redis.Redis) -> None:
    scene, users = "a:{b} %", ["x:y", "{tag}", "é 中", "a%3Ab", "a:b", "\x00\n", "🎈" * 256]
    lists = [(user, [f"{user},1"[:200], user]) for user in users]
    Publisher(redis_client, scene).publish(DAY, version_of(), Products(lists, ["p,q"]))
    reader = Reader(client=redis_client)
    assert [reader.top(user).items for user in users] == [items for _, items in lists]
    assert reader.top("nobody").items == ["p,q"]


def test_foreign_bytes_in_a_list(redis_client: redis.Redis) -> None:
    publish(redis_client)
    redis_client.set(f"predawn:{SCENE}:{version_of()}:u:user%201", b"\x80\x04pickle")
    assert Reader(client=redis_client).top("user 1").tier == "popular"


def test_the_default_url(redis_server: str, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(redis_client)
    monkeypatch.setenv("REDIS_URL", redis_server)
    assert Reader().top("user 1").scene == SCENE


def test_redis_down() -> None:
    with pytest.raises(Unavailable, match=r"redis://127\.0\.0\.1:1/3") as raised:
        Reader("redis://:secret@127.0.0.1:1/3").top("user 1")
    assert "secret" not in str(raised.value)


def test_a_url_of_something_else_does_not_show_its_password() -> None:
    with pytest.raises(ValueError, match="isn't valid") as raised:
        Reader("http://user:secret@127.0.0.1")
    assert "secret" not in str(raised.value)


@pytest.fixture
def full(redis_client: redis.Redis) -> Reader:
    Publisher(redis_client, SCENE).publish(DAY, version_of(), FULL)
    return Reader(client=redis_client)


def test_tiers(full: Reader) -> None:
    assert full.top("1364").tier == "user"
    answer = full.top("nobody", segment="age=25-34")
    assert (answer.tier, answer.items) == ("segment", ["oats", "milk"])
    assert full.top("nobody", segment="age=99").items == ["milk", "bread", "rice"]
    assert (full.popular().user, full.popular(segment="age=25-34").tier) == (None, "segment")


def test_many_at_once(full: Reader) -> None:
    assert [answer.tier for answer in full.top_many(["1364", "nobody", ""])] == ["user", "popular", "popular"]


def test_similar_items(full: Reader) -> None:
    assert (full.similar("tea").items, full.similar("tea").tier) == (["coffee", "cups"], "item")
    assert full.similar("tea", kind="together").items == ["biscuits"]
    assert (full.similar("milk", kind="together").items, full.similar("milk").tier) == (["bread", "rice"], "item")
    with pytest.raises(ValueError, match="kind"):
        full.similar("tea", kind="near")


def test_reasons(full: Reader) -> None:
    assert full.top("1364").reasons is None
    assert full.top("1364", reasons=True).reasons == [
        Reason(0.25, "buy_again", "milk"),
        Reason(0.125, "als", "tea"),
        Reason(None, "popular"),
        None,
    ]
    assert full.top("nobody", 1, reasons=True).reasons == [None]


def test_what_was_just_seen_is_left_out_and_its_like_blended_in(full: Reader) -> None:
    assert full.top("1364", exclude=["milk"]).items == ["bread", "eggs", "tea"]
    answer = full.top("1364", recent=["tea"], reasons=True)
    assert answer.items == ["milk", "coffee", "bread", "cups", "eggs"]
    assert answer.reasons and answer.reasons[1] == Reason(None, "similar", "tea")


def test_an_answer_is_never_empty(full: Reader) -> None:
    assert full.top("1364", exclude=["milk", "bread", "eggs", "tea"]).items == ["rice"]
    known = ["milk", "bread", "rice", "eggs", "tea", "oats", "coffee", "cups", "cream"]
    assert full.top("1364", exclude=known).items == ["biscuits"]
    assert full.top("1364", exclude=[*known, "biscuits"]).items == ["milk", "bread", "rice"]
