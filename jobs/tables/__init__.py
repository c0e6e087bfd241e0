"""Every table's contract as plain data. All tables are partitioned by `ds`, which is also their first column."""

from __future__ import annotations

from collections.abc import Sequence

from features.facts import Facts
from jobs.contract import Table
from jobs.tables import features, health, intake, lists


def tables(channels: Sequence[str], facts: Facts) -> dict[str, Table]:
    """Every contract, for the recall channels in use and what the data set logs."""
    listed = (
        *intake.TABLES,
        *health.TABLES,
        *features.feature_tables(facts),
        *lists.list_tables(channels, facts),
    )
    return {table.name: table for table in listed}
