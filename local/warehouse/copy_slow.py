"""Staged files in, canonical rows and the exact bad lines out: COPY's way when anything is odd."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from local.warehouse.copy_lines import Record, read_records
from local.warehouse.copy_objects import StagedObject
from local.warehouse.copy_value import Convert, FieldError, converter_of, missing
from local.warehouse.dialect.copy_statement import CopyOptions
from local.warehouse.dialect.table_definition import ColumnDefinition
from local.warehouse.limits import RAW_FIELD_CHARS

_CHECKED_LINES = 1_000  # between two looks at whether the client has cancelled


@dataclass(frozen=True, slots=True)
class LoadError:
    """One row of stl_load_errors."""

    url: str
    line: int
    column: str
    type: str
    length: str
    position: int
    raw_line: str
    raw_value: str
    code: int
    reason: str


@dataclass(slots=True)
class SlowResult:
    """What the slow way found: rows written, and errors in the order of lines."""

    rows: int = 0
    errors: list[LoadError] = field(default_factory=list)


def write_plain(
    staged: Sequence[StagedObject],
    columns: Sequence[ColumnDefinition],
    paths: Sequence[Sequence[str | int]],
    options: CopyOptions,
    target: Path,
    *,
    errors_max: int,
    check: Callable[[], None],
) -> SlowResult:
    """Write each good record as a JSON array of texts, a line each; stop at `errors_max` errors."""
    result = SlowResult()
    converters = [converter_of(column, options) for column in columns]
    encoder = msgspec.json.Encoder()
    with target.open("wb") as file:
        for entry in staged:
            for record in read_records(entry, options, paths):
                if (result.rows + len(result.errors)) % _CHECKED_LINES == 0:
                    check()
                row = _converted(entry, record, columns, converters, result.errors)
                if row is not None:
                    result.rows += 1
                    file.write(encoder.encode(row) + b"\n")
                elif len(result.errors) >= errors_max:
                    return result
    return result


def _converted(
    entry: StagedObject,
    record: Record,
    columns: Sequence[ColumnDefinition],
    converters: Sequence[Convert],
    errors: list[LoadError],
) -> list[str | None] | None:
    if record.error is not None:
        errors.append(_load_error(entry, record, None, "", record.error))
        return None
    row: list[str | None] = []
    for column, convert, text in zip(columns, converters, record.fields, strict=True):
        try:
            if text is None and column.not_null:
                raise missing()
            row.append(None if text is None else convert(text))
        except FieldError as error:
            errors.append(_load_error(entry, record, column, text or "", error))
            return None
    return row


def _load_error(
    entry: StagedObject,
    record: Record,
    column: ColumnDefinition | None,
    text: str,
    error: FieldError,
) -> LoadError:
    kind, _, length = (column.type.name if column else "").partition("(")
    return LoadError(
        url=str(entry.url),
        line=record.line,
        column=column.name if column else "",
        type=kind,
        length=length.rstrip(")"),
        position=error.position,
        raw_line=_shown(record.raw),
        raw_value=_shown(text)[:RAW_FIELD_CHARS],
        code=error.code,
        reason=error.reason,
    )


def _shown(text: str) -> str:
    """Return a text that DuckDB can store: without NUL and half letters."""
    return text.replace("\0", "?").encode(errors="replace").decode()
