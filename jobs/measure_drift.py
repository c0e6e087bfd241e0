"""measure_drift: the features' histograms of the day against those of the day before."""

from collections import defaultdict

import pyarrow as pa

from features.drift import histograms, judge_drift
from jobs.gates import findings_table
from jobs.runtime.checks import arrow_schema
from jobs.runtime.context import Context

TABLES = ("user_features", "item_features")
COLUMNS = ("table_name", "feature", "bucket", "rows")


def run(ctx: Context) -> None:
    settings = ctx.config.health.drift
    reference: defaultdict[str, defaultdict[str, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    if ctx.inputs("feature_profile"):
        for row in ctx.read_arrow("feature_profile", COLUMNS).to_pylist():
            reference[row["table_name"]][row["feature"]][row["bucket"]] = row["rows"]
    rows, findings = [], []
    for table in TABLES if settings.level != "off" else ():
        features = [column.name for column in ctx.contract(table).columns if column.type == "float"]
        observed = histograms(ctx.iter_arrow(table, features), features)
        findings += judge_drift(reference[table], observed, table=table, settings=settings)
        rows += [
            {"ds": ctx.ds, "table_name": table, "feature": feature, "bucket": bucket, "rows": count}
            for feature, histogram in observed.items()
            for bucket, count in histogram.items()
        ]
    schema = arrow_schema(ctx.contract("feature_profile"))
    ctx.write_arrow("feature_profile", [pa.Table.from_pylist(rows, schema=schema)])
    ctx.write_arrow("feature_health", [findings_table(ctx.ds, findings)])
