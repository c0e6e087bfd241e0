"""Nights end to end on a small generated world, with a real Spark session and a real Redis server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from examples.local_redis import start, stop
from examples.world import land
from jobs.errors import RunError
from jobs.health_report import findings
from jobs.overlay import CHECKOUT
from jobs.runtime.checks import check_partition
from jobs.runtime.runner import Runner, Step
from predawn import Reader
from predawn.assignment import Experiment
from tests.e2e.nights import (
    BANNED,
    CAMPAIGNS,
    EARLIER,
    HISTORY,
    LATER,
    LAYER,
    LONGEST,
    PINNED,
    WORLD,
    Place,
    alter,
    show_variants,
    thin,
)
from tests.redis_fixture import free_port

FOLDERS = {"ranker", "click_model"}  # of the models' own files, not tables
EXPERIMENT = Experiment(LAYER, "home", {"b": 0.4})


@pytest.fixture(scope="module", autouse=True)
def one_session() -> Iterator[None]:
    """All nights here share one Spark session; one that other tests had before is left running."""
    before = SparkSession.getActiveSession()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Runner, "close", lambda _: None)
        yield
    mine = SparkSession.getActiveSession()
    if before is None and mine is not None:
        mine.stop()


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Two nights in a row, published. Whoever changes what is live puts it back."""
    root, port = tmp_path_factory.mktemp("nights"), free_port()
    land(root / "raw", WORLD.first_day, WORLD.last_day, WORLD)
    for day in (EARLIER, LATER):
        show_variants(root / "raw" / "events" / f"ds={day}" / "part-00000.json.gz", EXPERIMENT)
    (root / "raw" / "campaigns" / f"ds={EARLIER}").mkdir(parents=True)
    (root / "raw" / "campaigns" / f"ds={EARLIER}" / "week.csv").write_text(CAMPAIGNS)
    place = Place(root / "raw", root / "store", start(port, root / "redis"))
    try:
        place.backfill(EARLIER, LATER)
        yield place
    finally:
        stop(port, root / "redis", keep_lists=False)


def test_every_table_stands_and_keeps_its_contract(nights: Place) -> None:
    runner, digests = nights.runner(), nights.digests()
    written = {table for job in runner.graph.jobs for table in job.writes}
    for day in (str(EARLIER), str(LATER)):
        assert {table for table, other in digests if other == day} == written
        for table in (runner.contracts[name] for name in written - FOLDERS):
            (folder,) = runner.store.folders(table.name, [day])
            manifest = runner.store.manifest(table.name, day) or {}
            assert check_partition(table, day, folder)[0] == manifest["rows"], table.name
    assert not nights.staged()
    assert set(nights.table("interactions", LATER)["age"].to_pylist()) == set(range(HISTORY))


def shown(items: list[str]) -> list[str]:
    """A list that belongs to no user, as it is published."""
    return [item for item in items if item != BANNED]


def test_readers_get_the_lists_of_the_last_night(nights: Place) -> None:
    reader = Reader(nights.redis)
    topn = nights.table("topn", LATER).to_pylist()
    assert len(topn) > WORLD.users / 2
    for row in topn:
        answer = reader.top(row["user_id"], n=1000)
        assert (answer.items, answer.tier, answer.data_day) == (row["item_ids"], "user", str(LATER))
    stranger = reader.top("nobody-has-this-id", n=1000)
    popular = nights.table("popular_items", LATER).sort_by("rank")["item_id"].to_pylist()
    assert (stranger.items, stranger.tier, stranger.data_day) == (shown(popular), "popular", str(LATER))


def test_readers_get_every_product_of_the_last_night(nights: Place) -> None:
    reader = Reader(nights.redis)
    for kind, table in (("similar", "similar_items"), ("together", "bought_together")):
        rows = nights.table(table, LATER).to_pylist()
        assert len(rows) > 5, table
        for row in rows[:5]:
            answer = reader.similar(row["item_id"], 1000, kind)
            assert (answer.items, answer.tier) == (shown(row["item_ids"]), "item")
            assert row["item_id"] not in answer.items
    segments = {row["segment"]: row for row in nights.table("segment_items", LATER).to_pylist()}
    assert {name.split("=")[0] for name in segments} == {"age_group", "gender", "city"}
    assert all(row["users"] >= 5 for row in segments.values())
    for name, row in segments.items():
        answer = reader.top("nobody-has-this-id", 1000, segment=name)
        assert (answer.items, answer.tier) == (shown(row["item_ids"]), "segment"), name


