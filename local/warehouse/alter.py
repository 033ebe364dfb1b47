"""ALTER TABLE and DROP in, DuckDB's own steps out."""

import json
from typing import Final

from local.warehouse.ddl import comment_column, default_expression
from local.warehouse.described import described_columns
from local.warehouse.dialect.column_type import read_type
from local.warehouse.dialect.cursor import TokenCursor
from local.warehouse.dialect.lexer import Kind, tokens_of
from local.warehouse.dialect.statement import Statement
from local.warehouse.dialect.table_definition import TableDefinition, read_column, read_encoding
from local.warehouse.error import WarehouseError
from local.warehouse.execution import Execution, TableName
from local.warehouse.outcome import Outcome
from local.warehouse.query import no_rows
from local.warehouse.types import quote_name

_TAG: Final = "ALTER TABLE"


def alter_table(execution: Execution, statement: Statement) -> Outcome:
    """ALTER TABLE: columns and names are changed, distribution and encoding are no matter here."""
    cursor = TokenCursor(statement.sql, statement.tokens)
    cursor.expect("ALTER", "TABLE")
    table = execution.table_name(cursor.qualified())
    if cursor.accept("APPEND", "FROM"):
        return _append(execution, cursor, table)
    with execution.transaction.statement(writes=not execution.is_temporary(table)):
        if not described_columns(execution, table):
            raise WarehouseError("42P01", f'relation "{table.name}" does not exist')
        _alter(execution, cursor, table)
    return no_rows(_TAG)


def _alter(execution: Execution, cursor: TokenCursor, table: TableName) -> None:
    run = execution.transaction.run
    if cursor.accept("ADD"):
        _add(execution, cursor, table)
    elif cursor.accept("DROP"):
        if cursor.accept("CONSTRAINT"):
            cursor.rest()  # there is none: keys are not kept
            return
        cursor.accept("COLUMN")
        column = cursor.name()
        if not cursor.accept("CASCADE"):
            cursor.accept("RESTRICT")
        cursor.end()
        run(f"ALTER TABLE {table.quoted} DROP COLUMN {quote_name(column)}")
    elif cursor.accept("RENAME", "TO"):
        name = cursor.name()
        cursor.end()
        run(f"ALTER TABLE {table.quoted} RENAME TO {quote_name(name)}")
        if execution.is_temporary(table):
            execution.temporary.add(name)
    elif cursor.accept("RENAME"):
        cursor.accept("COLUMN")
        old = cursor.name()
        cursor.expect("TO")
        new = cursor.name()
        cursor.end()
        run(f"ALTER TABLE {table.quoted} RENAME COLUMN {quote_name(old)} TO {quote_name(new)}")
    elif cursor.accept("ALTER"):
        _alter_column(execution, cursor, table)
    elif cursor.accept("OWNER", "TO") or cursor.accept("ROW", "LEVEL", "SECURITY"):
        cursor.rest()
    else:
        raise cursor.error()


def _add(execution: Execution, cursor: TokenCursor, table: TableName) -> None:
    if cursor.sees("CONSTRAINT", "PRIMARY", "FOREIGN", "UNIQUE"):
        cursor.rest()  # Redshift keeps it for its planner, and does not enforce it
        return
    cursor.accept("COLUMN")
    definition = TableDefinition((table.name,))
    column = read_column(cursor, definition)
    cursor.end()
    if column.identity:
        raise WarehouseError("0A000", "ALTER TABLE ADD COLUMN ... IDENTITY is not supported")
    if column.not_null and column.default is None:
        raise WarehouseError("42601", "ALTER TABLE ADD COLUMN NOT NULL needs a DEFAULT")
    head = f"ALTER TABLE {table.quoted} ADD COLUMN {quote_name(column.name)} {column.type.stored}"
    if column.default is not None:
        head += f" DEFAULT {default_expression(execution, column.default)}"
    execution.transaction.run(head)
    if column.not_null:
        execution.transaction.run(
            f"ALTER TABLE {table.quoted} ALTER COLUMN {quote_name(column.name)} SET NOT NULL"
        )
    comment_column(execution, table, column)


def _alter_column(execution: Execution, cursor: TokenCursor, table: TableName) -> None:
    if cursor.accept("DISTSTYLE") or cursor.accept("DISTKEY") or cursor.accept("ENCODE"):
        cursor.rest()
        return
    if cursor.accept("SORTKEY") or cursor.accept("COMPOUND") or cursor.accept("INTERLEAVED"):
        cursor.rest()
        return
    cursor.accept("COLUMN")
    name = cursor.name()
    columns = [entry for entry in described_columns(execution, table) if entry.name == name]
    if not columns:
        raise WarehouseError("42703", f'column "{name}" does not exist')
    if cursor.accept("ENCODE"):
        columns[0].encode = read_encoding(cursor)
    else:
        cursor.expect("TYPE")
        kind = read_type(cursor)
        if kind.stored != "VARCHAR" or columns[0].type.stored != "VARCHAR":
            raise WarehouseError(
                "0A000", f'cannot alter column "{name}": only VARCHAR columns change their size'
            )
        raise WarehouseError(
            "0A000",
            "ALTER COLUMN TYPE is not implemented by the local warehouse",
            hint="Add a column, copy the values with UPDATE, drop the old one and rename.",
        )
    cursor.end()
    comment_column(execution, table, columns[0])


