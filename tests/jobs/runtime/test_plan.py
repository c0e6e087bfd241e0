"""What a backfill decides to run: everything that is needed and missing or stale, in order, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.runtime.inputs import input_days
from jobs.runtime.runner import Runner, Step
from tests.jobs.runtime.support import dates, day, land, pairs, remove, runner_at, settle

NIGHT = day(6)
NEXT = day(7)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    land(tmp_path / "raw", [day(n) for n in range(9)])
    return tmp_path


@pytest.fixture
def settled(root: Path) -> Runner:
    """A runner whose store is up to date for NIGHT and NEXT."""
    runner = runner_at(root)
    settle(runner, runner.plan(dates(NIGHT, NEXT)))
    return runner


def inputs(runner: Runner, name: str, ds: str) -> Iterator[tuple[str, str]]:
    """(job, day) of whatever a job can't do without."""
    job = runner.graph.job(name)
    for read in job.reads:
        if not read.optional:
            for other in input_days(read, [ds], runner.config):
                yield runner.graph.producers[read.table].name, other


def test_a_fresh_store_gets_every_job_of_the_night_and_what_it_needs_in_an_order_that_works(root: Path) -> None:
    runner = runner_at(root)
    planned = pairs(runner.plan(dates(NIGHT)))
    assert len(set(planned)) == len(planned)
    done: set[tuple[str, str]] = set()
    for name, ds in planned:
        assert set(inputs(runner, name, ds)) <= done, (name, ds)
        done.add((name, ds))
    assert {name for name, ds in planned if ds == NIGHT} == {job.name for job in runner.graph.jobs}
    needed = {("clean_events", day(n)) for n in range(2, 7)} | {("build_samples", day(5)), ("merge_candidates", day(4))}
    assert needed <= done, "two label windows, features as of the day before, a history of three days"
    assert not [pair for pair in planned if pair[1] < day(2)]
    alone = {"train_ranker", "rank_candidates", "build_topn", "publish_lists", "replay_lists"}
    assert not [pair for pair in planned if pair[0] in alone and pair[1] != NIGHT]


SPANNING = ("clean_events", "aggregate_day", "count_day", "follow_exposures")


def test_a_job_that_spans_days_is_one_step(root: Path) -> None:
    steps = runner_at(root).plan(dates(NIGHT))
    spans = [step for step in steps if step.job.spans]
    assert [(step.job.name, step.days) for step in spans] == [
        *((name, tuple(day(n) for n in range(2, 7))) for name in SPANNING),
        ("profile_events", tuple(day(n) for n in range(3, 7))),
    ]
    assert spans[0].label == f"clean_events {day(2)} .. {NIGHT}"
    assert all(len(step.days) == 1 for step in steps if not step.job.spans)


def test_what_is_up_to_date_is_left_alone_but_lists_are_published(settled: Runner) -> None:
    assert pairs(settled.plan(dates(NEXT))) == [("publish_lists", NEXT)]
    assert pairs(settled.plan(dates(NIGHT, NEXT))) == [("publish_lists", NIGHT), ("publish_lists", NEXT)]


def test_the_night_after_builds_its_own_day_only(settled: Runner) -> None:
    planned = pairs(settled.plan(dates(day(8))))
    assert {ds for _, ds in planned} == {day(8)}
    assert {name for name, _ in planned} == {job.name for job in settled.graph.jobs}


def test_a_rebuild_runs_all_jobs_of_the_days_and_no_earlier_ones(settled: Runner) -> None:
    planned = pairs(settled.plan(dates(NEXT), rebuild=True))
    assert planned == [(job.name, NEXT) for job in settled.graph.jobs]


@pytest.mark.parametrize(
    ("table", "rebuilt"),
    [
        ("replay_metrics", ["publish_lists", "replay_lists"]),
        ("topn", ["build_topn", "explain_lists", "publish_lists"]),
        ("ranker", ["train_ranker", "rank_candidates", "build_topn", "explain_lists", "publish_lists"]),
        ("items", None),
        ("rejects", None),
    ],
)
def test_a_missing_partition_is_built_with_all_that_follows_from_it(
    settled: Runner, table: str, rebuilt: list[str] | None
) -> None:
    """None: most of the night follows, which is asked of the graph."""
    remove(settled, table, NEXT)
    planned = settle(settled, settled.plan(dates(NEXT)))
    expected = followers(settled, table) if rebuilt is None else rebuilt
    assert planned == [(name, NEXT) for name in expected]
    assert pairs(settled.plan(dates(NEXT))) == [("publish_lists", NEXT)]


def followers(runner: Runner, table: str) -> list[str]:
    """The job that writes a table and those of the same night that read what it wrote, and so on."""
    found = [runner.graph.producers[table].name]
    for job in runner.graph.jobs:
        sources = {runner.graph.producers[read.table].name for read in job.reads if read.same_night}
        if sources & {*found} and job.name not in found:
            found.append(job.name)
    return found


def test_gates_that_open_anew_make_nothing_stale_but_the_publication(settled: Runner) -> None:
    """Letting a failure through says so in `gates`; features and lists are the same bytes, so they stay."""
    staged = settled.store.stage("gates")
    (staged / "part-00000.parquet").write_text("a failure was accepted")
    manifest = settled.store.manifest("gates", NEXT) or {}
    settled.store.commit("gates", NEXT, staged, {key: manifest[key] for key in ("built_from", "inputs")})
    assert pairs(settled.plan(dates(NEXT))) == [("publish_lists", NEXT)]


