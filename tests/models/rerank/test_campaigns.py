"""The campaign table as people write it, right and wrong."""

from __future__ import annotations

import datetime as dt

import pytest

from models.rerank.campaigns import Campaigns, read_campaigns

TITLES = "action,item_id,category,brand,scene,segment,position,factor,start,end\n"
DAY = dt.date(2026, 1, 10)
WEEK = "2026-01-05,2026-01-11"


def read(*lines: str, titles: str = TITLES) -> Campaigns:
    text = titles + "".join(f"{line}\n" for line in lines)
    return read_campaigns({"campaigns.csv": text}, day=DAY, scene="home", attributes=["city"], places=20)


def test_what_is_in_force_in_the_order_of_the_table() -> None:
    found = read(
        f"pin,i7,,,,,3,,{WEEK}",
        f"ban,,toys,,home,city=Cork,,,{WEEK}",
        "boost,,, Acme ,,,,1.5,2026-01-10,2026-01-10",
        "pin,i7,,,,,3,,2026-01-01,2026-01-09",
        "pin,i7,,,,,3,,2026-01-11,2026-01-12",
        f"pin,i8,,,basket,,3,,{WEEK}",
    )
    assert [(row.action, row.target, row.segment, row.position, row.factor) for row in found.rows] == [
        ("pin", ("item_id", "i7"), "", 3, None),
        ("ban", ("category", "toys"), "city=Cork", None, None),
        ("boost", ("brand", "Acme"), "", None, 1.5),
    ]
    assert found.others == {"out of date": 1, "yet to come": 1, "of scene basket": 1}


def test_columns_may_be_left_out_and_a_file_may_be_empty() -> None:
    assert len(read("ban,i1,2026-01-10,2026-01-10", titles="action, item_id, start, end\n").rows) == 1
    assert read(titles="") == read() == Campaigns()


def test_rows_out_of_date_are_not_looked_at() -> None:
    assert read("pim,,,,,,,,2026-01-01,2026-01-02").others == {"out of date": 1}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f"pim,i1,,,,,1,,{WEEK}", "line 2: action: Input should be 'pin', 'ban' or 'boost'"),
        (f"ban,,,,,,,,{WEEK}", "names nothing, and needs one of item_id, category, subcategory, brand"),
        (f"ban,i1,toys,,,,,,{WEEK}", "names item_id and category, and needs one"),
        (f"pin,,toys,,,,1,,{WEEK}", "a pin needs an item_id"),
        (f"pin,i1,,,,,,,{WEEK}", "a pin needs a position, and nothing else may have one"),
        (f"ban,i1,,,,,2,,{WEEK}", "a pin needs a position, and nothing else may have one"),
        (f"boost,i1,,,,,,,{WEEK}", "a boost needs a factor"),
        (f"pin,i1,,,,,1,2,{WEEK}", "a boost needs a factor, and nothing else may have one"),
        (f"boost,i1,,,,,,0,{WEEK}", "factor: Input should be greater than 0"),
        (f"boost,i1,,,,,,nan,{WEEK}", "factor: Input should be a finite number"),
        (f"pin,i1,,,,,0,,{WEEK}", "position: Input should be greater than or equal to 1"),
        (f"pin,i1,,,,,21,,{WEEK}", "position 21 is behind the last place of a list, 20"),
        ("ban,i1,,,,,,,2026-01-11,2026-01-05", "ends on 2026-01-05, before it starts on 2026-01-11"),
        ("ban,i1,,,,,,,05.01.2026,2026-01-11", "start: Input should be a valid date"),
        ("ban,i1,,,,,,,,", "start: Field required"),
        (f"ban,i1,,,,town=Cork,,,{WEEK}", "segment 'town=Cork' isn't attribute=value with one of the attributes city"),
        (f"ban,i1,,,,city,,,{WEEK}", "segment 'city' isn't attribute=value"),
        ("ban,i1", "line 2: has fewer columns than the line of titles"),
        (f"ban,i1,,,,,,,{WEEK},more", "line 2: has more columns than the line of titles"),
    ],
)
def test_a_wrong_row_is_named_with_what_is_wrong(line: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"campaigns\.csv, line 2: ") as caught:
        read(line)
    assert message in str(caught.value)


def test_every_wrong_row_is_named_up_to_ten_and_unknown_columns_too() -> None:
    with pytest.raises(ValueError, match=r"line 2: .*line 3: ") as caught:
        read(*[f"pim,i1,,,,,1,,{WEEK}"] * 12)
    assert str(caught.value).endswith("line 11: action: Input should be 'pin', 'ban' or 'boost'; and 2 more")
    with pytest.raises(ValueError, match=r"prize is no column \(there are action, item_id, .*start, end\)"):
        read(f"ban,i1,9,{WEEK}", titles="action,item_id,prize,start,end\n")
