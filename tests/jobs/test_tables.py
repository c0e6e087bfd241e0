"""The contracts as data, and that the ranker's columns are the same on both sides of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pyarrow as pa
import pytest

from features.facts import Facts
from features.specs import SHOWN
from jobs.contract import Table
from jobs.overlay import data_sets
from jobs.ranking_inputs import ranker_inputs
from jobs.runtime.checks import arrow_schema
from jobs.runtime.config import Config, load_config
from jobs.runtime.context import Context
from jobs.tables import tables
from jobs.tables.lists import sample_feature_names

KEYLESS = {"events", "rejects", "outcomes", "impressions"}  # a log may hold the same line twice


@pytest.fixture(scope="module", params=data_sets())
def config(request: pytest.FixtureRequest) -> Config:
    return load_config(request.param)


def plug_ins(config: Config) -> tuple[tuple[str, ...], Facts]:
    """Channels and what is logged: what the contracts of a data set depend on."""
    return config.get("recall.channels"), config.facts


def context(config: Config) -> Context:
    return cast(Context, SimpleNamespace(config=config, inputs=lambda _: ["2026-01-10"]))


@pytest.fixture(scope="module")
def contracts(config: Config) -> dict[str, Table]:
    return tables(*plug_ins(config))


def test_a_contract_is_known_by_its_name(contracts: dict[str, Table]) -> None:
    assert [table.name for table in contracts.values()] == list(contracts)


def test_columns_are_unique_and_ds_is_the_first(contracts: dict[str, Table]) -> None:
    for table in contracts.values():
        assert len(set(table.names)) == len(table.names), table.name
        assert table.names[0] == "ds" and table.columns[0].type == "string", table.name


def test_keys_and_checks_name_scalar_columns(contracts: dict[str, Table]) -> None:
    for table in contracts.values():
        scalars = {column.name: column for column in table.columns if "<" not in column.type}
        assert set(table.key) <= set(scalars), table.name
        assert bool(table.key) == (table.name not in KEYLESS), table.name
        assert not any(scalars[name].null for name in table.key), table.name
        for check in table.checks:
            assert check.low < check.high and check.level in ("warn", "fail")
            assert not pa.types.is_string(arrow_schema(table).field(check.column).type), table.name


def test_every_type_is_known_and_every_column_explained(contracts: dict[str, Table]) -> None:
    for table in contracts.values():
        assert arrow_schema(table).names == table.names
        assert all(column.about for column in table.columns), table.name


def test_the_ranker_is_given_the_columns_that_samples_have(config: Config, contracts: dict[str, Table]) -> None:
    names = sample_feature_names(*plug_ins(config))
    assert ranker_inputs(context(config)).features == names
    assert contracts["samples"].names == ["ds", "user_code", "item_code", "label", "weight", *names]


def test_what_the_ranker_is_given_exists_in_the_tables_it_comes_from(
    config: Config, contracts: dict[str, Table]
) -> None:
    inputs = ranker_inputs(context(config))
    sources: list[tuple[str, Any, str]] = [
        ("user_features", inputs.user, "user_"),
        ("item_features", inputs.item, "item_"),
        ("behaviour_features", inputs.behaviour, "pair_"),
        ("candidates", inputs.evidence, ""),
        *(("behaviour_features", names, "") for names in inputs.affinities.values()),
    ]
    for table, names, prefix in sources:
        assert (names or table == "behaviour_features") and all(name.startswith(prefix) for name in names)
        assert {name.removeprefix(prefix) for name in names} <= set(contracts[table].names)
    for group in inputs.affinities:
        assert f"{group}_codes" in contracts["behaviour_features"].names
        assert group == SHOWN or f"{group}_code" in contracts["item_features"].names
    assert all(user in inputs.user and item in inputs.item for user, item in inputs.matches.values())


def test_channels_shape_candidates_and_samples_in_their_order() -> None:
    contracts = tables(("popular", "als"), Facts({"click": "positive"}, {"click": 1.0}))
    evidence = ["popular_score", "popular_rank", "als_score", "als_rank", "fused_score", "fused_rank"]
    assert contracts["candidates"].names == ["ds", "user_code", "item_codes", *evidence]
    assert contracts["samples"].names[-6:] == evidence
    assert "recall_als" in contracts and "recall_item_cf" not in contracts