def test_earlier_days_that_a_night_merely_needs_pass_no_gates(root: Path) -> None:
    gates = {"measure_health", "open_gates", "measure_drift", "open_feature_gates"}
    planned = pairs(runner_at(root).plan(dates(NIGHT)))
    assert {(name, ds) for name, ds in planned if name in gates} == {(name, NIGHT) for name in gates}
    assert ("build_user_features", day(4)) in planned
    assert [ds for name, ds in planned if name == "profile_events"] == [day(n) for n in range(3, 7)]


def test_a_missing_earlier_day_makes_all_that_read_it_stale(settled: Runner) -> None:
    remove(settled, "samples", NIGHT)
    after = ["judge_ranker", "train_ranker", "rank_candidates", "rank_popular"]
    after += ["build_topn", "explain_lists", "publish_lists"]
    assert pairs(settled.plan(dates(NEXT))) == [("build_samples", NIGHT), *((name, NEXT) for name in after)]


def test_a_changed_setting_makes_its_jobs_and_their_dependants_stale(settled: Runner, root: Path) -> None:
    other = runner_at(root, recall={"als": {"factors": 8}})
    planned = pairs(other.plan(dates(NEXT)))
    built = [day(n) for n in range(5, 8)]
    assert [ds for name, ds in planned if name == "recall_als"] == built
    assert [ds for name, ds in planned if name == "merge_candidates"] == built
    assert [ds for name, ds in planned if name == "build_samples"] == [NIGHT, NEXT]
    untouched = ("clean_events", "summarise_history", "recall_popular", "build_item_features", "rank_shared")
    assert not [pair for pair in planned if pair[0] in untouched]
    settle(other, other.plan(dates(NEXT)))
    assert pairs(other.plan(dates(NEXT))) == [("publish_lists", NEXT)]
    assert ("recall_als", NEXT) in pairs(settled.plan(dates(NEXT))), "back again is another change"


def test_a_new_delivery_makes_its_day_and_its_dependants_stale(settled: Runner, root: Path) -> None:
    (root / "raw" / "events" / f"ds={NIGHT}" / "part-00001.json").write_text("{}\n")
    planned = pairs(settled.plan(dates(NEXT)))
    # What it brought may be delivered again the day after.
    assert [ds for name, ds in planned if name == "clean_events"] == [NIGHT, NEXT]
    assert [ds for name, ds in planned if name == "summarise_history"] == [NIGHT, NEXT]
    assert ("build_samples", NIGHT) in planned and ("build_topn", NEXT) in planned
    assert not [pair for pair in planned if pair[1] < NIGHT or pair[0] in ("load_items", "load_users")]


def test_a_new_snapshot_concerns_the_days_from_it_on(settled: Runner, root: Path) -> None:
    land_items = root / "raw" / "items" / f"ds={NEXT}"
    land_items.mkdir()
    for name in ("part-00000.json", "_SUCCESS"):
        (land_items / name).touch()
    planned = pairs(settled.plan(dates(NIGHT, NEXT)))
    assert [ds for name, ds in planned if name in ("load_items", "build_item_features")] == [NEXT, NEXT]
    assert not {("load_users", NEXT), ("summarise_history", NEXT)} & set(planned)


def test_history_leaves_the_days_themselves_out(root: Path) -> None:
    runner = runner_at(root)
    whole = pairs(runner.plan(dates(NIGHT)))
    steps = runner.plan(dates(NIGHT), history_only=True)
    assert pairs(steps) == [pair for pair in whole if pair[1] != NIGHT]
    settle(runner, steps)
    assert runner.plan(dates(NIGHT), history_only=True) == []
    assert pairs(runner.plan(dates(NIGHT))) == [pair for pair in whole if pair[1] == NIGHT]


@pytest.mark.usefixtures("settled")
def test_other_lists_are_replayed_anew(root: Path) -> None:
    """The replay may do without the lists of the day before, but those that stand are part of what it says."""
    other = runner_at(root, topn={"n": 7})
    planned = settle(other, other.plan(dates(NIGHT, NEXT)))
    assert ("build_topn", NIGHT) in planned and ("replay_lists", NEXT) in planned
    assert pairs(other.plan(dates(NIGHT, NEXT))) == [("publish_lists", NIGHT), ("publish_lists", NEXT)]


def test_a_job_with_a_step_runs_on_its_grid_only(root: Path) -> None:
    runner = runner_at(root, windows={"label_days": 2})
    planned = pairs(runner.plan(dates(NEXT)))
    assert [ds for name, ds in planned if name == "build_samples"] == [day(4), day(6)]
    assert {ds for name, ds in planned if name == "merge_candidates"} == {day(2), day(4), NEXT}


def test_what_a_job_on_demand_needs_is_built_and_nothing_else(root: Path) -> None:
    """The lists of the day before the label window, and what happened in it; no gates, nothing published."""
    runner = runner_at(root)
    job = runner.graph.job("measure_quality")
    steps = runner.plan(dates(NEXT), only=job)
    planned = settle(runner, steps)
    assert ("build_topn", NIGHT) in planned and ("aggregate_day", NEXT) in planned
    assert not {"open_gates", "publish_lists", "replay_lists"} & {name for name, _ in planned}
    assert not [pair for pair in planned if pair[1] == NEXT and pair[0] not in ("clean_events", "aggregate_day")]
    assert runner.plan(dates(NEXT), only=job) == []
    assert not runner.prints.is_current(job, NEXT)
    settle(runner, [Step(job, (NEXT,))])
    assert runner.prints.is_current(job, NEXT)


def test_the_first_days_need_nothing_from_before_the_source_begins(root: Path) -> None:
    planned = pairs(runner_at(root).plan(dates(day(0), day(1))))
    assert {ds for _, ds in planned} == {day(0), day(1)}
    assert ("build_samples", day(0)) not in planned and ("build_samples", day(1)) in planned
