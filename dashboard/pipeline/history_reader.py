"""A warehouse client in, one reading of what loads say and what their tables hold out."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from core.invariants.invariant import MINUTE_MS, LineKey
from core.ledger import COUNTED, DUPLICATE, PARKED
from core.query_value import QueryValue, ValueKind, read_value
from core.warehouse import Value, WarehouseClient
from dashboard.pipeline.limits import PRODUCERS_MAX, QUERY_TIMEOUT_S, ROWS_MAX

Lines = Mapping[str, Mapping[LineKey, int]]  # outcome -> (poll, minute of arrival) -> lines

_TABLES: Final = {COUNTED: "votes", PARKED: "parked_votes", DUPLICATE: "duplicate_votes"}
# One statement, thus one snapshot: a load that commits meanwhile is in both sides or in none.
BY_MINUTE_SQL: Final = " UNION ALL ".join(
    [
        f"SELECT 'loads', '{outcome}', poll, minute, SUM({outcome}) FROM load_lines "  # noqa: S608 - our own words
        "WHERE minute >= :from GROUP BY 3, 4"
        for outcome in _TABLES
    ]
    + [
        f"SELECT 'tables', '{outcome}', poll, DATE_TRUNC('minute', arrived_at), COUNT(*) "  # noqa: S608 - our own words
        f"FROM {table} WHERE arrived_at >= :from GROUP BY 3, 4"
        for outcome, table in _TABLES.items()
    ]
)
LOADS_SQL: Final = """
SELECT MAX(loaded_at), MIN(minute), MAX(minute),
  SUM(delivered), SUM(counted), SUM(parked), SUM(duplicate), SUM(redelivered)
