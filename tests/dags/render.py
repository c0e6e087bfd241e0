"""What Airflow would run, command by command, without running it.

After a change of jobs/graph.py or dags/predawn.py, write the expectations anew and read their diff:

    .venv/bin/python -m tests.dags.render
"""

from __future__ import annotations

import copy
import datetime as dt
from pathlib import Path
from typing import Any

import jinja2
import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG
from airflow.serialization.encoders import coerce_to_core_timetable
from airflow.timetables.base import DataInterval, TimeRestriction, Timetable

from dags.predawn import build_dags

EXPECTED = Path(__file__).parent / "expected"
RUN_ON = dt.date(2017, 12, 2)  # the night that builds 2017-12-01
THREE = dt.time(3)


def timetable(dag: DAG) -> Timetable:
    """The scheduler's own half of a DAG's timetable."""
    return coerce_to_core_timetable(dag.timetable)


def interval_of_run(dag: DAG, day: dt.date, at: dt.time = THREE) -> DataInterval:
    """The data interval of the run on a day at a time of the DAG's zone."""
    run_after = pendulum.instance(dt.datetime.combine(day, at, dag.timezone))
    return timetable(dag).infer_manual_data_interval(run_after=run_after)


def scheduled_intervals(dag: DAG, count: int) -> list[DataInterval]:
    """The data intervals of the first runs that the scheduler makes of a DAG; fewer when the DAG ends before."""
    intervals: list[DataInterval] = []
    first, last = (pendulum.instance(date) if date else None for date in (dag.start_date, dag.end_date))
    restriction = TimeRestriction(earliest=first, latest=last, catchup=True)
    while len(intervals) < count:
        before = intervals[-1] if intervals else None
        run = timetable(dag).next_dagrun_info(last_automated_data_interval=before, restriction=restriction)
        if run is None or run.data_interval is None:
            break
        assert run.run_after == run.data_interval.end
        intervals.append(run.data_interval)
    return intervals


def template(dag: DAG, task_id: str) -> str:
    """A task's command line before it is rendered."""
    task = dag.get_task(task_id)
    assert isinstance(task, BashOperator)
    return str(task.bash_command)


def commands(dag: DAG, interval: DataInterval, **params: str) -> dict[str, str]:
    """Task id -> command line. params: as given in the form of a triggered run.

    Raises jinja2.UndefinedError where a template names what a run doesn't have, ParamValidationError for a wrong param.
    """
    given = copy.deepcopy(dag.params)
    given.update(params)
    environment = dag.get_template_env()
    assert environment.undefined is jinja2.StrictUndefined
    # A worker gets its times from the metadata database, in UTC.
    context: Any = {
        "data_interval_start": interval.start.in_timezone("UTC"),
        "data_interval_end": interval.end.in_timezone("UTC"),
        "params": given,
    }
    return {task.task_id: task.render_template(template(dag, task.task_id), context, environment) for task in dag.tasks}


def page(dag: DAG) -> str:
    """All commands of a DAG's run, one line each, in the order of the graph."""
    rendered = commands(dag, interval_of_run(dag, RUN_ON))
    return "".join(f"{task_id}: {command}\n" for task_id, command in rendered.items())


def main() -> None:
    for path in EXPECTED.glob("*.txt"):
        path.unlink()
    EXPECTED.mkdir(exist_ok=True)
    for dag_id, dag in build_dags({}).items():
        (EXPECTED / f"{dag_id}.txt").write_text(page(dag), encoding="utf-8")


if __name__ == "__main__":
    main()
