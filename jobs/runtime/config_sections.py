"""Sections of the configuration that belong to no algorithm: folders, Spark, what jobs take and publish."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from features.settings import Settings
from features.templates import Template
from jobs.overlay import CHECKOUT


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


class Features(Settings):
    """last_items: of a user's last items, how many are kept. templates: by name; what they make is counted."""

    last_items: int = Field(ge=1, le=1000)
    most_generated: int = Field(ge=0)
    templates: dict[str, Template]


class Samples(Settings):
    """Training samples: how many of the candidates that a user neither took nor was shown are kept."""

    negatives_per_user: int = Field(ge=1)
    seed: int


class TopN(Settings):
    n: int = Field(ge=1, le=1000)


class Publish(Settings):
    """url: empty for REDIS_URL and its like; memory_mb: what all kept versions of a place may take, 0 for no limit."""

    keep: int = Field(ge=2)
    ttl_days: float = Field(gt=0)
    memory_mb: int = Field(0, ge=0)
    url: str = ""


class Replay(Settings):
    ks: tuple[int, ...]
