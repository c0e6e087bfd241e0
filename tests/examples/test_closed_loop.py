"""The loop around the app, with nights that publish by the world's truth instead of learning, and without Spark."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from examples import closed_loop
from examples.closed_loop import DATA, LAYER, needed, run, without_exploration
from examples.closed_loop_app import LISTS, LoopConfig
from examples.world import World
from jobs.errors import RunError, UsageError
from jobs.overlay import merged_toml
from jobs.runtime.checks import arrow_schema
from jobs.runtime.config import load_config
from jobs.runtime.runner import Runner, Step
from predawn import Products, Publisher
from predawn.assignment import CONTROL
from predawn.connection import connect
from predawn.experiments import publish_experiment
from tests.examples.helpers import read_rows, sound_events, tree

LOOP = LoopConfig(history=3, days=2, users=250, items=120, events_a_day=3_000, browsing=0.2)
LONGEST = 30


class TrueNights(Runner):
    """Nights that know every user's taste. They leave the tables that the report reads."""

    publishing = True

    def plan(self, days: Sequence[dt.date], **_: Any) -> list[Step]:
        names = ("clean_events", "publish_lists", "judge_experiments", "replay_lists")
        return [Step(self.graph.job(name), (str(day),)) for name in names for day in days]

    def run(self, step: Step) -> float:
        (day,) = step.days
        self.say(step.label)
        if step.job.name == "publish_lists":
            self.publish(day)
        elif step.job.name == "clean_events":
            self.clean(day)
        else:
            self.judge(step.job.writes[0], day)
        return 1.0

    def publish(self, day: str) -> None:
        world, client, scene = World(LOOP.world), connect(self.config.publish.url), self.config.data.scene
        alive = len(world.items_on(dt.date.fromisoformat(day)))
        taste = world.users.vectors @ world.items.vectors[:alive].T
        ids = np.array(world.items.ids())
        lists = [
            (user, ids[np.argsort(-mine)[:LONGEST]].tolist())
            for user, mine in zip(world.users.ids(), taste, strict=True)
        ]
        Publisher(client, scene).publish(day, f"{day}.a", Products(lists, ids[:LONGEST].tolist()))
        publish_experiment(client, scene, self.config.experiments.shown(scene, after=day) if self.publishing else None)

    def clean(self, day: str) -> None:
        rows = [
            {**row, "ds": day, "event_day": row["time"][:10], "event_type": row["event"], "event_key": 0}
            for row in events_of(self.config.raw_root, day)
        ]
        self.write("events", day, [{**row, "value": None, "dwell_seconds": None, "event_time": None} for row in rows])
        items = read_rows(self.config.raw_root, "items", dt.date.fromisoformat(day))
        born = [{"item_id": row["item_id"], "created_on": dt.date.fromisoformat(row["born_on"])} for row in items]
        self.write("items", day, born)

    def judge(self, table: str, day: str) -> None:
        if table == "replay_metrics":
            rows = [
                {"ds": day, "source": source, "metric": "ndcg_at_10", "value": value, "users": 9}
                for source, value in (("topn", 0.5), ("popular", 0.25))
            ]
        else:
            row = {"ds": day, "layer": LAYER, "variant": LISTS, "metric": "ctr", "users": 9}
            rows = [{**row, "numerator": 1, "denominator": 2, "value": 0.5}]
        self.write(table, day, rows)

    def write(self, table: str, day: str, rows: list[dict[str, Any]]) -> None:
        staged = self.store.stage(table)
        schema = arrow_schema(self.contracts[table])
        named = [{name: row.get(name) for name in schema.names} for row in rows]
        pq.write_table(pa.Table.from_pylist(named, schema), staged / "part-00000.parquet")
        self.store.commit(table, day, staged, {})


def events_of(raw: Path, day: str) -> list[dict[str, Any]]:
    parts = sorted((raw / "events" / f"ds={day}").glob("part-*.json.gz"))
    return sound_events(b"".join(gzip.decompress(part.read_bytes()) for part in parts))


@pytest.fixture
def true_nights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closed_loop, "Runner", TrueNights)
    monkeypatch.setattr(closed_loop, "java_problem", lambda: "")


def ran(folder: Path) -> str:
    said = io.StringIO()
    run(LOOP, folder, {}, Console(file=said, width=150))
    return said.getvalue()