def test_reasons_name_the_channel_and_an_item_that_the_user_took(nights: Place) -> None:
    reader, evidence = Reader(nights.redis), 0
    history = {row["user_id"]: row["item_ids"] for row in nights.table("user_history", LATER).to_pylist()}
    taken: dict[str, set[str]] = {}
    for row in nights.table("user_item_history", LATER).to_pylist():
        if row["positive_days_history"]:
            taken.setdefault(row["user_id"], set()).add(row["item_id"])
    assert all(set(items) <= taken[user] and len(items) <= 4 for user, items in history.items())
    similar = {row["item_id"]: row["item_ids"] for row in nights.table("similar_items", LATER).to_pylist()}
    for row in nights.table("topn", LATER).to_pylist():
        answer = reader.top(row["user_id"], 20, reasons=True)
        assert answer.reasons is not None
        told = [reason for reason in answer.reasons if reason]
        assert len(told) == min(10, len(row["item_ids"])) and answer.reasons[: len(told)] == told
        for item, reason in zip(row["item_ids"], told, strict=False):
            assert reason.channel in (*nights.runner().config.get("recall.channels"), "new", "pinned")
            assert (reason.channel == "pinned") == (item == PINNED)
            if reason.evidence:
                evidence += 1
                assert reason.evidence in taken[row["user_id"]] and reason.evidence in similar[item]
    assert evidence > 50


def test_a_variant_is_published_side_by_side_and_shares_what_is_the_same(nights: Place) -> None:
    said = nights.backfill(LATER, variant="b")
    built = {line.split()[0] for line in said.splitlines() if line.endswith(" s")}
    assert {"merge_candidates", "train_ranker", "build_topn", "publish_lists"} <= built
    assert not built & {"clean_events", "summarise_history", "recall_als", "find_similar_items", "rank_segments"}
    reader, mine = Reader(nights.redis, "home"), nights.variant("b")
    lists = {row["user_id"]: row["item_ids"] for row in mine.table("topn", LATER).to_pylist()}
    answers = [reader.top(user, 1000, variant="b") for user in lists]
    assert [answer.items for answer in answers] == list(lists.values())
    assert {(answer.variant, answer.data_day) for answer in answers} == {("b", str(LATER))}
    base = {row["user_id"]: row["item_ids"] for row in nights.table("topn", LATER).to_pylist()}
    assert [reader.top(user, 1000).items for user in base] == list(base.values()) != list(lists.values())
    assigning = Reader(nights.redis, "home", experiments=True)
    for user in [*base, "nobody-has-this-id"]:
        answer = assigning.top(user, 1000)
        own = lists if EXPERIMENT.variant(user) == "b" else base
        assert answer.variant == EXPERIMENT.variant(user)
        assert user not in own or answer.items == own[user]
    again = [line.split()[0] for line in nights.backfill(LATER, variant="b").splitlines() if line.endswith(" s")]
    assert again == ["publish_lists"]


def test_experiments_are_judged_by_what_was_shown(nights: Place) -> None:
    rows = nights.table("experiment_metrics", LATER).to_pylist()
    metrics = {(row["variant"], row["metric"]): row for row in rows}
    assert {name for name, _ in metrics} == {"control", "b"} and {row["layer"] for row in rows} == {LAYER}
    shown: dict[str, set[str]] = {"control": set(), "b": set()}
    exposures = 0
    for day in (EARLIER, LATER):
        for row in nights.table("events", day).to_pylist():
            if row["event_type"] == "impression":
                assert row["variant"] == EXPERIMENT.variant(row["user_id"])
                shown[row["variant"]].add(row["user_id"])
                exposures += 1
    for name, users in shown.items():
        assert metrics[name, "ctr"]["users"] == len(users)
    assert sum(metrics[name, "ctr"]["denominator"] for name in shown) == exposures
    ctr = metrics["b", "ctr"]
    assert 0 < ctr["value"] < 1 and ctr["difference_low"] < ctr["difference"] < ctr["difference_high"]
    assert ctr["p_always"] >= ctr["p_value"] > 1e-4 and ctr["p_holm"] >= ctr["p_value"], "nothing differs but by chance"
    assert ctr["sample_ratio_p"] > 1e-3 and ctr["needed_users"] > 80
    assert metrics["control", "ctr"]["p_value"] is None


