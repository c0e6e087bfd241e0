"""The store: what is read is the old partition or the new one, wherever a commit was cut short."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from jobs.errors import MissingPartition
from jobs.runtime.store import MANIFEST, STAGING, Store

TABLE, DAY = "topn", "2026-01-03"
OLD = {"part-00000.parquet": "old", "part-00001.parquet": "old too"}
NEW = {"part-00000.parquet": "new", "part-00001.parquet": "new too"}


class Killed(BaseException):
    """Stands for the kill of a process: nothing catches it."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def put(store: Store, files: dict[str, str], table: str = TABLE, day: str = DAY, **facts: Any) -> str:
    staged = store.stage(table)
    for name, text in files.items():
        path = staged / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return store.commit(table, day, staged, facts)


def live(store: Store, table: str = TABLE, day: str = DAY) -> dict[str, str]:
    (folder,) = store.folders(table, [day])
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def everything(store: Store) -> dict[str, str]:
    """Every file below the root, what is staged left out."""
    files = (path for path in store.root.rglob("*") if path.is_file())
    texts = {str(path.relative_to(store.root)): path.read_text() for path in files}
    return {name: text for name, text in texts.items() if not name.startswith(STAGING)}


def test_what_was_built_on_other_partitions_than_stand_counts_as_absent(store: Store) -> None:
    first = put(store, OLD, "users")
    inputs = {f"users/{DAY}": first, "users/2026-01-02": "another day"}
    lists = put(store, OLD, inputs=inputs)
    assert store.digest(TABLE, DAY, ["users"]) == lists
    assert store.folders(TABLE, [DAY], ["users"])[0].name == lists
    put(store, NEW, "users")
    assert (store.digest(TABLE, DAY, ["users"]), store.digest(TABLE, DAY)) == (None, lists)
    with pytest.raises(MissingPartition):
        store.folders(TABLE, [DAY], ["users"])
    put(store, OLD, "users")
    assert store.digest(TABLE, DAY, ["users"]) == lists, "the same bytes are the same directory"
    assert store.digest(TABLE, DAY, ["users", "items"]) is None
    put(store, OLD)
    assert store.digest(TABLE, DAY, ["users"]) is None, "nothing is known of what it was built from"


def test_what_was_committed_is_what_is_read(store: Store) -> None:
    digest = put(store, {**OLD, "trees/model.txt": "nested"}, rows=3, built_from="abc")
    assert live(store) == {**OLD, "trees/model.txt": "nested"}
    assert store.digest(TABLE, DAY) == digest
    facts = {"table": TABLE, "ds": DAY, "digest": digest, "rows": 3, "built_from": "abc"}
    assert store.manifest(TABLE, DAY) == facts
    assert not list((store.root / STAGING).iterdir())


def test_a_missing_partition_is_none_or_an_error_that_names_every_missing_day(store: Store) -> None:
    put(store, OLD, day="2026-01-02")
    assert store.manifest(TABLE, DAY) is None and store.digest(TABLE, DAY) is None
    days = [f"2026-01-0{n}" for n in range(1, 5)]
    with pytest.raises(MissingPartition, match="table topn has no partition for 2026-01-01, 2026-01-03, 2026-01-04: "):
        store.folders(TABLE, days)
    with pytest.raises(MissingPartition, match="make backfill DATE=2026-01-01"):
        store.folders(TABLE, days)
    many = [f"2026-02-{n:02}" for n in range(1, 29)]
    with pytest.raises(MissingPartition, match="2026-02-05 and 23 more: "):
        store.folders(TABLE, many)
    with pytest.raises(MissingPartition, match="any day"):
        store.folders(TABLE, [])


def test_days_are_those_of_the_table_that_are_whole_ascending(store: Store) -> None:
    for day in ("2026-01-10", "2025-12-31", "2026-01-02"):
        put(store, OLD, day=day)
    put(store, OLD, table="other", day="2026-01-05")
    (store.root / TABLE / "ds=2026-01-20" / "feedfacefeedface").mkdir(parents=True)
    assert store.days(TABLE) == ["2025-12-31", "2026-01-02", "2026-01-10"]
    assert store.days("unknown") == []


def test_a_commit_replaces_the_partition_and_leaves_nothing_of_the_old_one(store: Store) -> None:
    first = put(store, OLD)
    second = put(store, NEW, built_from="x")
    assert first != second and live(store) == NEW
    (partition,) = (store.root / TABLE).iterdir()
    assert {path.name for path in partition.iterdir()} == {MANIFEST, second}


def test_equal_content_keeps_its_digest_and_unequal_content_does_not(store: Store) -> None:
    first = put(store, OLD, built_from="x")
    assert put(store, dict(reversed(OLD.items())), built_from="y") == first
    assert json.loads((store.root / TABLE / f"ds={DAY}" / MANIFEST).read_text())["built_from"] == "y"
    assert put(store, OLD, table="other", day="2026-01-09") == first
    renamed = {"part-00000.parquet": "old too", "part-00001.parquet": "old"}
    assert len({first, put(store, renamed), put(store, {"part-00000.parquet": "old"}), put(store, {})}) == 4