@pytest.mark.usefixtures("true_nights")
def test_the_loop_end_to_end_gives_the_same_logs_and_counts_them(tmp_path: Path) -> None:
    said = ran(tmp_path / "one")
    for left_over in ("raw/events/ds=2026-01-04/part-00000.json.gz", "report.json"):
        assert (tmp_path / "one" / left_over).exists()
    beside = ran(tmp_path / "two")
    assert tree(tmp_path / "one" / "raw") == tree(tmp_path / "two" / "raw")
    days = [f"ds={day}" for day in (*LOOP.past, *LOOP.loop)]
    assert sorted(path.name for path in (tmp_path / "one" / "raw" / "events").iterdir()) == days

    nights = (tmp_path / "one" / "nights.log").read_text().splitlines()
    published = [line.split()[1] for line in nights if line.startswith("publish_lists")]
    assert published == ["2026-01-03", "2026-01-04"], "nobody is shown lists of the last day"
    assert "judge_experiments 2026-01-05" in nights and "replay_lists 2026-01-05" in nights

    content = json.loads((tmp_path / "one" / "report.json").read_text())
    counted = dict.fromkeys((LISTS, CONTROL), 0)
    for day in LOOP.loop:
        for row in events_of(tmp_path / "one" / "raw", str(day)):
            counted[row.get("variant", CONTROL)] += row["event"] == "impression" and "variant" in row
    assert {arm: content["total"][arm]["impressions"] for arm in counted} == counted
    assert content["total"]["lift"] > 0.3 and content["new_items"][LISTS]["shown"] > 0
    assert content["days"]["2026-01-05"]["replay"] == {"topn": {"ndcg_at_10": 0.5}, "popular": {"ndcg_at_10": 0.25}}
    last = json.loads(said.splitlines()[-1])
    assert last["lift"] == content["total"]["lift"] and last["closed_loop"] == "one"
    assert "own lists of this run and of others" not in said
    assert "own lists of this run and of others" in beside


@pytest.mark.usefixtures("true_nights")
def test_a_night_that_starts_no_experiment_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TrueNights, "publishing", False)
    with pytest.raises(RunError, match="no experiment runs on scene 'home' on 2026-01-04"):
        ran(tmp_path)
    assert not (tmp_path / "report.json").exists()


def test_the_last_night_does_what_its_judges_need() -> None:
    layer = {"start": LOOP.loop[0], "variants": {LISTS: 0.5}}
    runner = Runner(load_config(DATA, {"variants": {LISTS: {}}, "experiments": {"layers": {LAYER: layer}}}))
    found = needed(runner, closed_loop.JUDGES)
    assert {"clean_events", "count_exposures", "open_gates", *closed_loop.JUDGES} <= found
    assert not found & {"publish_lists", "train_ranker", "build_topn", "recall_als"}


def test_what_explores_is_taken_out_where_it_is() -> None:
    tree = {
        "recall": {"channels": ["als", "new_items", "popular"], "k": 200},
        "rerank": {"rules": ["seen", "new_slots", "pins"]},
    }
    assert without_exploration(tree) == {
        "recall": {"channels": ["als", "popular"]},
        "rerank": {"rules": ["seen", "pins"]},
    }
    assert without_exploration({"recall": {"channels": ["new_items"]}}) == {"recall": {"channels": []}}
    with pytest.raises(UsageError, match="nothing explores: the configuration has none of new_items, new_slots"):
        without_exploration({"recall": {"channels": ["als"]}, "rerank": {"rules": ["seen"]}})


def test_the_settings_of_a_loop_are_a_sound_configuration(tmp_path: Path) -> None:
    config = load_config(DATA, closed_loop.settings(LOOP, tmp_path, "redis://127.0.0.1:1/0"))
    assert config.experiments.running(str(LOOP.loop[0])) == [LAYER] and not config.experiments.running("2026-01-03")
    assert config.store_root == tmp_path / "store" and config.raw_root == tmp_path / "raw"
    assert closed_loop.exploring(config)["recall.channels"] == merged_toml(DATA)["recall"]["channels"]


def test_a_wrong_setting_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert closed_loop.main(["--history", "1"]) == 2
    assert capsys.readouterr().err.startswith("predawn: history must be at least 3 days")
