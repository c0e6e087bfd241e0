"""Every table's contract as plain data. All tables are partitioned by `ds`, which is also their first column."""

from __future__ import annotations

from collections.abc import Sequence

from features.facts import Facts
from jobs.contract import Table
from jobs.tables import clicks as clicked
from jobs.tables import experiments, features, health, intake, lists, products, proof, reports
from models.products import PRODUCTS


def tables(
    channels: Sequence[str],
    facts: Facts,
    published: Sequence[str] = tuple(PRODUCTS),
    judged: bool = True,
    clicks: bool = True,
) -> dict[str, Table]:
    """Every contract, for the recall channels in use, what the data set logs, and the products in use; judged: whether
    there are experiments. clicks: whether there is a click model."""
    listed = (
        *intake.TABLES,
        *health.TABLES,
        *features.feature_tables(facts),
        *lists.list_tables(channels, facts),
        *products.product_tables(published),
        *(experiments.TABLES if judged else ()),
        *proof.TABLES,
        *(clicked.click_tables(facts) if clicks else ()),
        *reports.TABLES,
    )
    return {table.name: table for table in listed}
