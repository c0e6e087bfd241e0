"""Jobs beside the line from logs to lists: what is published beside them, experiments, what people ask for."""

from __future__ import annotations

from jobs.job import Job, Read

LEARNT_FROM = (Read("interactions"), Read("user_features"), Read("item_features"))

FEATURES_AS_OF = tuple(Read(f"{of}_features", lag="label_days") for of in ("user", "item", "behaviour"))
# Of the newest label window on the grid; nights between two grid days share it.
NEWEST_PROOF = Read("proof", step="label_days", times="newest")
# What is known as of the day before the label window, and what was taken in it.
JUDGED = (
    *(Read(table, lag="label_days") for table in ("candidates", "shared_items")),
    *FEATURES_AS_OF,
    Read("user_item_daily", span="label_days"),
)
JUDGE_RANKER = Job(
    "judge_ranker",
    (
        Read("samples", step="label_days", times="label_windows"),
        *JUDGED,
        Read("proof", lag="label_days", step="label_days", times="earlier_proofs", optional=True),
    ),
    ("proof",),
    settings=("data", "rank", "proof", "recall.channels"),
    every="label_days",
    behind=("open_gates",),
)

# What is published beside the lists, each by a job of its own; `models/products` names them all.
PRODUCT_JOBS = {
    "similar": Job(
        "find_similar_items",
        LEARNT_FROM,
        ("similar_items",),
        settings=("recall.item_cf", "products.similar"),
    ),
    "together": Job("find_bought_together", LEARNT_FROM, ("bought_together",), settings=("products.together",)),
    "segments": Job(
        "rank_segments",
        (*LEARNT_FROM, Read("users")),
        ("segment_items",),
        settings=("data.users", "recall.popular", "topn", "products.segments"),
    ),
    "reasons": Job(
        "explain_lists",
        (
            *(Read("topn"), Read("candidates"), Read("behaviour_features")),
            *(Read("similar_items"), Read("item_features")),
        ),
        ("reasons",),
        settings=("recall.channels", "products.reasons"),
    ),
    "history": Job(
        "list_history",
        (Read("behaviour_features"), Read("user_features"), Read("item_features")),
        ("user_history",),
        settings=("data.time_zone", "windows.history_days", "products.history"),
    ),
}


EXPERIMENT_JOBS = (
    Job("count_exposures", (Read("events"),), ("user_variant_daily",), settings=("data.events",), spans=True),
    Job(
        "judge_experiments",
        (Read("user_variant_daily", span="experiment_days"),),
        ("experiment_metrics",),
        settings=("data", "experiments"),
        behind=("open_gates",),
    ),
)


# Where exposures are logged: a model of what becomes of an impression, beside the ranker of the lists.
CLICK_JOBS = (
    Job("follow_exposures", (Read("events"),), ("outcomes", "context_daily"), spans=True),
    Job(
        "build_context_features",
        (
            Read("context_daily", span="shown_days"),
            *(Read(table) for table in ("items", "user_features", "item_features")),
        ),
        ("context_features", "user_context_features"),
        settings=("data", "windows.shown_days"),
    ),
    Job(
        "build_impressions",
        (
            Read("outcomes", span="label_days"),
            *(
                Read(table, lag="label_days")
                for table in (
                    *("user_features", "item_features", "behaviour_features"),
                    *("context_features", "user_context_features"),
                )
            ),
        ),
        ("impressions",),
        settings=("data", "features", "windows.label_days", "clicks.target", "clicks.negatives", "clicks.seed"),
        every="label_days",
        behind=("open_gates",),
    ),
    Job(
        "train_clicks",
        (Read("impressions", step="label_days", times="label_windows"),),
        ("click_model",),
        settings=("data.events", "clicks"),
        timeless=True,
    ),
)


def on_demand(clicks: bool) -> tuple[Job, ...]:
    """What people ask for, no part of the night; with `clicks` the model report is of the click model."""
    samples, model, section = ("impressions", "click_model", "clicks") if clicks else ("samples", "ranker", "rank")
    return (
        Job(
            "report_features",
            (Read("samples", step="label_days", times="label_windows"),),
            ("feature_report", "feature_trial"),
            settings=("rank", "report"),
        ),
        Job(
            "report_model",
            (
                Read(samples, step="label_days", times="report_windows"),
                Read(model, step="label_days", times="report_windows", optional=True),
            ),
            ("model_report", "model_calibration", "model_importance"),
            settings=("rank", section, "model_report"),
        ),
        Job(
            "measure_quality",
            (
                Read("samples", lag="label_days", step="label_days", times="label_windows"),
                Read("proof", lag="label_days", step="label_days", times="newest"),
                *(*JUDGED, Read("topn", lag="label_days")),
            ),
            ("quality", "channel_report"),
            settings=("data", "rank", "proof", "recall.channels"),
        ),
    )
