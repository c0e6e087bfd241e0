"""A variant's run: it builds what differs from the base, shares the rest, and changes nothing of the base's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobs.runtime.runner import Runner, Step
from tests.jobs.runtime.support import dates, day, job_module, land, pairs, remove, runner_at, settle

NIGHT, NEXT = day(6), day(7)
OTHER_FACTORS = {"recall": {"als": {"factors": 8}}}
AFTER = ["judge_ranker", "train_ranker", "rank_candidates", "rank_popular"]
AFTER += ["build_topn", "explain_lists", "publish_lists"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A base that is up to date for NIGHT and NEXT."""
    land(tmp_path / "raw", [day(n) for n in range(9)])
    base = runner_at(tmp_path)
    settle(base, base.plan(dates(NIGHT, NEXT)))
    return tmp_path


def variant(root: Path, overlay: dict[str, Any], **base: Any) -> Runner:
    return runner_at(root, variant="b", variants={"b": overlay}, **base)


def digests(runner: Runner) -> dict[tuple[str, str], str | None]:
    tables = [table for job in runner.graph.jobs for table in job.writes]
    return {(table, ds): runner.store.digest(table, ds) for table in tables for ds in runner.store.days(table)}


def test_only_what_differs_is_built(root: Path) -> None:
    runner = variant(root, OTHER_FACTORS)
    planned = pairs(runner.plan(dates(NEXT)))
    late = [name for name, ds in planned if ds == NEXT]
    assert late == ["recall_als", "merge_candidates", "build_samples", *AFTER, "replay_lists"][: len(late)]
    earlier = {name for name, ds in planned if ds != NEXT}
    assert earlier == {"recall_als", "merge_candidates", "build_samples"}, "label windows with the variant's candidates"


def test_an_overlay_of_the_last_step_builds_the_last_step(root: Path) -> None:
    runner = variant(root, {"rank": {"seed": 5}})
    # The replay judges lists of the variant's own, and of the day before there are none yet.
    assert pairs(runner.plan(dates(NEXT))) == [(name, NEXT) for name in (*AFTER, "replay_lists")]


def test_the_same_settings_are_a_second_publication_of_the_same_lists(root: Path) -> None:
    runner, base = variant(root, {}), runner_at(root)
    assert pairs(runner.plan(dates(NIGHT, NEXT))) == [("publish_lists", NIGHT), ("publish_lists", NEXT)]
    mine, theirs = digests(runner), digests(base)
    assert mine == {key: digest for key, digest in theirs.items() if key[0] != "publications"}


def test_shared_partitions_take_no_room_and_outlive_those_of_the_base(root: Path) -> None:
    runner, base = variant(root, {}), runner_at(root)
    runner.plan(dates(NEXT))
    (mine,), (theirs,) = (r.store.folders("topn", [NEXT]) for r in (runner, base))
    part = "part-00000.parquet"
    assert (mine / part).samefile(theirs / part)
    remove(base, "topn", NEXT)
    assert (mine / part).read_text().startswith("topn from ")


def test_the_base_never_changes(root: Path) -> None:
    before = digests(runner_at(root))
    runner = variant(root, OTHER_FACTORS)
    settle(runner, runner.plan(dates(NIGHT, NEXT)))
    assert digests(runner_at(root)) == before
    assert pairs(runner.plan(dates(NEXT))) == [("publish_lists", NEXT)]


def test_what_the_base_built_from_other_inputs_is_not_taken_over(root: Path) -> None:
    (root / "raw" / "events" / f"ds={NEXT}" / "part-00001.json").write_text("{}\n")
    planned = pairs(variant(root, {}).plan(dates(NEXT)))
    assert ("clean_events", NEXT) in planned and ("build_topn", NEXT) in planned


def test_the_base_catching_up_is_noticed(root: Path) -> None:
    runner = variant(root, {})
    settle(runner, runner.plan(dates(NIGHT, NEXT)))
    (root / "raw" / "events" / f"ds={NEXT}" / "part-00001.json").write_text("{}\n")
    base = runner_at(root)
    settle(base, base.plan(dates(NIGHT, NEXT)))
    assert pairs(runner.plan(dates(NEXT))) == [("publish_lists", NEXT)]
    assert digests(runner)["topn", NEXT] == digests(base)["topn", NEXT]


def test_a_job_whose_inputs_came_out_as_the_bases_is_not_run(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = variant(root, {})
    runner.plan(dates(NEXT))
    remove(runner, "topn", NEXT)
    job_module(monkeypatch, "build_topn", lambda _: pytest.fail("the base has built this"))
    runner.run(Step(runner.graph.job("build_topn"), (NEXT,)))
    assert digests(runner)["topn", NEXT] == digests(runner_at(root))["topn", NEXT]
