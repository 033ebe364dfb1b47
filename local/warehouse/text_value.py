"""A value in, its text out, as PostgreSQL writes it; dates and times are ISO 8601."""

import json
import math
import struct
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

_FLOAT32 = struct.Struct("!f")


def plain_text(value: object) -> str:
    """Return text for a column whose type has no text form of its own."""
    return value if isinstance(value, str) else super_text(value)


def bool_text(value: bool) -> str:
    return "t" if value else "f"


def double_text(value: float) -> str:
    """Return the shortest text that reads back as the same number."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return repr(float(value)).removesuffix(".0")


def real_text(value: float) -> str:
    """Return the shortest text that reads back as the same 4-byte number."""
    if not math.isfinite(value):
        return double_text(value)
    single = _FLOAT32.pack(value)
    for digits in (6, 7, 8):
        text = f"{value:.{digits}g}"
        if _FLOAT32.pack(float(text)) == single:
            return text
    return f"{value:.9g}"


def numeric_text(value: Decimal | float) -> str:
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else "NaN"
    return str(value)


def date_text(value: date) -> str:
    return value.isoformat()


def time_text(value: time) -> str:
    return _short(value.isoformat())


def timetz_text(value: time) -> str:
    """Return a time of day with its distance from UTC, which without one is none."""
    clock, at = value.replace(tzinfo=None), value.utcoffset()
    minutes = 0 if at is None else int(at.total_seconds()) // 60
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    return f"{time_text(clock)}{sign}{hours:02d}" + (f":{rest:02d}" if rest else "")


def timestamp_text(value: datetime) -> str:
    return _short(value.isoformat(" "))


def timestamptz_text(value: datetime) -> str:
    """Return the time in UTC: the server's time zone, as on Redshift."""
    at = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    return _short(at.isoformat(" ")) + "+00"


def bytea_text(value: bytes) -> str:
    return "\\x" + bytes(value).hex()


def varbyte_text(value: bytes) -> str:
    return bytes(value).hex()


def super_text(value: object) -> str:
    """Return JSON for what is nested; a text stays as it is."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=_json_value)
    return str(value)


def _short(text: str) -> str:
    """Leave out zeros at the end of a fraction, as PostgreSQL does."""
    return text.rstrip("0") if "." in text else text


def _json_value(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else str(value)
