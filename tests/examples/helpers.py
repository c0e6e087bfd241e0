"""Reads what a lander wrote."""

import datetime as dt
import gzip
import json
from pathlib import Path
from typing import Any

from examples.landing import day_folder


def read_rows(raw: Path, table: str, day: dt.date) -> list[dict[str, Any]]:
    parts = sorted(day_folder(raw, table, day).glob("part-*.json.gz"))
    return [json.loads(line) for part in parts for line in gzip.decompress(part.read_bytes()).splitlines()]


def tree(root: Path) -> dict[str, bytes]:
    """Every file below a root by its relative path."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
