from __future__ import annotations

import datetime as dt
import os
import shlex
import subprocess
import sys
from pathlib import Path

import jinja2
import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG, Context
from airflow.sdk.exceptions import ParamValidationError

from dags.predawn import HISTORY, WAIT, build_dag, build_dags
from jobs.dataset import DataSet
from jobs.errors import UsageError
from jobs.graph import Graph
from jobs.overlay import CHECKOUT, data_sets, merged_toml
from tests.dags.render import EXPECTED, commands, interval_of_run, page, scheduled_intervals, template

DATA_SETS = data_sets()


def dag_of(data: str, **environment: str) -> DAG:
    return build_dags({"PREDAWN_DAGS": data, **environment})[f"predawn_{data}"]


def graph_of(data: str) -> Graph:
    overlay = merged_toml(data)
    shown = any(kind["role"] == "exposure" for kind in overlay["data"]["events"]["types"].values())
    return Graph(overlay["recall"]["channels"], overlay["products"]["enabled"], False, shown)


def dag_in_zone(zone: str, first_day: dt.date, **environment: str) -> DAG:
    overlay = merged_toml("world")
    data = DataSet.model_validate(overlay["data"] | {"time_zone": zone, "first_day": first_day})
    return build_dag(data, graph_of("world"), {"PREDAWN_DAG_START": str(first_day), **environment})


def day_of(command: str) -> str:
    return command.rpartition(" --date ")[2]


def test_the_dag_folder_loads_in_airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in [name for name in os.environ if name.startswith("PREDAWN_")]:
        monkeypatch.delenv(variable)
    bag = DagBag(dag_folder=CHECKOUT / "dags")
    assert bag.import_errors == {}
    assert sorted(bag.dags) == [f"predawn_{data}" for data in DATA_SETS]


