"""load_users: the newest user snapshot as known on the day."""

from pyspark.sql import functions as F

from features import catalogue
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    source = ctx.config.data.users
    lines = ctx.spark.read.text(str(ctx.raw.snapshot("users", ctx.ds))).select(F.col("value").alias("line"))
    users = catalogue.users(lines, as_of=ctx.ds, fields=source.fields, user_id=source.user_id, profile=source.profile)
    ctx.write("users", users)
