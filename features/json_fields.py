"""JSON lines to columns of strings: the fields in use and nothing else, without an object for every value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.reasons import BLANK, MALFORMED, NOT_UTF8

LF, QUOTE, BACKSLASH = b"\n", ord('"'), b"\\"
_NOTHING = msgspec.Raw()


class JsonFields:
    """Reads some fields of JSON objects as strings: a string's text, else the JSON text of what stands there.

    Null for a field that is null or absent. A record is one object and nothing else.
    """

    def __init__(self, fields: Sequence[str]) -> None:
        slots = [f"f{number}" for number in range(len(fields))]
        kinds = [
            (slot, msgspec.Raw, msgspec.field(default=_NOTHING, name=name))
            for slot, name in zip(slots, fields, strict=True)
        ]
        record = msgspec.defstruct("Record", kinds, gc=False)
        self._decode = msgspec.json.Decoder(record).decode
        self._empty = record()
        self._getters = [attrgetter(slot) for slot in slots]

    def read(self, texts: Sequence[bytes], faults: Mapping[int, str]) -> tuple[list[pa.StringArray], dict[int, str]]:
        """A column per field, and why some places hold no record. faults: places that aren't to be parsed, and why."""
        records: list[Any] = []
        wrong = dict(faults)
        decode, add = self._decode, records.append
        for place, text in enumerate(texts):
            try:
                add(decode(text))
            # ValueError for what is no JSON, RecursionError for what is nested too deeply.
            except (msgspec.DecodeError, ValueError, RecursionError):
                add(self._empty)
                wrong.setdefault(place, _fault(text))
        for place in faults:
            records[place] = self._empty
        try:
            columns = [_column(list(map(getter, records))) for getter in self._getters]
        except pa.ArrowInvalid:
            for place, record in enumerate(records):
                if not all(_is_utf8(getter(record)) for getter in self._getters):
                    wrong[place], records[place] = NOT_UTF8, self._empty
            columns = [_column(list(map(getter, records))) for getter in self._getters]
        return columns, wrong


def _fault(text: bytes) -> str:
    if not text.strip():
        return BLANK
    return MALFORMED if _is_utf8(text) else NOT_UTF8


def _is_utf8(text: bytes | msgspec.Raw) -> bool:
    try:
        str(text, "utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _column(tokens: list[msgspec.Raw]) -> pa.StringArray:
    """JSON tokens, empty where there is none, as strings. Raises ArrowInvalid for bytes that aren't UTF-8."""
    if not tokens:
        return pa.array([], pa.string())
    # A token holds no LF, since its line doesn't: one join makes a buffer whose LFs are the ends of the tokens.
    joined = LF.join([*tokens, b""])
    data = np.frombuffer(joined, np.uint8)
    ends = np.flatnonzero(data == ord(LF))
    starts = np.concatenate([[0], ends[:-1] + 1]).astype(np.int64)
    offsets = np.append(starts, len(joined)).astype(np.int32)
    raw = pa.Array.from_buffers(pa.binary(), len(ends), [None, pa.py_buffer(offsets), pa.py_buffer(joined)])
    quoted = data[starts] == QUOTE
    texts = pc.binary_slice(raw, 1, -2)
    if not quoted.all():
        lengths = ends - starts
        missing = (lengths == 0) | ((lengths == 4) & (data[starts] == ord("n")))
        texts = pc.if_else(pa.array(quoted), texts, pc.binary_slice(raw, 0, -1))
        texts = pc.if_else(pa.array(missing), pa.scalar(None, pa.binary()), texts)
    strings = texts.cast(pa.string())
    if BACKSLASH not in joined:
        return strings
    return _unescaped(strings, quoted)


def _unescaped(strings: pa.StringArray, quoted: np.ndarray) -> pa.StringArray:
    """With the escapes within quoted strings resolved; few have any."""
    escaped = np.asarray(pc.fill_null(pc.match_substring(strings, "\\"), False)) & quoted
    places = np.flatnonzero(escaped)
    plain = [json.loads(f'"{text}"', strict=False) for text in strings.take(pa.array(places)).to_pylist()]
    return pc.replace_with_mask(strings, pa.array(escaped), pa.array(plain, pa.string()))
