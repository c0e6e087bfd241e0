"""One DAG per data set, `predawn_<data>`: one task per job of the night, its edges those of `jobs.graph`.

A night runs at 03:00 of the data set's time zone and builds the day before, which has closed (T-1), once its logs are
complete. Every task is the command line that a person would type, in the checkout, so no library of the pipeline is
loaded here. docs/airflow.md says how to deploy this and what the environment can change.
"""

from __future__ import annotations

import datetime as dt
import os
import shlex
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, CronDataIntervalTimetable, Param

# Airflow puts its DAG folder on the path, not the checkout around it; `resolve` finds that through a symbolic link too.
if (_checkout := str(Path(__file__).resolve().parents[1])) not in sys.path:
    sys.path.insert(0, _checkout)

from features.gates import GATES
from jobs.dataset import DataSet
from jobs.graph import Graph
from jobs.overlay import CHECKOUT, data_sets, merged_toml

SCHEDULE = "0 3 * * *"  # three hours for the day's last log files to land
PYTHON = ".venv/bin/python"  # below the checkout
TASKS_AT_ONCE = 2  # each may start a Spark of its own: two fit one box of 16 GB
RETRIES, RETRY_DELAY = 1, dt.timedelta(minutes=2)
WAIT, HISTORY = "wait_for_logs", "build_history"
GATE_JOBS, GATE_OPTION = ("open_gates", "open_feature_gates"), " --accept '{{ params.accept }}'"
VARIANT = "variant_"


def build_dag(data: DataSet, graph: Graph, environment: Mapping[str, str], variants: Iterable[str] = ()) -> DAG:
    """The night of one data set. environment: where the PREDAWN_ variables of docs/airflow.md are looked up."""
    first, last = environment.get("PREDAWN_DAG_START"), environment.get("PREDAWN_DAG_END")
    start = _midnight(dt.date.fromisoformat(first) if first else data.first_day, data.time_zone)
    end = _midnight(dt.date.fromisoformat(last), data.time_zone).add(days=1) if last else None
    dag = DAG(
        f"predawn_{data.name}",
        schedule=CronDataIntervalTimetable(SCHEDULE, timezone=data.time_zone),
        start_date=start,
        end_date=end,
        catchup=bool(first),
        max_active_runs=1,
        max_active_tasks=int(environment.get("PREDAWN_DAG_TASKS") or TASKS_AT_ONCE),
        default_args={"owner": "predawn", "retries": RETRIES, "retry_delay": RETRY_DELAY},
        tags=["predawn", data.scene],
        params={"accept": _accept()},
        description=f"top-N lists of scene {data.scene}, every night from the logs of the day before",
        doc_md=f"{data.title}.\n\nEach task is one job of `jobs/graph.py`. Day: the business day, in {data.time_zone}, "
        f"on which the data interval begins. `{WAIT}` waits until its raw files are complete. `{HISTORY}` builds "
        "earlier days that the night needs and that are missing or outdated; nearly always there are none.",
    )
    python = shlex.quote(environment.get("PREDAWN_PYTHON") or PYTHON)
    # An interval begins at 03:00 of the business day, which in UTC may still be the day before.
    day = f"--data {data.name} --date {{{{ data_interval_start.in_timezone('{data.time_zone}') | ds }}}}"

    def task(name: str, arguments: str) -> BashOperator:
        return BashOperator(
            task_id=name,
            bash_command=f"{python} -m jobs {arguments} {day}",
            cwd=str(CHECKOUT),
            env={"PYTHONUNBUFFERED": "1"},  # so that a task's log shows its lines as they come
            append_env=True,
            skip_on_exit_code=None,
            do_xcom_push=False,
            dag=dag,
        )

    wait, history = task(WAIT, "wait"), task(HISTORY, "backfill --history")
    wait.set_downstream(history)
    tasks = {job.name: task(job.name, f"run {job.name}" + GATE_OPTION * (job.name in GATE_JOBS)) for job in graph.jobs}
    for upstream, downstream in sorted(graph.edges):
        tasks[upstream].set_downstream(tasks[downstream])
    # After the night, whose partitions a variant shares; it builds what differs.
    ends = [name for name in tasks if name not in {upstream for upstream, _ in graph.edges}]
    for variant in variants:
        task(f"{VARIANT}{variant}", f"backfill --variant {variant}").set_upstream([tasks[name] for name in ends])
    history.set_downstream([tasks[name] for name in tasks if not tasks[name].upstream_task_ids])
    return dag


def _accept() -> Param:
    """What a triggered run lets through. It becomes part of a command line: nothing but names of gates may be in it."""
    name = f"({'|'.join(GATES)})"
    about = f"gates whose failures this run lets through, separated by commas: {', '.join(GATES)}"
    return Param("", description=about, type="string", pattern=f"^({name}(,{name})*)?$")


def _midnight(day: dt.date, zone: str) -> pendulum.DateTime:
    return pendulum.datetime(day.year, day.month, day.day, tz=zone)


def build_dags(environment: Mapping[str, str]) -> dict[str, DAG]:
    """DAG id -> DAG, for the data sets in conf/ or those of PREDAWN_DAGS. Raises UsageError for an unknown one."""
    names = [name.strip() for name in environment.get("PREDAWN_DAGS", "").split(",") if name.strip()]
    dags = {}
    for name in names or data_sets():
        overlay = merged_toml(name)
        judged = bool(overlay["experiments"].get("layers"))
        data = DataSet.model_validate(overlay["data"])
        clicked = bool(overlay["clicks"]["ranker"] and data.events.with_role("exposure"))
        graph = Graph(overlay["recall"]["channels"], overlay["products"]["enabled"], judged, clicked)
        dag = build_dag(data, graph, environment, overlay.get("variants", {}))
        dags[dag.dag_id] = dag
    return dags


globals().update(build_dags(os.environ))
