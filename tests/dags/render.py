"""What Airflow would run, command by command, without running it.

After a change of jobs/graph.py or dags/predawn.py, write the expectations anew and read their diff:

    .venv/bin/python -m tests.dags.render
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import jinja2
import pendulum
from airflow.sdk import DAG
from airflow.serialization.encoders import coerce_to_core_timetable
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable

from dags.predawn import build_dags

EXPECTED = Path(__file__).parent / "expected"
RUN_AT = dt.datetime(2017, 12, 2, 3)  # in the data set's zone: the night that builds 2017-12-01


def timetable(dag: DAG) -> Timetable:
    """The scheduler's own half of a DAG's timetable."""
    return coerce_to_core_timetable(dag.timetable)


def interval_of_run(dag: DAG, run_at: dt.datetime) -> DataInterval:
    """The data interval of the run at a naive local time of the DAG's zone."""
    return timetable(dag).infer_manual_data_interval(run_after=pendulum.instance(run_at, tz=dag.timezone))


def scheduled_runs(dag: DAG, count: int) -> list[DagRunInfo]:
    """The first runs that the scheduler makes of a DAG that catches up; fewer when the DAG ends before."""
    runs: list[DagRunInfo] = []
    restriction = TimeRestriction(earliest=dag.start_date, latest=dag.end_date, catchup=True)
    while len(runs) < count:
        last = runs[-1].data_interval if runs else None
        run = timetable(dag).next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
        if run is None:
            break
        runs.append(run)
    return runs


def commands(dag: DAG, interval: DataInterval) -> dict[str, str]:
    """Task id -> command line. Raises jinja2.UndefinedError where a template names what a run doesn't have."""
    environment = dag.get_template_env()
    assert environment.undefined is jinja2.StrictUndefined
    # A worker gets its times from the metadata database, in UTC.
    context = {
        "data_interval_start": interval.start.in_timezone("UTC"),
        "data_interval_end": interval.end.in_timezone("UTC"),
    }
    return {task.task_id: task.render_template(task.bash_command, context, environment) for task in dag.tasks}


def page(dag: DAG) -> str:
    """All commands of a DAG's run, one line each, in the order of the graph."""
    rendered = commands(dag, interval_of_run(dag, RUN_AT))
    return "".join(f"{task_id}: {command}\n" for task_id, command in rendered.items())


def main() -> None:
    for path in EXPECTED.glob("*.txt"):
        path.unlink()
    EXPECTED.mkdir(exist_ok=True)
    for dag_id, dag in build_dags({}).items():
        (EXPECTED / f"{dag_id}.txt").write_text(page(dag), encoding="utf-8")


if __name__ == "__main__":
    main()
