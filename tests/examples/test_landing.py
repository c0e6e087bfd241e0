"""Days land whole, once, and with the same bytes; JSON lines say what the frame said."""

import datetime as dt
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.landing import LandingError, check_span, day_folder, days_between, json_lines, land_day

DAY = dt.date(2026, 1, 31)
PART = "part-00000.json.gz"


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_layout_and_content(tmp_path: Path) -> None:
    assert land_day(tmp_path, "events", DAY, [b"a\n", b"b\n"])
    folder = tmp_path / "events" / "ds=2026-01-31"
    assert folder == day_folder(tmp_path, "events", DAY)
    assert _names(folder) == ["_SUCCESS", PART, "part-00001.json.gz"]
    assert gzip.decompress((folder / PART).read_bytes()) == b"a\n"
    assert (folder / "_SUCCESS").read_bytes() == b""
    assert _names(tmp_path / "events") == ["ds=2026-01-31"]


def test_bytes_know_neither_time_nor_name(tmp_path: Path) -> None:
    packed = []
    for root in (tmp_path / "a", tmp_path / "b"):
        land_day(root, "events", DAY, [b"line\n"])
        packed.append((day_folder(root, "events", DAY) / PART).read_bytes())
    assert packed[0] == packed[1]
    assert packed[0][3] == 0 and packed[0][4:8] == bytes(4)  # no name flag, modification time 0 (RFC 1952)


@pytest.mark.parametrize("suffix", [".dat.zst", ".csv", ".json.gz"])
def test_parts_are_packed_as_their_name_says(tmp_path: Path, suffix: str) -> None:
    land_day(tmp_path, "events", DAY, [b"line\n"], suffix=suffix)
    part = (day_folder(tmp_path, "events", DAY) / f"part-00000{suffix}").read_bytes()
    unpack = {
        ".zst": lambda: pa.CompressedInputStream(pa.py_buffer(part), "zstd").read(),
        ".gz": lambda: gzip.decompress(part),
    }
    assert unpack.get(Path(suffix).suffix, lambda: part)() == b"line\n"


@pytest.mark.parametrize("content", [[], pd.DataFrame({"a": []})])
def test_a_day_without_events_has_one_empty_file(tmp_path: Path, content: list[bytes] | pd.DataFrame) -> None:
    land_day(tmp_path, "events", DAY, content)
    folder = day_folder(tmp_path, "events", DAY)
    assert _names(folder) == ["_SUCCESS", PART]
    assert gzip.decompress((folder / PART).read_bytes()) == b""


def test_a_landed_day_is_left_alone_unless_told(tmp_path: Path) -> None:
    def never() -> Iterator[bytes]:
        raise AssertionError("content was drawn for a day that is there")
        yield b""

    land_day(tmp_path, "events", DAY, [b"old\n", b"more\n"])
    assert not land_day(tmp_path, "events", DAY, never())
    assert land_day(tmp_path, "events", DAY, [b"new\n"], overwrite=True)
    folder = day_folder(tmp_path, "events", DAY)
    assert _names(folder) == ["_SUCCESS", PART]
    assert gzip.decompress((folder / PART).read_bytes()) == b"new\n"


def test_a_failure_leaves_the_old_day_and_a_rerun_mends(tmp_path: Path) -> None:
    def fails() -> Iterator[bytes]:
        yield b"half\n"
        raise OSError("disk full")

    land_day(tmp_path, "events", DAY, [b"old\n"])
    with pytest.raises(OSError):
        land_day(tmp_path, "events", DAY, fails(), overwrite=True)
    folder = day_folder(tmp_path, "events", DAY)
    assert gzip.decompress((folder / PART).read_bytes()) == b"old\n"
    assert land_day(tmp_path, "events", DAY, [b"new\n"], overwrite=True)
    assert _names(tmp_path / "events") == ["ds=2026-01-31"]


def test_a_folder_without_its_mark_is_landed_again(tmp_path: Path) -> None:
    folder = day_folder(tmp_path, "events", DAY)
    folder.mkdir(parents=True)
    assert land_day(tmp_path, "events", DAY, [b"x\n"])
    assert (folder / "_SUCCESS").exists()


@given(
    st.lists(
        st.tuples(
            st.integers(-(2**63), 2**63 - 1),
            st.none() | st.floats(allow_nan=False, allow_infinity=False),
            st.none() | st.text(st.characters(exclude_categories=["Cs"])),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_json_lines_read_back_as_they_were(rows: list[tuple[int, float | None, str | None]]) -> None:
    frame = pd.DataFrame(rows, columns=["n", "x", 'a "quoted" name']).astype({"n": "int64", "x": "float64"})
    read = [tuple(json.loads(line).values()) for line in json_lines(frame).decode().split("\n")[:-1]]
    assert read == rows


def test_missing_values_are_null_and_whole_numbers_stay_whole() -> None:
    frame = pd.DataFrame({"a": pd.array([1, None], "Int64"), "b": ["x", None], "c": [np.nan, 0.5], "d": [None, None]})
    first, second = json_lines(frame).splitlines()
    assert first == b'{"a":1,"b":"x","c":null,"d":null}'
    assert json.loads(second) == {"a": None, "b": None, "c": 0.5, "d": None}


def test_infinity_is_refused() -> None:
    with pytest.raises(LandingError, match="column x"):
        json_lines(pd.DataFrame({"x": [1.0, np.inf]}))


def test_spans() -> None:
    assert list(days_between(DAY, DAY + dt.timedelta(days=1))) == [DAY, dt.date(2026, 2, 1)]
    with pytest.raises(LandingError, match="before the first day"):
        days_between(DAY, DAY - dt.timedelta(days=1))
    with pytest.raises(LandingError, match="has the days 2026-01-31 to 2026-01-31"):
        check_span(DAY, DAY + dt.timedelta(days=1), DAY, DAY, "it")
