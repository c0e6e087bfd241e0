"""Contracts of what is published beside the lists."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.contract import Check, Column, Table
from jobs.tables.columns import DS, ITEM_CODE, ITEM_ID, USER_ID

ITEM_LIST = (
    Column("item_ids", "array<string>", "best first, never empty"),
    Column("item_codes", "array<int>", "codes of item_ids"),
    Column("scores", "array<float>", "parallel to item_ids, descending"),
)
SIMILAR_ITEMS = Table(
    "similar_items", "item with similar ones", ("item_code",), (DS, ITEM_CODE, ITEM_ID, *ITEM_LIST), may_be_empty=True
)
BOUGHT_TOGETHER = Table(
    "bought_together",
    "item with others taken on the same days",
    ("item_code",),
    (DS, ITEM_CODE, ITEM_ID, *ITEM_LIST),
    may_be_empty=True,
)
SEGMENT_ITEMS = Table(
    "segment_items",
    "segment of users",
    ("segment",),
    (
        DS,
        Column("segment", "string", "attribute=value"),
        Column("users", "bigint", "users of the directory in it"),
        *ITEM_LIST,
    ),
    (Check("users", 1),),
    may_be_empty=True,
)
REASONS = Table(
    "reasons",
    "user with a list",
    ("user_id",),
    (
        DS,
        USER_ID,
        Column("scores", "array<float>", "the ranker's probability, for the first places of the list; null: none"),
        Column(
            "channels",
            "array<string>",
            "the channel that ranked the item best; `other` where none recalled it, `new` or `pinned` by a rule",
        ),
        Column("evidence_ids", "array<string>", "the user's own item that it follows; null where there is none"),
        Column("days", "array<int>", "days on which the user took the item itself"),
    ),
)
USER_HISTORY = Table(
    "user_history",
    "user who took something",
    ("user_id",),
    (
        DS,
        USER_ID,
        Column("item_ids", "array<string>", "items taken last, the newest first"),
        Column("days", "array<string>", "the last day of each, YYYY-MM-DD"),
        Column("counts", "array<int>", "days on which the user took it"),
    ),
    may_be_empty=True,
)
TABLES = {
    "similar": SIMILAR_ITEMS,
    "together": BOUGHT_TOGETHER,
    "segments": SEGMENT_ITEMS,
    "reasons": REASONS,
    "history": USER_HISTORY,
}


def product_tables(products: Sequence[str]) -> tuple[Table, ...]:
    return tuple(table for product, table in TABLES.items() if product in products)
