"""CREATE and REFRESH MATERIALIZED VIEW in, a table with its query beside it out.

A refresh computes the query anew and puts its rows in the old ones' place, in one transaction.
AUTO REFRESH is kept and shown, but nothing refreshes by itself here.
"""

import json

from local.warehouse.ddl import comment_on, create_made_table
from local.warehouse.dialect.cursor import TokenCursor
from local.warehouse.dialect.statement import Statement
from local.warehouse.dialect.table_definition import TableDefinition, read_distribution
from local.warehouse.error import WarehouseError
from local.warehouse.execution import Execution, TableName
from local.warehouse.outcome import Outcome
from local.warehouse.query import no_rows


def create(execution: Execution, statement: Statement) -> Outcome:
    """CREATE MATERIALIZED VIEW name [BACKUP ..] [DISTSTYLE ..] [AUTO REFRESH YES | NO] AS query."""
    cursor = TokenCursor(statement.sql, statement.tokens)
    cursor.expect("CREATE", "MATERIALIZED", "VIEW")
    name = execution.table_name(cursor.qualified())
    table = TableDefinition((name.name,))
    automatic = False
    while not cursor.accept("AS"):
        if cursor.accept("AUTO", "REFRESH"):
            automatic = cursor.accept("YES")
            if not automatic:
                cursor.expect("NO")
        elif not read_distribution(cursor, table):
            raise cursor.error()
    original = cursor.rest()
    query = execution.lasting(original)
    with execution.transaction.statement(writes=True):
        if execution.exists(name, temporary=False):
            raise WarehouseError("42P07", f'relation "{name.name}" already exists')
        create_made_table(execution, f"CREATE TABLE {name.quoted}", table, query)
        meta = {"materialized": original, "autorefresh": "t" if automatic else "f"}
        comment_on(execution, "TABLE", name.quoted, meta)
    return no_rows("CREATE MATERIALIZED VIEW")


def refresh(execution: Execution, statement: Statement) -> Outcome:
    """REFRESH MATERIALIZED VIEW name."""
    cursor = TokenCursor(statement.sql, statement.tokens)
    cursor.expect("REFRESH", "MATERIALIZED", "VIEW")
    name = execution.table_name(cursor.qualified())
    if not cursor.accept("CASCADE"):
        cursor.accept("RESTRICT")
    cursor.end()
    with execution.transaction.statement(writes=True):
        query = execution.lasting(_query_of(execution, name))
        execution.transaction.run(f"DELETE FROM {name.quoted}")  # noqa: S608 - quoted
        execution.transaction.run(f"INSERT INTO {name.quoted} {query}")
    return no_rows("REFRESH MATERIALIZED VIEW")


def _query_of(execution: Execution, name: TableName) -> str:
    rows = execution.rows(
        "SELECT comment FROM duckdb_tables() WHERE schema_name = $1 AND table_name = $2"
        " AND NOT temporary",
        [name.schema or "public", name.name],
    )
    meta = json.loads(rows[0][0]) if rows and rows[0][0] else {}
    if "materialized" not in meta:
        raise WarehouseError("42P01", f'"{name.name}" is not a materialized view')
    return str(meta["materialized"])
