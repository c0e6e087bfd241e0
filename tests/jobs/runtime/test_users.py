from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from jobs.runtime.users import Part, Parts, Pieces, Source, Span, build_parts, spans

SCHEMA = pa.schema([("user_id", pa.string()), ("n", pa.int64())])


def no_session() -> SparkSession:
    raise AssertionError("one part needs no Spark")


def land(folder: Path, ids: list[str], files: int = 3) -> tuple[str, ...]:
    """Rows of users, numbered, spread over files."""
    paths = []
    for number in range(files):
        rows = [{"user_id": user, "n": n} for n, user in enumerate(ids) if n % files == number]
        paths.append(str(folder / f"{number}.parquet"))
        pq.write_table(pa.Table.from_pylist(rows, SCHEMA), paths[-1])
    return tuple(paths)


def as_text(numbers: pa.Table) -> pa.Table:
    assert numbers.schema.field("user_id").type == pa.dictionary(pa.int32(), pa.string())
    return numbers.cast(SCHEMA).sort_by([("user_id", "ascending"), ("n", "ascending")])


def built(folder: Path, paths: tuple[str, ...], rows: int, spark: SparkSession | None = None) -> list[pa.Table]:
    """The tables of the parts, in order."""
    part = Part({"numbers": Source(paths, ("user_id", "n"))}, as_text, SCHEMA, folder)
    build_parts(part, (lambda: spark) if spark else no_session, rows)
    return [pq.read_table(path) for path in sorted(folder.glob("part-*.parquet"))]


@settings(deadline=None, max_examples=30)
@given(ids=st.lists(st.sampled_from(["a", "B", "b", "\u00e4", "b0"]), max_size=30), rows=st.integers(1, 12))
def test_law_of_spans(tmp_path_factory: pytest.TempPathFactory, ids: list[str], rows: int) -> None:
    """Every user is in one span, spans ascend, and one has more than `rows` rows only where its last user begins."""
    found = spans(land(tmp_path_factory.mktemp("spans"), ids), rows)
    assert [found[0].first, found[-1].end] == [None, None]
    assert [span.end for span in found[:-1]] == [span.first for span in found[1:]]
    for span in found:
        mine = sorted(u for u in ids if (span.first or "") <= u and (span.end is None or u < span.end))
        last = mine[-1] if mine else ""
        assert len([user for user in mine if user != last]) < rows or len(ids) <= rows


def test_parts_are_the_whole_in_order(tmp_path: Path, spark: SparkSession) -> None:
    paths = land(tmp_path, [f"u{n % 7}" for n in range(40)])
    for name in ("one", "many"):
        (tmp_path / name).mkdir()
    (whole,) = built(tmp_path / "one", paths, 40)
    parts = built(tmp_path / "many", paths, 15, spark)
    assert [set(part["user_id"].to_pylist()) for part in parts] == [{"u0", "u1", "u2"}, {"u3", "u4"}, {"u5", "u6"}]
    assert pa.concat_tables(parts).equals(whole)


def test_parts_without_a_table_are_read_as_they_were_made(tmp_path: Path) -> None:
    paths = land(tmp_path, ["b", "a", "b"])
    (tmp_path / "parts").mkdir()
    build_parts(Part({"numbers": Source(paths, ("user_id", "n"))}, as_text, None, tmp_path / "parts"), no_session)
    parts = Parts(tmp_path / "parts")
    for _ in range(2):
        assert [part["n"].to_pylist() for part in parts] == [[1, 0, 2]]


@settings(deadline=None, max_examples=60)
@given(
    ids=st.lists(st.sampled_from(["a", "B", "b", "\u00e4", "b0", "c"]), max_size=40),
    others=st.lists(st.sampled_from(["b", "c", "z"]), max_size=9),
    rows=st.integers(1, 50),
    ascending=st.booleans(),
)
def test_law_of_pieces(ids: list[str], others: list[str], rows: int, ascending: bool) -> None:
    """Put together the pieces are the tables, sorted by user; no user is in two, and none has much more than `rows`."""
    tables = {
        name: pa.table({"user_id": pa.array(sorted(of) if ascending else of, pa.string()), "n": range(len(of))})
        for name, of in (("numbers", ids), ("others", others))
    }
    pieces = Pieces(tables, rows)
    found = [pieces.rows(number) for number in range(pieces.count)]
    users = [{user for table in piece.values() for user in table["user_id"].to_pylist()} for piece in found]
    assert all(max(before) < min(after) for before, after in itertools.pairwise(filter(None, users)))
    for name, table in tables.items():
        order = [("user_id", "ascending"), ("n", "ascending")]
        assert pa.concat_tables([piece[name] for piece in found]).sort_by(order).equals(table.sort_by(order))
    most = max(Counter([*ids, *others]).values(), default=0)
    assert all(sum(map(len, piece.values())) < rows + most + 1 for piece in found)


def test_threads_write_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.runtime.users.ROWS_A_PIECE", 15)
    paths = land(tmp_path, [f"u{n % 7}" for n in range(40)])
    for threads in (1, 3):
        (tmp_path / str(threads)).mkdir()
        Part({"numbers": Source(paths, ("user_id", "n"))}, as_text, SCHEMA, tmp_path / str(threads))(
            (0, Span()), threads
        )
    one, three = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("1", "3"))
    assert sorted(one) == [f"part-00000-0{n}.parquet" for n in range(3)]
    assert one == three


def test_a_span_is_one_comparison_or_two() -> None:
    assert Span().condition is None
    assert [str(Span("b", None).condition), str(Span(None, "d").condition)] == ['(user_id >= "b")', '(user_id < "d")']
    assert str(Span("b", "d").condition) == '((user_id >= "b") and (user_id < "d"))'
