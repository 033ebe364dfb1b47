"""A poison record on its whole way: given up, its neighbours counted, mended, brought back, green.

The mapping is the engine's own, in real time; the function runs in this process, with a bug in it.
"""

import asyncio
import json
import random
from dataclasses import replace

import pytest

from core.clock import SystemClock
from core.record import read_payload
from core.vote import Vote
from local.drawing import MappingSpec
from local.invoke.outcome import Outcome
from local.mapping import MappingRunner, PositionStore
from local.recovery.recover import Outcome as Recovered
from local.recovery.remedy import put_entry
from processors.batch import reply_of
from processors.delivery import read_event
from tests.local.desk import STREAM
from tests.local.mapping.real_time import until
from tests.local.recovery.desk import BUCKET, RecoveryDesk, stamped
from tests.local.recovery.whole_check import broken

SPEC = MappingSpec(
    logical_id="TallyMapping",
    uuid="u-1",
    function_name="tally",
    stream_name=STREAM,
    batch_size=10,
    bisect=True,
    report_item_failures=True,
    retries_max=2,
)
POISON = b"blue"
ENDS = {
    "bucket": replace(SPEC, failure_bucket=BUCKET),
    "queue": replace(SPEC, failure_queue="failures"),
    "side by side": replace(SPEC, failure_queue="failures", parallelization_factor=2),
}


def send(desk: RecoveryDesk, *votes: Vote, number: int) -> None:
    """Put a batch as a publisher does."""
    data = stamped(votes, number)
    entry = put_entry(data, read_payload(data, 0), "")
    desk.kinesis.put_record(StreamName=STREAM, **entry)


async def run_until_done(desk: RecoveryDesk, spec: MappingSpec) -> int:
    """Run the mapping until it has done or given up everything; return how often it invoked."""
    invocations = 0
    seen: set[int] = set()
    put = {record.sequence_number for _, record in desk.records()}

    async def invoke(name: str, payload: bytes, *, affinity: str) -> Outcome:
        nonlocal invocations
        invocations += 1
        records = json.loads(payload)["Records"]
        seen.update(int(record["kinesis"]["sequenceNumber"]) for record in records)
        processor = desk.processor()
        if POISON in b"".join(delivery.data for delivery in read_event(records)):
            return Outcome("function_error", b'{"errorType":"ZeroDivisionError"}', "r")
        answer = reply_of(processor.run(records), records)
        return Outcome("ok", json.dumps(answer).encode(), "r")

    runner = MappingRunner(
        spec,
        desk.kinesis,
        invoke,
        PositionStore(None),
        desk.s3,
        SystemClock(),
        queues=desk.sqs,
        rng=random.Random(1),
    )
    await runner.start()

    def done() -> bool:
        return seen == put and all(
            not (shard.records_open or shard.in_flight) and shard.saved_position == shard.position
            for shard in runner.status().shards
        )

    try:
        await until(done)
    finally:
        await runner.stop()
    return invocations


@pytest.mark.parametrize("end", ENDS)
def test_poison_is_given_up_alone_and_comes_back_once_it_is_mended(
    desk: RecoveryDesk, end: str
) -> None:
    """B18, B23, B28, B30, B35, B36: finite retries; halves until the bad record is alone."""
    for number in range(1, 8):
        send(desk, desk.vote(number, "blue" if number == 4 else "red"), number=number)
    invocations = asyncio.run(run_until_done(desk, ENDS[end]))
    assert invocations > 3
    desk.deliver()
    assert desk.totals() == {"red": 6}, "its neighbours went on"
    assert desk.lane().missing() == 1
    assert "no_batch_missing" in broken(desk)
    desk.collect()
    outcomes = desk.recover(kinds=("live",))
    assert desk.totals() == desk.history() == {"red": 6, "blue": 1}
    assert {each.state for each in outcomes} == {"recovered"}
    assert any(POISON in each.entry.data for each in outcomes)
    assert {each.entry.reason for each in outcomes} == {"RetryAttemptsExhausted"}
    assert broken(desk) == {}


def test_poison_that_is_brought_back_after_later_batches_or_twice_changes_nothing_more(
    desk: RecoveryDesk,
) -> None:
    """Twice is once: the mark is lost, the message comes again, later batches are applied."""
    send(desk, desk.vote(1), number=1)
    send(desk, desk.vote(2, "blue"), number=2)
    asyncio.run(run_until_done(desk, ENDS["queue"]))
    send(desk, desk.vote(3), number=3)
    desk.rewind_count()
    later: list[Recovered] = []
    desk.collect()
    for _ in range(2):
        later += desk.recover(kinds=("live",))
        for key in desk.keys("recovered/"):
            desk.s3.delete_object(Bucket=BUCKET, Key=key)
        desk.count()
        desk.rewind_count()
    desk.deliver()
    assert {each.state for each in later} == {"recovered"}
    assert desk.totals() == desk.history() == {"red": 2, "blue": 1}
    assert desk.ledger() == {"counted": 3}
    assert broken(desk) == {}
