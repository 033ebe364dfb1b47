"""Statements for DuckDB in, results out, inside one session's transaction.

A transaction begins in DuckDB with its first statement, not with BEGIN, so that LOCK as the first
one sees what the writer before it committed. An error ends it in DuckDB at once and gives the
writer lock back; the client then hears 25P02 until it says ROLLBACK (or COMMIT, which rolls back).
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Literal

import duckdb

from core.clock import Clock
from local.warehouse.duckdb_error import from_duckdb
from local.warehouse.error import WarehouseError
from local.warehouse.limits import ROLLBACKS_MAX
from local.warehouse.writer_lock import WriterLock

Status = Literal["I", "T", "E"]
_CANCELLED: Final = "Query cancelled on user's request"


def _abandoned_error() -> WarehouseError:
    return WarehouseError(
        "25P03",
        "the transaction was rolled back: it held the writer lock and was idle too long",
        hint="Another session waited for the lock. Run the transaction again.",
    )


class Transaction:
    """One session's transaction; its methods run in the session's thread, except `abandon`."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, lock: WriterLock, clock: Clock, name: str
    ) -> None:
        self.name = name
        self.status: Status = "I"
        self.busy = threading.Lock()  # held while a statement executes or its rows are read
        self.began_ms = clock.now_ms()
        self.read_only = False
        self.cancelled = threading.Event()
        self.cancel_message = _CANCELLED
        self.helper: duckdb.DuckDBPyConnection | None = None  # works for it, outside of it
        self._connection = connection
        self._lock = lock
        self._clock = clock
        self._begun = False  # in DuckDB
        self._abandoned = False
        self._touched_ms = clock.monotonic_ms()

    # --- what a client says ---

    def begin(self, *, read_only: bool = False) -> bool:
        """Open a transaction block; return False when one is open already."""
        if self.status != "I":
            return False
        self.status = "T"
        self.read_only = read_only
        self.began_ms = self._clock.now_ms()
        return True

    def commit(self) -> bool:
        """Commit; return False where the block had failed, and was rolled back.

        Raises WarehouseError 25P03 after `abandon`: the client shall not take it for committed.
        """
        if self.status == "E":
            abandoned = self._abandoned
            self.rollback()
            if abandoned:
                raise _abandoned_error()
            return False
        begun, self._begun, self.status = self._begun, False, "I"
        try:
            if begun:
                self._execute("COMMIT", always=True)
        finally:
            self._lock.release(self)
        return True

    def rollback(self) -> None:
        begun, self._begun, self.status = self._begun, False, "I"
        self._abandoned = False
        try:
            if begun:
                self._roll_back()
        finally:
            self._lock.release(self)

    def _roll_back(self) -> None:
        """Roll back in DuckDB, though a second cancel meets the ROLLBACK instead of a query."""
        for _ in range(ROLLBACKS_MAX):
            try:
                self._connection.execute("ROLLBACK")
                return
            except duckdb.InterruptException:
                continue
            except duckdb.TransactionException:  # the one that was met had done it
                return
            except duckdb.Error as error:
                raise from_duckdb(error) from error
        raise WarehouseError("57014", self.cancel_message)

    # --- what a statement does ---

    @contextmanager
    def statement(self, *, writes: bool) -> Iterator[None]:
        """Run a statement of several steps: all of them, or none. `writes` takes the lock."""
        alone = self.status == "I"
        if alone:
            self.began_ms = self._clock.now_ms()
        try:
            if writes:
                self._take_lock()
            if not self._begun:
                self._execute("BEGIN TRANSACTION")
                self._begun = True
            yield
            if alone:
                self.commit()
        except BaseException:
            self.fail()
            raise

    def read(self, sql: str, values: Sequence[object] = ()) -> duckdb.DuckDBPyConnection:
        """Run one query that writes nothing; outside a block DuckDB commits it by itself."""
        if self.status == "I":
            self.began_ms = self._clock.now_ms()
        try:
            if self.status == "T" and not self._begun:
                self._execute("BEGIN TRANSACTION")
                self._begun = True
            return self._execute(sql, values)
        except WarehouseError:
            self.fail()
            raise

    def run(self, sql: str, values: Sequence[object] = ()) -> duckdb.DuckDBPyConnection:
        """Run one step inside `statement`."""
        return self._execute(sql, values)

    def fail(self) -> None:
        """End what is open after an error; a block stays failed until the client ends it."""
        status = self.status
        try:
            self.rollback()
        finally:
            if status != "I":
                self.status = "E"

    def commit_at_once(self) -> None:
        """Commit inside a statement, as TRUNCATE does; the block is over."""
        self.commit()

    def _take_lock(self) -> None:
        if self.status == "T" and self.read_only:
            raise WarehouseError("25006", "transaction is read-only")
        self._lock.acquire(self)

    def check_cancelled(self) -> None:
        """Raise WarehouseError 57014 when the client has asked for it."""
        if self.cancelled.is_set():
            raise WarehouseError("57014", self.cancel_message)

    def interrupt(self, message: str) -> None:
        """Make what runs in DuckDB fail; from any thread."""
        self.cancel_message = message
        self.cancelled.set()
        self._connection.interrupt()
        helper = self.helper
        if helper is not None:
            helper.interrupt()

    def touch(self) -> None:
        """Say that the client is at work: it is idle from now on."""
        self._touched_ms = self._clock.monotonic_ms()

    def refuse_if_over(self) -> None:
        """Raise 25P03 once after `abandon`, and 25P02 while the block has failed."""
        if self._abandoned:
            self._abandoned = False
            raise _abandoned_error()
        if self.status == "E":
            raise WarehouseError(
                "25P02",
                "current transaction is aborted, commands ignored until end of transaction block",
            )

    # --- what the writer lock asks, from other threads ---

    def is_cancelled(self) -> bool:
        return self.cancelled.is_set()

    def idle_ms(self) -> int | None:
        if self.busy.locked():
            return None
        return self._clock.monotonic_ms() - self._touched_ms

    def abandon(self) -> bool:
        if not self.busy.acquire(blocking=False):
            return False
        try:
            if self._lock.holder is not self:
                return False
            self.fail()
            self._abandoned = True
            return True
        finally:
            self.busy.release()

    def _execute(
        self, sql: str, values: Sequence[object] = (), *, always: bool = False
    ) -> duckdb.DuckDBPyConnection:
        if not always:
            self.check_cancelled()
        try:
            return self._connection.execute(sql, list(values) or None)
        except duckdb.InterruptException as error:
            raise WarehouseError("57014", self.cancel_message) from error
        except duckdb.Error as error:
            raise from_duckdb(error) from error
