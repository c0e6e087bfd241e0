"""The newest proof decides in whose order lists are published, and which ranker is trained."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from rich.console import Console

from jobs.proof import read_verdict, stored_verdict
from jobs.quality_report import show
from jobs.runtime.runner import Runner, Step
from tests.jobs.runtime.support import day, put_rows, runner_at

AS_OF, DAY = day(2), day(3)
USERS, ITEMS = 12, 4
LAST, FIRST = "last", "first"  # of the popular items: what users take
SMALL: dict[str, Any] = {
    "recall": {"channels": ["als", "popular"]},
    "rank": {"ranker": "lr", "drop": []},
    "proof": {"rankers": [], "quality_rankers": [], "ks": [1], "metric": "ndcg_at_1", "min_users": 5, "resamples": 20},
    "data": {"items": {"item_id": "id"}},
}


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def runner(tmp_path: Path, said: list[str], spark: SparkSession) -> Runner:
    """As of two days: the same candidates for everyone, the popular ones in the order of their codes, als' in another
    that fusion follows at the first place. In the samples the least popular item is taken, which no channel and no
    fusion puts first; the coarse ranker learns it as well as lr. One stranger takes something, too."""
    runner = runner_at(tmp_path, said, **SMALL)
    runner._spark = spark
    candidates = {
        "item_codes": list(range(ITEMS)),
        **{"popular_score": [1.0] * ITEMS, "popular_rank": [1.0, 2.0, 3.0, 4.0]},
        **{"als_score": [1.0] * ITEMS, "als_rank": [3.0, 1.0, 2.0, 4.0]},
        **{"fused_score": [0.032, 0.033, 0.031, 0.030], "fused_rank": [2.0, 1.0, 3.0, 4.0]},
    }
    for ds in (AS_OF, DAY):
        users = [{"user_code": n, "user_id": f"u{n}"} for n in range(USERS)]
        put_rows(runner, "user_features", ds, users)
        put_rows(runner, "item_features", ds, [{"item_code": n, "item_id": f"i{n}"} for n in range(ITEMS)])
        put_rows(runner, "candidates", ds, [{"user_code": n, **candidates} for n in range(USERS)])
        behaviour = [{"user_code": n, "item_codes": [], "positive_days": []} for n in range(USERS)]
        put_rows(runner, "behaviour_features", ds, behaviour)
        shared = {"popular": [0, 1, 2, 3], "trending": [3, 0], "hot": [1]}
        put_rows(
            runner,
            "shared_items",
            ds,
            [
                {"source": source, "rank": rank, "item_code": code, "score": 1.0}
                for source, codes in shared.items()
                for rank, code in enumerate(codes, 1)
            ],
        )
    for ds in (day(1), AS_OF, DAY):
        samples = [
            {"user_code": user, "item_code": item, "label": float(item == ITEMS - 1), "weight": 1.0}
            | {"popular_rank": item + 1.0, "als_rank": candidates["als_rank"][item]}
            for user in range(USERS)
            for item in range(ITEMS)
        ]
        put_rows(runner, "samples", ds, samples)
    return runner


def like(runner: Runner, **sections: Any) -> Runner:
    """A runner on the same store with other sections of the configuration."""
    other = Runner(runner.config.model_copy(update=sections))
    other.say, other._spark = runner.say, runner._spark
    return other


def take(runner: Runner, what: str) -> None:
    item = f"i{ITEMS - 1 if what == LAST else 0}"
    rows = [(f"u{n}", item) for n in range(USERS - 1)] + [("stranger", item)]
    events = {"event_day": DAY, "event_type": "click", "event_count": 1, "value_count": 0}
    put_rows(runner, "user_item_daily", DAY, [{"user_id": user, "item_id": item, **events} for user, item in rows])


def run(runner: Runner, *jobs: str) -> None:
    for job in jobs:
        runner.run(Step(runner.graph.job(job), (DAY,)))


def stored(runner: Runner, table: str) -> list[dict[str, Any]]:
    (folder,) = runner.store.folders(table, [DAY])
    return pq.read_table(folder).to_pylist()


@pytest.mark.parametrize(
    ("taken", "C", "published", "order"),
    [(LAST, 1e-2, "lr", [3]), (LAST, 1e-12, "coarse", [3]), (FIRST, 1e-2, "popular", [0, 1, 2, 3])],
)
def test_candidates_stand_in_the_order_that_the_newest_window_proved(
    runner: Runner, said: list[str], taken: str, C: float, published: str, order: list[int]
) -> None:
    """Also where a penalty forbids lr to learn. In the proof strangers are given the popular list."""
    rank = runner.config.get("rank")
    runner = like(runner, rank=rank.model_copy(update={"lr": rank.lr.model_copy(update={"C": C})}))
    take(runner, taken)
    run(runner, "judge_ranker", "train_ranker", "rank_candidates")
    proof = {row["source"]: row for row in stored(runner, "proof") if row["metric"] == "ndcg_at_1"}
    assert {source: row["published"] for source, row in proof.items()} == {
        source: source == published for source in ("fused", "als", "popular", "coarse", "lr")
    }
    assert {(row["as_of"], row["users"]) for row in proof.values()} == {(AS_OF, USERS)}
    value = 1 if published == "popular" else (USERS - 1) / USERS
    assert proof[published]["value"] == pytest.approx(value)
    assert proof["als"]["value"] == 0 and proof["fused"]["value"] == pytest.approx((taken == FIRST) / USERS)
    assert [source for source, row in proof.items() if row["trained"]] == ["lr"]
    rankings = stored(runner, "rankings")
    assert len(rankings) == USERS and all(row["item_codes"][: len(order)] == order for row in rankings)
    told = f"{published} {value:.4f} {'beats' if published == 'lr' else 'stands in for lr'} "
    assert [line for line in said if line.startswith(f"proof {DAY}: {told}")]
    assert [line for line in said if line.startswith(f"lists of {DAY}: {told}")]
    verdict = stored_verdict(runner.config, DAY)
    assert verdict and (verdict.published, verdict.trained) == (published, "lr") and verdict.why in said[0]


def test_what_proves_nothing_leaves_the_configured_ranker(runner: Runner, said: list[str]) -> None:
    """Neither a handful of users nor rankers without an earlier window to learn from."""
    take(runner, FIRST)
    few = like(runner, proof=runner.config.proof.model_copy(update={"min_users": 99}))
    run(few, "judge_ranker")
    assert stored(few, "proof") == [] and "nothing is proven by 12 users" in said[0]
    assert stored_verdict(few.config, DAY) is None
    run(few, "train_ranker", "rank_candidates")
    assert {row["item_codes"][0] for row in stored(few, "rankings")} == {ITEMS - 1}
    put_rows(runner, "samples", AS_OF, [])
    run(runner, "judge_ranker")
    assert stored(runner, "proof") == []
    assert any(line.startswith(f"judge_ranker {DAY} without lr: ") for line in said)


def test_quality_is_of_every_source_and_channel_and_is_shown(runner: Runner) -> None:
    """The published lists start with what everyone takes, the ranker's don't."""
    take(runner, FIRST)
    put_rows(runner, "proof", AS_OF, [])
    items = {"item_codes": [0, 1], "item_ids": ["i0", "i1"], "scores": [0.2, 0.1]}
    put_rows(runner, "topn", AS_OF, [{"user_id": f"u{n}", "user_code": n, **items} for n in range(USERS)])
    put_rows(runner, "item_features", AS_OF, [item(n) for n in range(ITEMS)])
    job = runner.graph.job("measure_quality")
    runner.run(Step(job, (DAY,)))
    found = {(row["source"], row["metric"]): row for row in stored(runner, "quality")}
    assert {source for source, _ in found} == {"fused", "als", "popular", "coarse", "lr", "topn"}
    assert {(row["mode"], row["as_of"], row["users"]) for row in found.values()} == {("new", AS_OF, USERS)}
    final, ranked = found["topn", "ndcg_at_1"], found["lr", "ndcg_at_1"]
    assert (final["value"], ranked["value"]) == (pytest.approx(1), pytest.approx(1 / USERS)), "popular for the stranger"
    assert (
        ranked["gain"] == final["value"] - ranked["value"]
        and ranked["gain_low"] <= ranked["gain"] <= ranked["gain_high"]
    )
    assert found["topn", "coverage_at_1"]["value"] == 1 / ITEMS
    assert found["topn", "novelty_at_1"]["value"] == 0, "everyone took it"
    report = {row["channel"]: row for row in stored(runner, "channel_report")}
    assert {channel: row["hits"] for channel, row in report.items()} == {"als": USERS - 1, "popular": USERS - 1}
    assert all(row["hit_share"] == (USERS - 1) / USERS for row in report.values())
    assert all(row["without"] == pytest.approx(1 / USERS) for row in report.values()), "the stranger's popular list"
    page = io.StringIO()
    show(runner.config, dt.date.fromisoformat(DAY), Console(file=page, width=200))
    assert f"world: lists as of {AS_OF}, what {USERS} users took until {DAY}" in page.getvalue()
    assert all(f" {source} " in page.getvalue() for source in ("popular", "fused", "lr", "topn"))


def item(code: int) -> dict[str, Any]:
    return {"item_code": code, "item_id": f"i{code}", "category_code": code % 2, "user_count_history": float(USERS)}


def test_no_day_of_proof_is_needed_before_the_first_label_window(tmp_path: Path) -> None:
    runner = runner_at(tmp_path)
    assert ("judge_ranker", day(0)) not in runner._needs(runner.graph.job("rank_candidates"), day(0))
    assert stored_verdict(runner.config, day(0)) is None


def test_windows_of_the_same_settings_decide_together(runner: Runner, said: list[str]) -> None:
    """The popular item wins this window of 12 users, lr the one before of more; one of other settings doesn't count."""
    take(runner, FIRST)
    run(runner, "judge_ranker")
    (popular,) = [row for row in stored(runner, "proof") if row["metric"] == "ndcg_at_1" and row["published"]]
    assert (popular["source"], popular["pooled_users"], popular["pooled_from"]) == ("popular", USERS, AS_OF)
    values = {"lr": 0.9, "popular": 0.1, "fused": 0.0, "als": 0.0}
    for config, published, users in (("other", "popular", USERS), (popular["config"], "lr", USERS + 36)):
        earlier = [
            {"source": source, "metric": "ndcg_at_1", "value": value, "users": 36, "as_of": day(1), "config": config}
            | {"lead": value - 0.9, "lead_error": 0.1, "pooled_users": 36, "pooled_from": day(1)}
            | {"published": source == "lr", "trained": source == "lr"}
            for source, value in values.items()
        ]
        put_rows(runner, "proof", AS_OF, earlier)
        run(runner, "judge_ranker")
        rows = [row for row in stored(runner, "proof") if row["metric"] == "ndcg_at_1"]
        assert [row["source"] for row in rows if row["published"]] == [published]
        assert {row["pooled_users"] for row in rows} == {users}
        assert {row["pooled_from"] for row in rows} == {AS_OF if users == USERS else day(1)}
    assert said[-1].startswith(f"proof {DAY}: lr 0.6958 beats popular 0.3250: ndcg_at_1 over 48 users, {day(1)} to ")


