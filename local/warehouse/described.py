"""A table's name in, its columns and keys out, as the catalog has them."""

import json
from typing import Any

from local.warehouse.dialect.column_type import ColumnType, read_type
from local.warehouse.dialect.cursor import TokenCursor
from local.warehouse.dialect.table_definition import ColumnDefinition, TableDefinition
from local.warehouse.execution import Execution, TableName

_STORED = {
    "HUGEINT": "bigint",
    "VARCHAR": "character varying(65535)",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "TIME": "time without time zone",
    "DOUBLE": "double precision",
    "FLOAT": "real",
    "JSON": "super",
    "BLOB": "binary varying(64000)",
}


def described_columns(execution: Execution, table: TableName) -> list[ColumnDefinition]:
    """Return a table's or view's columns in their order; none where there is no such table."""
    temporary = execution.is_temporary(table)
    rows = execution.rows(
        "SELECT column_name, data_type, is_nullable, comment FROM duckdb_columns()"
        " WHERE schema_name = $1 AND table_name = $2 AND (database_name = 'temp') = $3"
        " ORDER BY column_index",
        ["main" if temporary else table.schema or "public", table.name, temporary],
    )
    return [_column(*row) for row in rows]


def _column(name: str, stored: str, nullable: bool, comment: str | None) -> ColumnDefinition:
    meta: dict[str, Any] = json.loads(comment) if comment else {}
    column = ColumnDefinition(name, _type(meta.get("type", ""), stored), not nullable)
    column.default = meta.get("default")
    column.encode = meta.get("encode", "")
    if "identity" in meta:
        seed, step = str(meta["identity"]).split(",")
        column.identity = (int(seed), int(step))
        column.default = None
    return column


def _type(declared: str, stored: str) -> ColumnType:
    text = declared or _STORED.get(stored) or stored.lower().replace("decimal", "numeric")
    return read_type(TokenCursor(text))


def take_keys(execution: Execution, source: TableName, table: TableDefinition) -> None:
    """Give a table the distribution and sort keys of another, as LIKE does."""
    temporary = execution.is_temporary(source)
    rows = execution.rows(
        "SELECT comment FROM duckdb_tables()"
        " WHERE schema_name = $1 AND table_name = $2 AND temporary = $3",
        ["main" if temporary else source.schema or "public", source.name, temporary],
    )
    if rows and rows[0][0]:
        meta = json.loads(rows[0][0])
        table.diststyle = meta.get("diststyle", "AUTO")
        table.distkey = meta.get("distkey", "")
        table.sortkey = meta.get("sortkey", [])
