"""Raw text to lines in bounded memory: packed or not, whole or damaged, with lines of any length."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator
from pathlib import PurePath
from typing import BinaryIO, NamedTuple

import numpy as np
import pyarrow as pa

from features.reasons import FILE_ENDS_EARLY, LINE_TOO_LONG, UNREADABLE_FILE

BLOCK = 1 << 20  # bytes of text that are handed on at once, about
READ = 1 << 15  # bytes of a packed file that are unpacked at once; gzip makes at most a thousandfold of them
EXCERPT = 2000  # bytes of a line that are kept when it isn't one to parse
GZIP = 16 + zlib.MAX_WBITS
BOM = b"\xef\xbb\xbf"
PACKINGS = {".gz": "gzip", ".zst": "zstd"}


class Lines(NamedTuple):
    """A stretch of a file. numbers: (lines,) int64, those of the lines in the file, from 0. texts: without their ends.

    faults: place in `texts` -> why it is no line to parse; its text is then an excerpt.
    """

    numbers: np.ndarray
    texts: list[bytes]
    faults: dict[int, str]

    def without(self, titles: Collection[bytes]) -> Lines:
        """Those that are none of `titles`."""
        places = [place for place, text in enumerate(self.texts) if text not in titles]
        if len(places) == len(self.texts):
            return self
        faults = {new: self.faults[old] for new, old in enumerate(places) if old in self.faults}
        return Lines(self.numbers[places], [self.texts[place] for place in places], faults)


class _Damaged(Exception):
    """The rest of a file can't be read. args: the reason, and an excerpt where nothing could be."""


def packing_of(name: str) -> str:
    """How a file of this name is packed: "gzip", "zstd", or "" for not at all."""
    return PACKINGS.get(PurePath(name).suffix.lower(), "")


def read_lines(file: BinaryIO, packing: str, *, max_bytes: int) -> Iterator[Lines]:
    """The lines of a file in stretches of about `BLOCK` bytes.

    A line ends with LF or CR LF, the last one perhaps with neither. A line of more than `max_bytes` is a fault, and so
    is what can't be read of a damaged file: the beginning of its line is the last text of all.
    """
    number, begun, excerpt, damage = 0, b"", None, None
    blocks = _gathered(_unpacked(file, packing))
    while damage is None:
        try:
            block = next(blocks, None)
        except _Damaged as error:
            damage = error.args
            break
        if block is None:
            break
        cut = block.rfind(b"\n")
        if cut < 0:
            begun, excerpt = _begun(begun + block, excerpt, max_bytes)
            continue
        lines = _stretch(number, begun + block[:cut], excerpt, max_bytes)
        begun, excerpt = _begun(block[cut + 1 :], None, max_bytes)
        number += len(lines.texts)
        yield lines
    if damage is not None:
        reason, text = damage
        yield Lines(np.array([number]), [excerpt or begun[:EXCERPT] or text], {0: reason})
    elif begun or excerpt is not None:
        yield _stretch(number, begun, excerpt, max_bytes)


def _begun(text: bytes, excerpt: bytes | None, max_bytes: int) -> tuple[bytes, bytes | None]:
    """What is kept of a line whose end isn't in sight: its text, or no more than an excerpt when it is too long."""
    if excerpt is None and len(text) <= max_bytes + 1:  # the last byte may be a CR
        return text, None
    return b"", text[:EXCERPT] if excerpt is None else excerpt


def _stretch(first: int, data: bytes, excerpt: bytes | None, max_bytes: int) -> Lines:
    """data: lines joined by LF. excerpt: the beginning of the first one, whose middle is lost."""
    if first == 0:
        data = data.removeprefix(BOM)
    texts = data.split(b"\n")
    if b"\r" in data:
        texts = [text.removesuffix(b"\r") for text in texts]
    faults = {}
    if len(data) > max_bytes:
        faults = {place: LINE_TOO_LONG for place, text in enumerate(texts) if len(text) > max_bytes}
    if excerpt is not None:
        texts[0], faults[0] = excerpt, LINE_TOO_LONG
    for place in faults:
        texts[place] = texts[place][:EXCERPT]
    return Lines(np.arange(first, first + len(texts)), texts, faults)


def _gathered(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks of about `BLOCK`; what there was before a damage comes before it."""
    parts: list[bytes] = []
    size = 0
    damage = None
    try:
        for block in blocks:
            parts.append(block)
            size += len(block)
            if size >= BLOCK:
                yield b"".join(parts)
                parts, size = [], 0
    except _Damaged as error:
        damage = error
    if size:
        yield b"".join(parts)
    if damage:
        raise damage


def _unpacked(file: BinaryIO, packing: str) -> Iterator[bytes]:
    if packing == "gzip":
        return _gunzipped(file)
    if packing == "zstd":
        return _unzstd(file)
    return iter(lambda: file.read(BLOCK), b"")


def _gunzipped(file: BinaryIO) -> Iterator[bytes]:
    """Members may follow each other, and zeros them, as gzip(1) allows."""
    unpacker = None
    begun = False
    while packed := file.read(READ):
        while packed:
            if unpacker is None:
                packed = packed.lstrip(b"\0") if begun else packed
                if not packed:
                    break
                unpacker = zlib.decompressobj(GZIP)
            try:
                text = unpacker.decompress(packed)
            except zlib.error as error:
                raise _Damaged(UNREADABLE_FILE, b"" if begun else packed[:EXCERPT]) from error
            begun = True
            yield text
            packed = unpacker.unused_data
            if unpacker.eof:
                unpacker = None
    if unpacker is not None:
        raise _Damaged(FILE_ENDS_EARLY, b"")


def _unzstd(file: BinaryIO) -> Iterator[bytes]:
    head = file.read(EXCERPT)
    file.seek(0)
    if not head:
        return
    begun = False
    stream = pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd")
    try:
        while text := stream.read(READ):
            begun = True
            yield text
    except OSError as error:
        reason = FILE_ENDS_EARLY if "Truncated" in str(error) else UNREADABLE_FILE
        raise _Damaged(reason, b"" if begun else head) from error
