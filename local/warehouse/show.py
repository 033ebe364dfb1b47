"""SET, RESET, SHOW, EXPLAIN and what does nothing here in, their answers out."""

from collections.abc import Sequence
from typing import Final

from local.warehouse import oid
from local.warehouse.dialect.cursor import TokenCursor
from local.warehouse.dialect.statement import Statement, Verb, read_statement
from local.warehouse.error import WarehouseError
from local.warehouse.execution import Execution
from local.warehouse.outcome import Column, Outcome
from local.warehouse.query import few_rows, no_rows
from local.warehouse.settings import read_set
from local.warehouse.types import text_literal

PLAN_COLUMNS: Final = (Column("QUERY PLAN", oid.VARCHAR),)


def set_value(execution: Execution, statement: Statement) -> Outcome:
    """SET name TO value."""
    found = read_set(TokenCursor(statement.sql, statement.tokens))
    if found is not None:
        name, value = found
        if name == "timezone":
            execution.transaction.read(f"SET TimeZone = {text_literal(value)}")
        execution.settings.set(name, value)
    return no_rows("SET")


def reset_value(execution: Execution, statement: Statement) -> Outcome:
    """RESET name | ALL."""
    cursor = TokenCursor(statement.sql, statement.tokens)
    cursor.expect("RESET")
    name = cursor.name()
    cursor.end()
    if name == "all":
        execution.settings.reset_all()
    else:
        execution.settings.reset(name)
    if name in ("all", "timezone"):
        execution.transaction.read("SET TimeZone = 'UTC'")
    return no_rows("RESET")


def _shown(statement: Statement) -> str:
    cursor = TokenCursor(statement.sql, statement.tokens)
    cursor.expect("SHOW")
    if cursor.accept("TRANSACTION", "ISOLATION", "LEVEL"):
        name = "transaction_isolation"
    elif cursor.accept("TIME", "ZONE"):
        name = "timezone"
    elif cursor.sees("TABLES", "COLUMNS", "SCHEMAS", "DATABASES", "TABLE", "VIEW", "GRANTS"):
        what = cursor.take().value.upper()
        raise WarehouseError(
            "0A000",
            f"SHOW {what} is not implemented by the local warehouse",
            hint="Ask svv_all_tables, svv_all_columns, pg_table_def or pg_views.",
        )
    else:
        name = cursor.name()
    cursor.end()
    return name


def columns(statement: Statement) -> tuple[Column, ...]:
    """Return the columns of a SHOW."""
    name = _shown(statement)
    if name == "all":
        return (Column("name", oid.VARCHAR), Column("setting", oid.VARCHAR))
    return (Column(name, oid.VARCHAR),)


def show(execution: Execution, statement: Statement) -> Outcome:
    """SHOW name | ALL."""
    name = _shown(statement)
    if name == "all":
        outcome = few_rows("SHOW", columns(statement), execution.settings.all())
    else:
        outcome = few_rows("SHOW", columns(statement), [(execution.settings.get(name),)])
    return outcome


def explain(execution: Execution, statement: Statement, values: Sequence[object]) -> Outcome:
    """EXPLAIN [VERBOSE] statement: DuckDB's plan, a line a row."""
    cursor = TokenCursor(statement.sql, statement.tokens)
    cursor.expect("EXPLAIN")
    cursor.accept("VERBOSE")
    inner = read_statement(cursor.rest())
    if inner.verb not in (Verb.QUERY, Verb.INSERT, Verb.UPDATE, Verb.DELETE, Verb.MERGE):
        raise WarehouseError("42601", f"EXPLAIN of {inner.verb.value} is not possible")
    found = execution.rows(f"EXPLAIN {execution.rendered(inner.sql, values)}")
    lines = [(line,) for row in found for line in str(row[1]).splitlines()]
    return few_rows("EXPLAIN", PLAN_COLUMNS, lines)


def nothing(execution: Execution, statement: Statement) -> Outcome:
    """GRANT, REVOKE, COMMENT, VACUUM, ANALYZE: DuckDB needs none of them."""
    if statement.tag == "VACUUM" and execution.transaction.status != "I":
        raise WarehouseError("25001", "VACUUM cannot run inside a transaction block")
    return no_rows(statement.tag)
