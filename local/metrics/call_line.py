"""A line of a function's log in, the numbers it says by metric out; any bytes whatever."""

from typing import Any, Final

import msgspec

from core.metric_catalog import BY_NAME

_START: Final = b'{"event":'


def numbers_of(line: bytes) -> dict[str, float]:
    """Return the metrics of a call's line; none where the line is something else.

    Only names of the catalogue: what a function prints cannot make metrics without end.
    """
    said = said_by(line)
    if "_aws" not in said:
        return {}
    return {
        name: float(value)
        for name, value in said.items()
        if name in BY_NAME and type(value) in (int, float) and value >= 0
    }


def said_by(line: bytes) -> dict[str, Any]:
    """Return an event that a function logged, {} for any other line."""
    if not line.startswith(_START):
        return {}
    try:
        said = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
