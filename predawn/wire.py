"""One connection of Redis over which batches of packed commands go out, and whose replies are compared as bytes.

The protocol is RESP, version 2 or 3: https://redis.io/docs/latest/develop/reference/protocol-spec
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from redis import exceptions

from predawn.connection import Client

WINDOW = 3  # batches on their way while the server works on an earlier one
RECEIVED_AT_ONCE = 1 << 18
_PING, _PONG = b"*1\r\n$4\r\nPING\r\n", b"+PONG\r\n"
_ERRORS = {
    "OOM": exceptions.OutOfMemoryError,
    "READONLY": exceptions.ReadOnlyError,
    "NOPERM": exceptions.NoPermissionError,
    "LOADING": exceptions.BusyLoadingError,
}


@dataclass(frozen=True)
class Asked:
    """Commands on their way. size: of the bytes that `fits` is given; else `odd` is given all replies one by one."""

    count: int
    size: int
    fits: Callable[[bytes], bool]
    odd: Callable[[list[Any]], None]


class Wire:
    """One connection of one node. Every batch of commands ends in a PING, whose reply shows where its replies end."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._asked: deque[Asked] = deque()
        self._received = bytearray()

    def ask(self, payload: bytes, asked: Asked, window: int = WINDOW) -> None:
        self._connection.send_packed_command([payload + _PING])
        self._asked.append(asked)
        self.settle(window)

    def settle(self, window: int = 0) -> None:
        """Reads replies until no more than `window` batches are on their way."""
        while len(self._asked) > window:
            asked = self._asked.popleft()
            end = asked.size + len(_PONG)
            while len(self._received) < end and not self._ends(asked):
                self._receive()
            if self._received[asked.size : end] == _PONG and asked.fits(bytes(self._received[: asked.size])):
                del self._received[:end]
                continue
            replies, at = [], 0
            for _ in range(asked.count + 1):
                reply, at = self._parsed(at)
                replies.append(reply)
            del self._received[:at]
            asked.odd(replies[:-1])

    def _ends(self, asked: Asked) -> bool:
        """Whether all replies are there although they are shorter than expected."""
        if not self._received.endswith(_PONG):
            return False
        at = 0
        try:
            for _ in range(asked.count + 1):
                _, at = _parse(self._received, at)
        except IndexError:
            return False
        return True

    def _parsed(self, at: int) -> tuple[Any, int]:
        while True:
            try:
                return _parse(self._received, at)
            except IndexError:
                self._receive()

    def _receive(self) -> None:
        try:
            received = self._connection._sock.recv(RECEIVED_AT_ONCE)
        except TimeoutError as error:
            raise exceptions.TimeoutError("Timeout reading from socket") from error
        except (OSError, AttributeError) as error:  # AttributeError: the connection is closed
            raise exceptions.ConnectionError(f"Error while reading from socket: {error}") from error
        if not received:
            raise exceptions.ConnectionError("Connection closed by server.")
        self._received += received


def _parse(data: bytearray, at: int) -> tuple[Any, int]:
    """The reply that begins at `at`, and where the next one begins. Raises IndexError when it isn't complete."""
    end = data.find(b"\r\n", at)
    if end < 0:
        raise IndexError
    kind, line, at = data[at : at + 1], bytes(data[at + 1 : end]), end + 2
    if kind == b"-":
        text = line.decode("utf-8", "replace")
        return _ERRORS.get(text.partition(" ")[0], exceptions.ResponseError)(text), at
    if kind == b":":
        return int(line), at
    if kind == b"_" or line == b"-1":
        return None, at
    if kind == b"+":
        return line, at
    length = int(line)
    if kind == b"$":
        if len(data) < at + length + 2:
            raise IndexError
        return bytes(data[at : at + length]), at + length + 2
    if kind == b"*":
        replies = []
        for _ in range(length):
            reply, at = _parse(data, at)
            replies.append(reply)
        return replies, at
    raise exceptions.ConnectionError(f"Redis sent {kind!r}{line[:40]!r}, which nobody asked for.")


@contextmanager
def connected(client: Client) -> Iterator[Wire]:
    """A connection out of the client's pool; after a failure it is closed, since replies may still be on their way."""
    pool = client.connection_pool
    connection = pool.get_connection()
    try:
        yield Wire(connection)
    except BaseException:
        connection.disconnect()
        raise
    finally:
        pool.release(connection)
