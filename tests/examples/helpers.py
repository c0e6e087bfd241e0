"""Reads what a lander wrote."""

import datetime as dt
import gzip
import json
from pathlib import Path
from typing import Any

from examples.landing import day_folder
from examples.world_lines import UNKNOWN_EVENT


def read_rows(raw: Path, table: str, day: dt.date) -> list[dict[str, Any]]:
    parts = sorted(day_folder(raw, table, day).glob("part-*.json.gz"))
    return [json.loads(line) for part in parts for line in gzip.decompress(part.read_bytes()).splitlines()]


def sound_events(lines: bytes) -> list[dict[str, Any]]:
    """The generated world's lines that mean something, each once."""
    found: dict[str, dict[str, Any]] = {}
    for line in lines.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        whole = {"user_id", "item_id"} <= event.keys() and isinstance(event["time"], str)
        if whole and event["event"] != UNKNOWN_EVENT:
            found[event["event_id"]] = event
    return list(found.values())


def tree(root: Path) -> dict[str, bytes]:
    """Every file below a root by its relative path."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
