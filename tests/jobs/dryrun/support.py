"""Raw files, and samples as a dry run would have read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from jobs.dataset import DataSet, TableName
from jobs.dryrun.events import EventSample
from jobs.dryrun.landed import Landed, look
from jobs.dryrun.problem import Problem
from jobs.runtime.raw import RawZone
from tests.jobs.support import data_set

DAY = "2026-01-01"


def put(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def looked(root: Path, data: DataSet, table: TableName = "events") -> Landed:
    return look(RawZone(root, data), table, None)


def sample(root: Path, records: Sequence[Mapping[str, Any]], **events: Any) -> EventSample:
    """A sample of CSV lines `user,item,at,what`. records: what was understood, for each the others are as below."""
    data = data_set(events={"format": "csv", "files": "{day}.csv", "marker": "", **events})
    put(root, {f"{DAY}.csv": "user,item,at,what\n"})
    whole = {
        "ds": DAY,
        "file": str(root / f"{DAY}.csv"),
        "user": "u1",
        "item": "i1",
        "at": f"{DAY}T12:00:00",
        "what": "click",
    }
    rows = []
    for record in records:
        raw = whole | {name: value for name, value in record.items() if name in whole}
        understood = {
            **{"reason": None, "user_id": raw["user"], "item_id": raw["item"], "event_types": ["click"]},
            **{"event_time": raw["at"], **{name: value for name, value in record.items() if name not in whole}},
        }
        line = ",".join(str(raw[name]) for name in ("user", "item", "at", "what"))
        rows.append({"ds": raw["ds"], "file": raw["file"], "line": line, **understood})
    frame = pd.DataFrame(rows)
    return EventSample(frame.assign(event_time=pd.to_datetime(frame["event_time"])), data, looked(root, data))


def said(problems: Sequence[Problem]) -> str:
    """All problems as lines `x what: fix`."""
    return "\n".join(f"{'x' if problem.stops else '-'} {problem.what}: {problem.fix}" for problem in problems)
