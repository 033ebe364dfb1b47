"""A value as the driver gives it in, the Data API's typed field out; a column's type likewise."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final, NamedTuple

Field = dict[str, Any]


class _Type(NamedTuple):
    """What is said of a column of this type."""

    name: str
    precision: int = 0
    length: int = 0
    is_signed: bool = False
    is_text: bool = False


# By object id, as Redshift numbers its types.
_TYPES: Final = {
    16: _Type("bool", 1, 1),
    20: _Type("int8", 19, 8, is_signed=True),
    21: _Type("int2", 5, 2, is_signed=True),
    23: _Type("int4", 10, 4, is_signed=True),
    25: _Type("text", is_text=True),
    700: _Type("float4", 8, 4, is_signed=True),
    701: _Type("float8", 17, 8, is_signed=True),
    1042: _Type("bpchar", is_text=True),
    1043: _Type("varchar", is_text=True),
    1082: _Type("date", 13, 4),
    1083: _Type("time", 15, 8),
    1114: _Type("timestamp", 29, 8),
    1184: _Type("timestamptz", 35, 8),
    1266: _Type("timetz", 21, 12),
    1700: _Type("numeric", is_signed=True),
    4000: _Type("super"),
    6551: _Type("varbyte"),
}
_UNKNOWN: Final = _Type("unknown", is_text=True)


def column_metadata(name: str, oid: int) -> dict[str, Any]:
    """Return one entry of ColumnMetadata; tables and defaults are not known to a driver."""
    kind = _TYPES.get(oid, _UNKNOWN)
    return {
        "isCaseSensitive": kind.is_text,
        "isCurrency": False,
        "isSigned": kind.is_signed,
        "label": name,
        "length": kind.length,
        "name": name,
        "nullable": 1,
        "precision": kind.precision,
        "scale": 0,
        "schemaName": "",
        "tableName": "",
        "typeName": kind.name,
    }


def field_of(value: object) -> Field:
    """Return a value as AWS types it: whole numbers, doubles, truth, bytes; all else is text."""
    if value is None:
        return {"isNull": True}
    if isinstance(value, bool):
        return {"booleanValue": value}
    if isinstance(value, int):
        return {"longValue": value}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, bytes | bytearray):
        return {"blobValue": bytes(value)}
    return {"stringValue": _text(value)}


def _text(value: object) -> str:
    """Return a value as Redshift writes it."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        offset = value.strftime("%z")[:3]  # the sessions' time zone is UTC: +00
        return f"{value.date().isoformat()} {_clock_text(value.timetz())}{offset}"
    if isinstance(value, time):
        return _clock_text(value) + value.strftime("%z")[:3]
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _clock_text(value: time) -> str:
    text = value.replace(tzinfo=None).isoformat()
    return text.rstrip("0") if "." in text else text
