"""CREATE, ALTER, DROP and TRUNCATE in, DuckDB's own steps out, all of them or none.

VARCHAR(n) counts bytes, as in Redshift, by a CHECK: reading and writing ten million rows through it
costs nothing that could be measured. Keys are not enforced, because Redshift does not.
"""

import json
from collections.abc import Mapping
from typing import Final

from local.warehouse.described import described_columns, take_keys
from local.warehouse.dialect.cursor import TokenCursor
from local.warehouse.dialect.statement import Statement
from local.warehouse.dialect.table_definition import (
    ColumnDefinition,
    TableDefinition,
    read_table_definition,
)
from local.warehouse.error import WarehouseError
from local.warehouse.execution import Execution, TableName
from local.warehouse.outcome import Outcome
from local.warehouse.query import no_rows
from local.warehouse.types import quote_name, text_literal

_ANONYMOUS: Final = '"NULL"'  # DuckDB's type of a bare NULL


def create_table(execution: Execution, statement: Statement) -> Outcome:
    """CREATE TABLE with columns, LIKE another, or AS a query."""
    table = read_table_definition(statement.sql, list(statement.tokens))
    return _create(execution, table, statement.verb.value)


def select_into(execution: Execution, statement: Statement) -> Outcome:
    """SELECT ... INTO [TEMP] [TABLE] name FROM ...: CREATE TABLE AS in other words."""
    cursor = TokenCursor(statement.sql, statement.tokens)
    while not cursor.sees("INTO"):
        cursor.take()
    into = cursor.take()
    temporary = cursor.accept("TEMP") or cursor.accept("TEMPORARY")
    cursor.accept("TABLE")
    name = cursor.qualified()
    rest = statement.sql[cursor.token.start :] if cursor.token else ""
    table = TableDefinition(name, temporary or name[-1].startswith("#"))
    table.query = f"{statement.sql[: into.start]} {rest}"
    return _create(execution, table, "SELECT")


def _create(execution: Execution, table: TableDefinition, tag: str) -> Outcome:
    name = execution.table_name(table.name)
    query = execution.lasting(table.query) if table.query else ""
    with execution.transaction.statement(writes=not table.temporary):
        if execution.exists(name, temporary=table.temporary):
            if table.if_not_exists:
                return no_rows(tag)
            raise WarehouseError("42P07", f'relation "{name.name}" already exists')
        if table.temporary:
            execution.temporary.add(name.name)
        kind = "TEMPORARY TABLE" if table.temporary else "TABLE"
        if query:
            count = create_made_table(execution, f"CREATE {kind} {name.quoted}", table, query)
            _comment_table(execution, name, table)
            return no_rows(f"SELECT {count}")
        if table.like:
            table.columns = _columns_like(execution, execution.table_name(table.like), table)
        body = ", ".join(_column_ddl(execution, name, table, column) for column in table.columns)
        execution.transaction.run(f"CREATE {kind} {name.quoted} ({body})")
        _comment_table(execution, name, table)
        for column in table.columns:
            comment_column(execution, name, column)
    return no_rows(tag)


def create_made_table(execution: Execution, head: str, table: TableDefinition, query: str) -> int:
    """Run CREATE TABLE AS with Redshift's types, and return how many rows it has."""
    found = execution.rows(f"DESCRIBE {query}")
    names = [str(row[0]) for row in found]
    if table.column_names and len(table.column_names) != len(names):
        raise WarehouseError("42601", "CREATE TABLE AS has another number of names than columns")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise WarehouseError("42701", f'column "{twice}" duplicated')
    columns = []
    for (name, kind, *_), new in zip(found, table.column_names or names, strict=True):
        value = quote_name(str(name))
        stored = {"HUGEINT": "BIGINT", _ANONYMOUS: "VARCHAR"}.get(str(kind))
        value = f"CAST({value} AS {stored})" if stored else value
        columns.append(f"{value} AS {quote_name(new)}")
    made = f"{head} AS SELECT {', '.join(columns)} FROM ({query}) AS made"  # noqa: S608 - quoted
    (row,) = execution.transaction.run(made).fetchall()
    return int(row[0])


def _column_ddl(
    execution: Execution, name: TableName, table: TableDefinition, column: ColumnDefinition
) -> str:
    quoted = quote_name(column.name)
    parts = [quoted, column.type.stored]
    if column.not_null:
        parts.append("NOT NULL")
    if column.type.bytes_max is not None:
        parts.append(f"CHECK (strlen({quoted}) <= {column.type.bytes_max})")
    if column.identity:
        seed, step = column.identity
        sequence = quote_name(f"cube_{name.name}_{column.name}")
        temporary = "TEMPORARY " if table.temporary else ""
        execution.transaction.run(
            f"CREATE OR REPLACE {temporary}SEQUENCE {sequence} START {seed} INCREMENT {step}"
        )
        parts.append(f"DEFAULT nextval({text_literal(sequence)})")
    elif column.default is not None:
        parts.append(f"DEFAULT {default_expression(execution, column.default)}")
    return " ".join(parts)


def default_expression(execution: Execution, text: str) -> str:
    """Return DuckDB's expression of a default: a query of one column, cut out."""
    made = execution.lasting(f"SELECT {text} AS cube_default")
    head, tail = "SELECT ", ' AS "cube_default"'
    if not (made.startswith(head) and made.endswith(tail)):
        raise WarehouseError("42601", f"syntax error in default: {text}")
    return made[len(head) : -len(tail)]


