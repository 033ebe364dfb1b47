"""Statements in, run on the warehouse in a few threads out, each on a session of its own.

A session begins with its statement and ends with it, as on AWS: nothing of one (a temporary table,
a setting) is seen by the next, and a transaction that nobody can finish any more is rolled back.
"""

import contextlib
import logging
from concurrent.futures import ThreadPoolExecutor

from core.clock import Clock
from local.redshift_data.driver import Connect, WarehouseConnection
from local.redshift_data.limits import THREADS
from local.redshift_data.result import Result, ResultTooLarge
from local.redshift_data.statement import OVER, Part, Statement, Status
from local.redshift_data.store import StatementStore

log = logging.getLogger("cube.redshift_data")


class Cancelled(Exception):
    """CancelStatement came while no statement ran that the warehouse could stop."""


class StatementRunner:
    """Runs what it is given, in its turn. It never raises: a fault is the statement's Error."""

    def __init__(self, store: StatementStore, connect: Connect, clock: Clock) -> None:
        self._store = store
        self._connect = connect
        self._clock = clock
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="redshift-data")

    def submit(self, statement: Statement) -> None:
        """Queue a statement; RuntimeError after `close`."""
        self._pool.submit(self._run, statement)

    def close(self) -> None:
        """Break every session off and end the threads: what runs is rolled back."""
        with self._store.lock:
            for statement in self._store.active():
                statement.cancelled = True
                if statement.connection is not None:
                    statement.connection.cancel()  # the warehouse need not go on for nobody
                    statement.connection.abandon()
        self._pool.shutdown(wait=True)

    def _run(self, statement: Statement) -> None:
        if not self._pick(statement):
            return
        try:
            connection = self._connect(statement.request.database)
        except Exception as error:
            self._end(statement, f"connecting to the warehouse: {sentence_of(error)}")
            return
        try:
            self._execute(statement, connection)
        except Exception as error:
            # A result broken off leaves the line out of step: then only its end rolls back.
            if statement.request.is_batch and not isinstance(error, ResultTooLarge):
                with contextlib.suppress(Exception):
                    connection.rollback()
            self._end(statement, sentence_of(error))
        finally:
            with self._store.lock:
                statement.connection = None
            connection.close()

    def _execute(self, statement: Statement, connection: WarehouseConnection) -> None:
        with self._store.lock:
            statement.connection = connection
            statement.pid = connection.pid
            self._move(statement, "STARTED")
        transaction = statement.request.is_batch
        if transaction:
            connection.begin()
        for part in statement.parts:
            self._execute_part(statement, part, connection)
        if transaction:
            self._go_on(statement)
            connection.commit()
        self._end(statement)

    def _execute_part(
        self, statement: Statement, part: Part, connection: WarehouseConnection
    ) -> None:
        with self._store.lock:
            self._go_on(statement)
            part.started_ms = self._clock.monotonic_ms()
            self._move_part(part, "STARTED")
        result = Result(lambda count: self._store.grow(statement, count))
        changed = connection.execute(part.bound, result)
        result.end()
        with self._store.lock:
            has_result = bool(result.columns)
            part.result = result if has_result else None
            part.rows = result.row_count if has_result else max(0, changed)
            self._move_part(part, "FINISHED")

    def _go_on(self, statement: Statement) -> None:
        if statement.cancelled:
            raise Cancelled("the statement was cancelled")

    def _pick(self, statement: Statement) -> bool:
        """Take a statement whose turn it is; False for one that was cancelled before."""
        with self._store.lock:
            if statement.cancelled:
                self._end(statement, "the statement was cancelled")
                return False
            self._move(statement, "PICKED")
            return True

    def _end(self, statement: Statement, error: str = "") -> None:
        """Move a statement to its end; a batch that fails has no results, as nothing happened."""
        with self._store.lock:
            if not error:
                self._move(statement, "FINISHED")
                return
            how: Status = "ABORTED" if statement.cancelled else "FAILED"
            for number, part in enumerate(statement.parts, 1):
                part.result = None
                if part.status == "STARTED":
                    part.error = error
                    self._move_part(part, how)
                    if statement.request.is_batch:
                        error = f"Query #{number} failed with {error}"
                elif part.status not in OVER:
                    self._move_part(part, "ABORTED")
            self._store.shrink(statement)
            statement.error = error
            self._move(statement, how)
        log.info("statement %s %s: %s", statement.statement_id, how, error)

    def _move(self, statement: Statement, status: Status) -> None:
        statement.status = status
        statement.updated_ms = self._clock.now_ms()

    def _move_part(self, part: Part, status: Status) -> None:
        part.status = status
        part.updated_ms = self._clock.now_ms()
        if status in OVER and part.started_ms >= 0:
            part.duration_ms = self._clock.monotonic_ms() - part.started_ms


def sentence_of(error: Exception) -> str:
    """Return what went wrong as Redshift says it; the driver raises the wire's own fields."""
    fields = error.args[0] if error.args else None
    if isinstance(fields, dict) and "M" in fields:
        text = f"{fields.get('S', 'ERROR')}: {fields['M']}"
        details = [f"{word}: {fields[key]}" for key, word in _FIELDS if fields.get(key)]
        return "\n  ".join([text, *details])
    cause = next((each for each in (error, *error.args) if isinstance(each, OSError)), None)
    if cause is not None and cause.strerror:
        return cause.strerror
    return f"{error}" or type(error).__name__


_FIELDS = (("D", "Detail"), ("H", "Hint"))
