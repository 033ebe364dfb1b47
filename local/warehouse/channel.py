"""A client's socket in, whole messages of bounded size out; and the way back, in large pieces."""

import contextlib
import socket
import ssl
import struct
from typing import Final

from core.clock import Clock
from local.warehouse.limits import (
    DRAIN_MS_MAX,
    DRAINED_BYTES_MAX,
    RECEIVE_BYTES,
    SEND_BYTES,
    WRITE_MS_MAX,
)

_HEADER: Final = struct.Struct("!cI")
_LENGTH_OFFSET: Final = 1


class ClientGone(Exception):
    """The client left, or took longer than it may; nothing more can be said to it."""


class WaitedTooLong(Exception):
    """No message came in time; the client can still be told so."""


class MessageRefused(Exception):
    """A message that cannot be read to its end; `bytes_left` of it are on their way."""

    def __init__(self, reason: str, bytes_left: int) -> None:
        super().__init__(reason)
        self.bytes_left = bytes_left


class Channel:
    """One client's socket. What it receives and sends is bounded in bytes and in time."""

    def __init__(self, sock: socket.socket, clock: Clock) -> None:
        self._sock = sock
        self._clock = clock
        self._received = bytearray()
        self._at = 0  # what lies before it is read
        self._sending = bytearray()

    @property
    def secure(self) -> bool:
        return isinstance(self._sock, ssl.SSLSocket)

    def start_tls(self, context: ssl.SSLContext, within_ms: int) -> None:
        """Shake hands; raise ClientGone when that fails, or when bytes came in before it."""
        if self._available():
            raise ClientGone("bytes before the TLS handshake")  # they would pass for encrypted
        self._sock.settimeout(within_ms / 1000)
        try:
            self._sock = context.wrap_socket(self._sock, server_side=True)
        except (OSError, ValueError) as error:
            raise ClientGone(f"TLS handshake: {error}") from error

    def read(self, count: int, deadline_ms: int) -> bytes:
        """Return exactly `count` bytes; raise ClientGone at the end or at the deadline."""
        while self._available() < count:
            left_ms = deadline_ms - self._clock.monotonic_ms()
            if left_ms <= 0:
                raise ClientGone("a message took too long")
            try:
                self._receive(left_ms)
            except TimeoutError as error:
                raise ClientGone("a message took too long") from error
        start, self._at = self._at, self._at + count
        return bytes(self._received[start : self._at])

    def read_message(
        self, *, bytes_max: int, idle_ms_max: int | None, whole_ms_max: int
    ) -> tuple[bytes, bytes]:
        """Return the next message's kind and body.

        Raise WaitedTooLong when none begins within `idle_ms_max`, MessageRefused for a length
        that cannot be or is above `bytes_max`.
        """
        if not self._available():
            try:
                self._receive(idle_ms_max)
            except TimeoutError as error:
                raise WaitedTooLong from error
        deadline_ms = self._clock.monotonic_ms() + whole_ms_max
        kind, length = _HEADER.unpack(self.read(_HEADER.size, deadline_ms))
        body_bytes = length - 4  # the length counts itself
        if body_bytes < 0:
            raise MessageRefused(f"a message's length of {length}: at least 4", 0)
        if body_bytes > bytes_max:
            raise MessageRefused(
                f"a message of {body_bytes:,} bytes: at most {bytes_max:,}", body_bytes
            )
        return kind, self.read(body_bytes, deadline_ms)

    def next_kind(self) -> bytes | None:
        """Return the kind of a message that has arrived already, passing over a Flush."""
        at = self._at
        while (kind := bytes(self._received[at : at + 1])) == b"H":
            at += _HEADER.size
        return kind or None

    def write(self, data: bytes | bytearray) -> None:
        """Queue bytes; they leave when a piece is full, or with `flush`."""
        self._sending += data
        if len(self._sending) >= SEND_BYTES:
            self.flush()

    def flush(self) -> None:
        """Send what is queued; raise ClientGone when the client does not take it in time."""
        view = memoryview(self._sending)
        try:
            for start in range(0, len(view), SEND_BYTES):
                self._sock.settimeout(WRITE_MS_MAX / 1000)  # a piece
                self._sock.sendall(view[start : start + SEND_BYTES])
        except (OSError, ValueError) as error:
            raise ClientGone(f"writing: {error}") from error
        finally:
            view.release()
            self._sending.clear()

    def drain(self, bytes_left: int) -> None:
        """Read and throw away, so that a client that still sends comes to read our last words."""
        left = min(bytes_left, DRAINED_BYTES_MAX) - self._available()
        self._received.clear()
        self._at = 0
        deadline_ms = self._clock.monotonic_ms() + DRAIN_MS_MAX
        with contextlib.suppress(OSError, ValueError):
            while left > 0 and (left_ms := deadline_ms - self._clock.monotonic_ms()) > 0:
                self._sock.settimeout(left_ms / 1000)
                data = self._sock.recv(RECEIVE_BYTES)
                if not data:
                    return
                left -= len(data)

    def hang_up(self, how: int) -> None:
        """End reading (and writing) from another thread, which then sees the end.

        Not `SSLSocket.shutdown`: that would make the thread go on in plain text.
        """
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._sock, how)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._sock.close()

    def _available(self) -> int:
        return len(self._received) - self._at

    def _receive(self, within_ms: int | None) -> None:
        """Read what is there; raise TimeoutError when nothing came, ClientGone at the end."""
        if self._at:
            del self._received[: self._at]
            self._at = 0
        try:
            self._sock.settimeout(None if within_ms is None else within_ms / 1000)
            data = self._sock.recv(RECEIVE_BYTES)
        except TimeoutError:
            raise
        except (OSError, ValueError) as error:
            raise ClientGone(f"reading: {error}") from error
        if not data:
            raise ClientGone("the client closed the connection")
        self._received += data
