"""The store: one folder per table and day, replaced atomically.

    <root>/<table>/ds=2017-12-01/_manifest.json      names the live generation and says what it was built from
    <root>/<table>/ds=2017-12-01/<digest>/part-00000.parquet

A generation is named after its content. Committing is one rename of the manifest, so a kill at any instant leaves the
old partition or the new one, on any file system with an atomic rename.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jobs.errors import MissingPartition

MANIFEST = "_manifest.json"
STAGING = ".staging"
CHUNK = 1 << 20


class Store:
    """Partitions below one root folder. Days are `YYYY-MM-DD` strings.

    shapes: table -> a digest of the columns that it has to have. A partition of others, as an earlier release or
    configuration left it, counts as missing: it is built anew, and never read as if it were what is expected.
    """

    def __init__(self, root: Path, shapes: Mapping[str, str] | None = None) -> None:
        self.root = root
        self._shapes = shapes or {}

    def manifest(self, table: str, day: str) -> dict[str, Any] | None:
        """What stands there: digest, fingerprint, rows and more; None when the partition is missing."""
        try:
            text = (self._partition(table, day) / MANIFEST).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        manifest = dict(json.loads(text))
        return manifest if self._shapes.get(table) in (None, manifest.get("shape")) else None

    def digest(self, table: str, day: str, on: Sequence[str] = ()) -> str | None:
        """None when the partition is missing, or was built from other partitions of the tables `on` than stand."""
        manifest = self.manifest(table, day)
        if manifest is None:
            return None
        standing = {f"{of}/{day}": self.digest(of, day) for of in on}
        built_on = manifest.get("inputs", {})
        sound = all(digest is not None and built_on.get(name) == digest for name, digest in standing.items())
        return str(manifest["digest"]) if sound else None

    def folders(self, table: str, days: Sequence[str], on: Sequence[str] = ()) -> list[Path]:
        """The live folder of each day. Raises MissingPartition that names every day missing as `digest` means it."""
        digests = {day: self.digest(table, day, on) for day in days}
        missing = [day for day, digest in digests.items() if digest is None]
        if missing or not days:
            raise MissingPartition(table, missing or ["any day"])
        return [self._partition(table, day) / str(digest) for day, digest in digests.items()]

    def days(self, table: str) -> list[str]:
        """Days that stand, ascending."""
        found = (self.root / table).glob(f"ds=*/{MANIFEST}")
        return sorted(path.parent.name.removeprefix("ds=") for path in found)

    def stage(self, label: str) -> Path:
        """A new folder aside, on the same file system; what a killed run leaves there is never read."""
        folder = self.root / STAGING / f"{label}-{uuid.uuid4().hex}"
        folder.mkdir(parents=True)
        return folder

    def commit(self, table: str, day: str, staged: Path, facts: Mapping[str, Any]) -> str:
        """Make `staged` the live generation of the day and return its digest; `facts` go into the manifest."""
        digest = _digest(staged)
        partition = self._partition(table, day)
        partition.mkdir(parents=True, exist_ok=True)
        target = partition / digest
        # An earlier generation of this name holds the same bytes by construction, unless a kill cut its removal short.
        if target.exists() and _digest(target) != digest:
            shutil.rmtree(target)
        if target.exists():
            shutil.rmtree(staged)
        else:
            staged.rename(target)
        own = {"table": table, "ds": day, "digest": digest}
        own |= {"shape": self._shapes[table]} if table in self._shapes else {}
        text = json.dumps({**own, **facts}, indent=1, sort_keys=True) + "\n"
        aside = partition / f".{MANIFEST}-{uuid.uuid4().hex}"
        aside.write_text(text, encoding="utf-8")
        aside.replace(partition / MANIFEST)
        for other in partition.iterdir():
            if other.name not in (MANIFEST, digest):
                shutil.rmtree(other) if other.is_dir() else other.unlink()
        return digest

    def adopt(self, other: Store, table: str, day: str) -> None:
        """Make another store's live generation this one's, too, without copying where the file system can link.

        Raises MissingPartition. What the other store does to its partition later doesn't change this one.
        """
        (source,), manifest = other.folders(table, [day]), other.manifest(table, day) or {}
        staged = self.stage(table)
        shutil.copytree(source, staged, copy_function=_link, dirs_exist_ok=True)
        own = ("table", "ds", "digest")
        self.commit(table, day, staged, {name: fact for name, fact in manifest.items() if name not in own})

    def clear_staging(self) -> None:
        shutil.rmtree(self.root / STAGING, ignore_errors=True)

    def _partition(self, table: str, day: str) -> Path:
        return self.root / table / f"ds={day}"


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target)


def _digest(folder: Path) -> str:
    """A digest of the files below a folder, their relative names included."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            with path.open("rb") as file:
                while chunk := file.read(CHUNK):
                    digest.update(chunk)
    return digest.hexdigest()
