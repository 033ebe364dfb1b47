"""A client's statements in, outcomes out: one connection to the warehouse."""

import itertools
import threading
from collections.abc import Callable, Sequence
from typing import Final

from local.warehouse import alter, ddl, materialized_view, oid, query, show
from local.warehouse.change import change
from local.warehouse.copy import copy
from local.warehouse.dialect.cursor import TokenCursor
from local.warehouse.dialect.lexer import Kind, is_number, split_statements
from local.warehouse.dialect.statement import Statement, Verb, read_statement
from local.warehouse.engine import Engine
from local.warehouse.error import WarehouseError
from local.warehouse.execution import Execution
from local.warehouse.limits import PARAMETERS_MAX, PRESS_AGAIN_S
from local.warehouse.outcome import Column, Outcome
from local.warehouse.query import RowStream, no_rows
from local.warehouse.transaction import Status, Transaction
from local.warehouse.types import literal_of, null_of
from local.warehouse.unload import unload

_NUMBERS: Final = itertools.count(1)

Handler = Callable[[Execution, Statement], Outcome]
_HANDLERS: Final[dict[Verb, Handler]] = {
    Verb.CREATE_TABLE: ddl.create_table,
    Verb.SELECT_INTO: ddl.select_into,
    Verb.CREATE_VIEW: ddl.create_view,
    Verb.CREATE_SCHEMA: ddl.create_schema,
    Verb.TRUNCATE: ddl.truncate,
    Verb.LOCK: ddl.lock,
    Verb.ALTER_TABLE: alter.alter_table,
    Verb.DROP: alter.drop,
    Verb.COPY: copy,
    Verb.UNLOAD: unload,
    Verb.CREATE_MATERIALIZED_VIEW: materialized_view.create,
    Verb.REFRESH: materialized_view.refresh,
    Verb.SET: show.set_value,
    Verb.RESET: show.reset_value,
    Verb.SHOW: show.show,
    Verb.NOTHING: show.nothing,
}
_CHANGES: Final = (Verb.INSERT, Verb.UPDATE, Verb.DELETE, Verb.MERGE)
_LEVELS: Final = (
    ("SERIALIZABLE",),
    ("SNAPSHOT",),
    ("REPEATABLE", "READ"),
    ("READ", "COMMITTED"),
    ("READ", "UNCOMMITTED"),
)
_ENDS: Final = (Verb.COMMIT, Verb.ROLLBACK)


