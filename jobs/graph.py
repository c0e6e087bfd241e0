"""The night on one screen: which job reads which days of which table, and what it writes.

Plain data without Spark, pandas or numpy: the runner, the DAG and the docs all derive their order from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from features.gates import FEATURE_GATES, INTAKE_GATES, gate_settings
from jobs.errors import UsageError
from jobs.job import Job, Read
from models.recall import CHANNELS


def recall_table(channel: str) -> str:
    return f"recall_{channel}"


DIRECTORIES = ("user_features", "item_features")
FEATURES = (Read("user_features"), Read("item_features"), Read("behaviour_features"))
FEATURES_AS_OF = tuple(Read(read.table, lag="label_days") for read in FEATURES)


def night(channels: Sequence[str]) -> tuple[Job, ...]:
    """The jobs of a night in an order in which they can run, for the recall channels in use."""
    recalled = [recall_table(channel) for channel in channels]
    history = Read("user_item_history")
    return (
        Job(
            "clean_events",
            tuple(Read(table, past="overlap_days", optional=True) for table in ("events", "rejects")),
            ("events", "rejects", "intake"),
            raw=("events",),
            settings=("data", "clean", "windows.lateness_days"),
            spans=True,
        ),
        Job("aggregate_day", (Read("events"),), ("user_item_daily",), spans=True),
        Job("profile_events", (Read("events"), Read("intake")), ("event_profile",), settings=(), spans=True),
        Job("load_items", (), ("items",), raw=("items",)),
        Job("load_users", (), ("users",), raw=("users",)),
        Job(
            "measure_health",
            (
                Read("event_profile", span="health_days"),
                Read("catalogue_profile", past="health_days", optional=True),
                *(Read(table) for table in ("user_item_daily", "items", "users")),
            ),
            ("catalogue_profile", "health"),
            raw=("items", "users"),  # another snapshot of the same rows is of another age
            settings=("data.users", *gate_settings(INTAKE_GATES)),
        ),
        Job("open_gates", (Read("health"),), ("gates",), settings=()),
        Job(
            "summarise_history",
            (Read("user_item_daily", span="history_days"),),
            ("user_item_history",),
            settings=("data", "windows.history_days"),
            behind=("open_gates",),
        ),
        Job("build_item_features", (history, Read("items")), ("item_features",)),
        Job("build_user_features", (history, Read("users")), ("user_features",)),
        Job(
            "measure_drift",
            (Read("user_features"), Read("item_features"), Read("feature_profile", lag="day_before", optional=True)),
            ("feature_profile", "feature_health"),
            settings=("data", *gate_settings(FEATURE_GATES)),
        ),
        Job("open_feature_gates", (Read("feature_health"),), ("feature_gates",), settings=()),
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
            behind=("open_gates",),
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
            (
                *(Read("topn"), Read("popular_items")),
                *(Read("gates", on=("health",)), Read("feature_gates", on=("feature_health",))),
            ),
            ("publications",),
            settings=("data.scene", "publish"),
            publishes=True,
        ),
        Job(
            "replay_lists",
            (
                Read("user_item_daily"),
                *(Read(table, lag="day_before", optional=True) for table in ("topn", *DIRECTORIES)),
                *(
                    Read(table, lag="day_before", optional=True, on=DIRECTORIES)
                    for table in ("behaviour_features", *recalled)
                ),
            ),
            ("replay_metrics",),
            settings=("data", "replay"),
            behind=("open_gates",),
        ),
    )


ON_DEMAND = (
    Job(
        "report_features",
        (Read("samples", step="label_days", times="label_windows"),),
        ("feature_report", "feature_trial"),
        settings=("rank", "report"),
    ),
)


class Graph:
    """The jobs of a night with look-ups by name and by table. Jobs on demand are no part of it, but have a name too."""

    def __init__(self, channels: Sequence[str] = tuple(CHANNELS)) -> None:
        self.jobs = night(channels)

    @cached_property
    def producers(self) -> dict[str, Job]:
        return {table: job for job in self.jobs for table in job.writes}

    def job(self, name: str) -> Job:
        for job in (*self.jobs, *ON_DEMAND):
            if job.name == name:
                return job
        raise UsageError(f"unknown job {name!r}: the night has {', '.join(job.name for job in self.jobs)}.")

    @cached_property
    def edges(self) -> frozenset[tuple[str, str]]:
        """(upstream, downstream) job names, of reads that touch the same night and of what a job stands behind."""
        read = {(self.producers[read.table].name, job) for job in self.jobs for read in job.reads if read.same_night}
        behind = {(name, job) for job in self.jobs for name in job.behind}
        return frozenset((name, job.name) for name, job in read | behind)
