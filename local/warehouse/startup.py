"""A new connection's first bytes in, a client that may log in out, or nothing: all was said.

The port is PostgreSQL's, but for one courtesy: `GET /readyz` is answered as a web server would,
for whoever watches over this process.
"""

import hmac
import ssl
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.clock import Clock
from local.warehouse.cancel import BackendKey, CancelRegistry
from local.warehouse.channel import Channel, MessageRefused, WaitedTooLong
from local.warehouse.error import WarehouseError
from local.warehouse.limits import (
    HTTP_HEAD_BYTES_MAX,
    PASSWORD_BYTES_MAX,
    STARTUP_BYTES_MAX,
    STARTUP_MS_MAX,
)
from local.warehouse.message import ASK_FOR_PASSWORD, Body, protocol_offer

_SSL_REQUEST: Final = 80_877_103
_GSS_REQUEST: Final = 80_877_104
_CANCEL_REQUEST: Final = 80_877_102
_MAJOR: Final = 3
_INT32: Final = struct.Struct("!I")
_ENCODINGS: Final = frozenset({"", "UTF8", "UNICODE", "AUTO", "SQLASCII"})


class TlsMode(StrEnum):
    """Whether clients may, must or cannot encrypt."""

    ON = "on"
    OFF = "off"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Who is let in, and how."""

    user: str = "cube"
    password: str = "cube"  # noqa: S105 - of a server that only this machine reaches
    database: str = "votes"
    tls_mode: TlsMode = TlsMode.OFF
    tls: ssl.SSLContext | None = None  # None: with TlsMode.OFF only


@dataclass(frozen=True, slots=True)
class Login:
    """What a client said of itself, its password checked."""

    user: str
    database: str
    parameters: Mapping[str, str]


class Startup:
    """The talk before the first statement: encryption, a cancellation, a probe, or a log-in."""

    def __init__(
        self, channel: Channel, gate: Gate, cancels: CancelRegistry, clock: Clock, *, ready: bool
    ) -> None:
        self._channel = channel
        self._gate = gate
        self._cancels = cancels
        self._clock = clock
        self._ready = ready
        self._deadline_ms = clock.monotonic_ms() + STARTUP_MS_MAX

    def run(self) -> Login | None:
        """Return who logged in; None when there is nothing more to do.

        Raise WarehouseError for a client to be told and sent away, ClientGone for one that left.
        """
        while True:
            head = self._channel.read(4, self._deadline_ms)
            if head == b"GET ":
                self._answer_probe()
                return None
            (length,) = _INT32.unpack(head)
            if not 8 <= length <= STARTUP_BYTES_MAX:
                raise WarehouseError("08P01", f"invalid length of startup packet: {length}")
            body = Body(self._channel.read(length - 4, self._deadline_ms))
            code = body.int32()
            if code == _CANCEL_REQUEST:
                key = BackendKey(body.int32(), body.int32() & 0xFFFFFFFF)
                self._cancels.cancel(key)
                return None
            if code == _SSL_REQUEST:
                self._negotiate_tls()
            elif code == _GSS_REQUEST:
                self._say(b"N")
            else:
                return self._log_in(code, body)

    def _negotiate_tls(self) -> None:
        if self._gate.tls is None or self._channel.secure:
            self._say(b"N")
            return
        self._say(b"S")
        left_ms = max(self._deadline_ms - self._clock.monotonic_ms(), 1)
        self._channel.start_tls(self._gate.tls, left_ms)

    def _log_in(self, version: int, body: Body) -> Login:
        major, minor = version >> 16, version & 0xFFFF
        if major != _MAJOR:
            raise WarehouseError(
                "0A000", f"unsupported frontend protocol {major}.{minor}: server supports 3.0"
            )
        given = _parameters(body)
        refused = [name for name in given if name.startswith("_pq_.")]
        if minor or refused:
            self._channel.write(protocol_offer(refused))
        self._check_wishes(given)
        user = given.get("user", "")
        if not self._ready:
            raise WarehouseError("57P03", "the warehouse is starting up", hint="Try again soon.")
        if not self._knows(user, self._ask_for_password()):
            raise WarehouseError(
                "28000",
                f'password authentication failed for user "{user}"',
                hint="The settings CUBE_WAREHOUSE_USER and CUBE_WAREHOUSE_PASSWORD name them.",
            )
        database = given.get("database") or user
        if database != self._gate.database:
            raise WarehouseError(
                "3D000",
                f'database "{database}" does not exist',
                hint=f'The one database here is "{self._gate.database}".',
            )
        return Login(user, database, given)

    def _check_wishes(self, given: Mapping[str, str]) -> None:
        if self._gate.tls_mode is TlsMode.ON and not self._channel.secure:
            raise WarehouseError(
                "28000", "this server takes encrypted connections only", hint="Turn TLS on."
            )
        encoding = given.get("client_encoding", "").upper().strip("'\"")
        if encoding.replace("-", "").replace("_", "") not in _ENCODINGS:
            raise WarehouseError(
                "22023", f'client_encoding "{encoding}" is not supported', hint="Use UTF8."
            )
        if given.get("replication", "false").lower() not in {"false", "off", "no", "0"}:
            raise WarehouseError("0A000", "replication connections are not supported")

    def _ask_for_password(self) -> bytes:
        self._say(ASK_FOR_PASSWORD)
        left_ms = max(self._deadline_ms - self._clock.monotonic_ms(), 1)
        try:
            kind, data = self._channel.read_message(
                bytes_max=PASSWORD_BYTES_MAX, idle_ms_max=left_ms, whole_ms_max=left_ms
            )
        except WaitedTooLong as error:
            raise WarehouseError("28000", "no password came in time") from error
        except MessageRefused as refused:
            raise WarehouseError("08P01", f"reading a password: {refused}") from refused
        if kind != b"p" or not data.endswith(b"\0"):
            raise WarehouseError("08P01", "expected a password")
        return data[:-1]

    def _knows(self, user: str, password: bytes) -> bool:
        right_user = hmac.compare_digest(user.encode(), self._gate.user.encode())
        right_password = hmac.compare_digest(password, self._gate.password.encode())
        return right_user and right_password

    def _answer_probe(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            if len(head) == HTTP_HEAD_BYTES_MAX:
                raise WarehouseError("08P01", "a request's head is too large")
            head += self._channel.read(1, self._deadline_ms)
        if head.split(b" ", 1)[0].split(b"?")[0] != b"/readyz":
            status, body = "404 Not Found", b"this port speaks PostgreSQL's protocol\n"
        elif self._ready:
            status, body = "200 OK", b"ready\n"
        else:
            status, body = "503 Service Unavailable", b"starting\n"
        self._say(
            f"HTTP/1.1 {status}\r\ncontent-type: text/plain\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode()
            + body
        )

    def _say(self, data: bytes) -> None:
        self._channel.write(data)
        self._channel.flush()


def _parameters(body: Body) -> dict[str, str]:
    """Return the pairs of a startup packet; Redshift's drivers send names that nobody needs."""
    given: dict[str, str] = {}
    while name := body.text():
        given[name] = body.text()
    body.end()
    return given
