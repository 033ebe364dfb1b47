"""The live ledger and the warehouse in, whether they agree, minute by minute of arrival, out.

Both go on while they are read, so only minutes are compared that both have completely: from the
newest minute that the slower side has, `SETTLE_MINUTES` back. Records of one minute are in the
table and the warehouse within seconds and two minutes of each other; a shard that stands still for
longer shows as a difference until it goes on, and its own alarm says why.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from core import keys
from core.agreement import DIFFERENCES_MAX, Agreement
from core.clients import TableClient
from core.clock import Clock
from core.invariants.history import differing_lines, live_equals_warehouse
from core.invariants.invariant import MINUTE_MS, LineKey
from core.item import from_item
from core.ledger import COUNTED, DUPLICATE, OUTCOMES, PARKED
from processors.data_api import DataApi
from processors.rules import read_rules

SETTLE_MINUTES: Final = 5
NEAR_MINUTES: Final = 2 * 60  # compared every time ...
FAR_MINUTES: Final = 24 * 60  # ... and once an hour, and while one of them differs
Lines = dict[str, Counter[LineKey]]  # outcome -> poll, minute of arrival -> lines
_TABLES: Final = {COUNTED: "votes", PARKED: "parked_votes", DUPLICATE: "duplicate_votes"}
_EPOCH: Final = "CAST('1970-01-01 00:00:00' AS TIMESTAMP)"


@dataclass(slots=True)
class Comparer:
    """Compares, and keeps what it found where the live page and `cube check` find it."""

    table: TableClient
    table_name: str
    warehouse: DataApi
    clock: Clock
    far_hour: int = -1
    different_minute: int | None = None  # the oldest one of the last run

    def run(self) -> Agreement:
        """Compare the recent minutes and write the verdict's item.

        Raise StatementFailed when the warehouse does not answer; the last verdict stays.
        """
        now_ms = self.clock.now_ms()
        minute = now_ms // MINUTE_MS
        far = minute // 60 != self.far_hour
        from_minute = minute - (FAR_MINUTES if far else NEAR_MINUTES)
        if self.different_minute is not None:  # an alarm stays until it is repaired, or a day old
            from_minute = max(minute - FAR_MINUTES, min(from_minute, self.different_minute))
        history = self._history(from_minute)
        live = self._live(from_minute)
        agreement = compare(live, history, from_minute=from_minute, now_ms=now_ms)
        self.table.put_item(TableName=self.table_name, Item=agreement.to_item())
        self.far_hour = minute // 60
        self.different_minute = min((each.minute for each in agreement.differences), default=None)
        return agreement

    def _history(self, from_minute: int) -> Lines:
        """Read the warehouse's tables in one query, thus as of one moment."""
        lines = _no_lines()
        for outcome, poll, minute, count in self.warehouse.rows(history_sql(from_minute)):
            lines[str(outcome)][str(poll), int(minute)] = int(count)
        return lines

    def _live(self, from_minute: int) -> Lines:
        polls = {rules.poll for rules in read_rules(self.table, self.table_name)}
        lines = _no_lines()
        for poll in (*sorted(polls), keys.UNKNOWN_POLL):
            for item in self._ledger(poll, from_minute):
                minute = int(item["sk"].partition("#")[0])
                for outcome in OUTCOMES:
                    lines[outcome][poll, minute] += item.get(outcome, 0)
        return lines

    def _ledger(self, poll: str, from_minute: int) -> Iterator[Mapping[str, Any]]:
        request: dict[str, Any] = {
            "TableName": self.table_name,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk AND sk >= :first",
            "ExpressionAttributeValues": {
                ":pk": {"S": keys.ledger_pk(poll)},
                ":first": {"S": keys.ledger_sk(from_minute, 0)},
            },
        }
        while True:
            page = self.table.query(**request)
            for item in page["Items"]:
                yield from_item(item)
            if not page.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def history_sql(from_minute: int) -> str:
    """Return the query for outcome, poll, minute and lines that arrived since a minute."""
    minute = f"DATEDIFF(minute, {_EPOCH}, arrived_at)"
    return " UNION ALL ".join(
        f"SELECT '{outcome}', poll, {minute}, COUNT(*) FROM {table} "  # noqa: S608 - our own words
        f"WHERE arrived_at >= DATEADD(minute, {from_minute:d}, {_EPOCH}) GROUP BY 2, 3"
        for outcome, table in _TABLES.items()
    )


def compare(live: Lines, history: Lines, *, from_minute: int, now_ms: int) -> Agreement:
    """Compare lines by poll, minute and outcome, in the minutes that both sides have completely."""
    newest = min(_newest(live, from_minute), _newest(history, from_minute))
    until_minute = max(from_minute, newest - SETTLE_MINUTES)
    verdict = live_equals_warehouse(
        live, history, {}, from_minute=from_minute, until_minute=until_minute
    )
    differences = differing_lines(live, history, range(from_minute, until_minute))
    assert verdict.ok == (not differences), "one verdict, and where it comes from"
    return Agreement(
        checked_at_ms=now_ms,
        from_minute=from_minute,
        until_minute=until_minute,
        live=verdict.left,
        history=verdict.right,
        minutes_different=len({each.minute for each in differences}),
        behind_minutes=now_ms // MINUTE_MS - newest,
        differences=tuple(differences[:DIFFERENCES_MAX]),
    )


def _no_lines() -> Lines:
    return {outcome: Counter() for outcome in OUTCOMES}


def _newest(lines: Lines, from_minute: int) -> int:
    found = (minute for each in lines.values() for _, minute in each)
    return max(found, default=from_minute)