class Session:
    """One client connection, used from that client's own thread (except `cancel`)."""

    def __init__(self, warehouse: Engine, *, user: str, database: str) -> None:
        number = next(_NUMBERS)
        self._connection = warehouse.connect()
        self._transaction = Transaction(
            self._connection, warehouse.lock, warehouse.clock, f"session {number} of {user}"
        )
        self._execution = Execution(warehouse, self._transaction, user, number)
        self._stream: RowStream | None = None
        self._timer: threading.Timer | None = None
        self._last: Statement | None = None
        self._running = False
        self._over = threading.Event()  # of the statement that runs
        self._cancel_lock = threading.Lock()  # a late cancel must not hit the next statement

    @property
    def status(self) -> Status:
        """The transaction's state, for ReadyForQuery: I idle, T in a block, E in a failed one."""
        return self._transaction.status

    def split(self, sql: str) -> list[str]:
        """Return a simple query's statements. Raises WarehouseError 42601 for an open literal."""
        return split_statements(sql)

    def parameter_oids(self, sql: str, given: Sequence[int]) -> tuple[int, ...]:
        """Return the type of each $n: as given, else 705 (unknown)."""
        numbers = [
            int(token.value[1:])
            for token in self._read(sql).tokens
            if token.kind is Kind.PARAMETER and is_number(token.value[1:])
        ]
        count = max(*numbers, len(given), 0)
        if count > PARAMETERS_MAX:
            raise WarehouseError("54000", f"parameter ${count:,}: at most {PARAMETERS_MAX:,}")
        padded = [*given, *[0] * (count - len(given))]
        return tuple(number or oid.UNKNOWN for number in padded)

    def _read(self, sql: str) -> Statement:
        """Return the statement; a client that speaks the extended protocol asks three times."""
        if self._last is None or self._last.sql != sql:
            self._last = read_statement(sql)
        return self._last

    def describe(self, sql: str, oids: Sequence[int]) -> tuple[Column, ...] | None:
        """Return the columns a statement would answer, without executing it; None: no rows."""
        statement = self._read(sql)
        if statement.verb is Verb.SHOW:
            return show.columns(statement)
        if statement.verb is Verb.EXPLAIN:
            return show.PLAN_COLUMNS
        if statement.verb is not Verb.QUERY:
            return None
        with self._transaction.busy:
            self._transaction.refuse_if_over()
            self._make_room()
            try:
                literals = [null_of(number) for number in oids]
                text = self._execution.query(statement.sql, literals, statement.tokens)
                return query.describe(self._execution, text)
            except WarehouseError:
                self._spoil()
                raise
            finally:
                self._transaction.touch()

    def execute(self, sql: str, values: Sequence[object] = ()) -> Outcome:
        """Run one statement. Raises WarehouseError; inside a block that ends the block."""
        with self._transaction.busy:
            self._make_room()
            with self._cancel_lock:
                self._transaction.cancelled.clear()
                self._running = True
                self._over = threading.Event()
            try:
                outcome = self._run(sql, values)
            finally:
                if self._stream is None:
                    self._ended()
                self._transaction.touch()
        return outcome

    def _run(self, sql: str, values: Sequence[object]) -> Outcome:
        try:
            statement = self._read(sql)
        except WarehouseError:
            self._transaction.refuse_if_over()
            self._spoil()
            raise
        if statement.verb in _ENDS or statement.verb is Verb.BEGIN:
            return self._transact(statement)
        self._transaction.refuse_if_over()
        self._start_timer()
        try:
            return self._dispatch(statement, values)
        except WarehouseError:
            self._spoil()
            raise

    def _dispatch(self, statement: Statement, values: Sequence[object]) -> Outcome:
        verb = statement.verb
        if verb is Verb.QUERY:
            literals = [literal_of(value) for value in values]
            text = self._execution.query(statement.sql, literals, statement.tokens)
            self._stream = query.query(self._execution, text, self._ended)
            return self._stream.outcome
        if verb in _CHANGES:
            return change(self._execution, statement, values)
        if verb is Verb.EXPLAIN:
            return show.explain(self._execution, statement, values)
        if verb is Verb.EMPTY:
            return no_rows("")
        return _HANDLERS[verb](self._execution, statement)

    def _transact(self, statement: Statement) -> Outcome:
        if statement.verb is Verb.BEGIN:
            self._transaction.refuse_if_over()
            self._transaction.begin(read_only=_is_read_only(statement))
            return no_rows("BEGIN")
        if statement.verb is Verb.COMMIT and self._transaction.commit():
            return no_rows("COMMIT")
        self._transaction.rollback()
        return no_rows("ROLLBACK")

    def _spoil(self) -> None:
        """An error in a block ends it, wherever it came from."""
        if self._transaction.status == "T":
            self._transaction.fail()

    def _make_room(self) -> None:
        if self._stream is not None:
            self._stream.keep()
            self._stream = None

    # --- cancelling ---

    def _start_timer(self) -> None:
        timeout_ms = self._execution.settings.statement_timeout_ms
        if timeout_ms:
            message = "canceling statement due to statement timeout"
            self._timer = threading.Timer(timeout_ms / 1000, self._interrupt, [message])
            self._timer.daemon = True
            self._timer.start()

    def _ended(self) -> None:
        """The statement is over: its rows have been read, or it has none."""
        with self._cancel_lock:
            self._running = False
            self._over.set()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def cancel(self) -> None:
        """Make the running statement fail with 57014; from any thread."""
        self._interrupt("Query cancelled on user's request")

    def _interrupt(self, message: str) -> None:
        """Interrupt what runs, and go on until it has ended.

        DuckDB forgets an interrupt that comes between planning a query and running it.
        """
        with self._cancel_lock:
            if not self._running:
                return
            first = not self._transaction.cancelled.is_set()
            self._transaction.interrupt(message)
            over = self._over
        if first:
            press = threading.Thread(target=self._press, args=(message, over), daemon=True)
            press.start()

    def _press(self, message: str, over: threading.Event) -> None:
        while not over.wait(PRESS_AGAIN_S):
            with self._cancel_lock:
                if not over.is_set():
                    self._transaction.interrupt(message)

    def close(self) -> None:
        """Roll back and give everything back."""
        self.cancel()
        with self._transaction.busy:
            if self._stream is not None:
                self._stream.close()
            self._transaction.rollback()
            self._ended()
            self._connection.close()


def _is_read_only(statement: Statement) -> bool:
    """Read BEGIN's words. Raises WarehouseError 42601 for others than Redshift's."""
    cursor = TokenCursor(statement.sql, statement.tokens)
    read_only = False
    cursor.take()
    if not cursor.accept("WORK"):
        cursor.accept("TRANSACTION")
    while cursor.token is not None:
        if cursor.accept("READ", "ONLY"):
            read_only = True
        elif cursor.accept("ISOLATION", "LEVEL"):
            if not any(cursor.accept(*level) for level in _LEVELS):
                raise cursor.error()
        elif not (cursor.accept("READ", "WRITE") or cursor.accept_sign(",")):
            raise cursor.error()
    return read_only
