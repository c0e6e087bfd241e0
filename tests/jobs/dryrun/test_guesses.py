"""Guesses from raw text: how times are written, how files are, and a whole overlay from one file."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.dataset import DataSet
from jobs.dryrun.problem import listed, near, share
from jobs.dryrun.shape import delimiter_of, shape_of
from jobs.dryrun.sketch import TEMPLATE, sketch
from jobs.dryrun.times import MICROSECONDS, guess_format, read_time
from jobs.errors import UsageError
from tests.jobs.dryrun.support import put


@pytest.mark.parametrize(
    ("values", "format"),
    [
        (["1700000000", "1700000001.25"], "epoch_s"),
        (["1700000000000"], "epoch_ms"),
        (["1700000000000000"], MICROSECONDS),
        (["2026-01-31T10:11:12Z", "2026-01-31 10:11:12.123456+02:00", "2026-01-31"], "iso"),
        (["31/01/2026 10:11:12", "01/02/2026 00:00:00"], "dd/MM/yyyy HH:mm:ss"),
        (["01/31/2026 10:11", "01/02/2026 00:00"], "MM/dd/yyyy HH:mm"),
        (["20260131"], "yyyyMMdd"),
        (["20260131101112"], "yyyyMMddHHmmss"),
        (["10/Oct/2023:13:55:36 -0700"], "dd/MMM/yyyy:HH:mm:ss Z"),
        (["01/02/2026 10:11"] * 30 + ["31/01/2026 10:11"], "dd/MM/yyyy HH:mm"),
        (["01/02/2026 10:11"] * 30 + ["01/31/2026 10:11"], "MM/dd/yyyy HH:mm"),
        (["2026-01-31 10:11:12"] * 9 + ["31/01/2026 10:11"], None),
        (["1", "2"], None),
        (["yesterday", "1700000000"], None),
        (["", " "], None),
    ],
)
def test_how_times_are_written(values: list[str], format: str | None) -> None:
    assert guess_format(values) == format
    if format not in (None, MICROSECONDS):
        assert all(read_time(value, str(format)) for value in values)


def test_an_odd_time_among_many_does_not_hide_their_format() -> None:
    assert guess_format(["01/02/2026 10:11"] * 30 + ["31/01/2026 10:11", "soon"]) == "dd/MM/yyyy HH:mm"


def test_what_is_no_time_is_none() -> None:
    assert read_time("soon", "iso") is read_time("1e300", "epoch_s") is read_time("x", "some pattern") is None


@pytest.mark.parametrize(
    ("lines", "delimiter"),
    [
        (["a,b", "1,2"], ","),
        (["a;b;c", "1,5;2;3"], ";"),
        (["1::2::3", "4::5::6"], "::"),
        (["a\tb c", "d\te"], "\t"),
        (['a,"b;c"', '"d",e'], ","),
        (["one", "two"], None),
    ],
)
def test_what_divides_lines(lines: list[str], delimiter: str | None) -> None:
    assert delimiter_of(lines) == delimiter


def test_the_shape_of_files(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "a.csv": "user,when\nu1,2026-01-01\nu2,2026-01-02\n",
            "b.csv": "u1,2026-01-01\nu2,2026-01-02\n",
            "c.csv": "user,what\nann,view\nbob,view\n",
            "d.json": '{"a": 1, "b": null}\n{"a": "x", "c": [1]}\n',
            "e.json": '[\n{"a": 1}\n]',
            "f.txt": "nothing\n",
            "g.csv": "",
        },
    )
    pq.write_table(pa.table({"a": [1, None]}), tmp_path / "h")
    (tmp_path / "i.parquet").write_bytes(b"PAR1cut")
    shapes = {path.name: shape_of(path) for path in tmp_path.iterdir()}
    assert {name: (shape.format, shape.columns, shape.header) for name, shape in shapes.items()} == {
        "a.csv": ("csv", ("user", "when"), True),
        "b.csv": ("csv", ("column_1", "column_2"), False),
        "c.csv": ("csv", ("user", "what"), True),
        "d.json": ("json", ("a", "c"), True),
        "e.json": ("json array", (), False),
        "f.txt": ("", (), False),
        "g.csv": ("", (), False),
        "h": ("parquet", ("a",), True),
        "i.parquet": ("", (), False),
    }
    assert shapes["b.csv"].records[0] == {"column_1": "u1", "column_2": "2026-01-01"}
    assert shapes["d.json"].records == ({"a": "1"}, {"a": "x", "c": "[1]"})
    assert shapes["h"].records == ({"a": "1"}, {})


def test_a_sketch_is_an_overlay_that_loads(tmp_path: Path) -> None:
    lines = [
        {"uid": n % 3, "Product": f"p{n}", "ts": 1767268800000 + n, "action": action, "price": 1.5}
        for n, action in enumerate(["View", "click", "buy", "Mystery", "dislike", "impression"])
    ]
    put(tmp_path, {"events/2026/01/01/log.json": "\n".join(map(json.dumps, lines))})
    told = tomllib.loads(sketch(tmp_path / "events/2026/01/01/log.json", "mine", tmp_path))
    data = DataSet.model_validate({**told["data"], "name": "mine"})
    log = data.events
    assert (log.files, log.format, log.marker) == ("events/{day:%Y/%m/%d}/*", "json", "")
    assert (log.user_id, log.item_id, log.event_time, log.time_format) == ("uid", "Product", "ts", "epoch_ms")
    assert (log.value, log.event_type, str(data.first_day)) == ("price", "action", "2026-01-01")
    assert log.roles == {
        **{"view": "positive", "click": "positive", "buy": "positive", "mystery": "other"},
        **{"dislike": "negative", "impression": "exposure"},
    }
    assert log.types["view"].when == "action = 'View'" and log.types["click"].when == ""


def test_a_sketch_of_a_file_without_header_names_its_columns(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", {"log.dat": "7::12::1700000000\n8::13::1700000001\n"})
    text = sketch(tmp_path / "elsewhere" / "log.dat", "mine", tmp_path / "raw")
    told = tomllib.loads(text)["data"]
    assert told["events"]["columns"] == ["column_1", "column_2", "column_3"]
    assert told["events"]["delimiter"] == "::" and told["events"]["files"] == "events/*"
    assert "where the file isn't yet" in text and "TODO" in text
    DataSet.model_validate({**told, "name": "mine"})


def test_a_sketch_of_a_table_is_its_section_alone(tmp_path: Path) -> None:
    people = [f'{{"customer": "c{n}", "city": "{city}", "joined_at": "{n}"}}' for n, city in enumerate("aabbaabb")]
    put(tmp_path, {"products.csv": "sku;Title;kind;price\n1;Tea;hot;2\n", "people.json": "\n".join(people)})
    items, users = (
        tomllib.loads(sketch(tmp_path / name, "x", tmp_path))["data"] for name in ("products.csv", "people.json")
    )
    assert items["items"] == {
        **{"files": "products.csv", "format": "csv", "delimiter": ";", "item_id": "sku"},
        **{"name": "Title", "category": "kind", "price": "price"},
    }
    assert users["users"] == {"files": "people.json", "format": "json", "user_id": "customer", "profile": ["city"]}


def test_a_word_in_the_name_of_a_column_is_enough_but_a_part_of_one_is_not(tmp_path: Path) -> None:
    put(tmp_path, {"log.json": '{"category": "a", "the_user": "u", "my-item": "i", "start_ts": "1700000000"}\n'})
    log = tomllib.loads(sketch(tmp_path / "log.json", "x", tmp_path))["data"]["events"]
    assert (log["user_id"], log["item_id"], log["event_time"]) == ("the_user", "`my-item`", "start_ts")


def test_a_sketch_of_nothing_is_refused(tmp_path: Path) -> None:
    put(tmp_path, {"a.json": "[]", "b.txt": "x"})
    for name, reason in {"a.json": "one object a line", "b.txt": "neither JSON lines, CSV nor", "c": "no file"}.items():
        with pytest.raises(UsageError, match=reason):
            sketch(tmp_path / name, "mine", tmp_path)


def test_the_template_is_an_overlay_that_loads() -> None:
    told = tomllib.loads(TEMPLATE)["data"]
    assert DataSet.model_validate({**told, "name": "mine"}).events.by_day


def test_words() -> None:
    assert near("userId", ["item", "user_id"]) == "user_id" and near("xyz", ["user_id"]) is None
    assert listed("abcdefg") == "a, b, c, d, e and 2 more" and listed("ab") == "a, b"
    assert [share(part, 10_000) for part in (0, 1, 10, 155, 5000, 9990, 9999, 10_000)] == [
        *("0 %", "< 0.1 %", "0.1 %", "1.6 %", "50 %", "99.9 %", "> 99.9 %", "100 %")
    ]
    assert share(0, 0) == "0 %"
