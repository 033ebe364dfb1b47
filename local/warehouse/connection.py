"""One client's messages in, answers out: the protocol's states over one session."""

import socket
from collections.abc import Callable
from typing import Final

from local.warehouse.channel import Channel, ClientGone, MessageRefused, WaitedTooLong
from local.warehouse.decoding import decode_parameter
from local.warehouse.encoding import TEXT, formats_of
from local.warehouse.error import WarehouseError
from local.warehouse.implicit import ImplicitTransaction
from local.warehouse.limits import (
    IDLE_IN_TRANSACTION_MS_MAX,
    MESSAGE_BYTES_MAX,
    MESSAGE_MS_MAX,
    PARAMETERS_MAX,
)
from local.warehouse.message import (
    BIND_COMPLETE,
    CLOSE_COMPLETE,
    EMPTY_QUERY,
    NO_DATA,
    PARSE_COMPLETE,
    Body,
    command_complete,
    error_response,
    malformed,
    parameter_description,
    ready_for_query,
    row_description,
)
from local.warehouse.prepared import Portal, Prepared, PreparedStatement, is_deallocate
from local.warehouse.result import keep, send_rows, start
from local.warehouse.session import Session

_SYNC: Final = b"S"
_TERMINATE: Final = b"X"
_COPY: Final = (b"d", b"c", b"f")


