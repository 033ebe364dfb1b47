"""Redshift's name of a type in, DuckDB's type and the limit of its length out."""

from dataclasses import dataclass
from typing import Final

from local.warehouse.dialect.cursor import TokenCursor
from local.warehouse.dialect.lexer import Kind
from local.warehouse.error import WarehouseError
from local.warehouse.limits import VARCHAR_BYTES_MAX


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A declared type: as the catalog names it, as DuckDB stores it, its bytes if it is text."""

    name: str  # character varying(64)
    stored: str  # VARCHAR
    bytes_max: int | None = None


_PLAIN: Final = {
    "SMALLINT": ("smallint", "SMALLINT"),
    "INT2": ("smallint", "SMALLINT"),
    "INTEGER": ("integer", "INTEGER"),
    "INT": ("integer", "INTEGER"),
    "INT4": ("integer", "INTEGER"),
    "BIGINT": ("bigint", "BIGINT"),
    "INT8": ("bigint", "BIGINT"),
    "REAL": ("real", "FLOAT"),
    "FLOAT4": ("real", "FLOAT"),
    "FLOAT": ("double precision", "DOUBLE"),
    "FLOAT8": ("double precision", "DOUBLE"),
    "BOOLEAN": ("boolean", "BOOLEAN"),
    "BOOL": ("boolean", "BOOLEAN"),
    "DATE": ("date", "DATE"),
    "TIMETZ": ("time with time zone", "TIMETZ"),
    "TIMESTAMPTZ": ("timestamp with time zone", "TIMESTAMPTZ"),
    "SUPER": ("super", "JSON"),
}
_TEXTS: Final = {  # the type's name, its length where none is given
    "VARCHAR": ("character varying", 256),
    "NVARCHAR": ("character varying", 256),
    "CHAR": ("character", 1),
    "NCHAR": ("character", 1),
    "BPCHAR": ("character", 256),
    "TEXT": ("character varying", 256),
}
_REFUSED: Final = ("GEOMETRY", "GEOGRAPHY", "HLLSKETCH", "INTERVAL")


def read_type(cursor: TokenCursor) -> ColumnType:
    """Take a type. Raises WarehouseError 42704 for one that Redshift has not, 0A000 for ours."""
    token = cursor.take()
    word = token.value.upper() if token.kind is Kind.WORD else ""
    if word == "DOUBLE":
        cursor.expect("PRECISION")
        return ColumnType("double precision", "DOUBLE")
    if word in ("CHARACTER", "NATIONAL"):
        word = "VARCHAR" if cursor.accept("VARYING") else "CHAR"
    if word in _TEXTS:
        return _text(cursor, word)
    if word in ("NUMERIC", "DECIMAL"):
        return _decimal(cursor)
    if word in ("TIMESTAMP", "TIME"):
        return _time(cursor, word)
    if word in ("VARBYTE", "VARBINARY", "BINARY"):
        cursor.accept("VARYING")
        length = _length(cursor) or 64_000
        return ColumnType(f"binary varying({length})", "BLOB")
    if word in _PLAIN:
        return ColumnType(*_PLAIN[word])
    if word in _REFUSED:
        raise WarehouseError("0A000", f"type {word.lower()} is not implemented")
    raise WarehouseError(
        "42704", f'type "{token.value.lower()}" does not exist', position=token.start + 1
    )


def _length(cursor: TokenCursor) -> int | None:
    if not cursor.accept_sign("("):
        return None
    length = VARCHAR_BYTES_MAX if cursor.accept("MAX") else cursor.integer()
    cursor.expect_sign(")")
    if not 1 <= length <= 16_777_216:
        raise WarehouseError("22023", f"length for type varchar is out of range: {length}")
    return length


def _text(cursor: TokenCursor, word: str) -> ColumnType:
    name, length = _TEXTS[word]
    length = _length(cursor) or length
    if word == "TEXT":
        length = 256  # Redshift's TEXT, whatever is written behind it
    if length > (VARCHAR_BYTES_MAX if name == "character varying" else 4_096):
        raise WarehouseError("42611", f"length for type {name} cannot exceed its maximum")
    return ColumnType(f"{name}({length})", "VARCHAR", length)


def _decimal(cursor: TokenCursor) -> ColumnType:
    precision, scale = 18, 0
    if cursor.accept_sign("("):
        precision = cursor.integer()
        if cursor.accept_sign(","):
            scale = cursor.integer()
        cursor.expect_sign(")")
    if not (1 <= precision <= 38 and scale <= precision):
        raise WarehouseError("42611", f"NUMERIC({precision},{scale}) is out of range")
    return ColumnType(f"numeric({precision},{scale})", f"DECIMAL({precision},{scale})")


def _time(cursor: TokenCursor, word: str) -> ColumnType:
    zoned = cursor.accept("WITH", "TIME", "ZONE")
    if not zoned:
        cursor.accept("WITHOUT", "TIME", "ZONE")
    name = f"{word.lower()} {'with' if zoned else 'without'} time zone"
    return ColumnType(name, word + ("TZ" if zoned else ""))
