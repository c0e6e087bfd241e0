from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from features.facts import Facts
from features.views import context_columns, view_columns
from models.clicks.blocks import click_matrix, impression_block, views_of, with_unknown
from models.rank.blocks import item_table
from tests.models.rank.user_rows import INPUTS, ITEMS, NAN, SCHEMA, row

FACTS = Facts(
    {"shown": "exposure", "click": "positive"}, {"click": 1.0}, groups=("category", "brand"), context=("page",)
)
STATIC = replace(INPUTS, evidence=())
NAMES = [*STATIC.features, *context_columns(FACTS), *view_columns(FACTS)]
LISTS = {
    **{name: pa.list_(pa.float32()) for name in ("label", "positive", "weight", "context_hour", "context_weekday")},
    "item_code": pa.list_(pa.int32()),
    "exposed_at": pa.list_(pa.int64()),
    "page": pa.list_(pa.string()),
    **{
        f"by_user_{other}_{name}": pa.list_(pa.int32() if name == "codes" else pa.float32())
        for other in ("page", "category", "brand")
        for name in ("codes", "count", "positive_rate")
    },
}
VIEWS = pa.table(
    {
        "view": ["page_hour", "hour", "page", "page", "item_page"],
        "code": pa.array([1, 9, 1, 0, 2], pa.int32()),
        "other_code": pa.array([9, 0, 0, 0, 1], pa.int32()),
        "key": ["2", "9", "2", "10", "c"],
        "count": pa.array([1, 2, 3, 4, 5], pa.float32()),
        "positive_rate": pa.array([0.1, 0.2, 0.3, 0.4, None], pa.float32()),
    }
)


def impressions(**given: Any) -> dict[str, Any]:
    count = len(given["item_code"])
    filled = {"label": [0.0], "positive": [0.0], "weight": [1.0], "exposed_at": [7], "context_weekday": [2.0]}
    return {**{name: value * count for name, value in filled.items()}, "context_hour": [9.0] * count, **given}


def matrix(*rows: dict[str, Any]) -> dict[str, np.ndarray]:
    fields = [field for field in SCHEMA if field.name not in ("label_codes", "labels", *INPUTS.evidence)]
    schema = pa.schema([*fields, *LISTS.items()])
    batch = pa.RecordBatch.from_pylist(list(rows), schema=schema)
    items = with_unknown(item_table(ITEMS, STATIC))
    X = click_matrix(batch, STATIC, items, views_of(VIEWS, FACTS), FACTS)
    block = impression_block(batch, STATIC, items, views_of(VIEWS, FACTS), FACTS)
    assert block.schema.names[6:] == NAMES and X.shape == (block.num_rows, len(NAMES))
    return dict(zip(NAMES, X.T, strict=True))


KNOWN = {
    **row(3, pair_codes=[2], category_codes=[1], brand_codes=[]),
    **{"by_user_page_codes": [1], "by_user_page_count": [6.0], "by_user_page_positive_rate": [0.6]},
    **{"by_user_category_codes": [0, 1], "by_user_category_count": [7.0, 8.0]},
    **{"by_user_category_positive_rate": [0.7, None]},
    **impressions(item_code=[0, 2, 2], page=["2", "2", "11"]),
}


def test_an_impression_has_what_is_known_of_user_item_and_place() -> None:
    found = matrix(KNOWN)
    assert found["user_x"].tolist() == [1.5] * 3 and found["item_a"].tolist() == [1, 3, 3]
    assert found["pair_c"][1] == found["pair_c"][2] and np.isnan(found["pair_c"][0])
    assert found["context_page"].tolist() == [2, 2, 11] and found["context_hour"].tolist() == [9] * 3
    assert found["by_hour_count"].tolist() == [2, 2, 2]
    for name, expected in {
        "by_page_count": [3, 3, NAN],  # page 11 was never seen before
        "by_page_hour_positive_rate": [0.1, 0.1, NAN],
        "by_item_page_count": [NAN, 5, NAN],
        "by_item_page_positive_rate": [NAN] * 3,
        "by_user_page_count": [6, 6, NAN],
        "by_user_category_count": [7, 8, 8],
        "by_user_category_positive_rate": [0.7, NAN, NAN],
        "by_user_brand_count": [NAN] * 3,
    }.items():
        np.testing.assert_allclose(found[name], expected, err_msg=name)


def test_of_an_unknown_user_or_item_the_place_is_known() -> None:
    stranger = {"user_code": -1, **impressions(item_code=[-1, 2], page=[None, "10"])}
    found = matrix(stranger, {**KNOWN, **impressions(item_code=[-1], page=["home"])})
    assert np.isnan(found["user_x"][:2]).all() and found["user_x"][2] == 1.5
    np.testing.assert_array_equal(found["item_a"], [NAN, 3, NAN])
    np.testing.assert_array_equal(found["by_page_count"], [NAN, 4, NAN])
    assert np.isnan(found["context_page"][[0, 2]]).all() and np.isnan(found["by_user_category_count"]).all()
    assert found["by_hour_positive_rate"] == pytest.approx([0.2] * 3)


def test_a_place_says_the_same_whoever_else_is_in_the_block() -> None:
    other = {**KNOWN, "user_code": 4, **impressions(item_code=[5], page=["10"])}
    alone, together = matrix(KNOWN), matrix(other, KNOWN)
    for name in NAMES:
        np.testing.assert_array_equal(alone[name], together[name][1:], err_msg=name)
