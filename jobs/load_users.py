"""load_users: the newest user snapshot as known on the day."""

from features import catalogue
from jobs.runtime.context import Context
from jobs.runtime.records import read_table
from jobs.runtime.spark import spark_schema


def run(ctx: Context) -> None:
    data = ctx.config.data
    if data.users is None:
        ctx.write("users", ctx.spark.createDataFrame([], spark_schema(ctx.contract("users"))))
        return
    records = read_table(ctx.spark, data, "users", {None: ctx.raw.snapshot("users", ctx.ds)})
    ctx.write("users", catalogue.users(records, as_of=ctx.ds, columns=data.expressions("users")))
