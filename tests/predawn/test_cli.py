import datetime as dt
import json
import subprocess
import sys

import pytest
import redis

from predawn import Products, Publisher
from predawn.cli import main
from tests.predawn.support import DAY, FULL, SCENE, lists_of, publish, version_of

DEAD = "redis://:secret@127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def server(redis_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", redis_server)


def test_get_prints_a_header_and_a_line_for_each_item(redis_client: redis.Redis, capsys: pytest.CaptureFixture) -> None:
    publish(redis_client)
    assert main(["get", "user 1", "--n", "2"]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    for part in ("user 1", SCENE, version_of(), DAY, "tier user"):
        assert part in head
    items = lists_of(version_of())[1][1]
    assert [line.split() for line in lines] == [["1", items[0]], ["2", items[1]]]


def test_get_as_json(redis_client: redis.Redis, capsys: pytest.CaptureFixture) -> None:
    publish(redis_client)
    assert main(["get", "nobody", "--scene", SCENE, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "user": "nobody",
        "variant": None,
        "reasons": None,
        "items": [f"{version_of()}-popular"],
        "tier": "popular",
        "scene": SCENE,
        "version": version_of(),
        "data_day": DAY,
    }


def test_status_and_rollback(redis_client: redis.Redis, capsys: pytest.CaptureFixture) -> None:
    publish(redis_client)
    publish(redis_client, "2017-12-02")
    assert main(["rollback"]) == 0
    assert version_of() in capsys.readouterr().out
    assert main(["status"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"live {version_of()}" in lines[0] and SCENE in lines[0]
    assert lines[1].split()[0] == "2017-12-02.a" and lines[2].split()[:2] == ["*", version_of()]
    assert main(["rollback", "--scene", SCENE, "--to", "2017-12-02.a"]) == 0
    assert redis_client.hget(f"predawn:{SCENE}:catalog", "live") == b"2017-12-02.a"


def test_status_tells_what_a_version_holds(redis_client: redis.Redis, capsys: pytest.CaptureFixture) -> None:
    day = (dt.datetime.now(dt.UTC) - dt.timedelta(days=1)).date().isoformat()
    publish(redis_client, day, gate="gates of 9 tables")
    Publisher(redis_client, SCENE, variant="b").publish(DAY, version_of(), FULL)
    assert main(["status"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert f"data day {day}, 1 day ago" in said[0] and "variant b" in said[2]
    assert all(part in said[1] for part in ("ready since ", "5 users", " kB", "gate gates of 9 tables"))
    assert "1 users, 1 with reasons, 2 items with similar ones, 1 items with ones taken together, 1 segments" in said[3]
    assert main(["status", "--json"]) == 0
    states = json.loads(capsys.readouterr().out)
    assert [(state["variant"], state["versions"][0]["manifest"]["users"]) for state in states] == [(None, 5), ("b", 1)]


def test_get_with_every_option(redis_client: redis.Redis, capsys: pytest.CaptureFixture) -> None:
    Publisher(redis_client, SCENE, variant="b").publish(DAY, version_of(), FULL)
    arguments = ["get", "1364", "--scene", SCENE, "--variant", "b", "--version", version_of()]
    assert main([*arguments, "--reasons", "--recent", "tea", "--exclude", "bread"]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert "variant b" in head
    assert lines[:2] == ["   1  milk  0.2500  buy_again because of milk", "   2  coffee  similar because of tea"]
    assert main(["get", "nobody", "--segment", "age=25-34", "--scene", SCENE, "--variant", "b"]) == 0
    assert "tier segment" in capsys.readouterr().out
    assert main(["get", "1364", "--scene", SCENE, "--version", "2017-11-30.a"]) == 1


def test_prune(redis_client: redis.Redis, capsys: pytest.CaptureFixture) -> None:
    for day in (DAY, "2017-12-02"):
        publish(redis_client, day)
    assert main(["prune", "--keep", "1", "--dry-run"]) == 0
    assert f"would remove {version_of()}  ready" in capsys.readouterr().out
    assert main(["prune", "--keep", "1"]) == 0
    assert f"removed {version_of()}" in capsys.readouterr().out
    assert main(["prune", "--keep", "1"]) == 0
    assert "nothing to remove" in capsys.readouterr().out
    assert main(["prune", "--keep", "0"]) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["get", "user 1"],
        ["get", "user 1", "--scene", "music"],
        ["status"],
        ["rollback"],
        ["get", "user 1", "--url", DEAD],
        ["status", "--url", DEAD],
        ["rollback", "--url", DEAD],
    ],
)
@pytest.mark.usefixtures("redis_client")
def test_failures_are_one_sentence_and_status_1(arguments: list[str], capsys: pytest.CaptureFixture) -> None:
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1 and "secret" not in captured.err


@pytest.mark.parametrize(
    "arguments",
    [["get", "user 1", "--n", "0"], ["get", "u", "--url", "http://x"], ["rollback", "--scene", ""]],
)
def test_wrong_requests_are_one_sentence_and_status_2(
    arguments: list[str], redis_client: redis.Redis, capsys: pytest.CaptureFixture
) -> None:
    publish(redis_client)
    assert main(arguments) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("arguments", [[], ["get"], ["unknown"], ["get", "u", "--n", "many"]])
def test_wrong_usage_is_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == 2


def test_control_characters_do_not_reach_the_terminal(redis_client: redis.Redis, capsys: pytest.CaptureFixture) -> None:
    Publisher(redis_client, SCENE).publish(DAY, version_of(), Products([("u", ["\x1b[2J"])], ["x"]))
    assert main(["get", "u"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_the_module_is_the_command(redis_client: redis.Redis) -> None:
    publish(redis_client)
    command = [sys.executable, "-m", "predawn", "get", "user 1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert version_of() in done.stdout
