"""A query in, its outcome out: rows are read as the client asks for them."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import duckdb

from local.warehouse.duckdb_error import from_duckdb
from local.warehouse.error import WarehouseError
from local.warehouse.execution import Execution
from local.warehouse.limits import ROWS_FETCHED
from local.warehouse.outcome import Column, Outcome
from local.warehouse.types import column_of, converters_of

Row = Sequence[object]


def no_rows(tag: str) -> Outcome:
    return Outcome(tag, None, iter(()))


def few_rows(tag: str, columns: Sequence[Column], rows: Sequence[Row]) -> Outcome:
    return Outcome(f"{tag} {len(rows)}" if tag == "SELECT" else tag, tuple(columns), iter(rows))


class RowStream:
    """Rows of one result of DuckDB: from the database while it lasts, then from memory.

    The connection has one result at a time, so `keep` reads the rest before another statement
    runs; `close` lets go of rows that nobody will ask for.
    """

    def __init__(
        self, execution: Execution, result: duckdb.DuckDBPyConnection, ended: Callable[[], None]
    ) -> None:
        self._transaction = execution.transaction
        self._result: duckdb.DuckDBPyConnection | None = result
        self._ended = ended
        kinds = [str(entry[1]) for entry in result.description]
        self._converters = converters_of(kinds)
        self._kept: deque[Row] = deque()
        self._failure: WarehouseError | None = None
        self._count = 0
        columns = tuple(
            column_of(str(entry[0]), kind)
            for entry, kind in zip(result.description, kinds, strict=True)
        )
        self.outcome = Outcome("SELECT", columns, self)

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        while not self._kept and self._result is not None:
            with self._transaction.busy:
                self._fetch()
        if self._kept:
            self._count += 1
            return self._kept.popleft()
        if self._failure is not None:
            raise self._failure
        self.outcome.tag = f"SELECT {self._count}"
        raise StopIteration

    def close(self) -> None:
        """Let go of what has not been read."""
        self._kept.clear()
        self._end()

    def keep(self) -> None:
        """Read what is left into memory, because the connection is needed."""
        while self._result is not None:
            self._fetch()

    def _fetch(self) -> None:
        """Move some rows to memory; an error ends the transaction like that of a statement."""
        if self._result is None:
            return
        try:
            rows: list[Any] = self._result.fetchmany(ROWS_FETCHED)
        except duckdb.InterruptException:
            self._fail(WarehouseError("57014", self._transaction.cancel_message))
            return
        except duckdb.Error as error:
            self._fail(from_duckdb(error))
            return
        self._transaction.touch()
        if not rows:
            self._end()
            return
        try:
            self._kept.extend(self._converted(rows))
        except WarehouseError as error:
            self._fail(error)

    def _converted(self, rows: list[Any]) -> Iterable[Row]:
        converters = self._converters
        if converters is None:
            return rows
        return (
            tuple(
                value if convert is None else convert(value)
                for convert, value in zip(converters, row, strict=True)
            )
            for row in rows
        )

    def _fail(self, failure: WarehouseError) -> None:
        self._failure = failure
        self._transaction.fail()
        self._end()

    def _end(self) -> None:
        if self._result is not None:
            self._result = None
            self._ended()


def query(execution: Execution, sql: str, ended: Callable[[], None]) -> RowStream:
    """Run DuckDB's text of a query."""
    return RowStream(execution, execution.transaction.read(sql), ended)


def describe(execution: Execution, sql: str) -> tuple[Column, ...]:
    """Return the columns of DuckDB's text of a query, without running it."""
    found = execution.transaction.read(f"DESCRIBE {sql}").fetchall()
    return tuple(column_of(str(row[0]), str(row[1])) for row in found)
