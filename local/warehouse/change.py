"""INSERT, UPDATE, DELETE and MERGE in, how many rows they changed out."""

from collections.abc import Sequence
from dataclasses import dataclass

from local.warehouse.dialect.cursor import TokenCursor
from local.warehouse.dialect.lexer import closing
from local.warehouse.dialect.plain_insert import translate_plain_insert
from local.warehouse.dialect.statement import Statement, Verb
from local.warehouse.error import WarehouseError
from local.warehouse.execution import Execution, TableName
from local.warehouse.outcome import Outcome
from local.warehouse.query import no_rows
from local.warehouse.types import literal_of


def change(execution: Execution, statement: Statement, values: Sequence[object]) -> Outcome:
    """Run the statement and count. Raises WarehouseError."""
    target = _target(execution, statement)
    check = ""
    if statement.verb is Verb.MERGE:
        merge = _read_merge(statement)
        texts = [execution.rendered(text, values) for text in merge.texts(statement)]
        check = execution.rendered(merge.check(target), values) if merge.updates else ""
    elif (plain := _plain(statement, target, values)) is not None:
        texts = [plain]
    else:
        texts = [execution.rendered(_with_from(statement), values)]
    count = 0
    with execution.transaction.statement(writes=not execution.is_temporary(target)):
        if check and execution.transaction.run(check).fetchall():
            raise WarehouseError("21000", "Found multiple matches to update the same tuple.")
        for text in texts:
            (row,) = execution.transaction.run(text).fetchall()
            count += int(row[0])
    if statement.verb is Verb.INSERT:
        return no_rows(f"INSERT 0 {count}")
    return no_rows(f"{statement.verb.value} {count}")


def _plain(statement: Statement, target: TableName, values: Sequence[object]) -> str | None:
    if statement.verb is not Verb.INSERT:
        return None
    plain = translate_plain_insert(statement.sql, statement.tokens, target.quoted)
    return None if plain is None else plain.render([literal_of(value) for value in values], {})


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


@dataclass(frozen=True, slots=True)
class _Merge:
    """The pieces of a MERGE, as the client wrote them."""

    target: str
    source: str
    condition: str
    updates: bool  # it has WHEN MATCHED
    removes_duplicates: bool

    def texts(self, statement: Statement) -> list[str]:
        """Return what to run. REMOVE DUPLICATES replaces matching rows by the source's, once."""
        if not self.removes_duplicates:
            return [statement.sql]
        return [
            f"DELETE FROM {self.target} USING {self.source} WHERE {self.condition}",  # noqa: S608 - the client's own
            f"INSERT INTO {self.target} SELECT DISTINCT * FROM {self.source}",  # noqa: S608 - as above
        ]

    def check(self, target: TableName) -> str:
        """Return a query that finds a row of the target with two of the source: an error (E7)."""
        return (
            f"SELECT 1 FROM {self.target} JOIN {self.source} ON {self.condition}"  # noqa: S608 - as above
            f' GROUP BY "{target.name}".rowid HAVING COUNT(*) > 1 LIMIT 1'
        )


def _read_merge(statement: Statement) -> _Merge:
    cursor = TokenCursor(statement.sql, statement.tokens)
    cursor.expect("MERGE", "INTO")
    target = _text_until(cursor, ("USING",))
    cursor.expect("USING")
    source = _text_until(cursor, ("ON",))
    cursor.expect("ON")
    condition = _text_until(
        cursor, ("WHEN", "MATCHED"), ("WHEN", "NOT", "MATCHED"), ("REMOVE", "DUPLICATES")
    )
    removes = cursor.accept("REMOVE", "DUPLICATES")
    if removes:
        cursor.end()
    matched = any(
        token.is_word("WHEN") and following.is_word("MATCHED")
        for token, following in zip(
            statement.tokens[cursor.place :], statement.tokens[cursor.place + 1 :], strict=False
        )
    )
    return _Merge(target, source, condition, matched, removes)


def _text_until(cursor: TokenCursor, *phrases: tuple[str, ...]) -> str:
    """Take the text up to one of these words, which is left; brackets are stepped over."""
    start = cursor.token
    while cursor.token is not None and not any(_sees(cursor, phrase) for phrase in phrases):
        if cursor.sees_sign("("):
            cursor.place = closing(cursor.tokens, cursor.place)
        cursor.take()
    if start is None or cursor.token is None or cursor.token is start:
        raise cursor.error()
    return cursor.sql[start.start : cursor.token.start].strip()


def _sees(cursor: TokenCursor, phrase: tuple[str, ...]) -> bool:
    ahead = cursor.tokens[cursor.place : cursor.place + len(phrase)]
    return len(ahead) == len(phrase) and all(
        token.is_word(word) for token, word in zip(ahead, phrase, strict=True)
    )
