from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from models.evaluate.bootstrap import bootstrap
from models.evaluate.contest import ANY, FINAL, HITS, NEW, RECALLED, TRUTH, UNIQUE, WITHOUT, Contest, column
from models.evaluate.quality import channel_report, quality
from models.evaluate.settings import ProofSettings
from models.evaluate.summary import Items, Judged, Standing, contributions, standing
from models.rank.blocks import Inputs

SETTINGS = ProofSettings(
    **{"rankers": ("gbdt",), "metric": "recall_at_2", "ks": (1, 2), "users": 10, "min_users": 1, "resamples": 40},
    **{"level": 0.9, "quality_users": 10, "new_days": 180, "ablation": True, "seed": 1},
)
ITEMS = Items(np.array([3, 1, 0, 0]), 3, (np.array([0, 0, 1, 1]),))
SOURCES = ("fused", "als")


def user(code: int, truth: list[int], new: list[int], hits: tuple[int, int], **listed: list[int]) -> dict[str, Any]:
    lists = {column(mode, name): items for mode in (ANY, NEW) for name, items in listed.items()}
    counts = {column(mode, name): list(hits) for mode in (ANY, NEW) for name in (HITS, UNIQUE)}
    return {"user_code": code, RECALLED: [4, 2], column(ANY, TRUTH): truth, column(NEW, TRUTH): new, **lists, **counts}


ROWS = pa.Table.from_pylist(
    [
        user(5, [1, 2], [2], (1, 0), fused=[1, 2], als=[2, 3], topn=[1, 2]),
        user(2, [0], [], (0, 1), fused=[3], als=[0, 1], topn=[0, 1]),
        user(6, [-1, -1], [-1, -1], (0, 0), fused=[], als=[], topn=[]) | {RECALLED: [0, 0]},
        user(7, [-1, -1, -1], [-1, -1, -1], (0, 0), fused=[], als=[], topn=[]) | {RECALLED: [0, 0]},
    ]
)
JUDGED = Judged(ROWS)


def cell(rows: list[dict[str, Any]], source: str, metric: str) -> dict[str, Any]:
    (found,) = [row for row in rows if (row["source"], row["metric"]) == (source, metric)]
    return found


def test_users_without_lists_count_and_gains_are_against_the_published_ones() -> None:
    found = standing(JUDGED, ANY, SOURCES, SETTINGS)
    assert found.of("recall_at_2") == pytest.approx({"fused": 1 / 4, "als": 1.5 / 4})
    rows: list[dict[str, Any]] = found.rows(0.9, "als")
    fused, als = (cell(rows, source, "recall_at_2") for source in SOURCES)
    assert fused["gain"] == pytest.approx(0.5 / 4) and fused["gain_low"] <= fused["gain"] <= fused["gain_high"]
    assert "gain" not in als and als["users"] == 4
    assert als["low"] <= als["value"] <= als["high"]


def test_who_took_nothing_new_is_no_judge_of_what_is_new() -> None:
    found = standing(JUDGED, NEW, SOURCES, SETTINGS)
    assert found.users == 3
    assert found.of("recall_at_1") == pytest.approx({"fused": 0, "als": 1 / 3})


def test_variety_is_of_those_with_lists_and_coverage_has_no_interval() -> None:
    rows: list[dict[str, Any]] = standing(JUDGED, ANY, SOURCES, SETTINGS, ITEMS).rows(0.9, "als")
    assert cell(rows, "fused", "diversity_at_2")["value"] == 1, "of one user with two items, one of either group"
    assert cell(rows, "fused", "coverage_at_2") == {
        **{"source": "fused", "metric": "coverage_at_2", "value": 3 / 4, "users": 4}
    }
    assert cell(rows, "als", "novelty_at_1")["value"] == pytest.approx((2 + 0) / 2)
    assert cell(rows, "fused", "diversity_at_1")["value"] is None


def test_the_order_of_rows_changes_nothing() -> None:
    turned = Judged(ROWS.take(pa.array([3, 1, 0, 2])))
    first, second = (standing(judged, ANY, SOURCES, SETTINGS, ITEMS).rows(0.9, "als") for judged in (JUDGED, turned))
    assert first == second


def test_contributions_are_shares_of_all_that_was_taken() -> None:
    als, popular = contributions(JUDGED, ANY, ("als", "popular"))
    assert als == {"channel": "als", "candidates": 8, "hits": 1, "unique_hits": 1, "hit_share": 1 / 8}
    assert popular["candidates"] == 4
    assert contributions(JUDGED, NEW, ("als", "popular"))[1]["hits"] == 0, "the second user took nothing new"


def test_a_lead_has_the_error_of_its_users_differences() -> None:
    """On the first of 40 users gbdt is right and lr wrong."""
    values = np.stack([np.zeros(40), np.arange(40) < 1], axis=1).astype(np.float64)
    found = Standing(["lr", "gbdt"], ["m"], bootstrap(values, resamples=400, seed=1), 40, {})
    leads = found.leads("m", "lr")
    assert leads["lr"] == (0, 0)
    assert leads["gbdt"] == (pytest.approx(1 / 40), pytest.approx(values[:, 1].std() / 40**0.5, rel=0.1))


def test_the_metric_that_decides_is_one_that_is_measured() -> None:
    with pytest.raises(ValueError, match=r"'ndcg_at_5', and what is measured is ndcg_at_1, ndcg_at_2"):
        ProofSettings.model_validate(SETTINGS.model_dump() | {"metric": "ndcg_at_5"})


def test_the_tables_of_make_quality() -> None:
    rows = [row | {column(mode, WITHOUT + "als"): [1] for mode in (ANY, NEW)} for row in ROWS.to_pylist()]
    rows = [row | {column(mode, "popular"): [] for mode in (ANY, NEW)} for row in rows]
    judged = Judged(pa.Table.from_pylist(rows))
    contest = Contest(Inputs((), (), (), {}, ()), (), ("als", "popular"), (ANY, NEW), k=2, final=True)
    table = quality(judged, contest, ITEMS, SETTINGS)
    assert {row["source"] for row in table} == {"fused", "als", "popular", FINAL}
    assert {(row["mode"], row["users"]) for row in table} == {(ANY, 4), (NEW, 3)}
    asked = Contest(Inputs((), (), (), {}, ()), (), ("als", "popular"), (ANY,), k=2, without={"als": None})  # type: ignore[dict-item]
    als, popular = channel_report(judged, asked, FINAL, SETTINGS)
    assert (als["channel"], als["metric"]) == ("als", "recall_at_2")
    assert als["without"] == pytest.approx(0.5 / 4) and als["loss"] == pytest.approx(1.5 / 4)
    assert popular["loss"] is popular["without"] is None
