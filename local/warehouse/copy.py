"""COPY's statement in, rows of S3's objects in the table out: all of them, or none.

Objects are downloaded in groups, turned into a Parquet file each outside the transaction, and
inserted from there. Errors stand in stl_load_errors whatever becomes of the transaction.
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from local.warehouse.copy_lines import read_json_paths
from local.warehouse.copy_objects import (
    StagedObject,
    WantedObject,
    read_object,
    staged_objects,
    wanted_objects,
)
from local.warehouse.copy_slow import LoadError, write_plain
from local.warehouse.copy_stage import is_fast, stage_fast, stage_plain
from local.warehouse.described import described_columns
from local.warehouse.dialect.copy_statement import CopyStatement, read_copy, read_url
from local.warehouse.dialect.statement import Statement
from local.warehouse.dialect.table_definition import ColumnDefinition
from local.warehouse.duckdb_error import from_duckdb
from local.warehouse.error import WarehouseError
from local.warehouse.execution import Execution, TableName
from local.warehouse.limits import COPY_GROUP_BYTES_MAX, MANIFEST_BYTES_MAX
from local.warehouse.load_history import LoadHistory
from local.warehouse.outcome import Outcome
from local.warehouse.query import no_rows
from local.warehouse.types import quote_name, text_literal


@dataclass(slots=True)
class _Load:
    """One COPY on its way."""

    execution: Execution
    statement: CopyStatement
    table: TableName
    history: LoadHistory
    folder: Path
    columns: list[ColumnDefinition] = field(default_factory=list)
    paths: list[list[str | int]] = field(default_factory=list)
    errors: list[LoadError] = field(default_factory=list)
    rows: int = 0


def copy(execution: Execution, statement: Statement) -> Outcome:
    """COPY table [(columns)] FROM 's3://...' credentials [options]."""
    command = read_copy(statement.sql, list(statement.tokens))
    table = execution.table_name(command.table)
    temporary = execution.is_temporary(table)
    history = LoadHistory(execution.engine, execution.number, table.name, command)
    folder = Path(tempfile.mkdtemp(prefix="copy-", dir=execution.engine.staging))
    load = _Load(execution, command, table, history, folder)
    try:
        with execution.transaction.statement(writes=not temporary):
            _resolve(load)
            _run(load)
    except WarehouseError as error:
        history.failed(error, load.errors)
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    history.completed(load.rows, load.errors)
    execution.copied_rows = load.rows
    execution.copy_id = history.number
    return no_rows("COPY")


def _resolve(load: _Load) -> None:
    """Find the table's columns that are loaded, and where their values stand."""
    known = {column.name: column for column in described_columns(load.execution, load.table)}
    if not known:
        raise WarehouseError("42P01", f'relation "{load.table.name}" does not exist')
    names = load.statement.columns or [name for name in known if not known[name].identity]
    for name in names:
        if name not in known:
            raise WarehouseError(
                "42703", f'column "{name}" of relation "{load.table.name}" does not exist'
            )
    if len(set(names)) < len(names):
        raise WarehouseError("42701", "a column is specified more than once")
    load.columns = [known[name] for name in names]
    options = load.statement.options
    if options.format == "json" and not options.json.startswith("auto"):
        url = read_url(options.json)
        body = read_object(load.execution.engine.objects, url, MANIFEST_BYTES_MAX)
        load.paths = read_json_paths(body, len(names))
    else:
        load.paths = [[name] for name in names]


def _run(load: _Load) -> None:
    objects = load.execution.engine.objects
    wanted = wanted_objects(objects, load.statement.source, load.statement.options)
    for number, group in enumerate(_groups(wanted)):
        load.execution.transaction.check_cancelled()
        folder = load.folder / str(number)
        folder.mkdir()
        staged = staged_objects(objects, group, load.statement.options, folder)
        if staged:
            _load_group(load, staged, folder)
        shutil.rmtree(folder)
    if load.errors and len(load.errors) >= max(1, load.statement.options.max_errors):
        raise _too_many_errors(load)


def _groups(wanted: Sequence[WantedObject]) -> Iterator[list[WantedObject]]:
    group: list[WantedObject] = []
    total = 0
    for entry in wanted:
        size = entry.bytes or COPY_GROUP_BYTES_MAX // 16  # a manifest need not say
        if group and total + size > COPY_GROUP_BYTES_MAX:
            yield group
            group, total = [], 0
        group.append(entry)
        total += size
    if group:
        yield group


def _load_group(load: _Load, staged: list[StagedObject], folder: Path) -> None:
    target = folder / "rows.parquet"
    connection = load.execution.engine.connect()
    load.execution.transaction.helper = connection
    try:
        rows = _staged_rows(load, connection, staged, folder, target)
    except duckdb.Error as error:
        raise from_duckdb(error) from error
    finally:
        load.execution.transaction.helper = None
        connection.close()
    if rows and not load.statement.options.no_load:
        names = ", ".join(quote_name(column.name) for column in load.columns)
        source = f"read_parquet({text_literal(str(target))})"
        done = load.execution.transaction.run(
            f"INSERT INTO {load.table.quoted} ({names}) SELECT {names} FROM {source}"  # noqa: S608 - ours
        ).fetchall()
        assert done[0][0] == rows, "what was staged is inserted"
        load.rows += rows
    for entry in staged:
        load.history.file(load.execution.transaction, entry)


def _staged_rows(
    load: _Load,
    connection: duckdb.DuckDBPyConnection,
    staged: list[StagedObject],
    folder: Path,
    target: Path,
) -> int:
    options = load.statement.options
    if is_fast(load.columns, options):
        rows = stage_fast(connection, staged, load.columns, options, target)
        if rows is not None:
            return rows
    limit = max(1, options.max_errors)
    plain = folder / "rows.json"
    found = write_plain(
        staged,
        load.columns,
        load.paths,
        options,
        plain,
        errors_max=limit - len(load.errors),
        check=load.execution.transaction.check_cancelled,
    )
    load.errors += found.errors
    if len(load.errors) >= limit:
        raise _too_many_errors(load)
    return stage_plain(connection, plain, load.columns, target) if found.rows else 0


def _too_many_errors(load: _Load) -> WarehouseError:
    first = load.errors[0]
    return WarehouseError(
        "XX000",
        f"Load into table '{load.table.name}' failed.  Check 'stl_load_errors' system table for "
        "details.",
        detail=f"{first.url} line {first.line}, column {first.column or '-'}: {first.reason} "
        f"(error {first.code})",
    )
