"""A question in SQL in, its answer out: the port that commands and pages ask the warehouse by.

Two clients fit it: core/warehouse_driver.py (redshift_connector) and core/warehouse_data_api.py
(the Redshift Data API); core/warehouse_choice.py picks one by the settings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Protocol

from core import limits
from core.query_value import QueryValue

# What a column holds. TIMESTAMP columns are UTC here, and their values say so.
Value = None | bool | int | float | Decimal | str | bytes | datetime | date | time


@dataclass(frozen=True, slots=True)
class Result:
    """An answer: names of columns, rows, whether there are more rows, and how long it took."""

    columns: tuple[str, ...]
    rows: list[tuple[Value, ...]]
    truncated: bool
    took_ms: int


class WarehouseClient(Protocol):
    """A connection to the warehouse: one query at a time, from any thread."""

    def query(
        self,
        sql: str,
        params: Mapping[str, QueryValue] | None = None,
        *,
        rows_max: int = limits.QUERY_ROWS_MAX,
        timeout_s: float = limits.QUERY_TIMEOUT_S,
        write: bool = False,
    ) -> Result:
        """Run one statement and return its answer; `:name` in it stands for a parameter.

        Unless `write`, the statement has to be one that only reads, and runs so. A statement that
        answers no rows has no columns. Raise QueryRefused or ParameterRefused before anything is
        sent; QueryFailed, QueryCancelled (too long, or `cancel`) or WarehouseAway after.
        """
        ...

    def cancel(self) -> None:
        """Stop the query that runs, from another thread; it raises QueryCancelled there."""
        ...

    def close(self) -> None:
        """Let go of the connection; the client may be used again and then opens another."""
        ...


def cut(columns: tuple[str, ...], rows: list[tuple[Value, ...]], rows_max: int, ms: int) -> Result:
    """Return the answer with at most rows_max rows."""
    return Result(columns, rows[:rows_max], len(rows) > rows_max, ms)


def value_of(raw: object) -> Value:
    """Return a value of an answer. A moment without an offset is UTC, as all of ours are."""
    if isinstance(raw, datetime):
        return raw.replace(tzinfo=UTC) if raw.tzinfo is None else raw.astimezone(UTC)
    if raw is None or isinstance(raw, bool | int | float | Decimal | str | bytes | date | time):
        return raw
    return str(raw)  # an interval, an array: as the client writes it


def iso(value: date | time | datetime) -> str:
    """Return a day, a time of day or a moment in ISO 8601; a moment ends in Z."""
    if isinstance(value, datetime):
        whole_ms = value.microsecond and value.microsecond % 1000 == 0
        text = value.isoformat(timespec="milliseconds" if whole_ms else "auto")
        return text.removesuffix("+00:00") + "Z"
    return value.isoformat()
