"""The composed configuration: conf/predawn.toml, then the data set's overlay, then the environment."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from functools import cached_property, reduce
from pathlib import Path
from typing import Any

from pydantic import Field, PrivateAttr, ValidationError, create_model

from features.clean_settings import Clean
from features.facts import Facts
from features.gates import Health
from features.generated import check_templates
from features.settings import Settings
from features.specs import GROUPS
from jobs.dataset import DataSet
from jobs.errors import UsageError
from jobs.experiments import Experiments
from jobs.job import Windows
from jobs.overlay import CHECKOUT as CHECKOUT
from jobs.overlay import merge, merged_toml
from jobs.runtime.config_errors import problem
from jobs.runtime.config_sections import Features, Paths, Publish, Replay, Samples, Spark, TopN
from models.clicks.settings import ClickSettings
from models.evaluate.settings import ProofSettings
from models.products.settings import Products
from models.rank import RANKERS, load_ranker
from models.rank.report_settings import ModelReportSettings
from models.recall import CHANNELS, load_channel
from models.recall.merge import FusionConfig
from models.rerank import RULES, check_rules, load_rule
from models.select.settings import ReportSettings

# What a variant must have in common with the lists that it is compared with.
SHARED = ("data", "paths", "spark", "publish", "experiments", "variants", "variant")


def _section(registry: Mapping[str, str], load: Any) -> dict[str, Any]:
    return {name: (load(name).Config, Field(default_factory=load(name).Config)) for name in registry}


_Recall = create_model(
    "Recall",
    __base__=Settings,
    channels=(tuple[str, ...], Field(min_length=1)),
    k=(int, Field(ge=1, le=2000)),
    seed=(int, Field()),
    fusion=(FusionConfig, Field(default_factory=FusionConfig)),
    **_section(CHANNELS, load_channel),
)
_Rank = create_model(
    "Rank",
    __base__=Settings,
    ranker=(str, Field()),
    seed=(int, Field()),
    drop=(tuple[str, ...], Field()),
    keep=(int, Field(ge=1)),
    **_section(RANKERS, load_ranker),
)
_Clicks = create_model("Clicks", __base__=ClickSettings, **_section(RANKERS, load_ranker))


_Rerank = create_model(
    "Rerank", __base__=Settings, rules=(tuple[str, ...], Field()), seed=(int, Field()), **_section(RULES, load_rule)
)


class Config(Settings):
    """Everything a run can be told. Sections of channels, rankers and rules stand beside their algorithms."""

    data: DataSet
    paths: Paths
    spark: Spark
    windows: Windows
    features: Features
    clean: Clean
    health: Health
    recall: _Recall
    samples: Samples
    rank: _Rank
    clicks: _Clicks
    topn: TopN
    rerank: _Rerank
    publish: Publish
    products: Products
    replay: Replay
    proof: ProofSettings
    experiments: Experiments
    report: ReportSettings
    model_report: ModelReportSettings
    variants: dict[str, dict[str, Any]] = Field(default_factory=dict)
    variant: str | None = None
    _base: Config | None = PrivateAttr(None)

    @property
    def base(self) -> Config | None:
        """What a variant is laid over: the configuration of the lists that everyone gets."""
        return self._base

    @property
    def raw_root(self) -> Path:
        return self.paths.folder(self.paths.raw, self.data.name)

    @property
    def store_root(self) -> Path:
        """A variant has a store of its own, beside the base's."""
        root = self.paths.folder(self.paths.store, self.data.name)
        return root.with_name(f"{root.name}@{self.variant}") if self.variant else root

    @property
    def first_day(self) -> dt.date:
        return self.data.first_day

    @cached_property
    def facts(self) -> Facts:
        """What the data set logs, as far as features follow from it."""
        events, items, profile = self.data.events, self.data.items, self.data.profile
        return Facts(
            roles=events.roles,
            weights=events.weights,
            groups=tuple(group for group in GROUPS if _says(items, group)),
            repeats=self.data.repeats,
            value=_says(events, "value"),
            dwell=_says(events, "dwell_seconds"),
            price=_says(items, "price"),
            created=_says(items, "created_on"),
            item_numbers=tuple(items.numbers) if items else (),
            holidays=not self.data.calendar.is_empty,
            profile=tuple(profile),
            numbers=tuple(name for name, attribute in profile.items() if attribute.type == "number"),
            context=tuple(events.context),
            **self.windows.model_dump(include={"history_days", "profile_days", "shown_days", "fresh_days"}),
            templates=self.features.templates,
            most_generated=self.features.most_generated,
        )

    @property
    def clicked(self) -> bool:
        """Whether there is a click model: where exposures are logged, unless it is switched off."""
        return bool(self.clicks.ranker and self.data.events.with_role("exposure"))

    def get(self, dotted: str) -> Any:
        """The value at a dotted path, such as `recall.als`."""
        return reduce(getattr, dotted.split("."), self)

    def fingerprint(self, sections: tuple[str, ...]) -> str:
        """A digest of some sections, equal for equal values; part of what a partition was built from."""
        values = [
            (name, value.model_dump_json() if isinstance(value := self.get(name), Settings) else repr(value))
            for name in sorted(sections)
        ]
        return hashlib.blake2b(repr(values).encode(), digest_size=8).hexdigest()


