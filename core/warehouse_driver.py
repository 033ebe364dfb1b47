"""A warehouse's address in, answers through redshift_connector out: Redshift's own protocol.

One connection, opened when it is first needed and dropped on any trouble. A read runs in
`BEGIN READ ONLY` under the server's own `statement_timeout`, so that the server, too, knows that it
only reads and for how long; a watch on this side cancels what the server does not stop.
"""

import contextlib
import socket
import ssl
import struct
import threading
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from core import limits
from core.clock import Clock
from core.errors import Misconfigured, QueryCancelled, QueryFailed, WarehouseAway
from core.query_value import QueryValue
from core.statement import Statement, prepare
from core.warehouse import Result, Value, cut, value_of

_CONNECT_TIMEOUT_S: Final = 10
_CANCEL_TIMEOUT_S: Final = 3  # whoever cancels waits so long at most
_GRACE_S: Final = 2  # the server stops a statement by itself; after this we ask it to
_CANCEL_CODE: Final = 80_877_102  # PostgreSQL protocol: CancelRequest
_TLS_CODE: Final = 80_877_103  # SSLRequest
_LOGIN_STATES: Final = frozenset({"28000", "28P01", "3D000"})
_CANCELLED: Final = "57014"
_AWAY: Final = frozenset({"InterfaceError", "OperationalError"})  # the driver's, without a state


@dataclass(frozen=True, slots=True)
class Address:
    """Where the warehouse is, and who asks."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    tls: bool = False


class DriverWarehouse:
    """Asks through redshift_connector; see core.warehouse.WarehouseClient."""

    def __init__(self, address: Address, *, clock: Clock) -> None:
        self._address = address
        self._clock = clock
        self._turn = threading.Lock()  # one query at a time
        self._connection: Any = None
        self._timeout_ms = 0
        self._state = threading.Lock()  # a cancel is for the query it was meant for, or for none
        self._running = False
        self._cancelled = threading.Event()

    def query(
        self,
        sql: str,
        params: Mapping[str, QueryValue] | None = None,
        *,
        rows_max: int = limits.QUERY_ROWS_MAX,
        timeout_s: float = limits.QUERY_TIMEOUT_S,
        write: bool = False,
    ) -> Result:
        statement = prepare(
            sql,
            params or {},
            placeholder=lambda number: f"${number}",
            rows_max=rows_max,
            write=write,
        )
        with self._turn:
            started_ms = self._clock.monotonic_ms()
            self._cancelled.clear()
            cursor = self._begin(round(timeout_s * 1000), write=write)
            try:
                with self._watched(timeout_s):
                    columns, rows = self._run(cursor, statement, write=write)
            except BaseException as error:
                self._drop()
                if isinstance(error, Exception):
                    raise self._translated(error, "querying warehouse") from error
                raise
            if self._cancelled.is_set():  # too late for this query, but not for a next one
                self._drop()
            return cut(columns, rows, rows_max, self._clock.monotonic_ms() - started_ms)

    def cancel(self) -> None:
        with self._state:
            if self._running and not self._cancelled.is_set():
                self._cancelled.set()
                if not _request_cancel(self._address, self._connection._backend_key_data):
                    _hang_up(self._connection)

    def close(self) -> None:
        with self._turn:
            self._drop()

    def _begin(self, timeout_ms: int, *, write: bool) -> Any:
        """Return a cursor that is ready; a connection that died while it was idle is replaced."""
        reused = self._connection is not None
        try:
            return self._set_up(timeout_ms, write=write)
        except WarehouseAway:
            if not reused:
                raise
            return self._set_up(timeout_ms, write=write)

    def _set_up(self, timeout_ms: int, *, write: bool) -> Any:
        try:
            if self._connection is None:
                self._connection = _connect(self._address)
                self._timeout_ms = 0
            # The last resort, where neither the server's time-out nor a cancel is heard.
            self._connection._usock.settimeout(timeout_ms / 1000 + 2 * _GRACE_S)
            cursor = self._connection.cursor()
            # Without values the driver leaves a text alone; with them it then looks for `?` only.
            cursor.paramstyle = "qmark"
            if timeout_ms != self._timeout_ms:
                cursor.execute(f"SET statement_timeout TO {timeout_ms}")
                self._timeout_ms = timeout_ms
            if not write:
                cursor.execute("BEGIN READ ONLY")
        except BaseException as error:
            self._drop()
            if isinstance(error, Exception):
                raise self._translated(error, "connecting to warehouse") from error
            raise
        return cursor

    @contextlib.contextmanager
    def _watched(self, timeout_s: float) -> Iterator[None]:
        """Let `cancel` reach what the body runs, and call it when the server lets it run on."""
        done = threading.Event()

        def watch() -> None:
            if not done.wait(timeout_s + _GRACE_S):
                self.cancel()

        thread = threading.Thread(target=watch, name="query-watch", daemon=True)
        self._running = True
        thread.start()
        try:
            yield
        except Exception:
            raise
        except BaseException:  # Ctrl-C: the server would go on
            self.cancel()
            raise
        finally:
            done.set()
            thread.join()
            with self._state:
                self._running = False

    def _run(
        self, cursor: Any, statement: Statement, *, write: bool
    ) -> tuple[tuple[str, ...], list[tuple[Value, ...]]]:
        cursor.execute(statement.sql, statement.values or None)
        described = cursor.description or ()
        rows = [tuple(map(value_of, row)) for row in (cursor.fetchall() if described else ())]
        if not write:
            cursor.execute("COMMIT")
        return tuple(_text(column[0]) for column in described), rows

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):  # it is let go of, in whichever state it is
                connection.close()

    def _translated(self, error: Exception, doing: str) -> Exception:
        """Return the driver's error as one of ours; it carries the server's fields, or none."""
        fields = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
        state = str(fields.get("C", ""))
        said = str(fields.get("M", "")) or " ".join(map(str, error.args)) or type(error).__name__
        message = f"{doing}: {' '.join(said.split())}"
        if state == _CANCELLED or self._cancelled.is_set():
            return QueryCancelled(message, _CANCELLED)
        if state in _LOGIN_STATES and doing.startswith("connecting"):
            return Misconfigured(f"{message} ({state})")
        if state:
            return QueryFailed(f"{message} ({state})", state)
        if isinstance(error, OSError) or type(error).__name__ in _AWAY:
            return WarehouseAway(f"{message}, at {self._address.host}:{self._address.port}")
        return QueryFailed(message)


def _connect(address: Address) -> Any:
    # Half a second of imports (boto3 among them), for what most commands never need.
    import redshift_connector

    try:
        connection = redshift_connector.connect(
            host=address.host,
            port=address.port,
            database=address.database,
            user=address.user,
            password=address.password,
            ssl=address.tls,
            timeout=_CONNECT_TIMEOUT_S,
            application_name="cube",
        )
    except Exception as error:
        _close_half_made(error)
        raise
    connection.autocommit = True  # a read opens its own transaction; see the module
    return connection


def _close_half_made(error: Exception) -> None:
    """Close the socket of a connection that was refused: the driver leaves it open."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        half_made = frame.f_locals.get("self")
        for name in ("_sock", "_usock"):
            with contextlib.suppress(AttributeError, OSError):
                getattr(half_made, name).close()