def test_lists_leave_out_what_the_user_took(nights: Place) -> None:
    taken = {
        (row["user_id"], row["item_id"])
        for row in nights.table("user_item_history", LATER).to_pylist()
        if row["positive_days_history"]
    }
    lists = nights.table("topn", LATER).to_pylist()
    shown = {(row["user_id"], item) for row in lists for item in row["item_ids"]}
    assert taken and not taken & shown
    assert all(len(set(row["item_ids"])) == len(row["item_ids"]) == LONGEST for row in lists)


def test_campaigns_and_new_items_have_their_places(nights: Place) -> None:
    taken = {
        (row["user_id"], row["item_id"])
        for row in nights.table("user_item_history", LATER).to_pylist()
        if row["positive_days_history"]
    }
    lists, known = nights.table("topn", LATER).to_pylist(), nights.table("item_features", LATER).to_pylist()
    ages = {row["item_id"]: row["age_days"] for row in known}
    assert {PINNED, BANNED} <= set(ages)
    for row in lists:
        assert BANNED not in row["item_ids"]
        assert row["item_ids"][1] == PINNED or (row["user_id"], PINNED) in taken
        assert min(ages[item] for item in row["item_ids"][14:16]) <= 7, "the pin may move it down by one"
    assert {placer for row in lists for placer in row["placed_by"]} - {"fill"} == {"ranker", "new", "pinned"}


def test_the_second_night_replays_the_first_ones_lists(nights: Place) -> None:
    metrics = nights.table("replay_metrics", LATER).to_pylist()
    channels = nights.runner().config.get("recall.channels")
    assert {row["source"] for row in metrics} == {"topn", *channels}
    assert {row["metric"] for row in metrics} >= {"recall_at_5", "ndcg_at_10", "coverage_at_10"}
    assert all(row["users"] > 0 for row in metrics)
    assert any(row["source"] == "topn" and row["metric"] == "ndcg_at_10" and row["value"] > 0 for row in metrics)
    assert not nights.table("replay_metrics", EARLIER).num_rows, "no lists stood before the first night"


def test_nothing_changed_means_nothing_runs_but_the_publication(nights: Place) -> None:
    before = nights.digests()
    jobs = [line.split()[0] for line in nights.backfill(LATER).splitlines() if line.endswith(" s")]
    assert jobs == ["publish_lists"]
    assert nights.digests() == before


def test_a_second_run_gives_the_same_bytes(nights: Place) -> None:
    before, version = nights.digests(), Reader(nights.redis).top("someone").version
    said = nights.backfill(LATER, rebuild=True)
    assert "build_topn" in said and "clean_events" in said
    assert nights.digests() == before
    assert Reader(nights.redis).top("someone").version == version


def test_an_earlier_night_knows_nothing_of_a_later_day(nights: Place, tmp_path: Path) -> None:
    """With other logs and another catalogue of the later day: the same night, and the same features of samples."""
    other = Place(tmp_path / "raw", tmp_path / "store", nights.redis)
    shutil.copytree(nights.raw, other.raw)
    alter(other.raw / "events" / f"ds={LATER}" / "part-00000.json.gz")
    shutil.rmtree(other.raw / "items" / f"ds={LATER}")
    other.backfill(EARLIER)
    kept = {key: digest for key, digest in nights.digests().items() if key[1] <= str(EARLIER)}
    # The row of a publication also says whether it was made live, and here a newer one already is.
    different = {table for (table, _), _ in kept.items() ^ other.digests().items()}
    assert different == {"publications"} and ("topn", str(EARLIER)) in kept

    runner = other.runner()
    for name in ("clean_events", "aggregate_day", "count_day", "build_samples"):
        runner.run(Step(runner.graph.job(name), (str(LATER),)))
    here, there = samples(nights), samples(other)
    shared = here.keys() & there.keys()
    assert any(here[pair][0] != there[pair][0] for pair in shared), "the labels are those of the altered day"
    assert all(here[pair][1] == there[pair][1] for pair in shared), "the features know nothing of it"


def samples(place: Place) -> dict[tuple[int, int], tuple[float, str]]:
    """(user, item) -> label, features as text, in which missing values equal each other."""
    rows = place.table("samples", LATER).drop_columns(["weight"]).to_pylist()
    return {(row.pop("user_code"), row.pop("item_code")): (row.pop("label"), str(row)) for row in rows}