def test_the_dag_file_loads_no_library_of_the_pipeline(tmp_path: Path) -> None:
    """As Airflow loads it: by its path, here a symbolic link, from anywhere, without the checkout on the path."""
    link = tmp_path / "linked.py"
    link.symlink_to(CHECKOUT / "dags" / "predawn.py")
    code = (
        "import runpy, sys\n"
        f"assert runpy.run_path({str(link)!r})['predawn_world'].tasks\n"
        "heavy = {'pyspark', 'pandas', 'numpy', 'pyarrow', 'implicit', 'lightgbm', 'sklearn', 'scipy'}\n"
        "sys.exit(', '.join(sorted(heavy & sys.modules.keys())) or None)\n"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PREDAWN_")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("data", DATA_SETS)
def test_edges_are_those_of_the_graph_below_one_root(data: str) -> None:
    dag, graph = dag_of(data), graph_of(data)
    edges = {(task.task_id, downstream) for task in dag.tasks for downstream in task.downstream_task_ids}
    first = {job.name for job in graph.jobs} - {downstream for _, downstream in graph.edges}
    assert edges == graph.edges | {(HISTORY, name) for name in first} | {(WAIT, HISTORY)}
    assert [task.task_id for task in dag.roots] == [WAIT]
    assert dag.task_ids == [WAIT, HISTORY, *(job.name for job in graph.jobs)]


def test_a_variant_is_one_task_after_the_night() -> None:
    overlay, graph = merged_toml("world"), graph_of("world")
    dag = build_dag(DataSet.model_validate(overlay["data"]), graph, {}, ["b", "c"])
    assert template(dag, "variant_b").startswith(".venv/bin/python -m jobs backfill --variant b --data world --date ")
    assert dag.get_task("variant_c").upstream_task_ids == {
        *("publish_lists", "replay_lists", "build_context_features", "train_clicks")
    }


@pytest.mark.parametrize("data", DATA_SETS)
def test_commands_are_the_expected_ones(data: str) -> None:
    dag = dag_of(data)
    expected = EXPECTED / f"{dag.dag_id}.txt"
    assert page(dag) == expected.read_text(encoding="utf-8"), "if this is meant: python -m tests.dags.render"


def test_every_expectation_is_of_a_data_set() -> None:
    assert {path.stem for path in EXPECTED.iterdir()} == {f"predawn_{data}" for data in DATA_SETS}


def test_every_command_is_one_that_the_program_knows() -> None:
    from jobs.__main__ import parser

    dag = dag_of("world")
    for task_id, command in commands(dag, interval_of_run(dag, dt.date(2026, 1, 3))).items():
        python, _, module, *arguments = shlex.split(command)
        assert (python, module) == (".venv/bin/python", "jobs")
        parsed = parser().parse_args(arguments)
        assert (parsed.data, parsed.date) == ("world", "2026-01-02")
        assert getattr(parsed, "job", {"wait": WAIT, "backfill": HISTORY}.get(parsed.command)) == task_id


def test_a_triggered_run_can_let_failures_through_and_nothing_else() -> None:
    dag, interval = dag_of("world"), interval_of_run(dag_of("world"), dt.date(2026, 1, 3))
    plain, asked = commands(dag, interval), commands(dag, interval, accept="volume,mix")
    changed = {task_id: command for task_id, command in asked.items() if command != plain[task_id]}
    assert {*changed} == {"open_gates", "open_feature_gates"}
    assert all(" --accept 'volume,mix' " in command for command in changed.values())
    for wrong in ("volumes", "volume;reboot", "volume mix", "'"):
        with pytest.raises(ParamValidationError):
            commands(dag, interval, accept=wrong)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_the_run_at_three_builds_the_day_before(zone: str) -> None:
    dag = dag_in_zone(zone, dt.date(2017, 1, 1))
    rendered = commands(dag, interval_of_run(dag, dt.date(2017, 12, 2)))
    assert {day_of(command) for command in rendered.values()} == {"2017-12-01"}
    just_before = commands(dag, interval_of_run(dag, dt.date(2017, 12, 2), dt.time(2, 59)))
    assert {day_of(command) for command in just_before.values()} == {"2017-11-30"}


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo", "Asia/Amman", "Africa/Cairo"])
@pytest.mark.parametrize("around", [dt.date(2026, 3, 29), dt.date(2026, 10, 25), dt.date(2017, 3, 31)])
def test_every_day_is_built_once_across_clock_changes(zone: str, around: dt.date) -> None:
    first = around - dt.timedelta(20)
    dag = dag_in_zone(zone, first)
    for age, interval in enumerate(scheduled_intervals(dag, 40)):
        day = first + dt.timedelta(age)
        assert day_of(commands(dag, interval)[HISTORY]) == day.isoformat()
        local = interval.end.in_timezone(zone)
        assert (local.date(), local.hour) == (day + dt.timedelta(1), 3)


def test_start_and_end_bound_the_data_days() -> None:
    shanghai = dag_in_zone("Asia/Shanghai", dt.date(2022, 4, 28), PREDAWN_DAG_END="2022-04-30")
    days = [day_of(commands(shanghai, interval)[HISTORY]) for interval in scheduled_intervals(shanghai, 9)]
    assert days == ["2022-04-28", "2022-04-29", "2022-04-30"]


def test_nothing_is_caught_up_unless_a_start_is_given() -> None:
    assert not dag_of("kuairand").catchup
    assert dag_of("kuairand").start_date == dt.datetime.fromisoformat("2022-04-25T00:00+08:00")
    assert dag_of("kuairand", PREDAWN_DAG_START="2022-04-29").catchup
    assert dag_of("kuairand").max_active_runs == 1


def test_the_environment_names_python_and_the_number_of_tasks() -> None:
    dag = dag_of("world", PREDAWN_PYTHON="/opt/my env/bin/python", PREDAWN_DAG_TASKS="8")
    assert template(dag, "load_items").startswith("'/opt/my env/bin/python' -m jobs run load_items ")
    assert (dag.max_active_tasks, dag_of("world").max_active_tasks) == (8, 2)


def test_an_unknown_data_set_is_named() -> None:
    with pytest.raises(UsageError, match=r"'nope'.*completejourney"):
        build_dags({"PREDAWN_DAGS": "world, nope"})


def test_a_run_without_a_data_interval_fails_instead_of_guessing() -> None:
    dag = dag_of("world")
    with pytest.raises(jinja2.UndefinedError, match="data_interval_start"):
        dag.get_task("load_items").render_template(template(dag, "load_items"), Context(), dag.get_template_env())