def load_config(data: str, overrides: Mapping[str, Any] | None = None, variant: str | None = None) -> Config:
    """The configuration for one data set; `overrides` is merged last, but for what a variant changes.

    variant: one of `[variants.<name>]`, whose table is laid over everything. All of them are checked, asked for or not.
    Raises UsageError that names the key and, where a key is unknown, the valid ones.
    """
    tree = merge(merged_toml(data), overrides or {})
    config = _validated(tree, f"configuration of data set {data!r}")
    try:
        config.experiments.check(config.variants, config.data.events.types)
    except ValueError as error:
        raise UsageError(f"configuration of data set {data!r}: {error}") from error
    found = {None: config} | {name: _variant(tree, name, data, config) for name in config.variants}
    if variant not in found:
        raise UsageError(f"unknown variant {variant!r}: data set {data!r} has {', '.join(config.variants) or 'none'}.")
    return found[variant]


def _variant(tree: Mapping[str, Any], name: str, data: str, base: Config) -> Config:
    from predawn.assignment import check_names

    overlay, what = tree["variants"][name], f"variant {name!r} of data set {data!r}"
    try:
        check_names([name])
    except ValueError as error:
        raise UsageError(f"{what}: {error}") from error
    if shared := [key for key in overlay if key in SHARED]:
        raise UsageError(f"{what} changes {', '.join(shared)}, and what is the same for all is {', '.join(SHARED)}.")
    config = _validated({**merge(tree, overlay), "variant": name}, what)
    config._base = base
    return config


def _validated(tree: Mapping[str, Any], what: str) -> Config:
    try:
        config = Config.model_validate(tree)
    except ValidationError as error:
        problems = "; ".join(problem(detail, Config) for detail in error.errors())
        raise UsageError(f"{what}: {problems}.") from error
    channels = config.recall.channels  # type: ignore[attr-defined]
    if len(set(channels)) < len(channels):
        raise UsageError(f"{what}: recall.channels names a channel twice: {', '.join(channels)}.")
    categories = {name: known for name, known in config.data.profile.items() if known.type == "category"}
    checked: tuple[tuple[str, Mapping[str, Any], str], ...] = (
        *((channel, CHANNELS, "recall.channels") for channel in channels),
        *((channel, CHANNELS, "recall.fusion.weights") for channel in config.recall.fusion.weights),  # type: ignore[attr-defined]
        (config.rank.ranker, RANKERS, "rank.ranker"),  # type: ignore[attr-defined]
        *((name, RANKERS, "proof.rankers") for name in config.proof.rankers),
        *((name, RANKERS, "proof.quality_rankers") for name in config.proof.quality_rankers),
        *([(config.clicks.ranker, RANKERS, "clicks.ranker")] if config.clicks.ranker else []),
        *((name, config.data.events.types, "clicks.target.events") for name in config.clicks.target.events),
        *((name, categories, "products.segments") for name in config.products.segments.attributes),
    )
    for name, registry, kind in checked:
        if name not in registry:
            raise UsageError(f"{what}: {kind} names {name!r}, which isn't one of {', '.join(registry)}.")
    try:
        check_rules(config.rerank.rules)  # type: ignore[attr-defined]
        check_templates(config.facts)
    except ValueError as error:
        raise UsageError(f"{what}: {error}") from error
    return config


def _says(table: Any, column: str) -> bool:
    """Whether the overlay says what a column of a table is; it need not have the table at all."""
    return getattr(table, column, "NULL").strip().upper() not in ("", "NULL")
