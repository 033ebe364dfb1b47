"""UNLOAD's statement in, objects of S3 out."""

import gzip
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local.warehouse.copy_objects import called
from local.warehouse.dialect.copy_statement import ObjectUrl, accept_authorisation, read_url
from local.warehouse.dialect.cursor import TokenCursor
from local.warehouse.dialect.statement import Statement, Verb, read_statement
from local.warehouse.error import WarehouseError
from local.warehouse.execution import Execution
from local.warehouse.outcome import Outcome
from local.warehouse.query import no_rows
from local.warehouse.types import quote_name, text_literal

_UNIMPLEMENTED: Final = (
    "ADDQUOTES", "BZIP2", "CLEANPATH", "ENCRYPTED", "ESCAPE", "EXTENSION", "FIXEDWIDTH",
    "KMS_KEY_ID", "MAXFILESIZE", "MASTER_SYMMETRIC_KEY", "PARTITION", "ROWGROUPSIZE", "ZSTD",
)  # fmt: skip


@dataclass(slots=True)
class _Unload:
    query: str
    target: ObjectUrl
    format: str = "delimited"
    delimiter: str = ""
    gzip: bool = False
    header: bool = False
    manifest: bool = False
    overwrite: bool = False
    parallel: bool = True
    null_as: str = ""


def _read(statement: Statement) -> _Unload:
    cursor = TokenCursor(statement.sql, statement.tokens)
    cursor.expect("UNLOAD")
    cursor.expect_sign("(")
    query = cursor.string()
    cursor.expect_sign(")")
    cursor.expect("TO")
    found = _Unload(query, read_url(cursor.string()))
    authorised = False
    while cursor.token is not None:
        if accept_authorisation(cursor):
            authorised = True
        else:
            _read_option(cursor, found)
    if not authorised:
        raise WarehouseError("42601", "UNLOAD needs credentials", hint="Add IAM_ROLE default.")
    if found.format != "parquet":
        found.delimiter = found.delimiter or ("," if found.format == "csv" else "|")
    elif found.gzip or found.header or found.delimiter:
        raise WarehouseError("42601", "GZIP, HEADER and DELIMITER do not go with PARQUET")
    return found


_SWITCHES: Final = {"GZIP": "gzip", "HEADER": "header", "ALLOWOVERWRITE": "overwrite"}


def _read_option(cursor: TokenCursor, found: _Unload) -> None:
    if cursor.sees(*_UNIMPLEMENTED):
        word = cursor.take().value.upper()
        raise WarehouseError("0A000", f"UNLOAD ... {word} is not implemented")
    if cursor.accept("FORMAT"):
        cursor.accept("AS")
    if cursor.sees("CSV", "JSON", "PARQUET"):
        found.format = cursor.take().value.lower()
    elif cursor.sees(*_SWITCHES):
        setattr(found, _SWITCHES[cursor.take().value.upper()], True)
    elif cursor.accept("MANIFEST"):
        cursor.accept("VERBOSE")
        found.manifest = True
    elif cursor.accept("PARALLEL"):
        found.parallel = cursor.accept("ON") or cursor.accept("TRUE")
        if not (found.parallel or cursor.accept("OFF") or cursor.accept("FALSE")):
            raise cursor.error()
    else:
        _read_text_option(cursor, found)


def _read_text_option(cursor: TokenCursor, found: _Unload) -> None:
    if not cursor.sees("DELIMITER", "NULL", "REGION"):
        raise cursor.error()
    name = cursor.take().value.upper()
    cursor.accept("AS")
    text = cursor.string()
    if name == "DELIMITER":
        found.delimiter = text
    elif name == "NULL":
        found.null_as = text


def unload(execution: Execution, statement: Statement) -> Outcome:
    """UNLOAD ('query') TO 's3://bucket/prefix' credentials [options]: one object, and a manifest.

    Raises WarehouseError XX000 where objects with the prefix exist, unless ALLOWOVERWRITE.
    """
    command = _read(statement)
    inner = read_statement(command.query)
    if inner.verb is not Verb.QUERY:
        raise WarehouseError("42601", "UNLOAD takes a SELECT")
    _refuse_occupied(execution, command)
    folder = Path(tempfile.mkdtemp(prefix="unload-", dir=execution.engine.staging))
    try:
        path = folder / "rows"
        _write(execution, command, execution.query(inner.sql), path)
        _put(execution, command, path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return no_rows("UNLOAD")


def _refuse_occupied(execution: Execution, command: _Unload) -> None:
    if command.overwrite:
        return
    target = command.target
    page = called(
        target,
        lambda: execution.engine.objects.list_objects_v2(
            Bucket=target.bucket, Prefix=target.key, MaxKeys=1
        ),
    )
    if page.get("Contents"):
        raise WarehouseError(
            "XX000",
            "Specified unload destination on S3 is not empty.",
            hint="Use another bucket or prefix, remove the objects, or say ALLOWOVERWRITE.",
        )


def _write(execution: Execution, command: _Unload, query: str, path: Path) -> None:
    """Let DuckDB write the result, in the order of the query."""
    query = _plain(execution, query, as_text=command.format in ("csv", "delimited"))
    if command.format == "parquet":
        options = "FORMAT parquet, COMPRESSION snappy"
    elif command.format == "json":
        options = "FORMAT json"
    else:
        quote = "QUOTE '\"'" if command.format == "csv" else "QUOTE ''"
        options = (
            f"FORMAT csv, DELIMITER {text_literal(command.delimiter)}, HEADER {command.header},"
            f" NULLSTR {text_literal(command.null_as)}, {quote}"
        )
    execution.transaction.read(f"COPY ({query}) TO {text_literal(str(path))} ({options})")


def _plain(execution: Execution, query: str, *, as_text: bool) -> str:
    """Return the query with Redshift's types, and in text with booleans as t and f."""
    columns = execution.rows(f"DESCRIBE {query}")
    values = []
    for place, (name, kind, *_) in enumerate(columns, 1):
        value = f"c{place}"
        if kind == "HUGEINT":
            value = f"CAST({value} AS BIGINT)"
        elif kind == "BOOLEAN" and as_text:
            value = f"CASE WHEN {value} THEN 't' WHEN NOT {value} THEN 'f' END"
        values.append(f"{value} AS {quote_name(str(name))}")
    names = ", ".join(f"c{place}" for place in range(1, len(columns) + 1))
    return f"SELECT {', '.join(values)} FROM ({query}) AS made({names})"  # noqa: S608 - quoted


def _put(execution: Execution, command: _Unload, path: Path) -> None:
    name = "0000_part_00" if command.parallel else "000"
    suffix = ".parquet" if command.format == "parquet" else ".gz" if command.gzip else ""
    url = ObjectUrl(command.target.bucket, command.target.key + name + suffix)
    body = path.read_bytes()
    _put_object(execution, url, gzip.compress(body) if command.gzip else body)
    if command.manifest:
        entries = [{"url": str(url), "meta": {"content_length": len(body)}}]
        manifest = ObjectUrl(command.target.bucket, command.target.key + "manifest")
        _put_object(execution, manifest, json.dumps({"entries": entries}).encode())


def _put_object(execution: Execution, url: ObjectUrl, body: bytes) -> None:
    objects = execution.engine.objects
    called(url, lambda: objects.put_object(Bucket=url.bucket, Key=url.key, Body=body))
