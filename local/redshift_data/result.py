"""Rows one by one in, pages of the Data API's records out, within a bound."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from local.redshift_data.field import Field, column_metadata, field_of
from local.redshift_data.limits import PAGE_BYTES_MAX, PAGE_ROWS_MAX, RESULT_BYTES_MAX

_ENCODER = msgspec.msgpack.Encoder()
Record = list[Field]


class ResultTooLarge(Exception):
    """A statement returns more than the Data API keeps."""


class Result:
    """One statement's rows; they lie encoded, a page at a time, so that they take little memory.

    `grow` is told of each page's bytes before it is kept, and may raise ResultTooLarge.
    """

    def __init__(self, grow: Callable[[int], None], *, bytes_max: int = RESULT_BYTES_MAX) -> None:
        self.columns: list[dict[str, Any]] = []
        self.row_count = 0
        self.bytes = 0
        self._grow = grow
        self._bytes_max = bytes_max
        self._pages: list[bytes] = []
        self._open: list[Record] = []
        self._open_bytes = 0

    def describe(self, columns: Sequence[tuple[str, int]]) -> None:
        """Take the columns, each a name and a type's object id."""
        self.columns = [column_metadata(name, oid) for name, oid in columns]

    def add(self, row: Sequence[object], row_bytes: int) -> None:
        """Take a row of about so many bytes; raise ResultTooLarge when it is one too many."""
        if self.bytes + row_bytes > self._bytes_max:
            raise ResultTooLarge(f"the result is larger than {self._bytes_max} bytes")
        self._open.append([field_of(value) for value in row])
        self._open_bytes += row_bytes
        self.bytes += row_bytes
        self.row_count += 1
        if len(self._open) == PAGE_ROWS_MAX or self._open_bytes >= PAGE_BYTES_MAX:
            self._close_page()

    def end(self) -> None:
        """Take note that no more rows come."""
        if self._open:
            self._close_page()

    @property
    def page_count(self) -> int:
        return max(1, len(self._pages))

    def page(self, number: int) -> list[Record]:
        """Return the records of a page; an empty result has one page without any."""
        records: list[Record] = msgspec.msgpack.decode(self._pages[number]) if self._pages else []
        return records

    def _close_page(self) -> None:
        page = _ENCODER.encode(self._open)
        self._grow(len(page))
        self._pages.append(page)
        self._open = []
        self._open_bytes = 0
