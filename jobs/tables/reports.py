"""Contracts of what is reported on demand."""

from jobs.contract import Check, Column, Table
from jobs.tables.columns import DS

FEATURE_REPORT = Table(
    "feature_report",
    "feature of the ranker",
    ("feature",),
    (
        DS,
        Column("feature", "string", "name, as in samples"),
        Column("missing_share", "double", "share of the samples in which it is missing"),
        Column("distinct_values", "bigint", "distinct values besides missing"),
        Column("mutual_information", "double", "nats, of its quantile bins with the label"),
        Column("chi2", "double", "Pearson's statistic of its quantile bins and the label"),
        Column("f_statistic", "double", "of its present values by label", "fewer than two values, or labels"),
        Column("gain_share", "double", "share of the gain of trees that are fitted on earlier windows"),
        Column(
            "permutation_loss", "double", "nats by which their log loss rises on a later window when it is shuffled"
        ),
        Column("permutation_error", "double", "standard error of permutation_loss over users"),
        Column("better_feature", "string", "the better feature that it is most like", "none is comparable"),
        Column("correlation", "double", "by rank, with better_feature", "none is comparable"),
        Column("verdict", "string", "keep or drop"),
        Column("reason", "string", "why; empty where it is simply kept"),
    ),
    (Check("missing_share", 0.0, 1.0), Check("gain_share", 0.0, 1.0), Check("mutual_information", 0.0, level="warn")),
)
FEATURE_TRIAL = Table(
    "feature_trial",
    "metric of the ranker on the newest label window, fitted on the earlier ones",
    ("metric",),
    (
        DS,
        Column("metric", "string", "auc or normalised_entropy"),
        Column("features", "bigint", "all features"),
        Column("kept_features", "bigint", "those whose verdict is keep"),
        Column("value", "double", "with all features"),
        Column("kept_value", "double", "with those that are kept"),
        Column("error", "double", "standard error of the difference, over users and seeds"),
        Column("worse", "boolean", "whether kept_value is worse by more than noise"),
    ),
)

TABLES = (FEATURE_REPORT, FEATURE_TRIAL)
