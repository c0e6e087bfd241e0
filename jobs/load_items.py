"""load_items: the newest item snapshot as known on the day."""

from features import catalogue
from jobs.runtime.context import Context
from jobs.runtime.records import read_table
from jobs.runtime.spark import spark_schema


def run(ctx: Context) -> None:
    data = ctx.config.data
    if data.items is None:
        ctx.write("items", ctx.spark.createDataFrame([], spark_schema(ctx.contract("items"))))
        return
    records = read_table(ctx.spark, data, "items", {None: ctx.raw.snapshot("items", ctx.ds)})
    ctx.write("items", catalogue.items(records, as_of=ctx.ds, columns=data.expressions("items")))
