"""Staged files in, one Parquet file of the table's columns out, by DuckDB's own JSON reader.

The file is made on a connection of its own, before the session's transaction writes anything: a
value that does not fit makes it fail as a whole, and the slow way (copy_slow.py) then finds out
which. Only values that are certainly right pass here; what COPY might read otherwise fails too.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from local.warehouse.copy_objects import StagedObject
from local.warehouse.dialect.copy_statement import CopyOptions
from local.warehouse.dialect.table_definition import ColumnDefinition
from local.warehouse.types import quote_name, text_literal

_INTEGERS = ("SMALLINT", "INTEGER", "BIGINT")
_TIMES = (*_INTEGERS, "TIMESTAMP", "VARCHAR", "BOOLEAN", "DOUBLE", "DATE")
_EPOCHS = {"epochmillisecs": 1_000, "epochsecs": 1_000_000}
_TIME = r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?"


def is_fast(columns: Sequence[ColumnDefinition], options: CopyOptions) -> bool:
    """Return whether DuckDB's reader may be tried: JSON 'auto' into columns of plain types."""
    if options.format != "json" or options.json != "auto" or options.compression == "bzip2":
        return False
    times = options.time_format.lower() in ("", "auto", *_EPOCHS)
    dates = options.date_format.lower() in ("", "auto")
    plain = all(column.type.stored in _TIMES for column in columns)
    return plain and times and dates and not options.trim_blanks


def stage_fast(
    connection: duckdb.DuckDBPyConnection,
    staged: Sequence[StagedObject],
    columns: Sequence[ColumnDefinition],
    options: CopyOptions,
    target: Path,
) -> int | None:
    """Write the Parquet file and return its rows; None where a value or the count is not right."""
    if not all(entry.plain for entry in staged):
        return None
    files = ", ".join(text_literal(str(entry.path)) for entry in staged)
    names = ", ".join(f"{text_literal(column.name)}: 'VARCHAR'" for column in columns)
    source = (
        f"read_json([{files}], format = 'newline_delimited', records = 'true',"
        f" maximum_object_size = 16777216, columns = {{{names}}})"
    )
    values = ", ".join(_checked(column, options) for column in columns)
    try:
        rows = _write(connection, f"SELECT {values} FROM {source}", target)  # noqa: S608 - quoted
    except duckdb.InterruptException:
        raise
    except duckdb.Error:
        return None
    return rows if rows == sum(entry.lines for entry in staged) else None


def stage_plain(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    columns: Sequence[ColumnDefinition],
    target: Path,
) -> int:
    """Write the Parquet file of canonical texts, a JSON array of strings a line."""
    source = f"read_json({text_literal(str(file))}, format = 'newline_delimited', records = 'false'"
    source += ", maximum_object_size = 67108864, columns = {'row': 'VARCHAR[]'})"
    values = ", ".join(
        f"CAST(row[{place}] AS {column.type.stored}) AS {quote_name(column.name)}"
        for place, column in enumerate(columns, 1)
    )
    return _write(connection, f"SELECT {values} FROM {source}", target)  # noqa: S608 - quoted


def _write(connection: duckdb.DuckDBPyConnection, select: str, target: Path) -> int:
    done = connection.execute(
        f"COPY ({select}) TO {text_literal(str(target))}"
        " (FORMAT parquet, COMPRESSION uncompressed, PARQUET_VERSION v2)"
    ).fetchall()
    return int(done[0][0])


def _checked(column: ColumnDefinition, options: CopyOptions) -> str:
    """Return the column's expression over its text, which raises for all that is not plain."""
    return f"{_value(column, options, quote_name(column.name))} AS {quote_name(column.name)}"


def _value(column: ColumnDefinition, options: CopyOptions, name: str) -> str:
    stored = column.type.stored
    value = f"CAST({name} AS {stored})"
    if stored == "VARCHAR":
        return _text(column, options, name)
    if stored in _INTEGERS:
        right = f"CAST({value} AS VARCHAR) = {name}"
    elif stored == "TIMESTAMP" and (unit := _EPOCHS.get(options.time_format.lower())):
        value = f"make_timestamp(CAST({name} AS BIGINT) * {unit})"
        right = f"CAST(CAST({name} AS BIGINT) AS VARCHAR) = {name}"
    elif stored == "TIMESTAMP":
        right = f"regexp_full_match({name}, {text_literal(_TIME)})"
    elif stored == "BOOLEAN":
        right = f"{name} IN ('true', 'false')"
    elif stored == "DATE":
        right = rf"regexp_full_match({name}, '\d{{4}}-\d\d-\d\d')"
    else:
        right = rf"regexp_full_match({name}, '-?\d+(\.\d+)?(e[+-]?\d+)?')"
    return _if_right(column, name, right, value)


def _if_right(column: ColumnDefinition, name: str, right: str, value: str) -> str:
    missing = _WRONG if column.not_null else "NULL"
    return f"CASE WHEN {name} IS NULL THEN {missing} WHEN {right} THEN {value} ELSE {_WRONG} END"


_WRONG = "error('cube: not plain')"


def _text(column: ColumnDefinition, options: CopyOptions, name: str) -> str:
    length = column.type.bytes_max
    value = f"cube_varchar({name}, {length})" if options.truncate_columns else name
    if options.blanks_as_null or options.empty_as_null:
        nothing = f"trim({name}) = ''" if options.blanks_as_null else f"{name} = ''"
        missing = _WRONG if column.not_null else "NULL"
        value = f"CASE WHEN {nothing} THEN {missing} ELSE {value} END"
    right = "true" if options.truncate_columns else f"strlen({name}) <= {length}"
    return _if_right(column, name, right, value)