def _request_cancel(address: Address, key: bytes | None) -> bool:
    """Ask the server, on a connection of its own, to stop what the connection of `key` runs.

    The driver has no cancel; this is PostgreSQL's CancelRequest, which Redshift's JDBC driver
    sends as well. Return whether the server took it.
    """
    if key is None:
        return False
    try:
        with contextlib.ExitStack() as opened:
            place = (address.host, address.port)
            connection = socket.create_connection(place, timeout=_CANCEL_TIMEOUT_S)
            opened.callback(connection.close)
            if address.tls:
                connection = opened.enter_context(_secured(connection, address.host))
            connection.sendall(struct.pack("!ii", 16, _CANCEL_CODE) + key)
            connection.recv(1)  # it closes the connection when it has passed the wish on
    except OSError:
        return False
    return True


def _secured(connection: socket.socket, host: str) -> ssl.SSLSocket:
    import redshift_connector

    connection.sendall(struct.pack("!ii", 8, _TLS_CODE))
    if connection.recv(1) != b"S":
        raise OSError("the server refuses TLS")
    context = ssl.create_default_context()
    bundle = Path(redshift_connector.__file__).parent / "files" / "redshift-ca-bundle.crt"
    context.load_verify_locations(bundle)
    return context.wrap_socket(connection, server_hostname=host)


def _hang_up(connection: Any) -> None:
    """End a connection under whoever waits for its answer."""
    with contextlib.suppress(OSError):
        connection._usock.shutdown(socket.SHUT_RDWR)


def _text(name: object) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)