def test_what_lies_staged_is_never_read(store: Store) -> None:
    staged = store.stage(TABLE)
    (staged / "part-00000.parquet").write_text("half")
    put(store, OLD)
    assert live(store) == OLD and store.days(TABLE) == [DAY]
    assert store.days(STAGING) == []
    store.clear_staging()
    assert not staged.exists() and live(store) == OLD
    store.clear_staging()


CHANGES = [(Path, name) for name in ("mkdir", "rename", "write_text", "replace", "unlink")]


@contextmanager
def killed_at(number: int) -> Iterator[None]:
    """Kill at the n-th call that changes the file system.

    A text is half written by then, and of a folder to be removed one file is gone.
    """
    calls, unlink, write, remove = itertools.count(1), Path.unlink, Path.write_text, shutil.rmtree

    def guarded(call: Callable[..., Any]) -> Callable[..., Any]:
        def guard(*arguments: Any, **keywords: Any) -> Any:
            if next(calls) == number:
                if call is write:
                    write(arguments[0], arguments[1][: len(arguments[1]) // 2])
                raise Killed
            return call(*arguments, **keywords)

        return guard

    def rmtree(folder: Path) -> None:
        if next(calls) == number:
            unlink(min(path for path in folder.rglob("*") if path.is_file()))
            raise Killed
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Path, "unlink", unlink)
            remove(folder)

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in CHANGES:
            patch.setattr(owner, name, guarded(getattr(owner, name)))
        patch.setattr(shutil, "rmtree", rmtree)
        yield


def commit_killed(store: Store, files: dict[str, str], number: int) -> bool:
    """Whether the commit of these files was killed at its n-th step; it has fewer steps otherwise."""
    staged = store.stage(TABLE)
    for name, text in files.items():
        (staged / name).write_text(text)
    try:
        with killed_at(number):
            store.commit(TABLE, DAY, staged, {"built_from": files["part-00000.parquet"]})
    except Killed:
        return True
    return False


def kill_points(tmp_path: Path, before: dict[str, str] | None) -> Iterator[tuple[int, Store]]:
    """For every step of a commit of NEW over `before`: a store in which that commit was killed there."""
    for number in itertools.count(1):
        store = Store(tmp_path / f"killed-{number}")
        if before is not None:
            put(store, before, built_from=before["part-00000.parquet"])
        if not commit_killed(store, NEW, number):
            assert number > 4, "a commit has more steps than this: the kills missed it"
            return
        yield number, store


@pytest.mark.parametrize("before", [None, OLD, NEW], ids=["nothing", "old", "the same"])
def test_a_commit_killed_anywhere_leaves_the_old_or_the_new_partition(
    tmp_path: Path, before: dict[str, str] | None
) -> None:
    undisturbed = Store(tmp_path / "undisturbed")
    put(undisturbed, NEW, built_from="new")
    for _, store in kill_points(tmp_path, before):
        if before is None and store.digest(TABLE, DAY) is None:
            assert store.days(TABLE) == []
        else:
            assert live(store) in (before, NEW)
            assert (store.manifest(TABLE, DAY) or {})["built_from"] == live(store)["part-00000.parquet"]
        put(store, NEW, built_from="new")
        assert everything(store) == everything(undisturbed)


def test_kills_one_after_the_other_do_no_more_harm_than_one(tmp_path: Path) -> None:
    """The commit of NEW is killed, then that of OLD again: remains of either may lie in the other's way."""
    undisturbed = Store(tmp_path / "undisturbed")
    put(undisturbed, NEW, built_from="new")
    for number, _ in kill_points(tmp_path / "count", OLD):
        for second in itertools.count(1):
            store = Store(tmp_path / f"killed-{number}-{second}")
            put(store, OLD, built_from="old")
            assert commit_killed(store, NEW, number)
            if not commit_killed(store, OLD, second):
                break
            assert live(store) in (OLD, NEW)
            put(store, NEW, built_from="new")
            assert everything(store) == everything(undisturbed)


def test_a_partition_of_other_columns_counts_as_missing(tmp_path: Path) -> None:
    """An earlier release wrote it, or one of other channels; a store that isn't told reads it all the same."""
    old, new, anyone = (Store(tmp_path, shapes) for shapes in ({TABLE: "a"}, {TABLE: "b"}, {}))
    put(old, OLD)
    assert live(old) == live(anyone) == OLD
    assert new.manifest(TABLE, DAY) is new.digest(TABLE, DAY) is None
    with pytest.raises(MissingPartition):
        new.folders(TABLE, [DAY])
    put(new, NEW)
    assert live(new) == NEW and old.digest(TABLE, DAY) is None
