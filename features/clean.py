"""Raw records to typed ones, each with the reason why it can't be kept, if there is one that it bears in itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from features import reasons
from features.source import evaluate

EVENT_COLUMNS = ("user_id", "item_id", "event_time", "value", "dwell_seconds", "scene", "variant", "context")
IDS = ("user_id", "item_id")
TEXTS = ("scene", "variant", "context")
ID_BYTES = 1024  # docs/format.md
MOST_TYPES = 62  # bits of a set of event types
DAY_SECONDS = 86_400
# What lies outside is a clock that was never set, or milliseconds taken for seconds.
FIRST_DAY, LAST_DAY = "1990-01-01", "2099-12-31"


@dataclass(frozen=True)
class Limits:
    """What a record has to keep to. first_day: of the source, YYYY-MM-DD.

    lateness_days: how many days before its delivery an event may have happened. early_minutes: how long after the end
    of its day of delivery. max_value: of the money of an event, up or down.
    """

    first_day: str
    lateness_days: int
    early_minutes: int
    max_value: float


def typed(
    records: DataFrame, *, columns: Mapping[str, str], types: Sequence[str], event_key: Sequence[str], limits: Limits
) -> DataFrame:
    """Grain: raw record. Input columns: those of `features.source.RECORD`.

    columns: for each of `EVENT_COLUMNS` its SQL over the raw fields. types: the SQL condition of each event type.
    event_key: SQL of what makes two records the same event.

    Columns: ds (date of the delivery; where files bear none, that of the event, or the first day when it has none),
    source, position, event_day (date of the event), user_id and item_id (trimmed), event_time, event_types (bit n is
    set when the n-th condition holds), value (money, null when not logged), dwell_seconds (null when not logged, or
    outside of a day), scene, variant and context (null when not logged), event_key (hash of the key, of the record
    where the key lacks a part), reason (null for a sound record).
    """
    if len(types) > MOST_TYPES:
        raise ValueError(f"{len(types)} event types are more than {MOST_TYPES}")
    bits = " + ".join(f"if({condition}, {1 << number}L, 0L)" for number, condition in enumerate(types))
    own = ("ds", "source", "position", "record", "corrupt")
    keys = {f"_key{number}": sql for number, sql in enumerate(event_key)}
    raw = records.select(F.struct(*own).alias("_own"), "raw.*")
    wanted = {"_own": "_own", "event_types": bits, **keys, **{name: columns[name] for name in EVENT_COLUMNS}}
    parts = [F.col(name).cast("string") for name in keys]
    complete = [part.isNotNull() for part in parts]
    hashed = F.when(_all(complete), F.xxhash64(*parts)).otherwise(F.col("record")) if parts else F.col("record")
    valued = (
        evaluate(raw, wanted)
        .select(
            "_own.*",
            *(F.trim(F.col(name).cast("string")).alias(name) for name in IDS),
            "event_time",
            "event_types",
            # An overlay may name the raw string itself: a number that can't be read is one that wasn't logged.
            *(F.col(name).try_cast("double").alias(name) for name in ("value", "dwell_seconds")),
            *(F.nullif(F.trim(F.col(name).cast("string")), F.lit("")).alias(name) for name in TEXTS),
            hashed.alias("event_key"),
        )
        .withColumn("event_day", F.to_date("event_time"))
        .withColumn("ds", _delivery(limits.first_day))
    )
    dwell = F.when(F.col("dwell_seconds").between(0, DAY_SECONDS), F.col("dwell_seconds"))
    return valued.select(
        *("ds", "source", "position", "event_day", "user_id", "item_id", "event_time", "event_types", "value"),
        dwell.alias("dwell_seconds"),
        *(*TEXTS, "event_key"),
        _reason(limits).alias("reason"),
    )


def _all(conditions: Sequence[Column]) -> Column:
    held = conditions[0]
    for condition in conditions[1:]:
        held = held & condition
    return held


def _delivery(first_day: str) -> Column:
    """A file that serves every day delivers an event on its own day; what has none is accounted for on the first."""
    first = F.lit(first_day).cast("date")
    known = F.col("event_day").between(F.lit(FIRST_DAY).cast("date"), F.lit(LAST_DAY).cast("date"))
    return F.coalesce(F.col("ds").cast("date"), F.when(known, F.greatest("event_day", first)), first)


def _reason(limits: Limits) -> Column:
    """The first that holds, in the order of `reasons.REASONS`."""
    ds, day, time, value = (F.col(name) for name in ("ds", "event_day", "event_time", "value"))
    user, item = (F.coalesce(F.col(name), F.lit("")) for name in IDS)
    early = time < F.date_add(ds, 1).cast("timestamp") + F.make_dt_interval(mins=F.lit(limits.early_minutes))
    age = F.datediff(ds, day)
    return (
        F.when(F.col("corrupt").isNotNull(), F.col("corrupt"))
        .when(user == "", reasons.NO_USER)
        .when(item == "", reasons.NO_ITEM)
        .when((F.octet_length(user) > ID_BYTES) | (F.octet_length(item) > ID_BYTES), reasons.ID_TOO_LONG)
        .when(_is_nested(user) | _is_nested(item), reasons.WRONG_TYPE)
        .when(time.isNull(), reasons.NO_TIME)
        .when((day < F.lit(FIRST_DAY).cast("date")) | (day > F.lit(LAST_DAY).cast("date")), reasons.OUT_OF_RANGE)
        .when(age > limits.lateness_days, reasons.TOO_LATE)
        .when((age < -1) | ((age == -1) & ~early), reasons.IN_THE_FUTURE)
        .when(F.col("event_types") == 0, reasons.UNKNOWN_EVENT)
        .when(F.isnan(value) | (F.abs(value) > limits.max_value), reasons.VALUE_OUT_OF_RANGE)
    )


def _is_nested(text: Column) -> Column:
    """Whether an id is the text of a JSON object or array: one of its fields was meant."""
    return (text.startswith("{") & text.endswith("}")) | (text.startswith("[") & text.endswith("]"))
