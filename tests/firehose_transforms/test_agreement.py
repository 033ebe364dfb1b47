"""The live path and the history path see the same lines, and say the same of each."""

import base64
from collections import Counter

from hypothesis import given, settings

from core import kpl
from core.poll import DEFAULT_PALETTE, PollBook, PollRules
from core.row import Row
from core.verdict import judge_in_poll
from processors.delivery import Delivery, read_event
from processors.fold import fold_payload
from tests.firehose_transforms.any_bytes import STREAM_RECORDS
from tests.firehose_transforms.batch import ARRIVAL_MS, SEQUENCE_NUMBER, rows_of

BOOK = PollBook(
    [
        PollRules(poll="cube", version=1, effective_ms=0, palette=DEFAULT_PALETTE),
        PollRules(
            poll="lunch",
            version=1,
            effective_ms=0,
            palette=("red",),
            opens_ms=ARRIVAL_MS - 900,
            closes_ms=ARRIVAL_MS - 100,
        ),
    ],
    read_ms=ARRIVAL_MS,
)
LINES_MAX = 10**9


def live_deliveries(data: bytes) -> list[Delivery]:
    """Return what the event source mapping's function takes from a record of the stream."""
    record = {
        "eventID": f"shardId-000000000002:{SEQUENCE_NUMBER}",
        "kinesis": {
            "data": base64.b64encode(data).decode(),
            "sequenceNumber": SEQUENCE_NUMBER,
            "partitionKey": "k",
            "approximateArrivalTimestamp": ARRIVAL_MS / 1000,
        },
    }
    return read_event([record])


def merged_reason(row: Row) -> str | None:
    """Judge a row as the merge does, by the poll's rules at its arrival."""
    if row.parked_reason is not None:
        return row.parked_reason
    assert row.poll is not None
    assert row.colour is not None
    assert row.voted_at is not None
    return judge_in_poll(row.colour, row.voted_at, BOOK.rules_at(row.poll, row.arrived_at))


@settings(deadline=None)
@given(STREAM_RECORDS)
def test_both_paths_see_the_same_lines_and_say_the_same_of_each(data: bytes) -> None:
    """C6: Firehose takes KPL aggregates apart before the transform; the live path does itself."""
    deliveries = live_deliveries(data)
    parts = (kpl.user_records(data) if data.startswith(kpl.MAGIC) else None) or [data]
    assert len(parts) == len(deliveries)
    for subsequence, (part, delivery) in enumerate(zip(parts, deliveries, strict=True)):
        payload = delivery.payload
        rows = rows_of(part, subsequence=subsequence)
        live = fold_payload(payload, delivery.arrival_ms, BOOK, 0, LINES_MAX)
        assert len(rows) == live.votes + len(live.parked)
        parked = {row.line: merged_reason(row) for row in rows if merged_reason(row)}
        assert parked == {line.number: line.reason for line in live.parked}
        counted = Counter(
            (row.poll, row.colour, (row.voted_at or 0) // 1000)
            for row in rows
            if merged_reason(row) is None
        )
        assert counted == live.by_second
        stamp = payload.stamp
        batch = (stamp.producer, stamp.lane, stamp.number) if stamp else (None, None, None)
        assert {(row.producer, row.lane, row.number) for row in rows} == {batch}
