"""DuckDB's types and values in, Redshift's columns and values out."""

import datetime
import json
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from local.warehouse import oid
from local.warehouse.error import WarehouseError
from local.warehouse.outcome import Column

_BIGINT_MAX: Final = 2**63 - 1
_BY_NAME: Final[dict[str, tuple[int, int]]] = {  # DuckDB's type: oid, typlen
    "BOOLEAN": (oid.BOOLEAN, 1),
    "TINYINT": (oid.SMALLINT, 2),
    "UTINYINT": (oid.SMALLINT, 2),
    "SMALLINT": (oid.SMALLINT, 2),
    "USMALLINT": (oid.INTEGER, 4),
    "INTEGER": (oid.INTEGER, 4),
    "UINTEGER": (oid.BIGINT, 8),
    "BIGINT": (oid.BIGINT, 8),
    "UBIGINT": (oid.BIGINT, 8),
    "HUGEINT": (oid.BIGINT, 8),  # SUM of integers: BIGINT in Redshift
    "UHUGEINT": (oid.BIGINT, 8),
    "FLOAT": (oid.REAL, 4),
    "DOUBLE": (oid.DOUBLE, 8),
    "DATE": (oid.DATE, 4),
    "TIME": (oid.TIME, 8),
    "TIME WITH TIME ZONE": (oid.TIMETZ, 12),
    "TIMESTAMP": (oid.TIMESTAMP, 8),
    "TIMESTAMP_S": (oid.TIMESTAMP, 8),
    "TIMESTAMP_MS": (oid.TIMESTAMP, 8),
    "TIMESTAMP_NS": (oid.TIMESTAMP, 8),
    "TIMESTAMP WITH TIME ZONE": (oid.TIMESTAMPTZ, 8),
    "BLOB": (oid.VARBYTE, -1),
    "JSON": (oid.SUPER, -1),
}
_DECIMAL: Final = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_TYPE_BY_OID: Final = {
    oid.BOOLEAN: "BOOLEAN",
    oid.SMALLINT: "SMALLINT",
    oid.INTEGER: "INTEGER",
    oid.BIGINT: "BIGINT",
    oid.REAL: "FLOAT",
    oid.DOUBLE: "DOUBLE",
    oid.NUMERIC: "DECIMAL(38, 10)",
    oid.DATE: "DATE",
    oid.TIME: "TIME",
    oid.TIMESTAMP: "TIMESTAMP",
    oid.TIMESTAMPTZ: "TIMESTAMPTZ",
    oid.BYTEA: "BLOB",
    oid.VARBYTE: "BLOB",
    oid.VARCHAR: "VARCHAR",
    oid.TEXT: "VARCHAR",
    oid.BPCHAR: "VARCHAR",
}


def column_of(name: str, duckdb_type: str) -> Column:
    """Return a column of an answer. Types that Redshift lacks travel as text or as SUPER."""
    if found := _BY_NAME.get(duckdb_type):
        return Column(name, *found)
    if match := _DECIMAL.fullmatch(duckdb_type):
        precision, scale = int(match.group(1)), int(match.group(2))
        return Column(name, oid.NUMERIC, -1, ((precision << 16) | scale) + 4)
    if duckdb_type.endswith("]") or duckdb_type.startswith(("STRUCT", "MAP", "UNION")):
        return Column(name, oid.SUPER)
    return Column(name, oid.VARCHAR)


def null_of(parameter_oid: int) -> str:
    """Return a NULL of a parameter's type, for describing a statement without its values."""
    kind = _TYPE_BY_OID.get(parameter_oid)
    return f"CAST(NULL AS {kind})" if kind else "NULL"


def literal_of(value: object) -> str:
    """Return DuckDB's literal of a parameter. A str has no type of its own, as PostgreSQL's."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "TRUE" if value else "FALSE"
        case int():
            return str(value) if value >= 0 else f"({value})"
        case float():
            return f"CAST('{value!r}' AS DOUBLE)"
        case Decimal():
            return f"({value:f})" if value.is_finite() else f"CAST('{value}' AS DOUBLE)"
        case str():
            return text_literal(value)
        case bytes() | bytearray() | memoryview():
            return f"from_hex('{bytes(value).hex()}')"
        case datetime.datetime():
            kind = "TIMESTAMPTZ" if value.tzinfo else "TIMESTAMP"
            return f"CAST('{value.isoformat(sep=' ')}' AS {kind})"
        case datetime.date():
            return f"CAST('{value.isoformat()}' AS DATE)"
        case datetime.time():
            return f"CAST('{value.isoformat()}' AS TIME)"
    raise WarehouseError("0A000", f"parameters of {type(value).__name__} are not supported")


def text_literal(text: str) -> str:
    """Return DuckDB's literal of a text. Raises 22021 for NUL, which no text of Redshift has."""
    if "\0" in text:
        raise WarehouseError("22021", 'invalid byte sequence for encoding "UTF8": 0x00')
    return "'" + text.replace("'", "''") + "'"


def quote_name(*parts: str) -> str:
    """Return a name, or a name with its schema, quoted for DuckDB."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def timestamp_literal(epoch_ms: int) -> str:
    moment = datetime.datetime.fromtimestamp(epoch_ms / 1000, datetime.UTC).replace(tzinfo=None)
    return f"CAST('{moment.isoformat(sep=' ', timespec='milliseconds')}' AS TIMESTAMP)"


Converter = Callable[[object], object]


def converters_of(duckdb_types: Sequence[str]) -> list[Converter | None] | None:
    """Return what turns each column's values into those of `Outcome`; None: nothing to do."""
    found = [_converter(name) for name in duckdb_types]
    return found if any(found) else None


def _converter(duckdb_type: str) -> Converter | None:
    if duckdb_type in ("HUGEINT", "UHUGEINT", "UBIGINT"):
        return _bigint
    if duckdb_type == "INTERVAL":
        return _interval
    if column_of("", duckdb_type).oid == oid.SUPER and duckdb_type != "JSON":
        return _super
    if duckdb_type in ("UUID", "BIT") or duckdb_type.startswith("ENUM"):
        return lambda value: None if value is None else str(value)
    return None


def _bigint(value: object) -> object:
    if isinstance(value, int) and not -_BIGINT_MAX - 1 <= value <= _BIGINT_MAX:
        raise WarehouseError("22003", f'value "{value}" is out of range for type bigint')
    return value


def _interval(value: object) -> object:
    if not isinstance(value, datetime.timedelta):
        return value
    clock = datetime.timedelta(seconds=value.seconds, microseconds=value.microseconds)
    text = str(clock).zfill(8)
    return f"{value.days} days {text}" if value.days else text


def _super(value: object) -> object:
    return None if value is None else json.dumps(value, default=_plain, ensure_ascii=False)


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else str(value)
