"""Bulk traffic: a thousand values in one go.

A client library spends some ten microseconds on a SET: objects for the command, objects for the reply. A publication
of a million lists is nothing but SETs whose replies are known beforehand, so here the bytes of a whole block are joined
at once, and its replies are compared at once. Connections are those of the client's pool, so that TLS, users, Sentinel
and clusters remain its business.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from predawn.connection import Client, is_cluster
from predawn.wire import Asked, Wire, connected

SLOTS = 16_384
_OK = b"+OK\r\n"
_MOVED = ("MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN")


class _Lengths(dict[int, bytes]):
    """Length -> the bytes that announce a string of that length, made once."""

    def __init__(self, before: bytes, after: bytes = b"", more: int = 0) -> None:
        super().__init__()
        self._before, self._after, self._more = before, after, more

    def __missing__(self, length: int) -> bytes:
        made = self[length] = b"%b$%d\r\n%b" % (self._before, length + self._more, self._after)
        return made


_BULK = _Lengths(b"")


def bulk(values: Sequence[bytes]) -> bytes:
    """The values as they come from Redis, each `$<length>\\r\\n<value>\\r\\n`."""
    return _interleaved(_BULK, values, b"\r\n")


def _interleaved(before: _Lengths, strings: Sequence[bytes], after: bytes) -> bytes:
    """Each string between what announces it and `after`."""
    parts = [after] * (3 * len(strings))
    parts[0::3] = map(before.__getitem__, map(len, strings))
    parts[1::3] = strings
    return b"".join(parts)


class Bulk:
    """Bulk commands over the keys `stem + name`; what is asked together goes to each node at once.

    Redis errors pass through untranslated; a failure leaves no connection in an unknown state.
    """

    def __init__(self, client: Client, stack: ExitStack) -> None:
        self._client = client
        self._cluster = is_cluster(client)
        self._stack = stack
        self._wires: dict[int, Wire] = {}

    def set(self, stem: str, names: Sequence[str], values: Sequence[bytes], seconds: int) -> None:
        """SETEX; errors may be raised at a later call, at the latest by `settle`."""
        prefix, life = stem.encode(), str(int(seconds)).encode()
        head = _Lengths(b"*4\r\n$5\r\nSETEX\r\n", prefix, len(prefix))
        middle = _Lengths(b"\r\n" + bulk([life]))
        for wire, encoded, places in self._routed(prefix, names):
            mine = values if places is None else [values[place] for place in places]
            parts = [b"\r\n"] * (5 * len(encoded))
            parts[0::5] = map(head.__getitem__, map(len, encoded))
            parts[1::5] = encoded
            parts[2::5] = map(middle.__getitem__, map(len, mine))
            parts[3::5] = mine

            def odd(replies: list[Any], encoded: list[bytes] = encoded, mine: Sequence[bytes] = mine) -> None:
                moved = [place for place, reply in enumerate(replies) if self._failed(reply)]
                for place in moved:
                    self._client.set(prefix + encoded[place], mine[place], ex=seconds)

            expected = _OK * len(encoded)
            wire.ask(b"".join(parts), Asked(len(encoded), len(expected), expected.__eq__, odd))

    def expire(self, stem: str, names: Sequence[str], seconds: int) -> None:
        """EXPIRE; keys that don't exist are passed over."""
        prefix, life = stem.encode(), str(int(seconds)).encode()
        head = _Lengths(b"*3\r\n$6\r\nEXPIRE\r\n", prefix, len(prefix))
        tail = b"\r\n" + bulk([life])
        for wire, encoded, _ in self._routed(prefix, names):
            payload = _interleaved(head, encoded, tail)
            expected = b":1\r\n" * len(encoded)

            def odd(replies: list[Any], encoded: list[bytes] = encoded) -> None:
                for name in [name for name, reply in zip(encoded, replies, strict=True) if self._failed(reply)]:
                    self._client.expire(prefix + name, seconds)

            wire.ask(payload, Asked(len(encoded), len(expected), expected.__eq__, odd))

    def compare(
        self,
        stem: str,
        names: Sequence[str],
        size: int,
        fits: Callable[[bytes], bool],
        odd: Callable[[list[bytes | None]], None],
    ) -> None:
        """Reads all values; calls `odd` with them, null where there is none, unless they are `size` bytes that fit.

        `fits` is given what `bulk` makes of them. It may be called later, at the latest by `settle`.
        """
        prefix = stem.encode()
        if self._cluster:
            values = self._gathered(prefix, names)
            whole = [value for value in values if value is not None]
            if len(whole) < len(values) or not fits(bulk(whole)):
                odd(values)
            return
        [(wire, encoded, _)] = self._routed(prefix, names)
        lead = b"*%d\r\n" % len(encoded)
        arguments = _interleaved(_Lengths(b"", prefix, len(prefix)), encoded, b"\r\n")
        payload = b"*%d\r\n$4\r\nMGET\r\n%b" % (len(encoded) + 1, arguments)
        wire.ask(
            payload,
            Asked(
                1,
                len(lead) + size,
                lambda data: data.startswith(lead) and fits(data[len(lead) :]),
                lambda replies: odd(self._values(replies[0])),
            ),
        )

    def settle(self) -> None:
        """Waits for everything that was asked."""
        for wire in self._wires.values():
            wire.settle()

    def _gathered(self, prefix: bytes, names: Sequence[str]) -> list[bytes | None]:
        values: list[bytes | None] = [None] * len(names)
        head = _Lengths(b"*2\r\n$3\r\nGET\r\n", prefix, len(prefix))
        for wire, encoded, places in self._routed(prefix, names):

            def put(
                replies: list[Any],
                encoded: list[bytes] = encoded,
                places: Sequence[int] = places or range(len(encoded)),
            ) -> None:
                for place, name, reply in zip(places, encoded, replies, strict=True):
                    values[place] = self._client.get(prefix + name) if self._failed(reply) else reply

            wire.ask(_interleaved(head, encoded, b"\r\n"), Asked(len(encoded), 0, lambda _: False, put))
        self.settle()
        return values

    def _values(self, reply: Any) -> list[bytes | None]:
        if isinstance(reply, Exception):
            raise reply
        return list(reply)

    def _failed(self, reply: Any) -> bool:
        """Whether the client itself, which follows slots that move, has to repeat a command. Raises other errors."""
        if not isinstance(reply, Exception):
            return False
        if self._cluster and str(reply).startswith(_MOVED):
            return True
        raise reply

    def _routed(self, prefix: bytes, names: Sequence[str]) -> Iterator[tuple[Wire, list[bytes], list[int] | None]]:
        """The names by node, with their places among all; null: all of them in order."""
        encoded = [name.encode() for name in names]
        if not self._cluster:
            yield self._wire(self._client), encoded, None
            return
        start = binascii.crc_hqx(prefix, 0)
        nodes: dict[str, tuple[Any, list[int]]] = {}
        for place, name in enumerate(encoded):
            node = self._client.nodes_manager.get_node_from_slot(binascii.crc_hqx(name, start) % SLOTS)
            nodes.setdefault(node.name, (node, []))[1].append(place)
        for node, places in nodes.values():
            yield self._wire(self._client.get_redis_connection(node)), [encoded[place] for place in places], places

    def _wire(self, client: Client) -> Wire:
        if id(client) not in self._wires:
            self._wires[id(client)] = self._stack.enter_context(connected(client))
        return self._wires[id(client)]


@contextmanager
def bulk_of(client: Client) -> Iterator[Bulk]:
    """Bulk commands of `client`; what was asked has been answered when the block ends without an error."""
    with ExitStack() as stack:
        commands = Bulk(client, stack)
        yield commands
        commands.settle()
