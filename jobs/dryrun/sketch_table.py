"""A draft of the section of an overlay for a table of items or users, guessed from one file of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jobs.dryrun.shape import Shape, exact_column, sql_name

ITEM_COLUMNS: Mapping[str, Sequence[str]] = {
    "name": ("name", "title", "product_name", "item_name"),
    "category": ("category", "product_category", "department", "kind", "genre", "topic", "tag"),
    "subcategory": ("subcategory", "sub_category", "product_type", "type"),
    "brand": ("brand", "author", "author_id", "artist", "manufacturer", "vendor", "seller"),
    "price": ("price", "unit_price", "list_price"),
    "created_on": ("created_on", "created_at", "release_date", "published_at", "upload_date", "born_on"),
    "available": ("available", "is_available", "in_stock"),
}
MOST_VALUES = 50  # of a profile column, among the records looked at


def item_lines(shape: Shape) -> list[str]:
    found = {key: exact_column(shape.columns, names) for key, names in ITEM_COLUMNS.items()}
    return [f'{key} = "{sql_name(column)}"' for key, column in found.items() if column]


def user_lines(shape: Shape, key: str) -> list[str]:
    """The columns of few values."""
    names = []
    for column in shape.columns:
        values = [record[column] for record in shape.records if column in record]
        if (
            column == sql_name(column) != key
            and values
            and len(set(values)) <= min(MOST_VALUES, max(1, len(values) // 2))
        ):
            names.append(column)
    listed = ", ".join(f'"{name}"' for name in names)
    return [f"profile = [{listed}]"] if names else []
