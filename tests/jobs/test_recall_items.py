"""A recall job hands its channel what that needs of the directories and the catalogue, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from jobs.interactions import read_catalogue
from jobs.runtime.context import Context
from jobs.runtime.runner import Runner, Step
from tests.jobs.runtime.support import day, put_rows, runner_at

DAY = day(6)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """Rows stand in any order; of i3 the catalogue knows nothing, of bob no city."""
    runner = runner_at(tmp_path, recall={"k": 3, "popular_category": {"k": 1}})
    items: list[dict[str, Any]] = [
        {"item_code": 1, "item_id": "i2", "category_code": 4, "price": 2.5, "age_days": 3.0, "click_rate_28d": 0.5},
        {"item_code": 2, "item_id": "i3"},
        {"item_code": 0, "item_id": "i1", "category_code": 9, "brand_code": 0, "age_days": 20.0},
        {"item_code": 3, "item_id": "i4", "category_code": 9, "brand_code": 1},
    ]
    put_rows(runner, "item_features", DAY, items)
    users = [{"user_code": 1, "user_id": "bob"}, {"user_code": 0, "user_id": "ann", "profile_city": 2.0}]
    put_rows(runner, "user_features", DAY, users)
    names = [{"item_id": "i4", "name": "four"}, {"item_id": "i0", "name": "gone"}, {"item_id": "i2", "name": "two"}]
    put_rows(runner, "items", DAY, names)
    rows = [(0, 0), (0, 3), (1, 1), (1, 3)]
    put_rows(
        runner,
        "interactions",
        DAY,
        [{"user_code": u, "item_code": i, "age": 0, "hours": 1, "weight": 1.0} for u, i in rows],
    )
    return runner


def test_what_the_catalogue_says_in_the_order_of_the_codes(runner: Runner) -> None:
    job = runner.graph.job("recall_content")
    ctx = Context(job, [DAY], runner.config, runner.store, runner.contracts, runner.session, print, {})
    known = read_catalogue(ctx, {"groups", "names", "prices", "ages", "rates", "segments"})
    assert {group: codes.tolist() for group, codes in known.groups.items()} == {
        "category": [9, 4, -1, 9],
        "brand": [0, -1, -1, 1],
    }
    assert known.names is not None and known.names.tolist() == [None, "two", None, "four"]
    assert known.ages is not None and known.ages.tolist() == [20, 3, -1, -1]
    assert known.prices is not None and known.prices.tolist()[1] == 2.5
    assert known.rates is not None and known.rates.tolist()[1] == 0.5
    assert {name: codes.tolist() for name, codes in known.segments.items()} == {
        "age_group": [-1, -1],
        "gender": [-1, -1],
        "city": [2, -1],
    }
    few = read_catalogue(ctx, {"ages"})
    assert (few.groups, few.names, few.segments, few.rates) == ({}, None, {}, None) and few.ages is not None


@pytest.mark.parametrize(("channel", "ann", "bob"), [("popular_category", [], [0]), ("popular", [1], [0])])
def test_a_channel_recalls_by_what_it_needs_and_at_most_its_own_k(
    runner: Runner, channel: str, ann: list[int], bob: list[int]
) -> None:
    """ann took i1 and i4, bob i2 and i4, which is of the category of i1."""
    runner.run(Step(runner.graph.job(f"recall_{channel}"), (DAY,)))
    (folder,) = runner.store.folders(f"recall_{channel}", [DAY])
    rows = pq.read_table(folder / "part-00000.parquet").to_pylist()
    assert [(row["user_code"], row["item_codes"]) for row in rows] == [(0, ann), (1, bob)]
