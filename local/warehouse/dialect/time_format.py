"""Redshift's format of a time in ('YYYY-MM-DD HH24:MI:SS'), strftime's out."""

import re
from typing import Final

from local.warehouse.error import WarehouseError

_PARTS: Final = {
    "YYYY": "%Y", "YY": "%y", "IYYY": "%G", "MM": "%m", "MON": "%b", "MONTH": "%B", "DD": "%d",
    "DDD": "%j", "DY": "%a", "DAY": "%A", "D": "%w", "ID": "%u", "IW": "%V", "WW": "%U",
    "HH24": "%H", "HH12": "%I", "HH": "%I", "MI": "%M", "SS": "%S", "MS": "%g", "US": "%f",
    "AM": "%p", "PM": "%p", "TZ": "%Z", "OF": "%z",
}  # fmt: skip
_SCAN: Final = re.compile(
    "|".join(sorted(_PARTS, key=len, reverse=True)) + r'|"[^"]*"|[A-Za-z]+|[^A-Za-z"]+|"',
    re.IGNORECASE,
)


def strftime_format(pattern: str) -> str:
    """Return the pattern for DuckDB's strftime and strptime.

    Raises WarehouseError 0A000 for a part that is not translated (and for formats of numbers).
    """
    parts: list[str] = []
    for piece in _SCAN.findall(pattern):
        if piece.upper() in _PARTS:
            parts.append(_PARTS[piece.upper()])
        elif piece[0] == '"' and len(piece) > 1:
            parts.append(piece[1:-1].replace("%", "%%"))
        elif piece == "T":  # ISO 8601's letter between date and time
            parts.append("T")
        elif piece[0].isalpha() or "9" in piece or "0" in piece:
            raise WarehouseError("0A000", f"format {pattern!r} is not implemented (at {piece!r})")
        else:
            parts.append(piece.replace("%", "%%"))
    return "".join(parts)


def strptime_format(pattern: str) -> str:
    """Return the pattern for Python's strptime, for COPY's DATEFORMAT and TIMEFORMAT."""
    return strftime_format(pattern).replace("%g", "%f")
