"""Contracts of experiments: what users of each variant did, and what follows from it."""

from jobs.contract import Check, Column, Table
from jobs.tables.columns import DS, EVENT_DAY, EVENT_TYPE, USER_ID

ALONE = "the control, or too few users"
USER_VARIANT_DAILY = Table(
    "user_variant_daily",
    "day of the event x scene x variant x user x event type, as delivered on ds",
    ("event_day", "scene", "variant", "user_id", "event_type"),
    (
        *(DS, EVENT_DAY),
        Column("scene", "string", "where it happened; empty when not logged"),
        Column("variant", "string", "variant of the lists that were shown; empty when not logged"),
        *(USER_ID, EVENT_TYPE),
        Column("event_count", "bigint", "events"),
        Column("value_units", "bigint", "money, in ten-thousandths; 0 when none was logged"),
    ),
    (Check("event_count", 1),),
    may_be_empty=True,
)
EXPERIMENT_METRICS = Table(
    "experiment_metrics",
    "layer x variant x metric, of all users from the experiment's start to the day",
    ("layer", "variant", "metric"),
    (
        DS,
        Column("layer", "string", "layer of the experiment"),
        Column("variant", "string", "control, or a variant"),
        Column("metric", "string", "one of features/experiment.py"),
        Column("users", "bigint", "users to whom a list was shown"),
        Column("numerator", "bigint", "sum over the users"),
        Column("denominator", "bigint", "sum over the users"),
        Column("value", "double", "numerator / denominator", "no denominator"),
        Column("low", "double", "lower end of its interval", "fewer than two users"),
        Column("high", "double", "upper end of its interval", "fewer than two users"),
        Column(
            "sample_ratio_p", "double", "p-value of the variants' users having been assigned by their shares", ALONE
        ),
        Column("difference", "double", "variant minus control", ALONE),
        Column("difference_low", "double", "lower end of its interval, for one look on a chosen day", ALONE),
        Column("difference_high", "double", "upper end of it", ALONE),
        Column("p_value", "double", "of no difference, for one look on a chosen day", ALONE),
        Column("p_holm", "double", "the same, corrected for all metrics and variants of the layer", ALONE),
        Column("p_always", "double", "of no difference, whenever one looks", ALONE),
        Column("p_always_holm", "double", "the same, corrected", ALONE),
        Column("always_low", "double", "lower end of the difference's interval, whenever one looks", ALONE),
        Column("always_high", "double", "upper end of it", ALONE),
        Column("needed_users", "double", "of both together, to find the effect of interest with one look", ALONE),
    ),
    (Check("users", 0), *(Check(name, 0.0, 1.0) for name in ("p_value", "p_holm", "p_always", "p_always_holm"))),
    may_be_empty=True,
)
TABLES = (USER_VARIANT_DAILY, EXPERIMENT_METRICS)
