"""The campaign table from the landing zone to its partition, and to the codes of the day."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.errors import RunError
from jobs.hidden import hidden_items
from jobs.job import Job, Read
from jobs.rerank_inputs import item_groups, targets
from jobs.runtime.runner import Step
from tests.jobs.runtime.support import day, put_rows, runner_at
from tests.jobs.runtime.test_context import context

NIGHT = day(6)  # 7 January; its lists are shown on the 8th
TITLES = "action,item_id,category,segment,position,factor,start,end\n"
PIN = "pin,i2,,,3,,2026-01-08,2026-01-08\n"


def load(root: Path, text: str | None, name: str = "week.csv") -> tuple[list[dict[str, Any]], list[str]]:
    """The partition that the job writes, and what it says."""
    if text is not None:
        folder = root / "raw" / "campaigns" / f"ds={day(4)}"
        folder.mkdir(parents=True, exist_ok=True)
        data = text.encode()
        (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    said: list[str] = []
    runner = runner_at(root, said)
    runner.run(Step(runner.graph.job("load_campaigns"), (NIGHT,)))
    (folder,) = runner.store.folders("campaigns", [NIGHT])
    return pq.read_table(folder / "part-00000.parquet").to_pylist(), said


def test_without_a_table_there_are_no_campaigns(tmp_path: Path) -> None:
    assert load(tmp_path, None) == ([], [])


def test_what_is_in_force_is_kept_in_order_and_the_rest_counted(tmp_path: Path) -> None:
    text = TITLES + PIN + "boost,,books,city=Cork,,2,2026-01-01,2026-01-31\n" + PIN.replace("-08", "-09")
    rows, said = load(tmp_path, text, "week.csv.gz")
    assert [(row["number"], row["action"], row["target"], row["value"]) for row in rows] == [
        (1, "pin", "item_id", "i2"),
        (2, "boost", "category", "books"),
    ]
    assert [(row["segment"], row["position"], row["factor"]) for row in rows] == [
        (None, 3, None),
        ("city=Cork", None, 2.0),
    ]
    assert said == ["campaigns for lists shown on 2026-01-08: 2 in force, 1 yet to come"]


def test_a_wrong_row_ends_the_job_with_file_line_and_remedy(tmp_path: Path) -> None:
    message = r"campaigns/ds=2026-01-05/week.csv, line 3: .*topn.n.*Mend the file, or take it away, and run again\.$"
    with pytest.raises(RunError, match=message):
        load(tmp_path, TITLES + PIN + PIN.replace(",3,", ",101,"))
    with pytest.raises(RunError, match=r"segment 'town=Cork' isn't .*age_group, gender, city"):
        load(tmp_path, TITLES + PIN.replace("i2,,,", "i2,,town=Cork,"))


@pytest.mark.parametrize(
    ("rules", "hidden"),
    [
        (["unavailable", "bans"], {"i2", "i3", "i4", "gone"}),
        (["bans"], {"i3", "i4", "gone"}),
        (["unavailable"], {"i2"}),
        (["seen"], set()),
    ],
)
def test_what_nobody_may_be_shown(tmp_path: Path, rules: list[str], hidden: set[str]) -> None:
    runner = runner_at(tmp_path, rerank={"rules": rules})
    told = [(None, True, "a"), (None, False, "a"), ("toys", None, "a"), (None, True, "b")]
    items = [
        {"item_id": f"i{n}", "category": category, "available": available, "brand": brand}
        for n, (category, available, brand) in enumerate(told, start=1)
    ]
    put_rows(runner, "items", NIGHT, items)
    days = {"start_day": NIGHT, "end_day": NIGHT}
    named = [("item_id", "gone", None), ("category", "toys", None), ("brand", "b", None), ("brand", "a", "city=Cork")]
    bans = [
        {"number": n, "action": "ban", "target": target, "value": value, "segment": segment, **days}
        for n, (target, value, segment) in enumerate(named)
    ]
    boost = {"number": 9, "action": "boost", "target": "item_id", "value": "i1", "factor": 2.0, **days}
    put_rows(runner, "campaigns", NIGHT, [*bans, boost])
    ctx = context(runner, Job("some_job", (Read("items"), Read("campaigns")), ("topn",)), NIGHT)
    assert hidden_items(ctx) == hidden


IDS = pa.array(["i1", "i2", "i3"])
ROWS: dict[str, list[Any]] = {
    "item_id": ["i3", "i9", "i1"],
    "name": [" a Name", "other", "A name "],
    "category": ["books", "toys", "books"],
    "subcategory": [None, None, None],
    "brand": ["m", "m", None],
}


def test_items_of_the_directory_in_groups() -> None:
    groups = item_groups(IDS, pa.table({name: pa.array(values, pa.string()) for name, values in ROWS.items()}))
    codes = {name: found.tolist() for name, (found, _) in groups.items()}
    assert codes == {"name": [0, -1, 0], "category": [0, -1, 0], "subcategory": [-1] * 3, "brand": [-1, -1, 0]}
    assert groups["category"][1] == ["books"] and groups["brand"][1] == ["m"]


def row(action: str, target: str, value: str, **more: Any) -> dict[str, Any]:
    told = {"number": 4, "action": action, "target": target, "value": value}
    return {**told, "segment": None, "position": None, "factor": None, **more}


def test_campaigns_in_the_codes_of_the_day() -> None:
    groups = {"category": (np.array([1, -1, 1], np.int32), ["toys", "books"])}
    rows = [
        row("pin", "item_id", "i2", position=3),
        row("boost", "category", "books", factor=0.5, segment="city=Cork"),
        row("ban", "item_id", "gone"),
        row("ban", "item_id", "i1", segment="city=Paris"),
    ]
    found, notes = targets(rows, IDS, groups, {"city": ["Bonn", "Cork"]})
    told = [(target.action, target.items.tolist(), target.segment, target.position, target.factor) for target in found]
    assert told == [("pin", [1], None, 3, 1.0), ("boost", [0, 2], ("profile_city", 1), 0, 0.5)]
    assert [note.split(": ")[0] for note in notes] == [
        "campaign 4, to ban the item_id 'gone'",
        "campaign 4, to ban the item_id 'i1', is for city=Paris, and there is no such user today",
    ]
