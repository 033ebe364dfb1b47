"""A warehouse's address in, connections of redshift_connector out: rows as they come, and cancel.

The driver itself collects every row of a result before it hands out the first, and has no way to
cancel. What is done here instead uses inner parts of redshift_connector 2.2 (the table of message
handlers, the backend's key), which tests hold to.
"""

import contextlib
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from local.redshift_data.limits import CANCEL_S_MAX, CONNECT_S_MAX, STATEMENT_MS_MAX
from local.redshift_data.parameters import BoundSql

_DATA_ROW: Final = b"D"
_CANCEL_CODE: Final = 80_877_102  # PostgreSQL's protocol 3.0, CancelRequest
HOST: Final = "127.0.0.1"


class RowSink(Protocol):
    """Who takes a statement's rows."""

    def describe(self, columns: Sequence[tuple[str, int]]) -> None: ...

    def add(self, row: Sequence[object], row_bytes: int) -> None: ...


class LineBroken(Exception):
    """The warehouse went away while a statement ran: what it did not commit is rolled back."""


class WarehouseConnection(Protocol):
    """A session on the warehouse, used by one thread; `cancel` and `abandon` come from others."""

    @property
    def pid(self) -> int:
        """Return the session's process id, as the warehouse calls it."""
        ...

    def begin(self) -> None: ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def execute(self, bound: BoundSql, sink: RowSink) -> int:
        """Run a statement; return how many rows it changed, -1 when the warehouse does not say.

        Raises the driver's error with the warehouse's answer in it, LineBroken, or what `sink`
        raises; after these only `close` is left.
        """
        ...

    def cancel(self) -> None:
        """Ask the warehouse to stop what runs; raise nothing when it does not listen."""
        ...

    def abandon(self) -> None:
        """Break the line: whoever waits for an answer meets an error at once."""
        ...

    def close(self) -> None:
        """End the session; what was not committed is rolled back."""
        ...


Connect = Callable[[str], WarehouseConnection]  # a database's name in


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseAddress:
    """Where the local warehouse listens, and who we are there."""

    port: int
    user: str
    password: str = field(repr=False)


def driver_connect(address: WarehouseAddress) -> Connect:
    """Return what opens a session; the driver is loaded when the first is wanted."""

    def connect(database: str) -> WarehouseConnection:
        return DriverConnection(address, database)

    return connect


class DriverConnection:
    """A WarehouseConnection through redshift_connector."""

    def __init__(self, address: WarehouseAddress, database: str) -> None:
        # 0.2 s, which `cube up` does not wait for.
        from redshift_connector.core import Connection
        from redshift_connector.error import Error

        self._errors: type[Exception] = Error
        self._address = address
        connection: Any = Connection.__new__(Connection)
        try:
            connection.__init__(
                host=HOST,
                port=address.port,
                user=address.user,
                password=address.password,
                database=database,
                ssl=False,
                timeout=CONNECT_S_MAX,
                application_name="redshift-data",
            )
        except Exception:  # a login refused: the driver would leave its socket open
            _close(_ends(connection))
            raise
        connection.autocommit = True  # transactions are begun by name
        connection._usock.settimeout(STATEMENT_MS_MAX / 1000)
        self._connection = connection
        self._plain_row: Callable[[bytes, Any], None] = connection.message_types[_DATA_ROW]
        connection.message_types[_DATA_ROW] = self._row
        self._cursor: Any = connection.cursor()
        self._cursor.paramstyle = "qmark"  # leaves $1 as it is
        self._sink: RowSink | None = None

    @property
    def pid(self) -> int:
        pid, _ = self._backend_key()
        return pid

    def begin(self) -> None:
        self._cursor.execute("begin")

    def commit(self) -> None:
        self._cursor.execute("commit")

    def rollback(self) -> None:
        self._cursor.execute("rollback")

    def execute(self, bound: BoundSql, sink: RowSink) -> int:
        self._sink = sink
        try:
            self._cursor.execute(bound.sql, bound.values or None)
        except (OSError, struct.error, self._errors) as error:
            if error.args and isinstance(error.args[0], dict):  # the warehouse's own answer
                raise
            raise LineBroken(f"the warehouse went away: {error}") from error
        finally:
            self._sink = None
        description = self._cursor.description
        if description is not None:
            sink.describe([(str(name), int(oid)) for name, oid, *_ in description])
        return int(self._cursor.rowcount)

    def cancel(self) -> None:
        pid, key = self._backend_key()
        with contextlib.suppress(OSError):
            place = (HOST, self._address.port)
            with socket.create_connection(place, timeout=CANCEL_S_MAX) as line:
                line.sendall(struct.pack("!iiii", 16, _CANCEL_CODE, pid, key))

    def abandon(self) -> None:
        with contextlib.suppress(OSError):
            self._connection._usock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        ends = _ends(self._connection)  # before it forgets them
        with contextlib.suppress(Exception):  # the line may be broken, or broken off
            self._connection.close()
        _close(ends)

    def _backend_key(self) -> tuple[int, int]:
        data = self._connection._backend_key_data
        pid, key = struct.unpack("!ii", data) if data else (0, 0)
        return pid, key

    def _row(self, data: bytes, cursor: Any) -> None:
        """Let the driver decode a row, and take it away from there."""
        self._plain_row(data, cursor)
        if self._sink is not None and cursor is self._cursor:
            self._sink.add(cursor._cached_rows.pop(), len(data))


def _ends(connection: Any) -> list[Any]:
    """Return the driver's file and socket, as far as it got."""
    found = (getattr(connection, name, None) for name in ("_sock", "_usock"))
    return [end for end in found if end is not None]


def _close(ends: list[Any]) -> None:
    """Close what the driver leaves open when it cannot say goodbye."""
    for end in ends:
        with contextlib.suppress(OSError, ValueError):
            end.close()
