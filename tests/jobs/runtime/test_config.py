"""The configuration: defaults, overlays, the environment, and messages that say what is wrong and what is right."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from features.settings import Settings
from jobs import overlay
from jobs.errors import UsageError
from jobs.overlay import CHECKOUT, CONF, data_sets, merge
from jobs.runtime.config import Config, load_config

CLICK = {"when": "event = 'click'", "role": "positive", "weight": 1.0}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in overlay.PATH_VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)


def test_every_file_in_conf_is_a_data_set_that_loads() -> None:
    assert {"completejourney", "kuairand", "world"} <= set(data_sets())
    for name in data_sets():
        config = load_config(name)
        assert config.data.name == name
        assert config.store_root == CHECKOUT / "var" / "store" / name
        assert config.raw_root == CHECKOUT / "var" / "raw" / name


def test_what_an_overlay_does_not_state_is_as_in_predawn_toml() -> None:
    defaults, own = (
        tomllib.loads((CONF / f"{name}.toml").read_text(encoding="utf-8")) for name in ("predawn", "world")
    )
    config = load_config("world")
    for section, values in defaults.items():
        for key, value in values.items():
            if key in own.get(section, {}):
                continue
            found = config.get(f"{section}.{key}")
            stated = found.model_dump(mode="json", exclude_unset=True) if isinstance(found, Settings) else found
            if key == "templates":
                stated = {name: each.model_dump(mode="json", exclude_unset=True) for name, each in found.items()}
            assert (list(stated) if isinstance(stated, tuple) else stated) == value, f"{section}.{key}"
    assert (config.topn.n, config.publish.keep, config.windows.label_days) == (100, 3, 1)


def test_an_overlay_states_the_facts_of_its_source() -> None:
    config = load_config("completejourney")
    assert config.first_day == dt.date(2017, 1, 1)
    assert (config.windows.label_days, config.windows.label_windows, config.windows.history_days) == (7, 4, 365)
    assert load_config("kuairand").data.time_zone == "Asia/Shanghai"


def test_an_unknown_data_set_names_those_that_exist() -> None:
    with pytest.raises(UsageError, match=r"unknown data set 'wrld': conf/ has .*completejourney.*world"):
        load_config("wrld")


@pytest.mark.parametrize(
    ("overrides", "named", "valid"),
    [
        ({"topn": {"m": 5}}, "topn.m", ["n"]),
        ({"top_n": {"n": 5}}, "top_n", ["topn", "recall", "data"]),
        ({"recall": {"als": {"factor": 5}}}, "recall.als.factor", ["factors"]),
        ({"recall": {"als2": {}}}, "recall.als2", ["als", "channels"]),
        ({"rank": {"lr": {"c": 5}}}, "rank.lr.c", []),
        ({"rerank": {"mmr": {"lambda": 0.5}}}, "rerank.mmr.lambda", ["relevance", "places", "pool", "similarity"]),
        ({"data": {"timezone": "UTC"}}, "data.timezone", ["time_zone"]),
        ({"data": {"events": {"types": {"click": {"wait": 1.0}}}}}, "data.events.types.click.wait", ["weight", "role"]),
    ],
)
def test_an_unknown_key_is_named_with_the_valid_ones(overrides: dict[str, Any], named: str, valid: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        load_config("world", overrides)
    found = re.search(rf"{re.escape(named)} is no known key \(valid here: ([^)]+)\)", str(caught.value))
    assert found and set(valid) <= set(found.group(1).split(", ")), caught.value


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"rank": {"ranker": "gbtd"}}, r"rank.ranker names 'gbtd', which isn't one of gbdt_lr, gbdt, lr"),
        ({"recall": {"channels": ["als", "items"]}}, r"recall.channels names 'items', which isn't one of als, item_cf"),
        ({"recall": {"channels": []}}, r"recall.channels"),
        ({"rerank": {"rules": ["seem"]}}, r"rerank.rules names 'seem', which isn't one of seen, negative, "),
        ({"rerank": {"rules": ["pins", "seen"]}}, r"rerank.rules has 'pins' before 'seen', which would undo it: "),
        ({"rerank": {"new_slots": {"positions": [0]}}}, r"rerank.new_slots.positions: .*counted from 1"),
        ({"recall": {"channels": ["als", "als"]}}, r"recall.channels names a channel twice: als, als"),
        (
            {"data": {"events": {"types": {"it's": {"when": "true", "role": "other"}}}}},
            r"data.events.types.it's.\[key\]: .*should match pattern",
        ),
        ({"data": {"time_zone": "Europe/Berlim"}}, r"data.time_zone: 'Europe/Berlim' is no time zone"),
        ({"data": {"name": "my-shop"}}, r"called as its file in conf/: lower-case letters, digits and _"),
        ({"data": {"time_zone": "../etc/passwd"}}, r"data.time_zone: .*is no time zone"),
        ({"data": {"events": {"types": {"click": {"weight": 0.0}}}}}, r"types.click: .*needs a weight above 0"),
        ({"data": {"events": {"types": {"impression": {"weight": 2}}}}}, r"types.impression: .*no other role may"),
        ({"windows": {"label_windows": 1}, "topn": {"n": 0}}, r"windows.label_windows: .*; topn.n: "),
        ({"data": {"first_day": "1.9.2026"}}, r"data.first_day = '1.9.2026' is no date: write it as 2026-01-31, "),
        ({"data": {"users": {"profile": "age"}}}, r"data.users.profile: .*has to be a list of fields, or a table of"),
        ({"data": {"users": {"profile": {"a": {"sql": "x", "kind": "n"}}}}}, r"profile.a.kind .*valid here: sql, type"),
        ({"data": {"items": {"file": "x"}}}, r"data.items.file is no known key \(valid here: .*files, marker"),
        ({"data": {"events": {"event_type": ""}}}, r"data.events: .*types.impression needs a condition `when`, or"),
        ({"health": {"volume": {"level": "stop"}}}, r"health.volume.level: .*'fail', 'warn' or 'off'"),
        ({"health": {"deadline": "24:00"}}, r"health.deadline: .*should match pattern"),
    ],
)
def test_a_wrong_value_is_named_with_its_key(overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        load_config("world", overrides)
    assert "\n" not in str(caught.value)


def conf_with(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """A folder like conf/ whose data set `mine` is the given text."""
    (folder / "predawn.toml").write_bytes((CONF / "predawn.toml").read_bytes())
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(overlay, "CONF", folder)


def test_a_file_that_is_no_toml_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conf_with(tmp_path, monkeypatch, "[data\n")
    with pytest.raises(UsageError, match=r"conf/mine.toml is not valid TOML: .*line 1"):
        load_config("mine")
    (tmp_path / "mine.toml").write_bytes('[data]\ntitle = "Café"\n'.encode("latin-1"))
    with pytest.raises(UsageError, match=r"conf/mine.toml is not UTF-8: save it as UTF-8"):
        load_config("mine")


def test_a_data_set_is_one_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conf_with(tmp_path, monkeypatch, (CONF / "world.toml").read_text(encoding="utf-8") + "\n[topn]\nn = 7\n")
    config = load_config("mine")
    assert (config.data.name, config.topn.n, config.store_root.name) == ("mine", 7, "mine")
    assert data_sets() == ["mine"]


@pytest.mark.parametrize("page", ["README.md", "docs/overlay.md"])
def test_the_overlays_of_the_docs_are_overlays(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (text,) = re.findall(r"(?s)```toml\n(.*?)```", (CHECKOUT / page).read_text(encoding="utf-8"))
    conf_with(tmp_path, monkeypatch, text)
    data = load_config("mine").data
    assert data.events.conditions["purchase"] == "(event) = 'purchase'"
    assert data.items is None and not data.profile


def test_a_log_without_a_positive_event_type_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (CONF / "world.toml").read_text(encoding="utf-8")
    conf_with(tmp_path, monkeypatch, re.sub(r"(?m)^types.(click|like|purchase) = .*$", "", text))
    with pytest.raises(UsageError, match=r"data.events: .*at least one event type must be positive"):
        load_config("mine")


def test_the_environment_overrides_paths(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PREDAWN_STORE", str(tmp_path / "{data}" / "store"))
    monkeypatch.setenv("PREDAWN_RAW", "elsewhere/raw")
    config = load_config("world")
    assert config.store_root == tmp_path / "world" / "store"
    assert config.raw_root == CHECKOUT / "elsewhere" / "raw"
    monkeypatch.setenv("PREDAWN_RAW", "")
    assert load_config("world").raw_root == CHECKOUT / "var" / "raw" / "world"


def test_merging_goes_key_by_key_and_leaves_its_inputs_alone() -> None:
    base = {"a": {"x": 1, "y": [1]}, "b": 1}
    assert merge(base, {"a": {"y": [2]}, "c": 3}) == {"a": {"x": 1, "y": [2]}, "b": 1, "c": 3}
    assert base == {"a": {"x": 1, "y": [1]}, "b": 1}


SECTIONS = ("data", "data.events", "windows.history_days", "recall.k", "recall.als", "recall.channels", "rank", "topn")


@pytest.mark.parametrize(
    ("overrides", "changed"),
    [
        ({}, set()),
        ({"topn": {"n": 99}}, {"topn"}),
        ({"recall": {"k": 199}}, {"recall.k"}),
        ({"recall": {"als": {"factors": 8}}}, {"recall.als"}),
        ({"recall": {"channels": ["als", "popular"]}}, {"recall.channels"}),
        ({"rank": {"gbdt_lr": {"C": 0.123}}}, {"rank"}),
        ({"windows": {"history_days": 9, "label_days": 2}}, {"windows.history_days"}),
        ({"data": {"events": {"types": {"click": {"weight": 1.5}}}}}, {"data", "data.events"}),
        ({"data": {"repeats": True}, "spark": {"driver_memory": "9g"}}, {"data"}),
    ],
)
def test_a_fingerprint_changes_with_its_own_section_only(overrides: dict[str, Any], changed: set[str]) -> None:
    before, after = load_config("world"), load_config("world", overrides)
    assert {name for name in SECTIONS if before.fingerprint((name,)) != after.fingerprint((name,))} == changed
    both = before.fingerprint(SECTIONS) == after.fingerprint(SECTIONS)
    assert both == (not changed)
    assert before.fingerprint(SECTIONS) == before.fingerprint(SECTIONS[::-1])


def test_a_configuration_cannot_be_changed() -> None:
    config: Config = load_config("world")
    with pytest.raises(ValidationError):
        setattr(config.topn, "n", 3)  # noqa: B010 - the type checker would refuse an assignment


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"enabled": ["similar", "simular"]}, "products: .*enabled names simular, and there are similar, together"),
        ({"enabled": ["reasons"]}, "reasons need similar items for their evidence: enable similar, too"),
        ({"segments": {"attributes": ["city", "shoe_size"]}}, "names 'shoe_size', which isn't one of .*city"),
    ],
)
def test_products_that_cannot_be_made_are_an_error(overrides: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_config("world", {"products": overrides})


B = {"recall": {"channels": ["popular"]}, "topn": {"n": 7}}


def test_a_variant_is_laid_over_everything_and_has_a_store_of_its_own() -> None:
    tree = {"variants": {"b": B}, "topn": {"n": 9}}
    base, b = load_config("world", tree), load_config("world", tree, variant="b")
    assert (base.variant, base.topn.n, b.variant, b.topn.n) == (None, 9, "b", 7)
    assert b.get("recall.channels") == ("popular",) and b.get("recall.k") == base.get("recall.k")
    assert b.data == base.data and b.base == base and base.base is None
    assert b.store_root.parent == base.store_root.parent and b.store_root.name == f"{base.store_root.name}@b"


@pytest.mark.parametrize(
    ("variants", "asked", "message"),
    [
        ({"b": B}, "c", "unknown variant 'c': data set 'world' has b"),
        ({}, "c", "unknown variant 'c': data set 'world' has none"),
        ({"b": {"topn": {"m": 1}}}, None, r"variant 'b' of .*topn.m is no known key \(valid here: n"),
        ({"b": {"recall": {"channels": ["als", "als"]}}}, None, "variant 'b' of .*names a channel twice"),
        ({"b": {"data": {"scene": "x"}}}, None, "variant 'b' of data set 'world' changes data, and what is the same"),
        ({"control": {}}, None, "variant 'control' stands for the scene's own lists"),
        ({"B!": {}}, None, "a name is 1 to 32 of a-z"),
    ],
)
def test_a_wrong_variant_is_an_error_even_when_it_is_not_asked_for(
    variants: dict[str, object], asked: str | None, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        load_config("world", {"variants": variants}, variant=asked)


LAYER = {"start": dt.date(2026, 1, 5), "variants": {"b": 0.5}}


def test_an_experiment_runs_from_its_first_day_to_its_last() -> None:
    layers = {"one": {**LAYER, "end": dt.date(2026, 1, 9)}, "two": {**LAYER, "start": dt.date(2026, 1, 10)}}
    settings = load_config("world", {"variants": {"b": B}, "experiments": {"layers": layers}}).experiments
    running = [settings.running(f"2026-01-{day:02}") for day in (4, 5, 9, 10, 31)]
    assert running == [[], ["one"], ["one"], ["two"], ["two"]]
    assert settings.experiment("one", "home").shares() == {"control": 0.5, "b": 0.5}


@pytest.mark.parametrize(
    ("experiments", "message"),
    [
        ({"layers": {"one": LAYER, "two": LAYER}}, "'one' and 'two' run on the same days, and a user"),
        ({"layers": {"one": {**LAYER, "end": dt.date(2026, 1, 1)}}}, "'one' ends on 2026-01-01, before it starts"),
        ({"layers": {"one": {**LAYER, "variants": {"c": 0.5}}}}, "experiments name the variants c, and there are b"),
        ({"layers": {"one": {**LAYER, "variants": {"b": 1.5}}}}, "share of variant 'b' is 1.5: give a multiple"),
        ({"conversions": ["buy"]}, "experiments name 'buy', and the event types are impression, click"),
        ({"layers": {"one": {**LAYER, "begin": 1}}}, "begin is no known key"),
    ],
)
def test_a_wrong_experiment_is_an_error(experiments: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_config("world", {"variants": {"b": B}, "experiments": experiments})
