"""clean_events: the days' raw lines to typed events and to rejects."""

from pyspark.sql import functions as F

from features import clean
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    log = ctx.config.data.events
    folders = [str(folder) for folder in ctx.raw.events(ctx.days)]
    raw = ctx.spark.read.text(folders)
    path = F.input_file_name()
    lines = raw.select(
        F.regexp_extract(path, r"/ds=([^/]+)/", 1).alias("ds"),
        F.regexp_extract(path, r"([^/]+)$", 1).alias("file"),
        F.col("value").alias("line"),
    )
    columns = {name: getattr(log, name) for name in clean.EVENT_COLUMNS}
    types = {name: kind.when for name, kind in log.types.items()}
    parsed = clean.parse(lines, fields=log.fields, columns=columns, types=types).persist()
    ctx.write("events", clean.events(parsed))
    ctx.write("rejects", clean.rejects(parsed))
    parsed.unpersist()
