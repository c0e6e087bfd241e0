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
_MODEL = Column("model", "string", "kind of a ranker fitted for the report, or a stored model with the day it is of")
MODEL_REPORT = Table(
    "model_report",
    "model x metric on the newest label window, which none has seen",
    ("model", "metric"),
    (
        DS,
        _MODEL,
        Column("metric", "string", "auc, gauc, log_loss or normalised_entropy"),
        Column("value", "double", "the metric; log loss in nats", "a single class"),
        Column("lead", "double", "the standing kind's value less this one's", "it is the standing kind"),
        Column("lead_low", "double", "from where the lead lies, in 95 % of users drawn anew", "the same, or a gauc"),
        Column("lead_high", "double", "up to where it lies", "the same, or a gauc"),
    ),
)
MODEL_CALIBRATION = Table(
    "model_calibration",
    "model x bin of its probabilities, ascending",
    ("model", "bin"),
    (
        DS,
        _MODEL,
        Column("bin", "int", "from 1"),
        Column("predicted", "double", "mean probability"),
        Column("observed", "double", "mean label"),
        Column("samples", "bigint", "samples in the bin"),
        Column("weight", "double", "samples that they stand for"),
    ),
    (Check("observed", 0.0, 1.0),),
)
MODEL_IMPORTANCE = Table(
    "model_importance",
    "feature of largest gain",
    ("feature",),
    (
        DS,
        Column("place", "int", "1 is the largest"),
        Column("feature", "string", "name, as in the samples"),
        Column("gain_share", "double", "share of the gain of trees fitted on the earlier windows"),
    ),
    (Check("gain_share", 0.0, 1.0),),
)

TABLES = (FEATURE_REPORT, FEATURE_TRIAL, MODEL_REPORT, MODEL_CALIBRATION, MODEL_IMPORTANCE)
