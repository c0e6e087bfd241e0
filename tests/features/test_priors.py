from __future__ import annotations

from pyspark.sql import SparkSession

from features.priors import with_priors
from tests.features.conftest import Shop
from tests.features.support import ROLES

PRIORS = ["click_prior", "purchase_prior", "hate_prior"]


def test_rates_of_the_whole_population_on_every_row(shop: Shop) -> None:
    rows = with_priors(shop.history, roles=ROLES).select(*PRIORS).distinct().collect()
    assert [tuple(row) for row in rows] == [(7 / 21, 3 / 21, 1 / 21)]


def test_no_exposure_in_the_window_means_a_rate_of_0(spark: SparkSession) -> None:
    counts = spark.sql("SELECT 0L AS impression_count_28d, 3L AS click_count_28d, 0L AS purchase_count_28d")
    frame = with_priors(counts, roles={"impression": "exposure", "click": "positive", "purchase": "positive"})
    assert [tuple(row) for row in frame.select("click_prior", "purchase_prior").collect()] == [(0.0, 0.0)]


def test_a_source_without_exposures_has_no_priors(shop: Shop) -> None:
    assert with_priors(shop.history, roles={"click": "positive"}) is shop.history