def _columns_like(
    execution: Execution, source: TableName, table: TableDefinition
) -> list[ColumnDefinition]:
    """Return the columns that LIKE copies, and take over the source's keys."""
    columns = described_columns(execution, source)
    if not columns:
        raise WarehouseError("42P01", f'relation "{source.name}" does not exist')
    for column in columns:
        column.identity = None
        if not table.like_defaults:
            column.default = None
    take_keys(execution, source, table)
    return columns


def _comment_table(execution: Execution, name: TableName, table: TableDefinition) -> None:
    meta = {"diststyle": table.diststyle, "distkey": table.distkey, "sortkey": table.sortkey}
    comment_on(execution, "TABLE", name.quoted, meta)


def comment_column(execution: Execution, name: TableName, column: ColumnDefinition) -> None:
    """Keep what Redshift's catalog says of a column and DuckDB's does not."""
    meta: dict[str, object] = {"type": column.type.name, "encode": column.encode or "none"}
    if column.default is not None:
        meta["default"] = column.default
    if column.identity:
        meta["identity"] = "{},{}".format(*column.identity)
        meta["default"] = f'"identity"(0, 0, {text_literal(str(meta["identity"]))})'
    comment_on(execution, "COLUMN", f"{name.quoted}.{quote_name(column.name)}", meta)


def comment_on(execution: Execution, what: str, name: str, meta: Mapping[str, object]) -> None:
    text = text_literal(json.dumps(meta, ensure_ascii=False))
    execution.transaction.run(f"COMMENT ON {what} {name} IS {text}")


def create_view(execution: Execution, statement: Statement) -> Outcome:
    """CREATE [OR REPLACE] VIEW name [(columns)] AS query [WITH NO SCHEMA BINDING]."""
    tokens = list(statement.tokens)
    late = len(tokens) > 4 and all(
        token.is_word(word)
        for token, word in zip(tokens[-4:], ("WITH", "NO", "SCHEMA", "BINDING"), strict=True)
    )
    cursor = TokenCursor(statement.sql, tokens[:-4] if late else tokens)
    cursor.expect("CREATE")
    replace = cursor.accept("OR", "REPLACE")
    cursor.expect("VIEW")
    name = execution.table_name(cursor.qualified())
    names = cursor.names() if cursor.sees_sign("(") else []
    cursor.expect("AS")
    original = statement.sql[cursor.take().start : cursor.tokens[-1].end]
    query = execution.lasting(original)
    columns = f" ({', '.join(map(quote_name, names))})" if names else ""
    head = "CREATE OR REPLACE VIEW" if replace else "CREATE VIEW"
    with execution.transaction.statement(writes=True):
        execution.transaction.run(f"{head} {name.quoted}{columns} AS {query}")
        comment_on(execution, "VIEW", name.quoted, {"sql": original, "late": late})
    return no_rows("CREATE VIEW")


def create_schema(execution: Execution, statement: Statement) -> Outcome:
    """CREATE SCHEMA [IF NOT EXISTS] name [AUTHORIZATION user] [QUOTA ...]."""
    cursor = TokenCursor(statement.sql, statement.tokens)
    cursor.expect("CREATE", "SCHEMA")
    exists = "IF NOT EXISTS " if cursor.accept("IF", "NOT", "EXISTS") else ""
    name = cursor.name()
    if name.startswith("cube_") or name in ("main", "information_schema") or name[:3] == "pg_":
        raise WarehouseError("42939", f'unacceptable schema name "{name}"')
    if cursor.accept("AUTHORIZATION"):
        cursor.name()
    if cursor.accept("QUOTA"):
        cursor.rest()
    cursor.end()
    with execution.transaction.statement(writes=True):
        execution.transaction.run(f"CREATE SCHEMA {exists}{quote_name(name)}")
    return no_rows("CREATE SCHEMA")


def truncate(execution: Execution, statement: Statement) -> Outcome:
    """TRUNCATE [TABLE] name: it commits the transaction it stands in, as Redshift's does."""
    cursor = TokenCursor(statement.sql, statement.tokens)
    cursor.expect("TRUNCATE")
    cursor.accept("TABLE")
    name = execution.table_name(cursor.qualified())
    cursor.end()
    with execution.transaction.statement(writes=True):
        execution.transaction.run(f"TRUNCATE {name.quoted}")
        execution.transaction.commit_at_once()
    return no_rows("TRUNCATE TABLE")


def lock(execution: Execution, statement: Statement) -> Outcome:
    """LOCK [TABLE] a, b: the writer lock until the transaction ends."""
    cursor = TokenCursor(statement.sql, statement.tokens)
    cursor.expect("LOCK")
    cursor.accept("TABLE")
    names = [execution.table_name(cursor.qualified())]
    while cursor.accept_sign(","):
        names.append(execution.table_name(cursor.qualified()))
    cursor.end()
    with execution.transaction.statement(writes=True):
        for name in names:
            execution.transaction.run(f"SELECT 1 FROM {name.quoted} LIMIT 0")  # noqa: S608 - quoted
    return no_rows("LOCK TABLE")
