"""What partitions follow from: digests of settings, raw files and inputs, which tell what is outdated."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from jobs.job import Job
from jobs.runtime.config import Config
from jobs.runtime.inputs import input_days
from jobs.runtime.raw import RawZone
from jobs.runtime.store import Store


class Fingerprints:
    """Of the jobs of one data set, as its settings, raw files and partitions stand."""

    def __init__(self, config: Config, store: Store, raw: RawZone) -> None:
        self._config, self._store, self._raw = config, store, raw

    def is_current(self, job: Job, day: str, store: Store | None = None) -> bool:
        """Whether a job's outputs in a store (default: this run's) were built from what this run has."""
        manifests = [(store or self._store).manifest(table, day) for table in job.writes]
        if not all(manifests):
            return False
        built_from = self.fingerprint(job, day)
        return all(manifest is not None and manifest["built_from"] == built_from for manifest in manifests)

    def fingerprint(self, job: Job, day: str) -> str:
        """A digest of everything that a job's outputs of a day follow from: settings, raw files, input partitions."""
        return self.digest_of(job, self.inputs(job, day))

    def digest_of(self, job: Job, inputs: Mapping[str, str | None]) -> str:
        facts = [self._config.fingerprint(job.settings), *(f"{name}={digest}" for name, digest in inputs.items())]
        return hashlib.blake2b("\n".join(facts).encode(), digest_size=8).hexdigest()

    def inputs(self, job: Job, day: str, together: Sequence[str] = ()) -> dict[str, str | None]:
        """`<table>/<day>`, or `raw/<table>/<day of delivery>` -> digest; None where what is read counts as absent.

        together: the days that are built in one go. Of its own earlier days, some of them perhaps, a job that spans
        days needs only what they follow from by themselves; so it is the same in whatever portions days are built.
        """
        raw = {self._delivery(table, day): self._raw.fingerprint(table, day) for table in job.raw}
        stored = {
            f"{read.table}/{input_day}": self._store.digest(read.table, input_day, read.on)
            for read in job.reads
            if not job.carries(read)
            for input_day in input_days(read, [day], self._config)
        }
        earlier = {
            f"{read.table}/{before}": self.own(job, before) if before in together else self.stood(job, before)
            for read in job.reads
            if job.carries(read)
            for before in input_days(read, [day], self._config)
        }
        return raw | stored | earlier

    def own(self, job: Job, day: str) -> str:
        """A digest of what a job's outputs follow from, its own earlier days apart."""
        own = {f"{table}/" for table in job.writes}
        inputs = self.inputs(job, day).items()
        return self.digest_of(job, {name: digest for name, digest in inputs if not name.startswith(tuple(own))})

    def stood(self, job: Job, day: str) -> str | None:
        """`own` of the partitions that stand; None when they don't."""
        manifests = [self._store.manifest(table, day) for table in job.writes]
        found = {manifest.get("own") if manifest else None for manifest in manifests}
        return found.pop() if len(found) == 1 else None

    def _delivery(self, table: str, day: str) -> str:
        delivered = day if table == "events" else self._raw.snapshot_day(table, day)
        return f"raw/{table}/{delivered}" if delivered else f"raw/{table}"
