"""Every table's contract as plain data. All tables are partitioned by `ds`, which is also their first column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jobs.contract import Table
from jobs.tables import features, health, intake, lists, reports


def tables(channels: Sequence[str], roles: Mapping[str, str], profile: Sequence[str]) -> dict[str, Table]:
    """Every contract, for the recall channels, the event types (name -> role) and the user attributes in use."""
    listed = (
        *intake.TABLES,
        *health.TABLES,
        *features.feature_tables(roles, profile),
        *lists.list_tables(channels, roles, profile),
        *reports.TABLES,
    )
    return {table.name: table for table in listed}
