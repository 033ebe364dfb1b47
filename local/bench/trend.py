"""The trends' part alone: an event's stamped records in, a shard's state and its item out."""

import base64
import time
from typing import Any, Final

from core.clock import SystemClock
from core.poll import DEFAULT_POLL
from core.trend import TrendState, to_trend_item
from local.bench.batches import make_batches
from local.bench.figure import Measurement
from local.bench.options import BenchOptions
from processors.trend_fold import fold
from processors.trend_votes import hear

VOTES: Final = 500_000
RECORDS_PER_CALL: Final = 40  # what a shard with 12,000 votes a second brings in one


def measure(_options: BenchOptions) -> list[Measurement]:
    """Return what the trends of a shard cost a vote, on one core."""
    now_ms = SystemClock().now_ms()
    events = _events(now_ms)
    state: TrendState | None = None
    votes = 0
    bytes_max = 0
    started = time.perf_counter()
    for event in events:
        heard = hear(event)[DEFAULT_POLL]
        state = fold(state, heard)
        assert state is not None, "no record comes twice"
        item = to_trend_item(DEFAULT_POLL, "shardId-000000000000", state)
        bytes_max = max(bytes_max, len(item["state"]["S"]))
        votes += sum(len(each.votes) for each in heard)
    took_s = time.perf_counter() - started
    return [
        Measurement("trend.cost", took_s / votes * 1e6, "us/vote"),
        Measurement("trend.item", bytes_max / 1e3, "kB"),
    ]


def _events(now_ms: int) -> list[list[dict[str, Any]]]:
    """Return a call's records each, one call a second."""
    batches = make_batches(VOTES, now_ms=now_ms)
    return [
        [
            {
                "eventID": f"shardId-000000000000:{at}",
                "kinesis": {
                    "sequenceNumber": str(at),
                    "data": base64.b64encode(batch.data).decode(),
                    "approximateArrivalTimestamp": now_ms / 1000 + first // RECORDS_PER_CALL,
                },
            }
            for at, batch in enumerate(batches[first : first + RECORDS_PER_CALL], first + 1)
        ]
        for first in range(0, len(batches), RECORDS_PER_CALL)
    ]
