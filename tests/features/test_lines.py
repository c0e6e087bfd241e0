from __future__ import annotations

import gzip
import io

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import lines
from features.lines import EXCERPT, packing_of, read_lines

LIMIT = 50
PACKINGS = ("", "gzip", "zstd")


def packed(data: bytes, packing: str) -> bytes:
    if packing == "gzip":
        return gzip.compress(data)
    if packing == "zstd":
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, "zstd") as stream:
            stream.write(data)
        return bytes(sink.getvalue())
    return data


def read(data: bytes, packing: str = "", max_bytes: int = 1 << 20) -> tuple[list[bytes], dict[int, str]]:
    """The texts, and the faults by the number of the line."""
    texts: list[bytes] = []
    faults: dict[int, str] = {}
    for found in read_lines(io.BytesIO(data), packing, max_bytes=max_bytes):
        assert found.numbers.tolist() == list(range(len(texts), len(texts) + len(found.texts)))
        faults |= {len(texts) + place: reason for place, reason in found.faults.items()}
        texts += found.texts
    return texts, faults


@given(
    st.lists(st.binary(max_size=2 * LIMIT).filter(lambda text: not set(b"\r\n") & set(text)), max_size=12),
    st.sampled_from([b"\n", b"\r\n"]),
    st.booleans(),
    st.sampled_from(PACKINGS),
    st.integers(1, 64),
)
def test_lines_are_what_stands_between_their_ends(
    texts: list[bytes], end: bytes, last: bool, packing: str, block: int
) -> None:
    """Whatever the blocks in which a file is read; a line that is too long is cut, and no other one suffers."""
    texts = [text.removeprefix(lines.BOM) for text in texts]
    data = end.join([*texts, b""]) if last or not texts or not texts[-1] else end.join(texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK", block)
        patch.setattr(lines, "READ", block)
        found, faults = read(packed(data, packing), packing, LIMIT)
    assert found == texts
    assert faults == {place: "line too long" for place, text in enumerate(texts) if len(text) > LIMIT}


@pytest.mark.parametrize(
    ("data", "texts"),
    [
        (b"", []),
        (b"\n", [b""]),
        (b"a\n\n\nb", [b"a", b"", b"", b"b"]),
        (b"\xef\xbb\xbfa\nb\n", [b"a", b"b"]),
        (b"a\rb\r\n", [b"a\rb"]),
        (b"a\x00b\xff\n", [b"a\x00b\xff"]),
    ],
)
def test_plain_files(data: bytes, texts: list[bytes]) -> None:
    assert read(data) == (texts, {})


def test_a_line_of_ten_megabytes_leaves_an_excerpt() -> None:
    huge = b'{"x":"' + b"y" * 10_000_000 + b'"}'
    for packing in PACKINGS:
        texts, faults = read(packed(b"a\n" + huge + b"\nb\n" + huge, packing), packing)
        assert texts == [b"a", huge[:EXCERPT], b"b", huge[:EXCERPT]]
        assert faults == {1: "line too long", 3: "line too long"}
    assert read(huge, max_bytes=1 << 24) == ([huge], {})


MANY = b"".join(b'{"n":%d,"m":%d}\n' % (n, n * n % 7919) for n in range(200_000))


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_of_a_file_that_ends_early_the_lines_before_are_read(packing: str) -> None:
    whole = packed(MANY, packing)
    for kept in (len(whole) - 3, len(whole) // 2):
        texts, faults = read(whole[:kept], packing)
        assert faults == {len(texts) - 1: "file ends early"}
        assert len(texts) > 0.7 * 200_000 * kept / len(whole)
        assert texts[:-1] == MANY.split(b"\n")[: len(texts) - 1]
        assert MANY.split(b"\n")[len(texts) - 1].startswith(texts[-1])


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_what_is_not_packed_as_its_name_says_is_one_unreadable_record(packing: str) -> None:
    assert read(b"plain\ntext\n", packing) == ([b"plain\ntext\n"], {0: "unreadable file"})
    assert read(b"", packing) == ([], {})


def test_gzip_members_may_follow_each_other_and_zeros_them() -> None:
    whole = packed(b"a\nb", "gzip") + packed(b"c\n", "gzip") + bytes(512)
    assert read(whole, "gzip") == ([b"a", b"bc"], {})
    assert read(whole + b"rubbish", "gzip") == ([b"a", b"bc", b""], {2: "unreadable file"})


def test_packings_go_by_names() -> None:
    assert [packing_of(name) for name in ("a.json.gz", "b.ZST", "c.json", "gz")] == ["gzip", "zstd", "", ""]


def test_titles_are_left_out_and_numbers_stay() -> None:
    (found,) = read_lines(io.BytesIO(b"t\na\nt\n" + b"b" * 99 + b"\n"), "", max_bytes=LIMIT)
    kept = found.without({b"t"})
    assert (kept.numbers.tolist(), kept.faults) == ([1, 3], {1: "line too long"})
    assert found.without({b"x"}) is found