FROM load_lines"""
RECENT_SQL: Final = """
SELECT DATE_TRUNC('second', loaded_at), SUM(delivered) FROM load_lines
WHERE loaded_at >= :recent GROUP BY 1 ORDER BY 1"""
OBJECTS_SQL: Final = "SELECT COUNT(*), SUM(bytes), MAX(loaded_at) FROM loaded_objects"
LANDED_SQL: Final = "SELECT COUNT(*), MIN(arrived_at) FROM landing"
PARKED_SQL: Final = """
SELECT poll, parked_reason, COUNT(*), MAX(arrived_at) FROM parked_votes
GROUP BY 1, 2 ORDER BY 3 DESC"""
COLOURS_SQL: Final = "SELECT poll, colour, COUNT(*) FROM votes GROUP BY 1, 2"
PRODUCERS_SQL: Final = f"""
SELECT producer, MAX(arrived_at) FROM votes
WHERE producer IS NOT NULL AND arrived_at >= :from
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {PRODUCERS_MAX + 1}"""  # noqa: S608 - a number of ours
RECENT_S: Final = 120
PRODUCERS_HOURS: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """Lines of a poll that do not count, for one reason."""

    poll: str
    reason: str
    lines: int
    latest_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryReading:
    """What one look at the warehouse saw; moments in epoch ms, None where there is none yet.

    `loads` and `tables` are of arrivals since `from_minute`; `sums` are lines by what a load said
    of them, of all loads; `rate` is rows a second between the last loads, None where there are not
    two.
    """

    as_of: int
    took_ms: int
    from_minute: int
    loads: Lines
    tables: Lines
    loaded_ms: int | None = None
    first_minute: int | None = None
    newest_minute: int | None = None
    sums: Counter[str] = field(default_factory=Counter)
    rate: int | None = None
    objects: int = 0
    object_bytes: int = 0
    landed: int = 0
    landed_oldest_ms: int | None = None
    parked: tuple[Parked, ...] = ()


def read_history(client: WarehouseClient, *, from_minute: int, now_ms: int) -> HistoryReading:
    """Return a reading; raise what the warehouse raises."""
    asking = _Asking(client, now_ms)
    loads, tables = _sides(asking.ask(BY_MINUTE_SQL, **{"from": from_minute * MINUTE_MS}))
    ((loaded_at, first, newest, *sums),) = asking.ask(LOADS_SQL)
    recent = asking.ask(RECENT_SQL, recent=now_ms - RECENT_S * 1000)
    ((objects, size, _),) = asking.ask(OBJECTS_SQL)
    ((landed, oldest),) = asking.ask(LANDED_SQL)
    names = ("delivered", COUNTED, PARKED, DUPLICATE, "redelivered")
    return HistoryReading(
        as_of=now_ms,
        took_ms=asking.took_ms,
        from_minute=from_minute,
        loads=loads,
        tables=tables,
        loaded_ms=_ms(loaded_at),
        first_minute=_minute(first),
        newest_minute=_minute(newest),
        sums=Counter(dict(zip(names, map(_whole, sums), strict=True))),
        rate=_rate([(_ms(at), _whole(rows)) for at, rows in recent]),
        objects=_whole(objects),
        object_bytes=_whole(size),
        landed=_whole(landed),
        landed_oldest_ms=_ms(oldest),
        parked=tuple(
            Parked(poll=str(poll), reason=str(why), lines=_whole(lines), latest_ms=_ms(latest))
            for poll, why, lines, latest in asking.ask(PARKED_SQL)
        ),
    )


def read_colours(client: WarehouseClient, *, now_ms: int) -> dict[str, Counter[str]]:
    """Return distinct votes by poll and colour, of all history."""
    found: dict[str, Counter[str]] = {}
    for poll, colour, count in _Asking(client, now_ms).ask(COLOURS_SQL):
        found.setdefault(str(poll), Counter())[str(colour)] = _whole(count)
    return found


def read_producers(client: WarehouseClient, *, now_ms: int) -> list[str]:
    """Return who stamped votes of the last day, the latest first; one more than are read."""
    day_ms = PRODUCERS_HOURS * 3_600_000
    rows = _Asking(client, now_ms).ask(PRODUCERS_SQL, **{"from": now_ms - day_ms})
    return [str(producer) for producer, _ in rows]


class _Asking:
    """Asks one statement after the other, and adds up how long they took."""

    def __init__(self, client: WarehouseClient, now_ms: int) -> None:
        self._client = client
        self._now_ms = now_ms
        self.took_ms = 0

    def ask(self, sql: str, **moments_ms: int) -> list[tuple[Value, ...]]:
        params: dict[str, QueryValue] = {
            name: read_value(ValueKind.TIME, str(ms), now_ms=self._now_ms)
            for name, ms in moments_ms.items()
        }
        result = self._client.query(sql, params, rows_max=ROWS_MAX, timeout_s=QUERY_TIMEOUT_S)
        self.took_ms += result.took_ms
        return result.rows


def _sides(rows: list[tuple[Value, ...]]) -> tuple[Lines, Lines]:
    found: dict[str, dict[str, Counter[LineKey]]] = {
        side: {outcome: Counter() for outcome in _TABLES} for side in ("loads", "tables")
    }
    for side, outcome, poll, at, count in rows:
        minute = _minute(at)
        if minute is not None and _whole(count):
            found[str(side)][str(outcome)][str(poll), minute] += _whole(count)
    return found["loads"], found["tables"]


def _rate(loads: list[tuple[int | None, int]]) -> int | None:
    """Return rows a second of the loads after the first, over the time between first and last."""
    moments = [at for at, _ in loads if at is not None]
    if len(moments) < 2:
        return None
    rows = sum(count for _, count in loads[1:])
    return round(rows * 1000 / max(1000, moments[-1] - moments[0]))


def _whole(value: Any) -> int:
    return 0 if value is None else int(value)


def _ms(value: Value) -> int | None:
    return round(value.timestamp() * 1000) if isinstance(value, datetime) else None


def _minute(value: Value) -> int | None:
    ms = _ms(value)
    return None if ms is None else ms // MINUTE_MS
