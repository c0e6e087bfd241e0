"""What came in and what became of it, file by file; what was written is held against what was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features.reasons import FILE_ENDS_EARLY, KEPT, REASONS, UNREADABLE_FILE
from jobs.errors import RunError
from jobs.runtime.cleaning.deliver import Done
from jobs.runtime.cleaning.judge import Count
from jobs.runtime.cleaning.stage import Stage
from jobs.runtime.text import Source

VERDICTS = (KEPT, *REASONS)


def records_read(stage: Stage, sources: Sequence[Source], form: str) -> dict[int, int]:
    """Records of each file, counted where they were read; by Parquet itself for its files."""
    if form != "parquet":
        return {source.number: int((stage.tally / str(source.number)).read_text()) for source in sources}
    return {source.number: _rows(source.path) for source in sources}


def _rows(path: str) -> int:
    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowInvalid):
        return 1  # the file as a whole


def check_accounts(
    read: Mapping[int, int],
    counts: Mapping[str, Sequence[Count]],
    elsewhere: Mapping[int, int],
    done: Iterable[Done],
    names: Mapping[int, str],
) -> None:
    """kept + rejected = read, of each file and of what was written for each day. Raises RunError with the numbers.

    elsewhere: by file, the records of days that aren't this run's.
    """
    judged = dict(elsewhere)
    for count in (count for found in counts.values() for count in found):
        judged[count.source] = judged.get(count.source, 0) + count.records
    for source, number in read.items():
        if judged.get(source, 0) != number:
            raise RunError(
                f"{names[source]}: {number} records were read, but {judged.get(source, 0)} were kept or rejected; "
                "nothing was written. This is an error of Predawn's, or the file changed meanwhile: run again."
            )
    kept, rejected = dict.fromkeys(counts, 0), dict.fromkeys(counts, 0)
    for written in done:
        kept[written.day] += written.kept
        rejected[written.day] += written.rejected
    for day, found in counts.items():
        wanted = [sum(count.records for count in found if bool(count.verdict) == refused) for refused in (False, True)]
        if [kept[day], rejected[day]] != wanted:
            raise RunError(
                f"{day}: {wanted[0]} records are to be kept and {wanted[1]} rejected, but {kept[day]} and "
                f"{rejected[day]} were written; nothing was replaced. This is an error of Predawn's: please report it."
            )


def intake(day: str, counts: Sequence[Count], sources: Sequence[Source], names: Mapping[int, str]) -> pa.Table:
    """Grain: file x verdict, with a row of kept records for every file. Columns: those of the table `intake`."""
    found = {(count.source, count.verdict): count for count in counts}
    files = [source.number for source in sources if source.day == day] or sorted({count.source for count in counts})
    sizes = {source.number: Path(source.path).stat().st_size for source in sources}
    every = {(number, 0): Count(number, 0, 0, 0) for number in files} | found
    rows = [
        {
            "ds": day,
            "file": names[count.source],
            "verdict": VERDICTS[count.verdict],
            "records": count.records,
            "late_records": count.late,
            "file_bytes": sizes[count.source],
        }
        for count in every.values()
    ]
    return pa.Table.from_pylist(sorted(rows, key=lambda row: (row["file"], VERDICTS.index(str(row["verdict"])))))


def story(counts: Mapping[str, Sequence[Count]]) -> str:
    """A line for the person who watches."""
    sums = [0] * len(VERDICTS)
    for count in (count for found in counts.values() for count in found):
        sums[count.verdict] += count.records
    refused = [f"{sums[place]:,} {VERDICTS[place]}" for place in range(1, len(sums)) if sums[place]]
    return f"{sum(sums):,} records read, {sums[0]:,} kept" + (f"; rejected: {', '.join(refused)}" if refused else "")


def damages(counts: Mapping[str, Sequence[Count]], names: Mapping[int, str]) -> list[str]:
    """A sentence for each file that couldn't be read to its end."""
    damaged = {
        (names[count.source], VERDICTS[count.verdict])
        for found in counts.values()
        for count in found
        if VERDICTS[count.verdict] in (FILE_ENDS_EARLY, UNREADABLE_FILE)
    }
    return [f"{name}: {reason}; what could be read of it was" for name, reason in sorted(damaged)]