def row(source: str, value: float, **flags: bool) -> dict[str, Any]:
    facts = {"ds": DAY, "as_of": AS_OF, "pooled_users": 9, "pooled_from": AS_OF, "published": False, "trained": False}
    return {"source": source, "metric": "m", "pooled": value, **facts, **flags}


def test_a_verdict_says_what_was_compared() -> None:
    rows = [row("fused", 0.1), row("als", 0.2), row("gbdt", 0.3, published=True, trained=True), row("lr", 0.25)]
    verdict = read_verdict(rows, "m")
    assert verdict and verdict.why == f"gbdt 0.3000 beats fused 0.1000: m over 9 users, {AS_OF} to {DAY}"
    rows = [row("fused", 0.4, published=True), row("als", 0.2), row("gbdt", 0.3, trained=True)]
    verdict = read_verdict(rows, "m")
    assert verdict and verdict.why.startswith("fused 0.4000 stands in for gbdt 0.3000: ")
    assert (verdict.published, verdict.trained) == ("fused", "gbdt")
    assert read_verdict([], "m") is None


@pytest.mark.parametrize(
    ("popular", "hot", "item"), [(0.2, 0.3, "i1"), (0.3, 0.2, "i0"), (0.3, 0.3, "i0"), (None, None, "i0")]
)
def test_strangers_are_given_the_shared_list_that_the_proof_found_best(
    runner: Runner, said: list[str], popular: float | None, hot: float | None, item: str
) -> None:
    """Popularity where both are equal, or nothing is proven; als is nobody's whose past isn't known."""
    metric = {"metric": runner.config.proof.metric}
    rows = [row("lr", 0.4, published=True, trained=True), row("als", 0.5)]
    rows += [row("hot", hot), row("popular", popular)] if popular and hot else []
    put_rows(runner, "proof", DAY, [one | metric for one in rows] if popular else [])
    run(runner, "rank_popular")
    found = stored(runner, "popular_items")
    assert found[0]["item_id"] == item and len(found) == (1 if item == "i1" else ITEMS)
    told = [line for line in said if line.startswith(f"list for strangers of {DAY}: ")]
    assert len(told) == bool(popular) and all("hot 0." in line and "popular 0." in line for line in told)
