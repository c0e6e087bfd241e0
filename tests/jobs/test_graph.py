"""The order of the night, the days that its reads mean, and what importing it must not load."""

from __future__ import annotations

import datetime as dt
import itertools
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.facts import Facts
from jobs.errors import UsageError
from jobs.graph import Graph, recall_table
from jobs.job import Job, Read, Windows
from jobs.overlay import CHECKOUT
from jobs.tables import tables
from jobs.tables.clicks import CLICK_MODEL
from jobs.tables.lists import RANKER
from models.products import PRODUCTS
from models.recall import CHANNELS

FACTS = Facts({"impression": "exposure", "click": "positive", "hate": "negative"}, {"click": 1.0}, profile=("city",))
FIRST = dt.date(2026, 1, 1)
CHANNEL_SETS = [tuple(CHANNELS), ("popular",), ("buy_again", "als")]
PRODUCT_SETS = [tuple(PRODUCTS), (), ("similar", "reasons"), ("details",), ("segments", "history")]


def day(number: int) -> dt.date:
    """The day so many days after the first one."""
    return FIRST + dt.timedelta(number)


def windows(history: int = 10, label: int = 3, times: int = 2) -> Windows:
    return Windows(history_days=history, label_days=label, label_windows=times, health_days=4, lateness_days=2)


@pytest.mark.parametrize("channels", CHANNEL_SETS)
def test_a_job_reads_only_what_earlier_jobs_or_earlier_days_have_written(channels: tuple[str, ...]) -> None:
    for products in PRODUCT_SETS:
        written: set[str] = set()
        for job in Graph(channels, products).jobs:
            for read in job.reads:
                assert read.table in written or (not read.same_night and read.table in Graph(channels).producers)
            written |= set(job.writes)


@pytest.mark.parametrize("channels", CHANNEL_SETS)
def test_every_contract_has_exactly_one_writer(channels: tuple[str, ...]) -> None:
    for products in PRODUCT_SETS:
        night = Graph(channels, products)
        written = [table for job in (*night.jobs, *night.on_demand) for table in job.writes]
        assert sorted(written) == sorted([*tables(channels, FACTS, products), RANKER, CLICK_MODEL])


def test_a_product_that_is_switched_off_has_no_job_and_is_not_published() -> None:
    night = {job.name: job for job in Graph(("als",), ("similar",)).jobs}
    assert "find_similar_items" in night and "rank_segments" not in night
    assert {read.table for read in night["publish_lists"].reads if not read.on} == {
        *("topn", "popular_items", "similar_items", "proof", "items", "campaigns")
    }


def test_job_names_are_unique_and_each_has_its_module() -> None:
    jobs = Graph().jobs
    assert len({job.name for job in jobs}) == len(jobs)
    for job in jobs:
        assert (CHECKOUT / f"{job.module.replace('.', '/')}.py").is_file()


def test_edges_are_same_night_reads_only() -> None:
    edges = Graph(("popular",)).edges
    assert ("recall_popular", "merge_candidates") in edges
    assert ("build_samples", "train_ranker") in edges
    assert not any(target == "build_samples" and source == "merge_candidates" for source, target in edges)
    assert {source for source, target in edges if target == "replay_lists"} == {"aggregate_day", "open_gates"}


@pytest.mark.parametrize("channels", CHANNEL_SETS)
def test_whatever_looks_at_the_day_itself_stands_behind_its_gates(channels: tuple[str, ...]) -> None:
    """What a broken day must not reach, though most of it reads nothing of the gates."""
    graph = Graph(channels)
    before = {job.name for job in graph.jobs if job.spans or job.raw} | {"measure_health", "open_gates"}
    assert _upstream(graph, "open_gates") < before
    for job in graph.jobs:
        assert job.name in before or "open_gates" in _upstream(graph, job.name), job.name
    assert {"open_gates", "open_feature_gates"} <= _upstream(graph, "publish_lists")


def _upstream(graph: Graph, name: str) -> set[str]:
    """All jobs of the night that must have ended before a job begins."""
    direct = {source for source, target in graph.edges if target == name}
    return direct.union(*(_upstream(graph, source) for source in direct))


def test_no_edge_goes_in_a_circle_or_against_the_order_of_the_night() -> None:
    order = [job.name for job in Graph().jobs]
    assert all(order.index(source) < order.index(target) for source, target in Graph().edges)


def test_what_is_read_of_an_earlier_day_is_written_before_it_is_read_too() -> None:
    """Jobs are planned in this order, all days of one before the next; of its own earlier days a job needs none."""
    graph = Graph()
    order = [job.name for job in graph.jobs]
    reads = {
        (graph.producers[read.table].name, job.name) for job in graph.jobs for read in job.reads if not read.optional
    }
    assert not [(writer, reader) for writer, reader in reads if order.index(writer) >= order.index(reader)]


def test_a_channel_is_a_job_with_a_table_and_settings_of_its_own() -> None:
    job = Graph(("als",)).job("recall_als")
    assert (job.module, job.channel, job.writes) == ("jobs.recall_items", "als", (recall_table("als"),))
    assert "recall.als" in job.settings


def test_an_unknown_job_names_those_that_exist() -> None:
    with pytest.raises(UsageError, match=r"unknown job 'recal_als': the night has clean_events, .*recall_als"):
        Graph().job("recal_als")


