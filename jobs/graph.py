"""The night on one screen: which job reads which days of which table, and what it writes.

Plain data without Spark, pandas or numpy: the runner, the DAG and the docs all derive their order from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from features.gates import FEATURE_GATES, INTAKE_GATES, gate_settings
from jobs.errors import UsageError
from jobs.job import Job, Read
from jobs.side_jobs import (
    CLICK_JOBS,
    EXPERIMENT_JOBS,
    FEATURES_AS_OF,
    JUDGE_RANKER,
    LEARNT_FROM,
    NEWEST_PROOF,
    PRODUCT_JOBS,
    on_demand,
)
from models.products import PRODUCTS
from models.recall import CHANNELS, SHARED


def recall_table(channel: str) -> str:
    return f"recall_{channel}"


DIRECTORIES = ("user_features", "item_features")
FEATURES = (Read("user_features"), Read("item_features"), Read("behaviour_features"))
KEPT = ("history_days", "profile_days", "shown_days", "fresh_days")
LABELS = (Read("user_item_daily", span="label_days"), Read("exposures_daily", span="label_days"))


def night(channels: Sequence[str], products: Sequence[str], experiments: bool, clicks: bool) -> tuple[Job, ...]:
    """The jobs of a night in an order in which they can run, for the recall channels and products in use; with
    `experiments` also those that judge them, with `clicks` those of the click model."""
    recalled = [recall_table(channel) for channel in channels]
    history, shape = Read("user_item_history"), ("data", "features", *(f"windows.{days}" for days in KEPT))
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
        Job("count_day", (Read("events"),), ("exposures_daily", "user_daily", "item_daily"), spans=True),
        *(EXPERIMENT_JOBS[:1] if experiments else ()),
        *(CLICK_JOBS[:1] if clicks else ()),
        Job("profile_events", (Read("events"), Read("intake")), ("event_profile",), settings=(), spans=True),
        Job("load_items", (), ("items",), raw=("items",)),
        Job("load_users", (), ("users",), raw=("users",)),
        Job("load_campaigns", (), ("campaigns",), raw=("campaigns",), settings=("data", "topn")),
        Job(
            "measure_health",
            (
                Read("event_profile", span="health_days"),
                Read("catalogue_profile", past="health_days", optional=True),
                *(Read(table) for table in ("user_item_daily", "exposures_daily", "items", "users")),
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
        Job(
            "build_item_features",
            (
                Read("item_daily", span="profile_days"),
                Read("user_item_daily", span="fresh_days"),
                history,
                Read("items"),
            ),
            ("item_features",),
            settings=shape,
        ),
        Job(
            "build_user_features",
            (Read("user_daily", span="profile_days"), history, Read("items"), Read("users")),
            ("user_features",),
            settings=shape,
        ),
        Job(
            "measure_drift",
            (Read("user_features"), Read("item_features"), Read("feature_profile", lag="day_before", optional=True)),
            ("feature_profile", "feature_health"),
            settings=("data", *gate_settings(FEATURE_GATES)),
        ),
        Job("open_feature_gates", (Read("feature_health"),), ("feature_gates",), settings=()),
        Job(
            "build_behaviour_features",
            (Read("exposures_daily", span="shown_days"), history, Read("user_features"), Read("item_features")),
            ("behaviour_features",),
            settings=shape,
        ),
        Job(
            "build_interactions",
            (Read("user_item_daily", span="history_days"), Read("user_features"), Read("item_features")),
            ("interactions",),
        ),
        *(
            Job(
                f"recall_{channel}",
                (*LEARNT_FROM, Read("items")),
                (recall_table(channel),),
                settings=("data.repeats", "data.users", f"recall.{channel}", "recall.k", "recall.seed"),
                channel=channel,
            )
            for channel in channels
        ),
        Job(
            "rank_shared",
            LEARNT_FROM,
            ("shared_items",),
            settings=(*(f"recall.{channel}" for channel in SHARED), "topn"),
        ),
        Job(
            "merge_candidates",
            (*(Read(table) for table in recalled), Read("item_features")),
            ("candidates",),
            settings=("recall.channels", "recall.fusion"),
        ),
        Job(
            "build_samples",
            (Read("candidates", lag="label_days"), *FEATURES_AS_OF, *LABELS),
            ("samples",),
            settings=("data", "windows.label_days", "samples"),
            every="label_days",
            behind=("open_gates",),
        ),
        JUDGE_RANKER,
        Job(
            "train_ranker",
            (Read("samples", step="label_days", times="label_windows"), NEWEST_PROOF),
            ("ranker",),
            settings=("data.events", "rank"),
            timeless=True,
        ),
        Job("rank_candidates", (Read("candidates"), *FEATURES, Read("ranker"), NEWEST_PROOF), ("rankings",)),
        Job("rank_popular", (Read("shared_items"), Read("item_features"), NEWEST_PROOF), ("popular_items",)),
        Job(
            "build_topn",
            (Read("rankings"), *FEATURES, *(Read(table) for table in ("items", "users", "campaigns", "popular_items"))),
            ("topn",),
            settings=("data", "topn", "rerank"),
        ),
        *(job for product, job in PRODUCT_JOBS.items() if product in products),
        Job(
            "publish_lists",
            (
                *(Read("topn"), Read("popular_items"), NEWEST_PROOF),
                *(Read("gates", on=("health",)), Read("feature_gates", on=("feature_health",))),
                *(Read(table) for product, job in PRODUCT_JOBS.items() if product in products for table in job.writes),
                *(Read("items"), Read("campaigns")),
                *([Read("item_features")] if "details" in products else []),
            ),
            ("publications",),
            settings=("data.scene", "publish", "products", "rerank.rules"),
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
        *(EXPERIMENT_JOBS[1:] if experiments else ()),
        *(CLICK_JOBS[1:] if clicks else ()),
    )


class Graph:
    """The jobs of a night with look-ups by name and by table. Jobs on demand are no part of it, but have a name too."""

    def __init__(
        self,
        channels: Sequence[str] = tuple(CHANNELS),
        products: Sequence[str] = tuple(PRODUCTS),
        experiments: bool = True,
        clicks: bool = True,
    ) -> None:
        self.jobs = night(channels, products, experiments, clicks)
        self.on_demand = on_demand(clicks)

    @cached_property
    def producers(self) -> dict[str, Job]:
        return {table: job for job in self.jobs for table in job.writes}

    def job(self, name: str) -> Job:
        for job in (*self.jobs, *self.on_demand):
            if job.name == name:
                return job
        raise UsageError(f"unknown job {name!r}: the night has {', '.join(job.name for job in self.jobs)}.")

    @cached_property
    def edges(self) -> frozenset[tuple[str, str]]:
        """(upstream, downstream) job names, of reads that touch the same night and of what a job stands behind."""
        read = {(self.producers[read.table].name, job) for job in self.jobs for read in job.reads if read.same_night}
        behind = {(name, job) for job in self.jobs for name in job.behind}
        return frozenset((name, job.name) for name, job in read | behind)
