"""What a job may read and write, and that it sees nothing else."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from jobs.errors import ContractBroken, MissingPartition, RunError
from jobs.job import Job, Read
from jobs.runtime.context import Context
from jobs.runtime.runner import Runner
from tests.jobs.runtime.support import day, put_rows, runner_at

DAY = day(6)
ITEM = {"item_id": "i1", "name": "one", "price": 2.0}
POPULAR = {"rank": 1, "item_id": "i1", "item_code": 0, "score": 1.0}


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return runner_at(tmp_path)


def context(runner: Runner, job: Job, *days: str, said: list[str] | None = None) -> Context:
    def no_session() -> None:
        raise AssertionError("this job has no use for Spark")

    say = (said if said is not None else []).append
    return Context(job, days or (DAY,), runner.config, runner.store, runner.contracts, no_session, say, {})  # type: ignore[arg-type]


def reading(*reads: Read) -> Job:
    return Job("some_job", reads, ("popular_items",))


def popular(*rows: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist([{"ds": DAY, **row} for row in rows])


def test_the_days_of_a_table_are_read_in_order_as_one(runner: Runner) -> None:
    for number in (6, 4, 5, 3):
        put_rows(runner, "items", day(number), [{**ITEM, "item_id": f"i{number}"}])
    ctx = context(runner, reading(Read("items", span="history_days")))
    assert ctx.inputs("items") == [day(4), day(5), DAY]
    assert ctx.read_arrow("items", ["item_id"]).to_pydict() == {"item_id": ["i4", "i5", "i6"]}
    assert [batch.to_pydict() for batch in ctx.iter_arrow("items", ["ds"])] == [{"ds": [day(n)]} for n in (4, 5, 6)]


def test_a_job_that_spans_days_reads_those_of_each_once(runner: Runner) -> None:
    ctx = context(runner, reading(Read("items", span="history_days")), DAY, day(8))
    assert ctx.inputs("items") == [day(n) for n in range(4, 9)]
    with pytest.raises(ValueError, match="too many values"):
        _ = ctx.ds


def test_what_is_not_declared_is_not_read_or_written(runner: Runner) -> None:
    put_rows(runner, "items", DAY, [ITEM])
    ctx = context(runner, reading(Read("users")))
    for read in (ctx.inputs, ctx.folder, ctx.digest, lambda table: ctx.read_arrow(table, ["ds"])):
        with pytest.raises(RunError, match=r"some_job doesn't declare that it reads items: see jobs/graph.py"):
            read("items")
    with pytest.raises(RunError, match=r"some_job doesn't declare that it writes items: see jobs/graph.py"):
        ctx.write_arrow("items", [])


def test_a_missing_input_is_an_error_that_names_it(runner: Runner) -> None:
    put_rows(runner, "items", day(5), [ITEM])
    ctx = context(runner, reading(Read("items", span="history_days")))
    with pytest.raises(MissingPartition, match=f"table items has no partition for {day(4)}, {DAY}"):
        ctx.read_arrow("items", ["item_id"])


def test_an_optional_input_may_be_absent(runner: Runner) -> None:
    ctx = context(runner, reading(Read("items", lag="day_before", optional=True)))
    assert ctx.inputs("items") == []
    put_rows(runner, "items", day(5), [ITEM])
    assert ctx.inputs("items") == [day(5)]


def test_an_input_before_the_first_day_says_to_pick_a_later_one(runner: Runner) -> None:
    ctx = context(runner, reading(Read("items", lag="label_days")), day(0))
    with pytest.raises(RunError, match=f"needs items of an earlier day, .* world begins on {day(0)}: pick a later day"):
        ctx.read_arrow("items", ["item_id"])


def test_a_digest_is_that_of_the_one_day_read(runner: Runner) -> None:
    digest = put_rows(runner, "items", DAY, [ITEM])
    ctx = context(runner, reading(Read("items")))
    assert ctx.digest("items") == digest
    assert ctx.folder("items").name == digest


def test_what_is_written_becomes_visible_at_the_commit_in_the_contract_s_order_and_types(runner: Runner) -> None:
    ctx = context(runner, reading())
    ctx.write_arrow("popular_items", [popular(POPULAR), popular({**POPULAR, "rank": 2, "item_id": "i2"})])
    assert runner.store.days("popular_items") == []
    ctx.commit({DAY: "print"})
    manifest = runner.store.manifest("popular_items", DAY) or {}
    assert (manifest["job"], manifest["built_from"], manifest["rows"]) == ("some_job", "print", 2)
    found = context(runner, reading(Read("popular_items"))).read_arrow("popular_items", ["rank", "item_id"])
    assert found.to_pydict() == {"rank": [1, 2], "item_id": ["i1", "i2"]}
    assert found.schema.field("rank").type == pa.int32()


def test_several_days_are_each_written_to_their_own_partition(runner: Runner) -> None:
    ctx = context(runner, reading(), day(5), DAY)
    rows = pa.Table.from_pylist([{**POPULAR, "ds": day(5)}, {**POPULAR, "ds": DAY}, {**POPULAR, "ds": DAY, "rank": 2}])
    ctx.write_arrow("popular_items", [rows])
    ctx.commit({day(5): "", DAY: ""})
    assert [(runner.store.manifest("popular_items", ds) or {})["rows"] for ds in (day(5), DAY)] == [1, 2]


def test_an_input_knows_the_day_of_its_snapshot(runner: Runner) -> None:
    ctx = context(runner, reading(Read("items")))
    put_rows(runner, "items", DAY, [ITEM], **{"raw/items": "digest"})
    assert ctx.snapshot_day("items") == DAY
    put_rows(runner, "items", DAY, [ITEM])
    assert ctx.snapshot_day("items") is None


def test_an_optional_input_on_another_directory_is_absent_and_any_other_is_an_error(runner: Runner) -> None:
    directory = put_rows(runner, "items", DAY, [ITEM])
    put_rows(runner, "popular_items", DAY, [POPULAR], items=directory)
    sound = context(runner, reading(Read("popular_items", optional=True, on=("items",))))
    assert sound.inputs("popular_items") == [DAY]
    put_rows(runner, "items", DAY, [{**ITEM, "name": "another"}])
    assert sound.inputs("popular_items") == []
    needed = context(runner, reading(Read("popular_items", on=("items",))))
    with pytest.raises(MissingPartition, match=f"table popular_items has no partition for {DAY}"):
        needed.read_arrow("popular_items", ["rank"])


def test_what_breaks_its_contract_is_not_written(runner: Runner) -> None:
    put_rows(runner, "popular_items", DAY, [POPULAR], built_from="before")
    ctx = context(runner, reading())
    with pytest.raises(ContractBroken, match=f"table popular_items, day {DAY}, .* 1 of 2 rows repeat a key"):
        ctx.write_arrow("popular_items", [popular(POPULAR, {**POPULAR, "item_id": "i2"})])
    ctx.discard()
    assert (runner.store.manifest("popular_items", DAY) or {})["built_from"] == "before"


def test_a_warning_names_table_and_day(runner: Runner) -> None:
    said: list[str] = []
    ctx = context(runner, Job("some_job", (), ("items",)), said=said)
    cheap = {"ds": DAY, "item_id": "i1", "price": -1.0} | dict.fromkeys(
        ("name", "category", "subcategory", "brand", "created_on", "available", "numbers")
    )
    ctx.write_arrow("items", [pa.Table.from_pylist([cheap])])
    assert said == [f"warning: table items, day {DAY}: 1 values of price lie outside 0..inf."]


def test_a_job_must_write_all_that_it_declares(runner: Runner) -> None:
    ctx = context(runner, Job("some_job", (), ("popular_items", "ranker")))
    ctx.write_folder("ranker", lambda _: None)
    with pytest.raises(RunError, match="some_job ended without writing popular_items"):
        ctx.commit({DAY: ""})
    assert runner.store.days("ranker") == []
