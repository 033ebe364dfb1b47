"""Bytes of a bound parameter, its type and format in, a Python value out."""

import re
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final
from uuid import UUID

from local.warehouse import oid
from local.warehouse.encoding import TEXT
from local.warehouse.error import WarehouseError
from local.warehouse.message import decode_text
from local.warehouse.numeric import decode_numeric

_EPOCH: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - a timestamp without a zone counts from here
_EPOCH_DAY: Final = date(2000, 1, 1).toordinal()
_INTEGERS: Final = {oid.SMALLINT: 2, oid.INTEGER: 4, oid.BIGINT: 8}
_TRUE: Final = frozenset({"t", "true", "y", "yes", "on", "1"})
_FALSE: Final = frozenset({"f", "false", "n", "no", "off", "0"})
_BYTEA_ESCAPE: Final = re.compile(rb"\\(?:(?P<octal>[0-3][0-7]{2})|(?P<backslash>\\)|)")
_SHORT_OFFSET: Final = re.compile(r"([+-]\d\d)$")  # PostgreSQL writes +00 where ISO has +00:00


def decode_parameter(data: bytes | None, type_oid: int, form: int) -> object:
    """Return the value; None is NULL.

    Raise WarehouseError 22P02, 22P03, 22003, 22008 or 22021 for bytes that are none of that type,
    0A000 for a type that is not taken in.
    """
    if data is None:
        return None
    decoders = _TEXT_DECODERS if form == TEXT else _BINARY_DECODERS
    decode = decoders.get(type_oid)
    if decode is None:
        name = "text" if form == TEXT else "binary"
        raise WarehouseError(
            "0A000",
            f"a parameter of type {type_oid} in {name} format is not supported",
            hint="Pass it as text and cast it in the statement.",
        )
    try:
        return decode(data)
    except OverflowError as error:
        raise WarehouseError(
            "22008", f"date or time of a parameter out of range: {error}"
        ) from error
    except (ValueError, struct.error, InvalidOperation) as error:
        state = "22P02" if form == TEXT else "22P03"
        raise WarehouseError(
            state, f"invalid input for a parameter of type {type_oid}: {error}"
        ) from error


def _integer_text(type_oid: int) -> Callable[[bytes], int]:
    bound = 1 << (8 * _INTEGERS[type_oid] - 1)

    def decode(data: bytes) -> int:
        return _in_range(_number(data), bound)

    return decode


def _integer(type_oid: int) -> Callable[[bytes], int]:
    size = _INTEGERS[type_oid]

    def decode(data: bytes) -> int:
        if len(data) != size:
            raise ValueError(f"{len(data)} bytes, not {size}")
        return int.from_bytes(data, "big", signed=True)

    return decode


def _number(data: bytes) -> int:
    text = decode_text(data).strip()
    if not re.fullmatch(r"[+-]?[0-9]{1,40}", text):
        raise ValueError(f"{text[:80]!r} is no integer")
    return int(text)


def _in_range(number: int, bound: int) -> int:
    if not -bound <= number < bound:
        raise WarehouseError("22003", f"integer out of range: {number}")
    return number


def _text(data: bytes) -> str:
    if b"\0" in data:
        raise WarehouseError("22021", 'invalid byte sequence for encoding "UTF8": 0x00')
    return decode_text(data)


def _bool_text(data: bytes) -> bool:
    text = decode_text(data).strip().lower()
    if text not in _TRUE | _FALSE:
        raise ValueError(f"{text[:80]!r} is no boolean")
    return text in _TRUE


def _bool(data: bytes) -> bool:
    if data not in (b"\0", b"\1"):
        raise ValueError(f"{data[:8].hex()} is no boolean")
    return data == b"\1"


def _float_text(data: bytes) -> float:
    return float(decode_text(data))


def _float(layout: str) -> Callable[[bytes], float]:
    unpack = struct.Struct(layout).unpack
    return lambda data: float(unpack(data)[0])


def _numeric_text(data: bytes) -> Decimal:
    value = Decimal(decode_text(data).strip())
    if value.is_finite() and value and abs(value.adjusted()) > 256:
        raise WarehouseError("22003", "numeric parameter out of range")
    return value


