"""Rows of Python values in, DataRow messages out: one encoder a column, chosen once an answer."""

import struct
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final

from local.warehouse import oid
from local.warehouse.error import WarehouseError
from local.warehouse.numeric import encode_numeric
from local.warehouse.outcome import Column
from local.warehouse.text_value import (
    bool_text,
    bytea_text,
    date_text,
    double_text,
    numeric_text,
    plain_text,
    real_text,
    super_text,
    time_text,
    timestamp_text,
    timestamptz_text,
    timetz_text,
    varbyte_text,
)

TEXT: Final = 0
BINARY: Final = 1

ColumnEncoder = Callable[[Sequence[Any]], list[bytes]]  # values of a column -> cells, with lengths
RowEncoder = Callable[[Sequence[Sequence[object]]], bytes]  # rows -> DataRow messages

_NULL: Final = b"\xff\xff\xff\xff"  # a length of -1
_length: Final = struct.Struct("!i").pack
_row_head: Final = struct.Struct("!cIH").pack
_EPOCH: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - a timestamp without a zone counts from here
_EPOCH_UTC: Final = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = date(2000, 1, 1).toordinal()
_DAY_US: Final = 86_400_000_000


def row_encoder(columns: Sequence[Column], formats: Sequence[int]) -> RowEncoder:
    """Return the encoder of rows of these columns; raise WarehouseError 0A000 for a type without.

    The encoder raises WarehouseError when a value is not of its column's type.
    """
    encoders = [_encoder(column, form) for column, form in zip(columns, formats, strict=True)]
    count = len(encoders)

    def encode(rows: Sequence[Sequence[object]]) -> bytes:
        if not rows:
            return b""
        try:
            cells = [
                encoder(values)
                for encoder, values in zip(encoders, zip(*rows, strict=True), strict=True)
            ]
        except (struct.error, ValueError, TypeError, AttributeError, ArithmeticError) as error:
            raise WarehouseError("0A000", f"sending a row: {error}") from error
        pieces: list[bytes] = []
        for row in zip(*cells, strict=True):
            body = b"".join(row)
            pieces += (_row_head(b"D", len(body) + 6, count), body)
        return b"".join(pieces)

    return encode


def formats_of(asked: Sequence[int], count: int) -> tuple[int, ...]:
    """Return a format for each of `count` fields: none asked is text, one is for all."""
    if any(form not in (TEXT, BINARY) for form in asked):
        raise WarehouseError("08P01", f"reading a message: a format that is not 0 or 1: {asked}")
    if len(asked) == 0:
        return (TEXT,) * count
    if len(asked) == 1:
        return (asked[0],) * count
    if len(asked) != count:
        raise WarehouseError(
            "08P01", f"bind message has {len(asked)} formats but there are {count} fields"
        )
    return tuple(asked)


def _encoder(column: Column, form: int) -> ColumnEncoder:
    if form == TEXT:
        return _INTEGERS.get(column.oid) or _texts(_TEXTS.get(column.oid, plain_text))
    encoder = _BINARIES.get(column.oid)
    if encoder is None:
        raise WarehouseError(
            "0A000", f'column "{column.name}": type {column.oid} has no binary format'
        )
    return encoder


def _texts(text_of: Callable[[Any], str]) -> ColumnEncoder:
    if text_of is plain_text:
        return _strings

    def encode(values: Sequence[Any]) -> list[bytes]:
        return [_NULL if value is None else _cell(text_of(value).encode()) for value in values]

    return encode


def _strings(values: Sequence[Any]) -> list[bytes]:
    try:  # nearly every text column holds nothing but strings
        return [
            _NULL if value is None else _length(len(data := value.encode())) + data
            for value in values
        ]
    except AttributeError:
        return [_NULL if value is None else _cell(plain_text(value).encode()) for value in values]


def _integers(values: Sequence[Any]) -> list[bytes]:
    return [
        _NULL if value is None else _length(len(data := b"%d" % value)) + data for value in values
    ]


def _fixed(layout: str) -> ColumnEncoder:
    whole = struct.Struct(f"!i{layout}")
    pack = whole.pack
    size = whole.size - 4

    def encode(values: Sequence[Any]) -> list[bytes]:
        return [_NULL if value is None else pack(size, value) for value in values]

    return encode


def _converted(layout: str, convert: Callable[[Any], int]) -> ColumnEncoder:
    whole = struct.Struct(f"!i{layout}")
    pack = whole.pack
    size = whole.size - 4

    def encode(values: Sequence[Any]) -> list[bytes]:
        return [_NULL if value is None else pack(size, convert(value)) for value in values]

    return encode


def _bytes(to_bytes: Callable[[Any], bytes]) -> ColumnEncoder:
    def encode(values: Sequence[Any]) -> list[bytes]:
        return [_NULL if value is None else _cell(to_bytes(value)) for value in values]

    return encode


def _cell(data: bytes) -> bytes:
    return _length(len(data)) + data


def _timestamp_us(value: datetime) -> int:
    since = value - _EPOCH
    return since.days * _DAY_US + since.seconds * 1_000_000 + since.microseconds


def _timestamptz_us(value: datetime) -> int:
    since = (value if value.tzinfo else value.replace(tzinfo=UTC)) - _EPOCH_UTC
    return since.days * _DAY_US + since.seconds * 1_000_000 + since.microseconds


def _date_days(value: date) -> int:
    return value.toordinal() - _EPOCH_DAY


def _time_us(value: time) -> int:
    seconds = (value.hour * 60 + value.minute) * 60 + value.second
    return seconds * 1_000_000 + value.microsecond


def _decimal(value: Any) -> bytes:
    return encode_numeric(value if isinstance(value, Decimal) else Decimal(value))


_INTEGERS: Final[dict[int, ColumnEncoder]] = dict.fromkeys(
    (oid.SMALLINT, oid.INTEGER, oid.BIGINT, oid.OID), _integers
)
_TEXTS: Final[dict[int, Callable[[Any], str]]] = {
    oid.BOOLEAN: bool_text,
    oid.REAL: real_text,
    oid.DOUBLE: double_text,
    oid.NUMERIC: numeric_text,
    oid.DATE: date_text,
    oid.TIME: time_text,
    oid.TIMETZ: timetz_text,
    oid.TIMESTAMP: timestamp_text,
    oid.TIMESTAMPTZ: timestamptz_text,
    oid.BYTEA: bytea_text,
    oid.VARBYTE: varbyte_text,
    oid.SUPER: super_text,
}
_BINARIES: Final[dict[int, ColumnEncoder]] = {
    oid.BOOLEAN: _fixed("?"),
    oid.SMALLINT: _fixed("h"),
    oid.INTEGER: _fixed("i"),
    oid.BIGINT: _fixed("q"),
    oid.OID: _fixed("I"),
    oid.REAL: _fixed("f"),
    oid.DOUBLE: _fixed("d"),
    oid.DATE: _converted("i", _date_days),
    oid.TIME: _converted("q", _time_us),
    oid.TIMESTAMP: _converted("q", _timestamp_us),
    oid.TIMESTAMPTZ: _converted("q", _timestamptz_us),
    oid.NUMERIC: _bytes(_decimal),
    oid.BYTEA: _bytes(bytes),
    oid.SUPER: _texts(super_text),
    **dict.fromkeys(oid.TEXTS - {oid.SUPER}, _strings),
}
