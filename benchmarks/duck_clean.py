"""The rules of the cleaning job in DuckDB, for the generated world: the peer of `benchmarks.bench_clean`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from jobs.runtime.config import Config

THREADS, MEMORY = 2, "8GB"
FIELDS = ("event_id", "time", "user_id", "item_id", "event", "dwell_seconds", "price", "scene")
ID_BYTES, TEXT_LIMIT, DAY_SECONDS, SPREAD_SECONDS = 1024, 2000, 86_400, 10


def duck_clean(raw: Path, days: Sequence[str], out: Path, config: Config) -> Counter[str]:
    """Write `out`/events and `out`/rejects as Parquet by day; records by verdict: kept, or the reason."""
    import duckdb

    out.mkdir(parents=True)
    files = [str(path) for day in days for path in sorted((raw / "events" / f"ds={day}").glob("part-*"))]
    rules, windows, types = config.clean, config.windows, list(config.data.events.types)
    wanted = ", ".join(f'"{name}": "VARCHAR"' for name in FIELDS)
    con = duckdb.connect()
    con.execute(f"SET threads = {THREADS}; SET memory_limit = '{MEMORY}'; SET TimeZone = 'UTC'")
    con.execute(
        f"""
        CREATE TEMP TABLE typed AS
        SELECT *, CASE
            WHEN broken THEN 'malformed'
            WHEN coalesce(user_id, '') = '' THEN 'no user'
            WHEN coalesce(item_id, '') = '' THEN 'no item'
            WHEN strlen(user_id) > {ID_BYTES} OR strlen(item_id) > {ID_BYTES} THEN 'id too long'
            WHEN event_time IS NULL THEN 'no time'
            WHEN event_day NOT BETWEEN DATE '1990-01-01' AND DATE '2099-12-31' THEN 'time out of range'
            WHEN ds - event_day > {windows.lateness_days} THEN 'too late'
            WHEN event_time >= ds + INTERVAL 1 DAY + INTERVAL {rules.early_minutes} MINUTE THEN 'in the future'
            WHEN event_type IS NULL THEN 'unknown event'
            WHEN isnan(value) OR abs(value) > {rules.max_value} THEN 'value out of range'
        END AS reason
        FROM (
            SELECT ds, file, line, position, r IS NULL AS broken,
                trim(r.user_id) AS user_id, trim(r.item_id) AS item_id,
                try_cast(r.time AS TIMESTAMPTZ) AS event_time, event_time::DATE AS event_day,
                CASE WHEN r.event IN {tuple(types)} THEN r.event END AS event_type,
                try_cast(r.price AS DOUBLE) AS value, try_cast(r.dwell_seconds AS DOUBLE) AS dwell, r.scene AS scene,
                hash(r.event_id) AS event_key
            FROM (
                SELECT regexp_extract(filename, 'ds=([^/]+)/', 1)::DATE AS ds, parse_filename(filename) AS file, line,
                    row_number() OVER () AS position,
                    json_transform(CASE WHEN json_valid(line) THEN line END, '{{{wanted}}}') AS r
                FROM read_csv({files}, columns = {{'line': 'VARCHAR'}}, delim = '\x01', quote = '', escape = '',
                    header = false, auto_detect = false, filename = true, max_line_size = {rules.max_line_bytes})
            )
        )"""
    )
    con.execute(
        """CREATE TEMP TABLE copies AS
        SELECT ds, event_key, min(position) AS first FROM typed WHERE reason IS NULL GROUP BY ALL HAVING count(*) > 1"""
    )
    con.execute(
        """CREATE TEMP VIEW single AS
        SELECT t.*, coalesce(reason, CASE WHEN c.first <> t.position THEN 'duplicate' END) AS found
        FROM typed t LEFT JOIN copies c ON t.ds = c.ds AND t.event_key = c.event_key"""
    )
    con.execute(
        f"""CREATE TEMP TABLE bots AS
        SELECT DISTINCT ds, user_id FROM (
            SELECT ds, user_id FROM single WHERE found IS NULL GROUP BY ds, user_id, date_trunc('minute', event_time)
            HAVING count(*) > {rules.bot_events_per_minute}
                AND count(DISTINCT date_trunc('second', event_time)) >= {SPREAD_SECONDS}
            UNION ALL
            SELECT ds, user_id FROM single WHERE found IS NULL GROUP BY ds, user_id
            HAVING count(*) > {rules.bot_events_per_day})"""
    )
    con.execute(
        """CREATE TEMP VIEW judged AS
        SELECT s.*, coalesce(found, CASE WHEN b.user_id IS NOT NULL THEN 'bot' END) AS verdict
        FROM single s LEFT JOIN bots b ON s.ds = b.ds AND s.user_id = b.user_id"""
    )
    parquet = "(FORMAT parquet, COMPRESSION zstd, PARTITION_BY (ds))"
    con.execute(
        f"""COPY (SELECT ds, event_day, user_id, item_id, event_type, event_time, value,
            CASE WHEN dwell BETWEEN 0 AND {DAY_SECONDS} THEN dwell END AS dwell_seconds, scene, event_key
            FROM judged WHERE verdict IS NULL) TO '{out}/events' {parquet}"""
    )
    con.execute(
        f"""COPY (SELECT ds, file, position, verdict AS reason, line[:{TEXT_LIMIT}] AS line
            FROM judged WHERE verdict IS NOT NULL) TO '{out}/rejects' {parquet}"""
    )
    rows = con.execute("SELECT coalesce(verdict, 'kept'), count(*) FROM judged GROUP BY ALL").fetchall()
    (read,) = con.execute("SELECT count(*) FROM typed").fetchone() or (0,)
    con.close()
    found = Counter(dict(rows))
    if found.total() != read:
        raise RuntimeError(f"DuckDB read {read} records and accounted for {found.total()}")
    return found
