"""Rows of users as the jobs hand them to `models.rank.blocks`, from Python values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from models.rank.blocks import CANDIDATE_CODES, Inputs

NAN = math.nan
INT, FLOAT = pa.int32(), pa.float32()
INTS, FLOATS = pa.list_(INT), pa.list_(FLOAT)
INPUTS = Inputs(
    user=("user_x", "user_y"),
    item=("item_a", "item_b"),
    behaviour=("pair_c",),
    affinities={"category": ("category_d",), "brand": ("brand_e", "brand_f")},
    evidence=("als_score", "als_rank"),
)
SCHEMA = pa.schema(
    [
        ("user_code", INT),
        *((name, FLOAT) for name in INPUTS.user),
        *((name, INTS if name.endswith("_codes") else FLOATS) for name in INPUTS.user_columns if name[:4] != "user"),
        ("label_codes", INTS),
        ("labels", FLOATS),
    ]
)
ITEMS = pa.table(
    {
        "item_a": pa.array([1, None, 3, 4, 5, 6], FLOAT),
        "item_b": pa.array([0.5] * 6, FLOAT),
        "category_code": pa.array([0, 1, 1, None, 2, 0], INT),
        "brand_code": pa.array([None, 7, 7, 7, None, 8], INT),
    }
)


def row(code: int, **given: Any) -> dict[str, Any]:
    """A user's row; arrays that aren't given are as long as their codes, with a value of their own in each place."""
    values: dict[str, Any] = {"user_code": code, "user_x": code / 2, "user_y": code / 4, **given}
    families = {"pair_codes": INPUTS.behaviour, CANDIDATE_CODES: INPUTS.evidence, "label_codes": ("labels",)}
    families |= {f"{group}_codes": names for group, names in INPUTS.affinities.items()}
    for number, (codes, names) in enumerate(families.items()):
        values.setdefault(codes, [])
        for name in names:
            values.setdefault(name, [code + number / 8 + place for place in range(len(values[codes]))])
    return values


def batch(rows: Sequence[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=SCHEMA)
