"""A poll's name in, what the page needs around its questions out: filters, and how far it reaches.

Times are epoch milliseconds, UTC; null is unknown.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from core.query_value import QueryValue, text_value
from core.warehouse import Value, WarehouseClient
from dashboard.history.limits import REGIONS_MAX
from dashboard.swatch import swatches

# One row for each load, poll and minute of arrival: few, whatever the number of votes.
_REACH: Final = "SELECT MAX(minute) AS reach, MAX(loaded_at) AS loaded_at FROM load_lines"
_POLLS: Final = "SELECT DISTINCT poll FROM polls ORDER BY poll"
_PALETTE: Final = """
SELECT colour FROM palettes
WHERE poll = :poll AND version = (SELECT MAX(version) FROM palettes WHERE poll = :poll)
ORDER BY place"""
_REGIONS: Final = """
SELECT region, COUNT(*) AS votes FROM votes WHERE poll = :poll
GROUP BY region ORDER BY votes DESC, region"""
_LOADED: Final = """
SELECT MIN(minute) AS first, MAX(minute) AS last, SUM(counted) AS counted
FROM load_lines WHERE poll = :poll AND counted > 0"""


def read_reach(client: WarehouseClient, *, timeout_s: float) -> Value:
    """Return the newest minute of arrival that has been loaded; None before the first load."""
    rows = client.query(_REACH, rows_max=1, timeout_s=timeout_s).rows
    return rows[0][0] if rows else None


def read_context(client: WarehouseClient, poll: str, *, timeout_s: float) -> dict[str, Any]:
    """Return `/api/history/context` without its clock."""
    params = {"poll": text_value(poll)}

    def ask(
        sql: str, params: Mapping[str, QueryValue] | None = None, rows_max: int = 1000
    ) -> list[tuple[Value, ...]]:
        return client.query(sql, params, rows_max=rows_max, timeout_s=timeout_s).rows

    reach, loaded_at = (ask(_REACH) or [(None, None)])[0]
    first, last, counted = (ask(_LOADED, params) or [(None, None, None)])[0]
    palette = [str(colour) for (colour,) in ask(_PALETTE, params)]
    return {
        "poll": poll,
        "polls": [str(name) for (name,) in ask(_POLLS)],
        "palette": swatches(palette),
        "regions": [str(region) for region, _ in ask(_REGIONS, params, REGIONS_MAX)],
        "reach": epoch_ms(reach),
        "loaded_at": epoch_ms(loaded_at),
        "first": epoch_ms(first),
        "last": epoch_ms(last),
        "counted": None if counted is None else int(str(counted)),
    }


def epoch_ms(value: Value) -> int | None:
    """Return a moment as the pages have it."""
    return round(value.timestamp() * 1000) if isinstance(value, datetime) else None
