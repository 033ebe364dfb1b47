"""A query or a change of rows in, its outcome out; rows are read as the client asks for them."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import duckdb

from local.warehouse.dialect.cursor import TokenCursor
from local.warehouse.dialect.lexer import closing
from local.warehouse.dialect.plain_insert import translate_plain_insert
from local.warehouse.dialect.statement import Statement, Verb
from local.warehouse.duckdb_error import from_duckdb
from local.warehouse.error import WarehouseError
from local.warehouse.execution import Execution, TableName
from local.warehouse.limits import ROWS_FETCHED
from local.warehouse.outcome import Column, Outcome
from local.warehouse.types import column_of, converters_of, literal_of

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


def change(execution: Execution, statement: Statement, values: Sequence[object]) -> Outcome:
    """INSERT, UPDATE, DELETE or MERGE: run it and count."""
    target = _target(execution, statement)
    texts = _texts(execution, statement, target, values)
    writes = not execution.is_temporary(target)
    count = 0
    with execution.transaction.statement(writes=writes):
        for text in texts:
            (row,) = execution.transaction.run(text).fetchall()
            count += int(row[0])
    if statement.verb is Verb.INSERT:
        return no_rows(f"INSERT 0 {count}")
    return no_rows(f"{statement.verb.value} {count}")


def _texts(
    execution: Execution, statement: Statement, target: TableName, values: Sequence[object]
) -> list[str]:
    if statement.verb is Verb.INSERT:
        plain = translate_plain_insert(statement.sql, statement.tokens, target.quoted)
        if plain is not None:
            return [plain.render([literal_of(value) for value in values], {})]
    texts = _merge_texts(statement) or [_with_from(statement)]
    return [execution.rendered(text, values) for text in texts]


def _target(execution: Execution, statement: Statement) -> TableName:
    cursor = TokenCursor(statement.sql, statement.tokens)
    cursor.take()
    if not cursor.accept("INTO"):
        cursor.accept("FROM")
    return execution.table_name(cursor.qualified())


def _with_from(statement: Statement) -> str:
    """Return the text; DELETE's FROM may be left out in Redshift, in DuckDB it may not."""
    first = statement.tokens[0]
    if statement.verb is Verb.DELETE and not statement.tokens[1].is_word("FROM"):
        return f"{statement.sql[: first.end]} FROM{statement.sql[first.end :]}"
    return statement.sql


def _merge_texts(statement: Statement) -> list[str] | None:
    """Return the two statements that `MERGE ... REMOVE DUPLICATES` stands for, or None.

    Rows of the target that match the source are replaced by the source's, each once.
    """
    tokens = statement.tokens
    if statement.verb is not Verb.MERGE or len(tokens) < 8:
        return None
    if not (tokens[-2].is_word("REMOVE") and tokens[-1].is_word("DUPLICATES")):
        return None
    cursor = TokenCursor(statement.sql, tokens[:-2])
    cursor.expect("MERGE", "INTO")
    target = _text_until(cursor, "USING")
    cursor.expect("USING")
    source = _text_until(cursor, "ON")
    cursor.expect("ON")
    condition = statement.sql[cursor.tokens[cursor.place - 1].end : tokens[-3].end]
    return [
        f"DELETE FROM {target} USING {source} WHERE {condition}",  # noqa: S608 - the client's own
        f"INSERT INTO {target} SELECT DISTINCT * FROM {source}",  # noqa: S608 - as above
    ]


def _text_until(cursor: TokenCursor, word: str) -> str:
    start = cursor.token
    while cursor.token is not None and not cursor.sees(word):
        if cursor.sees_sign("("):
            cursor.place = closing(cursor.tokens, cursor.place)
        cursor.take()
    if start is None or cursor.token is None:
        raise cursor.error()
    return cursor.sql[start.start : cursor.token.start].strip()
