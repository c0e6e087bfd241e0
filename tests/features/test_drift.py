"""Histograms that any two days share, and the index of how far they lie apart."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.drift import MISSING, ZERO, buckets, histogram_psi, histograms, judge_drift, psi
from features.gates import Drift

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
SETTINGS = Drift(level="warn", max_psi=0.25, min_rows=10)


def test_psi_by_hand() -> None:
    """Half a row is added to each bin: 50.5 and 50.5 of 101 against 75.5 and 25.5."""
    expected = (75.5 - 50.5) / 101 * math.log(75.5 / 50.5) + (25.5 - 50.5) / 101 * math.log(25.5 / 50.5)
    assert psi([50, 50], [75, 25]) == pytest.approx(expected) == pytest.approx(0.2687, abs=1e-4)
    assert psi([75, 25], [50, 50]) == pytest.approx(expected), "neither side is the better one"


def test_psi_of_an_empty_bin_is_large_and_finite() -> None:
    assert 1 < psi([500, 500], [1000, 0]) < 10
    assert psi([300, 100], [3000, 1000]) < 1e-5, "shares count, not sizes"


@given(st.lists(FLOATS, min_size=2, max_size=40))
def test_buckets_ascend_with_the_value(values: list[float]) -> None:
    ordered = buckets(np.sort(np.array(values, np.float32)))
    assert (np.diff(ordered) >= 0).all() and (ordered > MISSING).all()


def test_a_doubling_has_four_buckets_and_zero_one_of_its_own() -> None:
    assert len(np.unique(buckets(np.arange(1024, 2048, dtype=np.float32)))) == 4
    zero, low, negative, missing = buckets(np.array([0.0, 1e-6, -1e-6, np.nan]))
    assert negative < zero == ZERO < low and missing == MISSING
    assert buckets(np.array([-0.0]))[0] == zero


def batch(*values: float | None) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(values, pa.float32())], names=["f"])


def test_histograms_are_the_same_however_rows_are_cut_into_batches() -> None:
    one, two = int(buckets(np.array([1.0]))[0]), int(buckets(np.array([2.0]))[0])
    expected = {"f": {MISSING: 2, one: 2, two: 1}}
    assert histograms([batch(1.0, None, 2.0, 1.0, None)], ["f"]) == expected
    assert histograms([batch(1.0, None), batch(), batch(2.0, 1.0, None)], ["f"]) == expected


def test_a_distribution_has_no_distance_from_itself_or_a_larger_sample_of_it() -> None:
    before = {MISSING: 100, ZERO: 500, **{ZERO + 100 + n: 10 for n in range(40)}}
    assert histogram_psi(before, before) == 0.0
    assert histogram_psi(before, {bucket: 100 * rows for bucket, rows in before.items()}) < 0.01
    assert histogram_psi({MISSING: 50}, {MISSING: 50}) == 0.0


def test_zeros_and_missing_values_have_bins_of_their_own() -> None:
    before = {ZERO: 900, ZERO + 100: 100}
    assert histogram_psi(before, {ZERO: 450, ZERO + 100: 550}) == pytest.approx(psi([900, 100], [450, 550]), rel=0.01)
    assert histogram_psi(before, {**before, MISSING: 500}) == pytest.approx(
        psi([0, 900, 100], [500, 900, 100]), rel=0.01
    )


@pytest.mark.parametrize("before", [{1200: 1000}, {1190 + n: 50 for n in range(20)}, {1200: 800, 1300: 200}])
def test_a_doubling_of_all_values_is_drift_and_a_creeping_value_is_not(before: dict[int, int]) -> None:
    def times(quarters: int) -> dict[int, int]:
        return {bucket + quarters: rows for bucket, rows in before.items()}

    assert histogram_psi(before, times(1)) < 0.25 < histogram_psi(before, times(4))
    assert histogram_psi(before, times(400)) > 2, "as when a unit changes"


def test_each_feature_is_judged_against_the_day_before() -> None:
    before = {"steady": {ZERO: 100, 1200: 100}, "moved": {ZERO: 100, 1200: 100}}
    after = {"steady": {ZERO: 101, 1200: 99}, "moved": {ZERO: 10, 1200: 190}, "new": {ZERO: 200}}
    found = {finding.subject: finding for finding in judge_drift(before, after, table="t", settings=SETTINGS)}
    assert {name: finding.verdict for name, finding in found.items()} == {
        "steady": "pass",
        "moved": "warn",
        "new": "not judged",
    }
    assert found["moved"].observed == histogram_psi(before["moved"], after["moved"]) > 1
    assert (found["moved"].high, found["moved"].table_name, found["moved"].gate) == (0.25, "t", "drift")
    assert "new since" in found["new"].basis


@pytest.mark.parametrize(("before", "rows"), [({}, 0), ({"f": {5: 9}}, 9)])
def test_a_table_without_enough_to_compare_is_not_judged(before: dict[str, dict[int, int]], rows: int) -> None:
    (found,) = judge_drift(before, {"f": {5: 100}, "g": {5: 100}}, table="t", settings=SETTINGS)
    assert (found.verdict, found.subject, found.observed) == ("not judged", "all features", None)
    assert found.basis == f"{rows} rows on the day before and 100 now, 10 of each are needed"
