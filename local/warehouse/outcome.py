"""What one statement gave: a tag, columns and rows, as a client of Redshift is told them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer: its name, its type's oid, and PostgreSQL's typlen and typmod."""

    name: str
    oid: int
    size: int = -1
    modifier: int = -1


@dataclass(slots=True)
class Outcome:
    """One statement executed. `columns` is None where there are no rows to send.

    `rows` are Python values (int, float, Decimal, bool, str, bytes, date, time, datetime naive or
    aware, None) and are read from the database as they are asked for: `tag` of a query
    ("SELECT 3") is final only when they are exhausted, and iterating can raise a WarehouseError.
    """

    tag: str
    columns: tuple[Column, ...] | None
    rows: Iterator[Sequence[object]]
