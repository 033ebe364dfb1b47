"""A recovery desk in, the verdicts of a whole `cube check` of it out: for tests."""

from collections import Counter
from typing import Any

from core.invariants.invariant import Invariant, LineKey
from core.keys import UNKNOWN_POLL
from local.consumers import Consumers, Deliveries, ShardProgress
from local.evidence import Evidence
from local.handler_errors import read_handler_errors
from local.history_evidence import HistoryEvidence
from tests.local.desk import STREAM, TABLE
from tests.local.recovery.desk import BUCKET, RecoveryDesk

LOAD = "load-1"


class Warehouse:
    """What a warehouse would say that has merged every row of the lake, in one load."""

    def __init__(self, desk: RecoveryDesk) -> None:
        self._desk = desk

    def load_of(self, from_key: str) -> dict[str, str]:
        return dict.fromkeys(self._desk.keys("votes/2"), LOAD)

    def rows_of_loads(self) -> dict[str, int]:
        return {LOAD: len(self._desk.rows())}

    def by_minute(self, from_minute: int) -> tuple[Any, Any]:
        found: dict[str, Counter[LineKey]] = {
            outcome: Counter() for outcome in ("counted", "parked", "duplicate")
        }
        book = self._desk.book()
        for outcome, row in self._desk.judged():
            minute = row.arrived_at // 60_000
            if outcome != "redelivered" and minute >= from_minute:
                known = row.poll is not None and book.rules_at(row.poll, row.arrived_at)
                found[outcome][row.poll if row.poll and known else UNKNOWN_POLL, minute] += 1
        return found, found

    def first_minute(self) -> int | None:
        return None

    def colours(self) -> dict[str, Counter[str]]:
        return {"cube": self._desk.history()}


def check(desk: RecoveryDesk) -> dict[str, Invariant]:
    """Return the verdicts by name; both paths have done everything."""
    warehouse: Any = Warehouse(desk)

    def consumers() -> Consumers:
        latest = [
            (shard.shard_id, desk.kinesis.latest(STREAM, shard.shard_id))
            for shard in desk.kinesis.shards(STREAM)
        ]
        shards = tuple(ShardProgress("TallyMapping", name, at, at) for name, at in latest)
        return Consumers(0, desk.clock.now_ms(), shards)

    evidence = Evidence(
        kinesis=desk.kinesis,
        dynamodb=desk.dynamodb,
        consumers=consumers,
        stream=STREAM,
        table=TABLE,
        outboxes=[],
        clock=desk.clock,
        wait_until=lambda condition, timeout_s: condition(),
        history=HistoryEvidence(
            s3=desk.s3,
            bucket=BUCKET,
            warehouse=warehouse,
            deliveries=lambda: Deliveries(desk.clock.now_ms(), caught_up=True),
            clock=desk.clock,
        ),
        handler_errors=lambda from_ms: read_handler_errors(desk.s3, BUCKET, from_ms=from_ms),
    )
    return {verdict.name: verdict for verdict in evidence.collect()}


def broken(desk: RecoveryDesk) -> dict[str, str]:
    """Return what does not hold, by name, with its note."""
    return {name: verdict.note for name, verdict in check(desk).items() if not verdict.ok}