def test_an_older_day_goes_live_only_when_told_to(nights: Place) -> None:
    reader = Reader(nights.redis, pointer_seconds=0)
    said = nights.backfill(EARLIER)
    assert "not published" in said and str(LATER) in said
    assert reader.top("someone").data_day == str(LATER)
    nights.backfill(EARLIER, options={"make_live": True})
    assert reader.top("someone").data_day == str(EARLIER)
    nights.backfill(LATER)
    assert reader.top("someone").data_day == str(LATER)


def test_no_redis_is_one_sentence_and_changes_nothing(nights: Place) -> None:
    before, live = nights.digests(), Reader(nights.redis).top("someone")
    url = f"redis://127.0.0.1:{free_port()}/0"
    command = [sys.executable, "-m", "jobs", "run", "publish_lists", "--data", "world", "--date", str(LATER)]
    places = {"PREDAWN_RAW": str(nights.raw), "PREDAWN_STORE": str(nights.store), "REDIS_URL": url}
    done = subprocess.run(
        command, cwd=CHECKOUT, env={**os.environ, **places}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert f"publish_lists {LATER}" in line and url in line and "set REDIS_URL" in line
    assert nights.digests() == before and not nights.staged()
    assert Reader(nights.redis).top("someone") == live


def test_a_day_that_is_not_sound_is_published_only_when_told_to(nights: Place, tmp_path: Path) -> None:
    place = Place(tmp_path / "raw", tmp_path / "store", nights.redis)
    shutil.copytree(nights.raw, place.raw)
    shutil.copytree(nights.store, place.store)
    thin(place.raw / "events" / f"ds={LATER}" / "part-00000.json.gz")
    reader, live = Reader(nights.redis, pointer_seconds=0), Reader(nights.redis).top("someone").version
    refused = rf"job open_gates {LATER} failed: .*gate volume, table events, all: \d+ where .*--accept volume"
    with pytest.raises(RunError, match=refused):
        place.backfill(LATER)
    assert verdicts(place)["volume"] == "fail" and verdicts(nights)["volume"] == "pass"
    assert reader.top("someone").version == live
    changed = {table for (table, _), _ in place.digests().items() ^ nights.digests().items()}
    assert "events" in changed and not changed & {
        "user_item_history",
        "user_features",
        "samples",
        "topn",
        "publications",
    }

    said = place.backfill(LATER, options={"accept": frozenset({"volume"})})
    assert "accepted: gate volume" in said
    assert reader.top("someone").version not in ("", live)
    assert verdicts(place)["volume"] == "accepted"
    jobs = [line.split()[0] for line in place.backfill(LATER).splitlines() if line.endswith(" s")]
    assert jobs == ["publish_lists"], "what was accepted stays so while it is the same"
    nights.backfill(LATER)
    assert reader.top("someone").version == live


def verdicts(place: Place) -> dict[str, str]:
    """Gate -> the worst that it found on the later day."""
    found = findings(place.runner().config, LATER)
    return {row["gate"]: row["verdict"] for row in reversed(found)}


def test_a_missing_raw_day_names_job_day_and_remedy(nights: Place, tmp_path: Path) -> None:
    place = Place(tmp_path / "raw", tmp_path / "store", nights.redis)
    shutil.copytree(nights.raw, place.raw)
    gone = WORLD.first_day + timedelta(1)
    shutil.rmtree(place.raw / "events" / f"ds={gone}")
    with pytest.raises(
        RunError, match=f"clean_events .* failed: no complete raw events for {gone} in .*: land the day"
    ):
        place.backfill(EARLIER)
    assert not [path for path in place.store.rglob("*") if path.is_file()]


def test_a_broken_delivery_is_accounted_for_and_stops_before_anything_is_published(
    nights: Place, tmp_path: Path
) -> None:
    place = Place(tmp_path / "raw", tmp_path / "store", nights.redis)
    shutil.copytree(nights.raw, place.raw)
    shutil.copytree(nights.store, place.store)
    (place.raw / "events" / f"ds={LATER}" / "part-00000.json.gz").write_bytes(b"this is no gzip file")
    before, live = place.digests(), Reader(nights.redis).top("someone")
    with pytest.raises(RunError, match=f"job open_gates {LATER} failed: day {LATER} is not sound"):
        place.backfill(LATER)
    assert [row["reason"] for row in place.table("rejects", LATER).to_pylist()] == ["unreadable file"]
    lists = ("topn", "publications")
    assert [place.digests()[table, str(LATER)] for table in lists] == [before[table, str(LATER)] for table in lists]
    assert Reader(nights.redis).top("someone") == live and not place.staged()