def test_a_read_without_names_is_the_day_itself() -> None:
    assert Read("t").days(day(4), windows(), FIRST) == [day(4)]


def test_a_span_ends_on_the_day_and_is_cut_where_the_source_begins() -> None:
    read = Read("t", span="history_days")
    assert read.days(day(20), windows(history=3), FIRST) == [day(18), day(19), day(20)]
    assert read.days(day(1), windows(history=3), FIRST) == [day(0), day(1)]


def test_the_past_is_the_span_without_the_day() -> None:
    read = Read("t", past="history_days")
    assert read.days(day(20), windows(history=3), FIRST) == [day(18), day(19)]
    assert read.days(day(1), windows(history=3), FIRST) == [day(0)]
    assert read.days(day(0), windows(history=3), FIRST) == []
    assert not read.same_night and Read("t", span="history_days").same_night


def test_a_lag_is_one_earlier_day_or_none() -> None:
    read = Read("t", lag="label_days")
    assert read.days(day(5), windows(label=3), FIRST) == [day(2)]
    assert read.days(day(3), windows(label=3), FIRST) == [day(0)]
    assert read.days(day(2), windows(label=3), FIRST) == []


def test_a_grid_is_the_same_between_two_of_its_days() -> None:
    read = Read("t", step="label_days", times="label_windows")
    assert [read.days(day(n), windows(label=3, times=2), FIRST) for n in range(11)] == [
        *[[]] * 3,
        *[[day(3)]] * 3,
        *[[day(3), day(6)]] * 3,
        *[[day(6), day(9)]] * 2,
    ]


@pytest.mark.parametrize("job", ["judge_ranker", "measure_quality"])
def test_a_ranker_is_judged_on_a_window_after_all_that_it_knows(job: str) -> None:
    """With label windows of 3 days: the lists are of the day before the window, the samples end on it or before."""
    settings = windows(label=3, times=2)
    reads = {read.table: read.days(day(12), settings, FIRST) for read in Graph().job(job).reads}
    assert reads["user_item_daily"] == [day(10), day(11), day(12)]
    assert {days[0] for table, days in reads.items() if table.endswith("features")} == {day(9)}
    assert reads["candidates"] == [day(9)]
    assert reads["samples"] == ([day(9), day(12)] if job == "judge_ranker" else [day(6), day(9)])
    assert reads["proof"] == ([day(3), day(6), day(9)] if job == "judge_ranker" else [day(9)])


SMALL = st.integers(1, 12)


@given(ds=st.integers(0, 400), history=SMALL, label=SMALL, times=st.integers(2, 6))
def test_no_read_looks_ahead_or_before_the_first_day(ds: int, history: int, label: int, times: int) -> None:
    settings = windows(history, label, times)
    for job in Graph().jobs:
        for read in job.reads:
            days = read.days(day(ds), settings, FIRST)
            assert days == sorted(set(days))
            assert all(FIRST <= other <= day(ds) for other in days)


@given(ds=st.integers(0, 400), label=SMALL, times=st.integers(2, 6))
def test_label_windows_lie_side_by_side_behind_what_features_know(ds: int, label: int, times: int) -> None:
    settings, graph = windows(label=label, times=times), Graph()
    grid, proof = graph.job("train_ranker").reads
    assert proof.days(day(ds), settings, FIRST) == grid.days(day(ds), settings, FIRST)[-1:]
    job = graph.job("build_samples")
    labels, shown = (
        next(read for read in job.reads if read.table == t) for t in ("user_item_daily", "exposures_daily")
    )
    assert labels.days(day(ds), settings, FIRST) == shown.days(day(ds), settings, FIRST)
    known = [read for read in job.reads if read not in (labels, shown)]
    covered = []
    for sample in grid.days(day(ds), settings, FIRST):
        assert job.is_due(sample, settings, FIRST), "the ranker reads only samples that are built"
        window = labels.days(sample, settings, FIRST)
        assert len(window) == label
        for read in known:
            assert read.days(sample, settings, FIRST) == [window[0] - dt.timedelta(1)], read.table
        covered.append(window)
    flat = list(itertools.chain(*covered))
    assert flat == [flat[0] + dt.timedelta(n) for n in range(len(flat))] if flat else ds < label
    assert len(covered) == min(times, ds // label)
    assert not flat or flat[-1] > day(ds) - dt.timedelta(label), "the newest whole window is among them"


def test_a_job_with_a_step_is_due_on_its_grid_but_never_on_the_first_day() -> None:
    weekly = Job("j", (), ("t",), every="label_days")
    assert [n for n in range(10) if weekly.is_due(day(n), windows(label=3), FIRST)] == [3, 6, 9]
    daily = Job("j", (), ("t",))
    assert all(daily.is_due(day(n), windows(label=3), FIRST) for n in range(10))


@pytest.mark.parametrize("module", ["jobs.graph", "jobs.tables", "jobs.overlay", "models.recall", "models.rank"])
def test_light_modules_load_no_heavy_library(module: str) -> None:
    heavy = ("pyspark", "pandas", "numpy", "pyarrow", "lightgbm", "sklearn", "implicit", "scipy")
    code = f"import sys, {module}; print(*sorted(set({heavy!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