class Connection:
    """A logged-in client, from its first statement to its last."""

    def __init__(self, channel: Channel, session: Session) -> None:
        self._channel = channel
        self._session = session
        self._implicit = ImplicitTransaction(session)
        self._prepared = Prepared()
        self._skipping = False  # after an error: until the next Sync
        self._handlers: Final[dict[bytes, Callable[[Body], None]]] = {
            b"Q": self._query,
            b"P": self._parse,
            b"B": self._bind,
            b"D": self._describe,
            b"E": self._execute,
            b"C": self._close,
            b"H": self._flush,
            _SYNC: self._sync,
            b"F": self._function_call,
            **dict.fromkeys(_COPY, self._copy_data),
        }

    def run(self) -> None:
        """Answer until the client leaves; raise ClientGone when it is cut off.

        Raise WarehouseError for what ends a connection; the caller says it.
        """
        while True:
            kind, body = self._next()
            if kind == _TERMINATE:
                return
            handler = self._handlers.get(kind)
            if handler is None:
                raise WarehouseError("08P01", f"invalid frontend message type {kind[0]}")
            if self._skipping and kind != _SYNC:
                continue
            try:
                handler(Body(body))
            except WarehouseError as error:
                self._fail(error, kind)

    def _next(self) -> tuple[bytes, bytes]:
        """Return the next message; somebody who may hold the writer lock has to hurry."""
        at_rest = self._session.status == "I" and not self._implicit.open
        try:
            return self._channel.read_message(
                bytes_max=MESSAGE_BYTES_MAX,
                idle_ms_max=None if at_rest else IDLE_IN_TRANSACTION_MS_MAX,
                whole_ms_max=MESSAGE_MS_MAX,
            )
        except WaitedTooLong as error:
            raise WarehouseError(
                "25P03", "terminating connection due to idle-in-transaction timeout"
            ) from error
        except MessageRefused as refused:
            state = "54000" if refused.bytes_left else "08P01"
            fatal = WarehouseError(
                state, f"reading {refused}", hint="Send a large statement in parts, or use COPY."
            )
            self._channel.write(error_response(fatal, "FATAL"))
            self._channel.flush()
            self._channel.hang_up(socket.SHUT_WR)
            self._channel.drain(refused.bytes_left)
            raise ClientGone(str(refused)) from refused

    def _fail(self, error: WarehouseError, kind: bytes) -> None:
        """Say what went wrong, and undo what began by itself."""
        self._prepared.close_portals()
        self._implicit.abort()
        self._channel.write(error_response(error))
        if kind in (b"Q", b"F", _SYNC):
            self._ready()
        elif kind not in _COPY:
            self._skipping = True

    def _ready(self) -> None:
        if self._session.status == "I":
            self._prepared.close_portals()
        self._channel.write(ready_for_query(self._session.status))
        self._channel.flush()

    def _query(self, body: Body) -> None:
        sql = body.text()
        body.end()
        self._prepared.forget_unnamed()
        self._prepared.close_portal("")
        statements = self._session.split(sql)
        if not statements:
            self._channel.write(EMPTY_QUERY)
        for statement in statements:
            if self._prepared.deallocate(statement):
                self._channel.write(command_complete("DEALLOCATE"))
            else:
                self._run_simple(statement, alone=len(statements) == 1)
        self._implicit.end()
        self._ready()

    def _run_simple(self, sql: str, *, alone: bool) -> None:
        self._keep_suspended()
        outcome = self._implicit.execute(sql, alone=alone)
        columns = outcome.columns
        statement = PreparedStatement(sql=sql, oids=(), columns=columns)
        formats = (TEXT,) * len(columns or ())
        portal = Portal(statement=statement, values=(), formats=formats)
        try:
            start(portal, outcome)
            if columns is not None:
                self._channel.write(row_description(columns, formats))
            send_rows(self._channel, portal, 0)
        finally:
            portal.close()

    def _parse(self, body: Body) -> None:
        name, sql = body.text(), body.text()
        count = body.count()
        if count > PARAMETERS_MAX:
            raise WarehouseError("54000", f"{count:,} parameters: at most {PARAMETERS_MAX:,}")
        given = [body.int32() for _ in range(count)]
        body.end()
        self._prepared.add_statement(name, self._understand(sql, given))
        self._channel.write(PARSE_COMPLETE)

    def _understand(self, sql: str, given: list[int]) -> PreparedStatement:
        """Find a statement's types now, so that a wrong one leaves no name behind."""
        if is_deallocate(sql):
            return PreparedStatement(sql=sql, oids=(), columns=None)
        statements = self._session.split(sql)
        if len(statements) > 1:
            raise WarehouseError(
                "42601", "cannot insert multiple commands into a prepared statement"
            )
        if not statements:
            return PreparedStatement(sql="", oids=(), columns=None)
        self._keep_suspended()
        oids = self._session.parameter_oids(statements[0], given)
        columns = self._session.describe(statements[0], oids)
        return PreparedStatement(sql=statements[0], oids=oids, columns=columns)

    def _bind(self, body: Body) -> None:
        portal_name, statement_name = body.text(), body.text()
        statement = self._prepared.statement(statement_name)
        asked = [body.int16() for _ in range(body.count())]
        count = body.count()
        if count != len(statement.oids):
            raise WarehouseError(
                "08P01",
                f"bind message supplies {count} parameters, but prepared statement "
                f'"{statement_name}" requires {len(statement.oids)}',
            )
        values = []
        for type_oid, form in zip(statement.oids, formats_of(asked, count), strict=True):
            size = body.int32()
            values.append(decode_parameter(None if size == -1 else body.take(size), type_oid, form))
        result_formats = [body.int16() for _ in range(body.count())]
        body.end()
        columns = statement.columns
        formats = () if columns is None else formats_of(result_formats, len(columns))
        portal = Portal(statement=statement, values=tuple(values), formats=formats)
        self._prepared.add_portal(portal_name, portal)
        self._channel.write(BIND_COMPLETE)

    def _describe(self, body: Body) -> None:
        what, name = body.take(1), body.text()
        body.end()
        if what == b"S":
            statement = self._prepared.statement(name)
            formats = (TEXT,) * len(statement.columns or ())  # not asked for yet
            self._channel.write(parameter_description(statement.oids))
        elif what == b"P":
            portal = self._prepared.portal(name)
            statement, formats = portal.statement, portal.formats
        else:
            raise malformed(f"describing neither a statement nor a portal: {what!r}")
        columns = statement.columns
        described = NO_DATA if columns is None else row_description(columns, formats)
        self._channel.write(described)

    def _execute(self, body: Body) -> None:
        portal = self._prepared.portal(body.text())
        rows_max = max(body.int32(), 0)
        body.end()
        sql = portal.statement.sql
        if not sql:
            self._channel.write(EMPTY_QUERY)
        elif self._prepared.deallocate(sql):
            self._channel.write(command_complete("DEALLOCATE"))
        else:
            if portal.outcome is None:
                self._run_extended(portal)
            send_rows(self._channel, portal, rows_max)

    def _run_extended(self, portal: Portal) -> None:
        self._keep_suspended()
        alone = self._channel.next_kind() == _SYNC
        start(portal, self._implicit.execute(portal.statement.sql, portal.values, alone=alone))

    def _keep_suspended(self) -> None:
        for portal in self._prepared.portals():
            keep(portal)

    def _close(self, body: Body) -> None:
        what, name = body.take(1), body.text()
        body.end()
        if what == b"S":
            self._prepared.close_statement(name)
        elif what == b"P":
            self._prepared.close_portal(name)
        else:
            raise malformed(f"closing neither a statement nor a portal: {what!r}")
        self._channel.write(CLOSE_COMPLETE)

    def _flush(self, body: Body) -> None:
        body.end()
        self._channel.flush()

    def _sync(self, body: Body) -> None:
        body.end()
        self._skipping = False
        self._implicit.end()
        self._ready()

    def _function_call(self, body: Body) -> None:
        raise WarehouseError(
            "0A000", "calling a function by message is not supported", hint="Use SELECT."
        )

    def _copy_data(self, body: Body) -> None:
        raise WarehouseError(
            "0A000",
            "copying through the connection is not supported",
            hint="Redshift's COPY reads objects: COPY table FROM 's3://bucket/prefix' ...",
        )
