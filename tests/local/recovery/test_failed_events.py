"""Chunks that Lambda gave up on: their records are handed to a worker again, however often."""

import json
import random
from typing import Any

import pytest

from core import limits
from local.invoke.async_policy import failure_body, failure_key
from local.invoke.async_queue import AsyncEvent
from local.invoke.outcome import Outcome
from local.recovery.entry import FailedDelivery
from local.recovery.failed_event import read_failed, read_failed_events
from processors.chunk import OBJECT, split
from tests.local.recovery.desk import BUCKET, RecoveryDesk, stamped

WORKER = "arn:aws:lambda:us-east-1:000000000000:function:worker:$LATEST"
FAILED = Outcome("function_error", b'{"errorType":"ChunkUnfinished"}', "r")


def give_up(desk: RecoveryDesk, *, bytes_max: int = limits.INVOKE_ASYNC_BYTES_MAX) -> None:
    """Have Lambda give up on a chunk of everything that arrived."""
    for shard, records in desk.skip_count().items():
        event: dict[str, Any] = json.loads(desk.event(shard, records))
        for number, chunk in enumerate(split(event["Records"], bytes_max=bytes_max)):
            given = AsyncEvent(number, "r", "worker", chunk.payload, 0, 0, failures=2)
            now_ms = desk.clock.now_ms()
            body = failure_body(given, FAILED, "RetriesExhausted", invokes=3, now_ms=now_ms)
            key = failure_key("worker", now_ms, random.Random(number))
            desk.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    desk.deliver()


def test_a_chunk_that_was_given_up_counts_at_the_minute_it_arrived(desk: RecoveryDesk) -> None:
    """B52: the destination's record has the whole event."""
    desk.put(stamped([desk.vote(1), desk.vote(2, "blue")], 1))
    desk.put_votes(desk.vote(3), desk.vote(3))
    minute = desk.clock.now_ms() // 60_000
    give_up(desk)
    desk.clock.advance(3_600_000)
    outcomes = desk.recover(kinds=("live",))
    assert {outcome.state for outcome in outcomes} == {"recovered"}
    assert {outcome.entry.reason for outcome in outcomes} == {"RetriesExhausted"}
    assert {outcome.entry.detail for outcome in outcomes} == {"after 3 invocations"}
    assert {name for name, _ in desk.functions.calls} == {WORKER}
    assert desk.totals() == desk.history() == {"red": 2, "blue": 1}
    assert desk.ledger() == {"counted": 3, "duplicate": 1}
    minutes = {item["sk"].partition("#")[0] for item in desk.items("ledger#cube")}
    assert minutes == {f"{minute:08d}"}
    assert {outcome.state for outcome in desk.recover(kinds=("live",))} == {"before"}


def test_a_record_by_reference_goes_back_by_reference(desk: RecoveryDesk) -> None:
    desk.put(stamped([desk.vote(n) for n in range(30)], 1))
    ((shard, records),) = desk.skip_count().items()
    event: dict[str, Any] = json.loads(desk.event(shard, records))
    (chunk,) = split(event["Records"], bytes_max=1_500)
    given = AsyncEvent(1, "r", "worker", chunk.payload, 0, 0, failures=2)
    body = failure_body(given, FAILED, "RetriesExhausted", invokes=3, now_ms=0)
    (entry,) = read_failed_events("aws/lambda/async/worker/x", body)
    assert isinstance(entry, FailedDelivery)
    assert entry.data == b""
    assert entry.arrival_ms == records[0].arrival_ms
    assert [entry.record[OBJECT]] == [key for key, _ in chunk.objects]


def test_what_is_no_chunk_is_refused_by_name() -> None:
    context = {"functionArn": WORKER, "condition": "EventAgeExceeded"}
    others: list[Any] = [
        [],
        {"requestContext": context},
        {"requestContext": context, "requestPayload": {"Records": [{}]}},
    ]
    for each in others:
        with pytest.raises(ValueError, match="no chunk of a stream"):
            read_failed("aws/lambda/async/worker/x", json.dumps(each).encode())
