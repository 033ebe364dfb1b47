"""A result in, the pieces of a CSV file out (RFC 4180, UTF-8); moments are ISO 8601, UTC.

A text that a spreadsheet would run as a formula gets an apostrophe before it: a device may call
itself `=HYPERLINK(...)`. Numbers are numbers, and stay as they are.
"""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Final

from core.warehouse import Result, Value, iso
from dashboard.history.limits import CSV_CHUNK_ROWS

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_PLAIN: Final = re.compile(r"[^A-Za-z0-9_-]+")


def csv_chunks(result: Result) -> Iterator[bytes]:
    """Yield the header, then rows, some at a time."""
    yield _lines([result.columns])
    for start in range(0, len(result.rows), CSV_CHUNK_ROWS):
        yield _lines(result.rows[start : start + CSV_CHUNK_ROWS])


def file_name(question: str, poll: str, result: Result, *, day: str) -> str:
    """Return a name that is safe in a header and on any disk, and says when rows are missing."""
    parts = [question, poll, day]
    if result.truncated:
        parts.append(f"first-{len(result.rows)}-rows")
    return "_".join(part for part in (_PLAIN.sub("-", p)[:64] for p in parts) if part) + ".csv"


def field(value: Value) -> Value:
    """Return a value as the csv module is to write it."""
    match value:
        case str():
            return "'" + value if value.startswith(_FORMULA) else value
        case datetime() | date() | time():
            return iso(value)
        case bytes():
            return value.hex()
        case _:
            return value


def _lines(rows: list[tuple[Value, ...]] | list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([field(value) for value in row] for row in rows)
    return text.getvalue().encode()