def _append(execution: Execution, cursor: TokenCursor, table: TableName) -> Outcome:
    """ALTER TABLE APPEND: move the source's rows; like Redshift's, not in a transaction block."""
    source = execution.table_name(cursor.qualified())
    fill, ignore = cursor.accept("FILLTARGET"), cursor.accept("IGNOREEXTRA")
    fill = fill or cursor.accept("FILLTARGET")
    cursor.end()
    if execution.transaction.status != "I":
        raise WarehouseError("25001", "ALTER TABLE APPEND cannot run inside a transaction block")
    with execution.transaction.statement(writes=True):
        from_names = [column.name for column in described_columns(execution, source)]
        to_names = [column.name for column in described_columns(execution, table)]
        for found, name in ((from_names, source.name), (to_names, table.name)):
            if not found:
                raise WarehouseError("42P01", f'relation "{name}" does not exist')
        if (set(from_names) - set(to_names) and not ignore) or (
            set(to_names) - set(from_names) and not fill
        ):
            raise WarehouseError("42601", "the tables' columns differ: FILLTARGET or IGNOREEXTRA")
        names = ", ".join(quote_name(name) for name in to_names if name in from_names)
        execution.transaction.run(
            f"INSERT INTO {table.quoted} ({names}) SELECT {names} FROM {source.quoted}"  # noqa: S608 - quoted
        )
        execution.transaction.run(f"DELETE FROM {source.quoted}")  # noqa: S608 - quoted
    return no_rows("ALTER TABLE APPEND")


# --- DROP ---


def drop(execution: Execution, statement: Statement) -> Outcome:
    """DROP TABLE | VIEW | MATERIALIZED VIEW | SCHEMA [IF EXISTS] a, b [CASCADE | RESTRICT]."""
    cursor = TokenCursor(statement.sql, statement.tokens)
    cursor.expect("DROP")
    kind = _dropped_kind(cursor)
    if_exists = cursor.accept("IF", "EXISTS")
    names = [cursor.qualified()]
    while cursor.accept_sign(","):
        names.append(cursor.qualified())
    cascade = cursor.accept("CASCADE")
    if not cascade:
        cursor.accept("RESTRICT")
    cursor.end()
    if kind == "SCHEMA":
        return _drop_schema(execution, [name[-1] for name in names], if_exists, cascade)
    tables = [execution.table_name(name) for name in names]
    writes = not all(execution.is_temporary(table) for table in tables)
    with execution.transaction.statement(writes=writes):
        for table in tables:
            _drop_relation(execution, table, kind, if_exists=if_exists, cascade=cascade)
    return no_rows(f"DROP {kind}")


def _dropped_kind(cursor: TokenCursor) -> str:
    for kind in ("TABLE", "VIEW", "SCHEMA"):
        if cursor.accept(kind):
            return kind
    if cursor.accept("MATERIALIZED", "VIEW"):
        return "MATERIALIZED VIEW"
    if cursor.sees("USER", "GROUP", "ROLE", "FUNCTION", "PROCEDURE", "DATABASE", "EXTERNAL"):
        what = cursor.take().value.upper()
        raise WarehouseError("0A000", f"DROP {what} is not implemented by the local warehouse")
    raise cursor.error()


def _drop_relation(
    execution: Execution, table: TableName, kind: str, *, if_exists: bool, cascade: bool
) -> None:
    temporary = execution.is_temporary(table)
    found = execution.rows(
        "SELECT kind, meta FROM cube_catalog.cube_relations WHERE schema = $1 AND name = $2",
        ["pg_temp" if temporary else table.schema or "public", table.name],
    )
    if not found:
        if if_exists:
            return
        raise WarehouseError("42P01", f'{kind.lower()} "{table.name}" does not exist')
    ((relation, meta),) = found
    is_materialized = bool(meta) and "materialized" in json.loads(meta)
    actual = "MATERIALIZED VIEW" if is_materialized else {"r": "TABLE", "v": "VIEW"}[relation]
    if actual != kind:
        raise WarehouseError("42809", f'"{table.name}" is a {actual.lower()}')
    for dependent in [] if temporary else _dependents(execution, table):
        if not cascade:
            raise WarehouseError(
                "2BP01",
                f"cannot drop {kind.lower()} {table.name}: view {dependent.name} depends on it",
                hint="Use DROP ... CASCADE to drop the dependent objects too.",
            )
        _drop_relation(execution, dependent, "VIEW", if_exists=True, cascade=True)
    stored = "VIEW" if relation == "v" else "TABLE"
    execution.transaction.run(f"DROP {stored} {table.quoted}")


def _dependents(execution: Execution, table: TableName) -> list[TableName]:
    """Return the views whose text names the table, except late-binding ones."""
    views = execution.rows("SELECT schema, name, definition, meta FROM cube_catalog.cube_views")
    found = []
    for schema, name, definition, meta in views:
        late = bool(meta) and json.loads(meta).get("late")
        if late or name == table.name:
            continue
        words = {
            token.value.lower()
            for token in tokens_of(definition)
            if token.kind in (Kind.WORD, Kind.NAME)
        }
        if table.name in words:
            found.append(TableName(str(schema), str(name)))
    return found


def _drop_schema(execution: Execution, names: list[str], if_exists: bool, cascade: bool) -> Outcome:
    for name in names:
        if name in ("public", "main", "information_schema") or name.startswith(("cube_", "pg_")):
            raise WarehouseError("42501", f'permission denied for schema "{name}"')
    exists = "IF EXISTS " if if_exists else ""
    how = " CASCADE" if cascade else ""
    with execution.transaction.statement(writes=True):
        for name in names:
            execution.transaction.run(f"DROP SCHEMA {exists}{quote_name(name)}{how}")
    return no_rows("DROP SCHEMA")
