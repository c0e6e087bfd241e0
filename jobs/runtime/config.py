"""The composed configuration: conf/predawn.toml, then the data set's overlay, then the environment."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from functools import reduce
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, create_model

from features.clean_settings import Clean
from features.gates import Health
from features.settings import Settings
from jobs.dataset import DataSet
from jobs.errors import UsageError
from jobs.job import Windows
from jobs.overlay import CHECKOUT as CHECKOUT
from jobs.overlay import merge, merged_toml
from models.rank import RANKERS, load_ranker
from models.recall import CHANNELS, load_channel
from models.select.settings import ReportSettings


class Paths(Settings):
    """Folders; relative ones lie below the checkout. `{data}` is the data set's name."""

    raw: str
    store: str

    def folder(self, path: str, data: str) -> Path:
        return CHECKOUT / path.format(data=data)


class Spark(Settings):
    """How the jobs reach Spark; on a cluster only `master` and `options` differ."""

    master: str
    driver_memory: str
    java_options: str
    shuffle_partitions: int = Field(ge=1)
    files: int = Field(ge=1)
    options: dict[str, str]


class Samples(Settings):
    """Training samples: how many of the candidates that a user neither took nor was shown are kept."""

    negatives_per_user: int = Field(ge=1)
    seed: int


class TopN(Settings):
    n: int = Field(ge=1, le=1000)


class Publish(Settings):
    keep: int = Field(ge=2)
    ttl_days: float = Field(gt=0)


class Replay(Settings):
    ks: tuple[int, ...]


def _section(registry: Mapping[str, str], load: Any) -> dict[str, Any]:
    return {name: (load(name).Config, Field(default_factory=load(name).Config)) for name in registry}


_Recall = create_model(
    "Recall",
    __base__=Settings,
    channels=(tuple[str, ...], Field(min_length=1)),
    k=(int, Field(ge=1, le=2000)),
    seed=(int, Field()),
    **_section(CHANNELS, load_channel),
)
_Rank = create_model(
    "Rank",
    __base__=Settings,
    ranker=(str, Field()),
    seed=(int, Field()),
    drop=(tuple[str, ...], Field()),
    **_section(RANKERS, load_ranker),
)


class Config(Settings):
    """Everything a run can be told. Sections of channels and rankers stand beside their algorithms."""

    data: DataSet
    paths: Paths
    spark: Spark
    windows: Windows
    clean: Clean
    health: Health
    recall: _Recall
    samples: Samples
    rank: _Rank
    topn: TopN
    publish: Publish
    replay: Replay
    report: ReportSettings

    @property
    def raw_root(self) -> Path:
        return self.paths.folder(self.paths.raw, self.data.name)

    @property
    def store_root(self) -> Path:
        return self.paths.folder(self.paths.store, self.data.name)

    @property
    def first_day(self) -> dt.date:
        return self.data.first_day

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


def load_config(data: str, overrides: Mapping[str, Any] | None = None) -> Config:
    """The configuration for one data set; `overrides` is merged last.

    Raises UsageError that names the key and, where a key is unknown, the valid ones.
    """
    tree = merge(merged_toml(data), overrides or {})
    try:
        config = Config.model_validate(tree)
    except ValidationError as error:
        problems = "; ".join(_problem(detail) for detail in error.errors())
        raise UsageError(f"configuration of data set {data!r}: {problems}.") from error
    channels = config.recall.channels  # type: ignore[attr-defined]
    if len(set(channels)) < len(channels):
        raise UsageError(f"recall.channels names a channel twice: {', '.join(channels)}.")
    for name, registry, kind in (
        *((channel, CHANNELS, "recall.channels") for channel in channels),
        (config.rank.ranker, RANKERS, "rank.ranker"),  # type: ignore[attr-defined]
    ):
        if name not in registry:
            raise UsageError(f"{kind} names {name!r}, which isn't one of {', '.join(registry)}.")
    return config


def _problem(detail: Any) -> str:
    path = ".".join(str(part) for part in detail["loc"])
    if detail["type"] != "extra_forbidden":
        return f"{path}: {detail['msg']}"
    return f"{path} is no known key (valid here: {', '.join(_valid_keys(detail['loc'][:-1]))})"


def _valid_keys(location: tuple[Any, ...]) -> list[str]:
    """The keys of the section at `location`; a name within a dict of sections stands for any of them."""
    model: Any = Config
    for part in location:
        fields = getattr(model, "model_fields", {})
        annotation = fields[part].annotation if part in fields else model
        inner = [arg for arg in getattr(annotation, "__args__", ()) if hasattr(arg, "model_fields")]
        model = inner[0] if inner else annotation
    return list(getattr(model, "model_fields", {}))
