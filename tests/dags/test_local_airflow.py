"""`make airflow`, as far as it goes without starting one."""

from __future__ import annotations

import datetime as dt
import socket
from pathlib import Path

import pytest

from dags.predawn import build_dags
from examples.airflow import environment, free_port, main
from examples.airflow_server import HOST, AirflowServer, LocalAirflowError
from examples.demo import DEMOS
from tests.dags.render import commands, scheduled_intervals


def test_a_taken_port_is_told_with_the_remedy() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with pytest.raises(LocalAirflowError, match=f"port {port} is taken.*PREDAWN_AIRFLOW_PORT"):
            free_port({"PREDAWN_AIRFLOW_PORT": port})
    assert free_port({"PREDAWN_AIRFLOW_PORT": port}) == int(port)


@pytest.mark.parametrize("stated", ["http", "0", "70000", "-1"])
def test_a_wrong_port_is_told(stated: str) -> None:
    with pytest.raises(Exception, match="set it to a port number"):
        free_port({"PREDAWN_AIRFLOW_PORT": stated})


@pytest.mark.parametrize("data", list(DEMOS))
def test_its_environment_schedules_the_one_night(data: str) -> None:
    night = DEMOS[data].nights[1]
    (dag,) = build_dags(environment(data, night, "redis://127.0.0.1:1/0")).values()
    (interval,) = scheduled_intervals(dag, 9)
    assert {command.rpartition(" --date ")[2] for command in commands(dag, interval).values()} == {str(night)}


def test_settings_of_another_airflow_do_not_leak_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://production/airflow")
    monkeypatch.setenv("AIRFLOW__API__SSL_CERT", "/etc/cert.pem")
    monkeypatch.setenv("AIRFLOW_CONN_X", "x")
    server = AirflowServer(tmp_path, 8080, environment("world", dt.date(2026, 1, 13), "redis://127.0.0.1:1/0"))
    told = {key: value for key, value in server.environment.items() if key.startswith("AIRFLOW")}
    assert told["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == f"sqlite:///{tmp_path / 'airflow.db'}"
    assert told["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert not {"AIRFLOW__API__SSL_CERT", "AIRFLOW_CONN_X"} & told.keys()


def test_an_unknown_demo_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", "nope"]) == 2
    assert "there is no demo of 'nope'" in capsys.readouterr().err
