"""sql/ddl/landing.sql in, what its columns hold out: for tests."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from core import limits

ROOT = Path(__file__).resolve().parent.parent.parent
_COLUMN = re.compile(r"^    (\w+)\s+([A-Z]+)(?:\((\d+)\))?\s+(NOT NULL)?", flags=re.M)
_INTEGERS = {"SMALLINT": 2**15, "INTEGER": 2**31, "BIGINT": 2**63}

COLUMNS: Mapping[str, tuple[str, int, bool]] = {
    name: (kind, int(width or 0), bool(required))
    for name, kind, width, required in _COLUMN.findall((ROOT / "sql/ddl/landing.sql").read_text())
}


def misfit(name: str, value: object) -> str:
    """Return why a column cannot hold a value of a row; '' where it can."""
    kind, width, required = COLUMNS[name]
    if value is None:
        return f"{name} is NOT NULL" if required else ""
    if kind == "VARCHAR":
        assert isinstance(value, str), f"{name} is text"
        size = len(value.encode())
        if size > width or "\0" in value:
            return f"{name} takes {width} bytes and no NUL: {size} bytes, {value[:80]!r}"
        return ""
    assert isinstance(value, int), f"{name} is a number"
    if kind == "TIMESTAMP":
        if not 0 <= value <= limits.VOTED_AT_MS_MAX:
            return f"{name} takes years 1970 to 9999: {value}"
        assert datetime.fromtimestamp(value // 1_000, UTC)
        return ""
    limit = _INTEGERS[kind]
    return "" if -limit <= value < limit else f"{name} takes a {kind}: {value}"
