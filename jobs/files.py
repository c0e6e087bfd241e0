"""Where a table's raw files lie and how they are written."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from features.settings import Settings
from jobs.pattern import DayPattern


class Files(Settings):
    """Where a table's raw files lie, below the raw root, and how they are written.

    files: a glob. `{day}` in it is the business day as 2026-01-31, `{day:%Y/%m/%d}` as it says; without it the same
    files serve every day. Names that end in .gz or .zst are unpacked. marker, min_files: a day is complete once so many
    files lie there and the file `marker` stands, beside them or, with a slash in it, below the raw root; "" for none.
    fields: the columns that the expressions use, read as strings; empty: found in the expressions. optional: those of
    them that some files haven't, as where orders lie in files of their own; null there. delimiter, columns: for CSV;
    `columns` names the columns of files without a header line.
    """

    by_hand: ClassVar[bool] = False  # people write it: it may be absent, and an edit needn't change a file's size
    files: str
    marker: str = "_SUCCESS"
    min_files: int = Field(1, ge=0)
    format: Literal["json", "csv", "parquet"] = "json"
    delimiter: str = Field(",", min_length=1)
    columns: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @field_validator("files", "marker")
    @classmethod
    def _is_pattern(cls, text: str) -> str:
        if text.startswith("/") or ".." in text.split("/"):
            raise ValueError(f"{text!r} has to lie below the raw root")
        DayPattern(text)
        return text

    @model_validator(mode="after")
    def _marker_tells_days_apart(self) -> Files:
        folder = self.marker if "/" in self.marker else self.files.rpartition("/")[0] + self.marker
        if self.needs_marker and not DayPattern(folder).by_day:
            raise ValueError(
                f'marker {self.marker!r} would stand for every day: write {{day}} into it, or marker = "" for none'
            )
        return self

    @property
    def by_day(self) -> bool:
        """Whether each day has files of its own; else the same serve every day, and a record's day is its event's."""
        return DayPattern(self.files).by_day

    @property
    def needs_marker(self) -> bool:
        return self.by_day and bool(self.marker)
