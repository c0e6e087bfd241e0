import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from examples.local_redis import HOST, LocalRedisError, default_port, main, server_program, start, stop
from tests.redis_fixture import free_port


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    chosen = free_port()
    yield chosen
    stop(chosen, tmp_path, keep_lists=False)


def test_lists_survive_a_restart_by_the_tool(port: int, tmp_path: Path) -> None:
    with redis.Redis.from_url(start(port, tmp_path)) as client:
        client.set("key", "value", ex=1000)
        assert client.config_get("save")["save"] == ""
        assert client.config_get("bind")["bind"].split() == [HOST]
    assert stop(port, tmp_path)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, port))
    with redis.Redis.from_url(start(port, tmp_path)) as client:
        assert client.get("key") == b"value"
        assert client.ttl("key") > 0


def test_starting_twice_and_stopping_twice(port: int, tmp_path: Path) -> None:
    with redis.Redis.from_url(start(port, tmp_path)) as client:
        pid = client.info("server")["process_id"]
        start(port, tmp_path)
        assert client.info("server")["process_id"] == pid
    assert stop(port, tmp_path)
    assert not stop(port, tmp_path)


def test_another_redis_at_the_port_is_left_alone(port: int, tmp_path: Path) -> None:
    start(port, tmp_path)
    for action in (start, stop):
        with pytest.raises(LocalRedisError, match=f"port {port} is taken.*PREDAWN_REDIS_PORT"):
            action(port, tmp_path / "other")
    with redis.Redis(host=HOST, port=port) as client:
        assert client.ping()


def test_another_program_at_the_port(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        assert main(["start", "--port", str(port), "--dir", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert f"port {port} is taken" in error and len(error.splitlines()) == 1


def test_a_pid_file_of_a_dead_server_is_no_obstacle(port: int, tmp_path: Path) -> None:
    (tmp_path / f"redis-{port}.pid").write_text(f"{os.getpid()}\n")
    with redis.Redis.from_url(start(port, tmp_path)) as client:
        assert client.info("server")["process_id"] != os.getpid()


def test_the_command(port: int, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    place = ["--port", str(port), "--dir", str(tmp_path)]
    commands = ("status", "start", "status", "url", "stop", "stop")
    assert [main([command, *place]) for command in commands] == [1, 0, 0, 0, 0, 0]
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == lines[3] == f"redis://{HOST}:{port}/0"


def test_the_port_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREDAWN_REDIS_PORT", "6500")
    assert default_port() == 6500
    monkeypatch.setenv("PREDAWN_REDIS_PORT", "many")
    with pytest.raises(LocalRedisError, match="PREDAWN_REDIS_PORT"):
        default_port()


def test_there_is_a_server_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert os.access(server_program(), os.X_OK)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(LocalRedisError, match="no redis-server"):
        server_program()
