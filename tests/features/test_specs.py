"""Features as declared lines: their names, what follows from one, and which exist for what a data set logs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from features import spec, specs
from features.facts import Facts
from features.generated import check_templates, generated, named_events
from features.templates import Template
from jobs.feature_docs import page
from jobs.overlay import CHECKOUT, data_sets
from jobs.runtime.checks import arrow_schema
from jobs.runtime.config import load_config
from jobs.tables import tables
from jobs.tables.lists import sample_feature_names
from tests.features.directories import built_users, catalogue, profiles
from tests.features.support import FACTS, counted, daily_table, day

BARE = Facts({"purchase": "positive"}, {"purchase": 1.0})
CLICK, SHOWN = named_events("click", FACTS), named_events("exposure", FACTS)


@pytest.mark.parametrize(
    ("feature", "name"),
    [
        (spec.count("user_daily", CLICK, 7), "click_count_7d"),
        (spec.rate("item_daily", CLICK, SHOWN, 28), "click_rate_28d"),
        (spec.velocity("item_daily", CLICK, 1, 7), "click_velocity_1d_7d"),
        (spec.mean("item_daily", "dwell", CLICK, 28), "click_dwell_mean_28d"),
        (spec.active_days("user_daily", CLICK, 28), "click_days_28d"),
        (spec.recency("user_daily", CLICK, 28), "click_recency_28d"),
        (spec.decayed("user_daily", CLICK, 7, 28), "click_decayed_7d"),
        (spec.distinct("item", spec.HISTORY), "item_count_history"),
    ],
)
def test_names_carry_aggregation_and_window(feature: spec.Feature, name: str) -> None:
    assert feature.name == name
    assert feature.about and feature.aggregation and feature.window


def test_one_more_line_reaches_the_plan_the_contract_the_samples_and_the_docs(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = specs.user_features
    line = spec.decayed("user_daily", CLICK, 2, 28)
    for module in ("features.specs", "features.users", "tests.features.directories"):
        monkeypatch.setattr(f"{module}.user_features", lambda facts: [*lines(facts), line])
    monkeypatch.setitem(__import__("jobs.feature_docs").feature_docs.FAMILIES, "user_", ("User", specs.user_features))
    daily = daily_table([(0, "u", "i", "click", 1, None, 0), (2, "u", "i", "click", 4, None, 0)])
    history = arrow_schema(tables(["als"], FACTS)["user_item_history"]).empty_table()
    users = built_users(counted(daily), history, profiles({}), catalogue([]), first=day(27))
    assert users["click_decayed_2d"].to_pylist() == [1 + 4 / 2]
    assert "click_decayed_2d" in tables(["als"], FACTS)["user_features"].names
    assert "user_click_decayed_2d" in sample_feature_names(["als"], FACTS)
    assert "| `user_click_decayed_2d` | click events, halved per 2 days of age, 28 days |" in page({"shop": FACTS})


def test_docs_say_what_is_declared() -> None:
    expected = page({data: load_config(data).facts for data in data_sets()})
    found = Path(CHECKOUT / "docs" / "features.md").read_text(encoding="utf-8")
    assert found == expected, "docs/features.md is stale: make docs-features"


def test_what_a_data_set_lacks_has_no_features() -> None:
    names = " ".join(sample_feature_names(["als"], BARE))
    for word in ("rate", "dwell", "price", "value", "exposure", "category", "holiday", "age_days"):
        assert word not in names.replace("repeat_share", ""), word
    assert not specs.shown_features(BARE) and not specs.match_features(BARE)


def test_where_nothing_is_recommended_twice_a_taken_item_tells_the_ranker_nothing() -> None:
    once = replace(FACTS, repeats=False)
    assert [f.name for f in specs.pair_features(once)] == ["positive_days", "hate_count_history"]
    assert [name for name in sample_feature_names(["als"], once) if name.startswith("pair_")] == [
        "pair_hate_count_history"
    ]


@pytest.mark.parametrize("facts", [FACTS, BARE, replace(FACTS, repeats=False)])
def test_the_rankers_names_are_distinct(facts: Facts) -> None:
    names = sample_feature_names(["als", "popular"], facts)
    assert len(set(names)) == len(names)


def with_template(facts: Facts = FACTS, most: int = 99, **template: object) -> Facts:
    return replace(facts, templates={"t": Template.model_validate(template)}, most_generated=most)


def test_a_template_makes_every_product_of_what_it_names() -> None:
    facts = with_template(of="user", statistic="count", events=("click", "hate"), windows=(3, 14), on="hour")
    names = [feature.name for feature in generated("user", "user_daily", facts)]
    assert len(names) == 2 * 2 * 4
    assert names[:2] == ["click_count_night_3d", "click_count_morning_3d"]
    assert generated("item", "item_daily", facts) == []


def test_the_number_of_generated_features_is_guarded() -> None:
    template = {"of": "user", "statistic": "share", "windows": (7, 28), "on": "hour"}
    check_templates(with_template(most=8, **template))
    with pytest.raises(ValueError, match=r"make 8 features, and features.most_generated is 7"):
        check_templates(with_template(most=7, **template))


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ({"of": "user", "statistic": "count", "windows": (29,)}, r"templates.t: a window of 29 days, and 1 to 28"),
        ({"of": "user", "statistic": "count", "windows": (0,)}, "a window of 0 days"),
        ({"of": "user", "statistic": "count", "windows": (7,), "events": ("sale",)}, "'sale' is no event type"),
        ({"of": "user", "statistic": "share", "windows": (7,)}, "set on = 'hour' or 'weekday'"),
        ({"of": "item", "statistic": "count", "windows": (7,), "on": "hour"}, "hours are kept of users only"),
        ({"of": "item", "statistic": "velocity", "windows": (7,)}, "two windows"),
        ({"of": "item", "statistic": "recency", "windows": (7,), "on": "weekday"}, "can't be taken on weekday"),
    ],
)
def test_a_template_that_makes_no_sense_is_refused(template: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_templates(with_template(**template))


def test_a_template_skips_what_the_data_set_lacks() -> None:
    for of, statistic in (("category", "count"), ("user", "rate"), ("user", "value_mean"), ("user", "dwell_mean")):
        check_templates(with_template(BARE, most=0, of=of, statistic=statistic, windows=(7,)))
