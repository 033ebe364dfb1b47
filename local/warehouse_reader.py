"""A warehouse client in, its own counts of history out, as `cube check` compares them."""

from collections import Counter
from typing import Any, Final

from core.invariants.invariant import LineKey
from core.warehouse import Result, WarehouseClient
from processors.load_sql import literal, moment

Lines = dict[str, Counter[LineKey]]  # outcome -> (poll, minute of arrival) -> lines

MINUTE_MS: Final = 60_000
ROWS_MAX: Final = 2_000_000
TIMEOUT_S: Final = 120.0
_MINUTE: Final = "DATEDIFF(minute, CAST('1970-01-01 00:00:00' AS TIMESTAMP), {})"
_TABLES: Final = {
    "counted": "votes",
    "parked": "parked_votes",
    "duplicate": "duplicate_votes",
}


class WarehouseReader:
    """Reads sums; each method is one query, thus one snapshot."""

    def __init__(self, client: WarehouseClient) -> None:
        self._client = client

    def load_of(self, from_key: str) -> dict[str, str]:
        """Return the load of each object in the manifest whose key is not before `from_key`."""
        where = f"WHERE object_key >= {literal(from_key)}"
        result = self._query(f"SELECT object_key, load_id FROM loaded_objects {where}")  # noqa: S608 - our own text
        return {str(key): str(load) for key, load in result.rows}

    def landed(self) -> tuple[int, int | None]:
        """Return the rows that wait in the landing table, and the first arrival among them, ms."""
        ((count, first),) = self._query(
            "SELECT COUNT(*), DATEDIFF(ms, CAST('1970-01-01 00:00:00' AS TIMESTAMP), "
            "MIN(arrived_at)) FROM landing"
        ).rows
        return _whole(count), None if first is None else _whole(first)

    def rows_of_loads(self) -> dict[str, int]:
        """Return the rows that each load counted."""
        result = self._query("SELECT load_id, SUM(delivered) FROM load_lines GROUP BY load_id")
        return {str(load): _whole(count) for load, count in result.rows}

    def by_minute(self, from_minute: int) -> tuple[Lines, Lines]:
        """Return lines by outcome, poll and minute: as the loads say, and as the tables hold."""
        from_ms = moment(from_minute * MINUTE_MS)
        minute = _MINUTE.format("minute")
        parts = [
            f"SELECT 'loads', '{outcome}', poll, {minute}, SUM({outcome}) FROM load_lines "  # noqa: S608 - our own text
            f"WHERE minute >= {from_ms} GROUP BY 3, 4"
            for outcome in _TABLES
        ]
        arrived = _MINUTE.format("arrived_at")
        parts += [
            f"SELECT 'tables', '{outcome}', poll, {arrived}, COUNT(*) FROM {table} "  # noqa: S608 - our own text
            f"WHERE arrived_at >= {from_ms} GROUP BY 3, 4"
            for outcome, table in _TABLES.items()
        ]
        found: dict[str, Lines] = {
            side: {outcome: Counter() for outcome in _TABLES} for side in ("loads", "tables")
        }
        for side, outcome, poll, at, count in self._query(" UNION ALL ".join(parts)).rows:
            if _whole(count):
                found[str(side)][str(outcome)][str(poll), _whole(at)] += _whole(count)
        return found["loads"], found["tables"]

    def first_minute(self) -> int | None:
        """Return the first minute of arrival that history still has, None where it is empty."""
        ((minute,),) = self._query(f"SELECT {_MINUTE.format('MIN(minute)')} FROM load_lines").rows  # noqa: S608 - our own text
        return None if minute is None else _whole(minute)

    def colours(self) -> dict[str, Counter[str]]:
        """Return distinct votes by poll and colour."""
        found: dict[str, Counter[str]] = {}
        sql = "SELECT poll, colour, COUNT(*) FROM votes GROUP BY poll, colour"
        for poll, colour, count in self._query(sql).rows:
            found.setdefault(str(poll), Counter())[str(colour)] = _whole(count)
        return found

    def _query(self, sql: str) -> Result:
        result = self._client.query(sql, rows_max=ROWS_MAX, timeout_s=TIMEOUT_S)
        assert not result.truncated, "sums are few"
        return result


def _whole(value: Any) -> int:
    return int(value)
