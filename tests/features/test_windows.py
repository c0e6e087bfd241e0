from __future__ import annotations

from features.windows import windowed
from tests.features.support import AS_OF, by_key, daily_table, day

FEW = daily_table([(age, "u", "i", "purchase", 1, 0.1 + 0.2, 1) for age in (-1, 0, 5, 6, 13, 14)])


def test_rows_know_their_age_their_weekday_and_whole_units() -> None:
    rows = by_key(windowed(FEW, first=day(13), as_of=AS_OF), "age")
    assert {age: row["same_weekday"] for age, row in rows.items()} == {0: False, 5: False, 6: True, 13: True}
    assert (rows[0]["value_units"], rows[0]["dwell_units"]) == (3000, None)


def test_a_window_without_a_row_has_the_same_columns() -> None:
    found = windowed(FEW, first=AS_OF, as_of=AS_OF)
    assert windowed(FEW.slice(0, 0), first=AS_OF, as_of=AS_OF).schema == found.schema
