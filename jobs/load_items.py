"""load_items: the newest item snapshot as known on the day."""

from pyspark.sql import functions as F

from features import catalogue
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    source = ctx.config.data.items
    lines = ctx.spark.read.text(str(ctx.raw.snapshot("items", ctx.ds))).select(F.col("value").alias("line"))
    columns = {name: getattr(source, name) for name in catalogue.ITEM_TYPES}
    ctx.write("items", catalogue.items(lines, as_of=ctx.ds, fields=source.fields, columns=columns))