def _bytea_text(data: bytes) -> bytes:
    r"""Read `\x` with hexadecimal digits, or the older form: `\ooo` and `\\` among plain bytes."""
    if data.startswith(b"\\x"):
        return bytes.fromhex(decode_text(data[2:]))
    return _BYTEA_ESCAPE.sub(_unescaped, data)


def _unescaped(found: re.Match[bytes]) -> bytes:
    if found["octal"]:
        return bytes([int(found["octal"], 8)])
    if not found["backslash"]:
        raise ValueError("a backslash before neither a backslash nor three octal digits")
    return b"\\"


def _date_text(data: bytes) -> date:
    return date.fromisoformat(decode_text(data).strip())


def _time_text(data: bytes) -> time:
    return time.fromisoformat(decode_text(data).strip())


def _timestamp_text(data: bytes) -> datetime:
    """Return a time without a zone; PostgreSQL leaves a given offset out of account as well."""
    return _iso(data).replace(tzinfo=None)


def _timestamptz_text(data: bytes) -> datetime:
    at = _iso(data)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _iso(data: bytes) -> datetime:
    return datetime.fromisoformat(_SHORT_OFFSET.sub(r"\1:00", decode_text(data).strip()))


def _date(data: bytes) -> date:
    (days,) = struct.unpack("!i", data)
    try:
        return date.fromordinal(_EPOCH_DAY + days)
    except ValueError as error:
        raise OverflowError(str(error)) from error


def _time(data: bytes) -> time:
    (us,) = struct.unpack("!q", data)
    if not 0 <= us < 86_400_000_000:
        raise OverflowError(f"{us} microseconds of a day")
    return (_EPOCH + timedelta(microseconds=us)).time()


def _timestamp(data: bytes) -> datetime:
    (us,) = struct.unpack("!q", data)
    return _EPOCH + timedelta(microseconds=us)


def _timestamptz(data: bytes) -> datetime:
    return _timestamp(data).replace(tzinfo=UTC)


def _interval(data: bytes) -> timedelta:
    """Return a span without months: PostgreSQL's 16 bytes, or the driver's 12."""
    us, days, months = struct.unpack("!qhh" if len(data) == 12 else "!qii", data)
    if months:
        raise ValueError("a span with months")
    return timedelta(days=days, microseconds=us)


def _uuid_text(data: bytes) -> UUID:
    return UUID(decode_text(data))


def _uuid(data: bytes) -> UUID:
    return UUID(bytes=data)


_ANY_TEXT: Final[dict[int, Callable[[bytes], object]]] = {
    oid.UNSPECIFIED: _text,
    **dict.fromkeys(oid.TEXTS, _text),
}
_TEXT_DECODERS: Final[dict[int, Callable[[bytes], object]]] = {
    **_ANY_TEXT,
    oid.BOOLEAN: _bool_text,
    **{each: _integer_text(each) for each in _INTEGERS},
    oid.REAL: _float_text,
    oid.DOUBLE: _float_text,
    oid.NUMERIC: _numeric_text,
    oid.DATE: _date_text,
    oid.TIME: _time_text,
    oid.TIMESTAMP: _timestamp_text,
    oid.TIMESTAMPTZ: _timestamptz_text,
    oid.BYTEA: _bytea_text,
    oid.UUID: _uuid_text,
}
_BINARY_DECODERS: Final[dict[int, Callable[[bytes], object]]] = {
    **_ANY_TEXT,
    oid.BOOLEAN: _bool,
    **{each: _integer(each) for each in _INTEGERS},
    oid.REAL: _float("!f"),
    oid.DOUBLE: _float("!d"),
    oid.NUMERIC: decode_numeric,
    oid.DATE: _date,
    oid.TIME: _time,
    oid.TIMESTAMP: _timestamp,
    oid.TIMESTAMPTZ: _timestamptz,
    oid.BYTEA: bytes,
    oid.INTERVAL: _interval,
    oid.UUID: _uuid,
}
