"""The night on one screen: which job reads which days of which table, and what it writes.

Plain data without Spark, pandas or numpy: the runner, the DAG and the docs all derive their order from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from jobs.errors import UsageError
from jobs.job import Job, Read
from models.recall import CHANNELS


def recall_table(channel: str) -> str:
    return f"recall_{channel}"


FEATURES = (Read("user_features"), Read("item_features"), Read("behaviour_features"))
FEATURES_AS_OF = tuple(Read(read.table, lag="label_days") for read in FEATURES)


def night(channels: Sequence[str]) -> tuple[Job, ...]:
    """The jobs of a night in an order in which they can run, for the recall channels in use."""
    recalled = [recall_table(channel) for channel in channels]
    history = Read("user_item_history")
    return (
        Job("clean_events", (), ("events", "rejects"), raw=("events",), spans=True),
        Job("aggregate_day", (Read("events"),), ("user_item_daily",), spans=True),
        Job("load_items", (), ("items",), raw=("items",)),
        Job("load_users", (), ("users",), raw=("users",)),
        Job(
            "summarise_history",
            (Read("user_item_daily", span="history_days"),),
            ("user_item_history",),
            settings=("data", "windows.history_days"),
        ),
        Job("build_item_features", (history, Read("items")), ("item_features",)),
        Job("build_user_features", (history, Read("users")), ("user_features",)),
        Job(
            "build_behaviour_features",
            (history, Read("user_features"), Read("item_features")),
            ("behaviour_features",),
        ),
        Job(
            "build_interactions",
            (Read("user_item_daily", span="history_days"), Read("user_features"), Read("item_features")),
            ("interactions",),
        ),
        *(
            Job(
                f"recall_{channel}",
                (Read("interactions"), Read("user_features"), Read("item_features")),
                (recall_table(channel),),
                settings=("data.repeats", f"recall.{channel}", "recall.k", "recall.seed"),
                channel=channel,
            )
            for channel in channels
        ),
        Job(
            "merge_candidates",
            (*(Read(table) for table in recalled), Read("item_features")),
            ("candidates",),
            settings=("recall.channels",),
        ),
        Job(
            "build_samples",
            (Read("candidates", lag="label_days"), *FEATURES_AS_OF, Read("user_item_daily", span="label_days")),
            ("samples",),
            settings=("data", "windows.label_days", "samples"),
            every="label_days",
        ),
        Job(
            "train_ranker",
            (Read("samples", step="label_days", times="label_windows"),),
            ("ranker",),
            settings=("data.events", "rank"),
            timeless=True,
        ),
        Job("rank_candidates", (Read("candidates"), *FEATURES, Read("ranker")), ("rankings",)),
        Job(
            "rank_popular",
            (Read("interactions"), Read("user_features"), Read("item_features")),
            ("popular_items",),
            settings=("recall.popular", "topn"),
        ),
        Job(
            "build_topn",
            (Read("rankings"), Read("behaviour_features"), Read("user_features"), Read("item_features")),
            ("topn",),
            settings=("data", "topn"),
        ),
        Job(
            "publish_lists",
            (Read("topn"), Read("popular_items")),
            ("publications",),
            settings=("data.scene", "publish"),
            publishes=True,
        ),
        Job(
            "replay_lists",
            (
                Read("user_item_daily"),
                *(Read(table, lag="replay_lag", optional=True) for table in ("topn", *recalled)),
                *(Read(table, lag="replay_lag", optional=True) for table in ("user_features", "item_features")),
                Read("behaviour_features", lag="replay_lag", optional=True),
            ),
            ("replay_metrics",),
            settings=("data", "replay"),
        ),
    )


class Graph:
    """The jobs of a night with look-ups by name and by table."""

    def __init__(self, channels: Sequence[str] = tuple(CHANNELS)) -> None:
        self.jobs = night(channels)

    @cached_property
    def producers(self) -> dict[str, Job]:
        return {table: job for job in self.jobs for table in job.writes}

    def job(self, name: str) -> Job:
        for job in self.jobs:
            if job.name == name:
                return job
        raise UsageError(f"unknown job {name!r}: the night has {', '.join(job.name for job in self.jobs)}.")

    @cached_property
    def edges(self) -> frozenset[tuple[str, str]]:
        """(upstream, downstream) job names, of reads that touch the same night."""
        return frozenset(
            (self.producers[read.table].name, job.name) for job in self.jobs for read in job.reads if read.lag is None
        )
