"""A sample of events, and what is wrong with their times, their days, their types and their ids."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property

import pandas as pd

from features import reasons
from features.source import used_fields
from jobs.dataset import IDS, DataSet
from jobs.dryrun.id_shapes import decimal_remedy
from jobs.dryrun.landed import Landed
from jobs.dryrun.problem import Problem, listed, near, share
from jobs.dryrun.shape import record_of
from jobs.dryrun.times import second_format, time_fix
from jobs.runtime.peek import kind_of

MANY, FEW = 0.2, 0.02  # shares of the records that are worth a word
LOOKED_AT = 2_000  # raw records that are looked into
MOST_TYPES = 8
UNTIMED = "gave no time"
OLDEST = pd.Timestamp("1990-01-01")
NOBODY = {"null", "none", "nan", "undefined", "unknown", "anonymous", "guest", "-", "-1", "0"}
EVENT_ID = re.compile(r"^id$|(event|log|row|record|request|message)_?id$|uuid|guid")
A_DAY = 24
# Reasons that no other advice speaks of -> what to do about them.
ADVICE = {
    reasons.FILE_ENDS_EARLY: "have the file delivered again; what could be read of it is used",
    reasons.UNREADABLE_FILE: "have the file delivered again",
    reasons.LINE_TOO_LONG: "raise max_line_bytes under [clean] if such records are meant",
    reasons.NOT_UTF8: "write the log as UTF-8: iconv -f latin1 -t utf-8 OLD > NEW",
    reasons.WRONG_TYPE: "name one of the fields within: get_json_object(FIELD, '$.id')",
    reasons.ID_TOO_LONG: "see what the field holds: an id has at most 1,024 bytes",
    reasons.VALUE_OUT_OF_RANGE: "see what `value` is, or raise max_value under [clean]",
    reasons.BOT: "if these are people, raise bot_events_per_minute or bot_events_per_day under [clean]",
}
OF_TEXT = (
    *(reasons.FILE_ENDS_EARLY, reasons.UNREADABLE_FILE, reasons.LINE_TOO_LONG),
    *(reasons.BLANK, reasons.NOT_UTF8, reasons.MALFORMED),
)


class EventSample:
    """rows: grain record; columns as `jobs.dryrun.sample.read_events` gives them."""

    def __init__(self, rows: pd.DataFrame, data: DataSet, landed: Landed) -> None:
        self.rows, self.data, self.landed = rows, data, landed
        self.kept = rows[rows["reason"].isna()]
        kinds = {str(path): kind_of(path, landed.source) for path in landed.paths}
        self._columns = {path: kind[0] for path, kind in kinds.items() if kind}

    @cached_property
    def records(self) -> list[dict[str, str]]:
        """The fields of some raw records, field -> text."""
        return self.raw(self.rows)

    @property
    def understood(self) -> pd.Series:
        """Whether the fields of a record were told apart."""
        return ~self.rows["reason"].isin(OF_TEXT)

    def raw(self, rows: pd.DataFrame) -> list[dict[str, str]]:
        chosen = rows.iloc[:: max(1, len(rows) // LOOKED_AT)]
        pairs = zip(chosen["line"], chosen["file"], strict=True)
        found = (record_of(line or "", self.landed.source, self._columns.get(file, ())) for line, file in pairs)
        return [record for record in found if record]

    def values(self, sql: str, rows: pd.DataFrame) -> list[str]:
        """What stands in the only field that an expression uses; none where it uses several, or none."""
        fields = used_fields({"": sql})
        return [record.get(fields[0], "") for record in self.raw(rows)] if len(fields) == 1 else []

    @cached_property
    def event_counts(self) -> Counter[str]:
        return Counter(name for names in self.kept["event_types"] for name in names)

    def problems(self) -> Iterator[Problem]:
        if not len(self.rows):
            yield Problem("the files hold no record", "put some there", True)
            return
        yield from self._time_problems()
        yield from self._day_problems()
        yield from self._type_problems()
        yield from self._id_problems()
        yield from self._key_problems()
        counts = self.rows["reason"].value_counts()
        for reason in (reason for reason in ADVICE if counts.get(reason)):
            what = f"{counts[reason]} of {len(self.rows)} records are rejected: {reason}"
            yield Problem(what, ADVICE[reason])
        rejected = len(self.rows) - len(self.kept)
        if not len(self.kept):
            yield Problem("every record is rejected", "mend the reason above that most of them have", True)
        elif rejected > MANY * len(self.rows):
            most = self.rows["reason"].value_counts().index[0]
            what = f"{share(rejected, len(self.rows))} of the records are rejected, most of them as {most}"
            yield Problem(what, "look at the examples of the reasons")

    def _time_problems(self) -> Iterator[Problem]:
        log, times = self.data.events, self.rows["event_time"]
        for odd, found in (
            (times.isna() & self.understood, UNTIMED),
            (times < OLDEST, "gave a time before 1990"),
        ):
            values = [value for value in self.values(log.event_time, self.rows[odd]) if value]
            few = found == UNTIMED and odd.mean() < 0.5
            second = second_format(log.event_time, log.time_format, values) if few else None
            if not values or (odd.sum() <= FEW * len(self.rows) and not second):
                continue
            what = f"event_time {found} for {share(int(odd.sum()), len(self.rows))} of the records, such as {values[0]}"
            fix = second or time_fix(log.event_time, log.time_format, values)
            yield Problem(what, fix, bool(odd.sum() > MANY * len(times)))

    def _day_problems(self) -> Iterator[Problem]:
        timed = self.rows.dropna(subset=["event_time"])
        if not self.landed.source.by_day or not len(timed):
            return
        hours = (timed["event_time"] - pd.to_datetime(timed["ds"])).dt.total_seconds() / 3600
        elsewhere = int(((hours < 0) | (hours >= A_DAY)).sum())
        first, last = hours.quantile(0.005), hours.quantile(0.995)
        if elsewhere <= FEW * len(timed) or last - first > A_DAY + 1:
            return
        zone = self.data.time_zone
        what = (
            f"{share(elsewhere, len(timed))} of the events are of another day than their file: the files of a day "
            f"hold {_clock(first)} to {_clock(last)} of it in {zone}"
        )
        fix = f"cut the files at midnight of {zone}, or set time_zone to the zone whose days they are"
        if last <= 0:
            fix = "name the files after the day of their events, not of their delivery"
        yield Problem(what, fix, stops=elsewhere > MANY * len(timed))

    def _type_problems(self) -> Iterator[Problem]:
        log, rows = self.data.events, self.rows
        nameless = rows[(rows["event_types"].map(len) == 0) & self.understood]
        values = self.values(log.event_type, nameless) if log.event_type else []
        for value, count in Counter(values).most_common(MOST_TYPES):
            part = share(round(count / len(values) * len(nameless)), len(rows))
            yield _unknown_type(log.event_type, value, part, self)
        if not values and len(nameless) > FEW * len(rows):
            what = f"{share(len(nameless), len(rows))} of the records are of no event type"
            yield Problem(what, "widen a `when` of [data.events.types], or add a type of role other for them")
        absent = [name for name in log.types if not self.event_counts[name]]
        if len(self.kept) and not any(self.event_counts[name] for name in log.with_role("positive")):
            yield Problem("there is no positive event", "lists are learned from them: see [data.events.types]", True)
        elif len(self.kept) and absent:
            what = f"no record is of the type {listed(absent)}"
            yield Problem(what, "mend its `when`, or leave it out, unless it is rare")

    def _id_problems(self) -> Iterator[Problem]:
        for name in IDS:
            ids = self.rows[name].dropna()
            empty = len(self.rows) - len(ids)
            if empty > FEW * len(self.rows):
                what = f"{name} is missing in {share(empty, len(self.rows))} of the records"
                yield Problem(what, f"mend {name} under [data.events]", empty > MANY * len(self.rows))
            nobody = ids[ids.str.strip().str.lower().isin(NOBODY)]
            if len(nobody) > FEW / 10 * max(1, len(ids)):
                value = nobody.iloc[0]
                what = f"{name} is {value!r} in {share(len(nobody), len(ids))} of the records: is that one?"
                yield Problem(what, f"if not, write {name} = \"nullif({getattr(self.data.events, name)}, '{value}')\"")
            if ids.str.fullmatch(r"\d+\.0").any():
                what = f"{name} is written as a decimal, such as {ids[ids.str.fullmatch(r'[0-9]+[.]0')].iloc[0]}"
                others = self.rows[next(other for other in IDS if other != name)].dropna()
                yield Problem(what, decimal_remedy(ids, others, name, getattr(self.data.events, name)))

    def _key_problems(self) -> Iterator[Problem]:
        copies = (self.rows["reason"] == reasons.DUPLICATE).sum()
        if copies > FEW * len(self.rows):
            what = f"{share(int(copies), len(self.rows))} of the records are copies of others"
            yield Problem(what, "they are counted once; have them delivered once if you can")
        if self.data.events.event_key or len(self.records) < 10:
            return
        used = {*used_fields(self.data.stated("events"))}
        for field in sorted({name for record in self.records for name in record} - used):
            values = [record.get(field, "") for record in self.records]
            if EVENT_ID.search(field.lower()) and len(set(values)) == len(values):
                what = f"{field} looks like the id of an event, and event_key doesn't name it"
                yield Problem(what, f'write event_key = ["{field}"] under [data.events], so that a copy is known by it')


def _unknown_type(sql: str, value: str, part: str, sample: EventSample) -> Problem:
    types = sample.data.events.types
    close = near(value, types) if value else None
    what = f"{part} of the records say {sql} = {value!r}, which is no type"
    if close:
        role = types[close].role
        return Problem(what, f'write types.{close} = {{ when = "{sql} = \'{value}\'", role = "{role}", ... }}')
    name = re.sub(r"\W+", "_", value.lower()).strip("_") or "none"
    condition = "" if name == value else f"when = \"{sql} = '{value}'\", "
    return Problem(
        what, f'add types.{name} = {{ {condition}role = "other" }} under [data.events], or leave them rejected'
    )


def _clock(hours: float) -> str:
    """A time of day from hours after a day's midnight."""
    day, minutes = divmod(round(hours * 60), A_DAY * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}" + (f" ({day:+d} d)" if day else "")
