"""Failures that went to a queue: brought into the lake with their records, then as any other."""

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from core import limits
from core.clock import ManualClock
from local.aws_error import AwsError
from local.drawing import MappingSpec
from local.invoke.async_policy import failure_body as event_body
from local.invoke.async_queue import AsyncEvent
from local.invoke.outcome import Outcome
from local.mapping.failure import Discard, failure_body
from local.recovery import recover
from local.recovery.queued_failure import read_queued
from tests.local.desk import STREAM
from tests.local.recovery.desk import BUCKET, RecoveryDesk, stamped
from tests.local.recovery.test_failed_deliveries import SPEC, said

DAY_MS = 86_400_000
TO_QUEUE = replace(SPEC, failure_queue="failures")


def give_up(desk: RecoveryDesk, spec: MappingSpec = TO_QUEUE) -> None:
    """Have the live path give up on everything that arrived, a message a shard; history has it."""
    for shard, records in desk.skip_count().items():
        discard = Discard(
            spec=spec,
            shard_id=shard,
            records=records,
            event=b"",
            condition="RetryAttemptsExhausted",
            request_id="r",
            invokes=3,
            by_response=False,
        )
        desk.sqs.send("failures", failure_body(discard, desk.clock.now_ms(), random.Random(2)))
    desk.deliver()


def test_what_a_queue_names_is_read_back_and_counts_at_the_minute_it_arrived(
    desk: RecoveryDesk,
) -> None:
    """B35: the message holds no records: they are in the stream, by their range."""
    desk.put(stamped([desk.vote(1), desk.vote(2, "blue")], 1))
    desk.put_votes(desk.vote(3), desk.vote(3))
    minute = desk.clock.now_ms() // 60_000
    give_up(desk)
    desk.clock.advance(3_600_000)
    desk.put(stamped([desk.vote(4)], 2))
    desk.count()
    desk.deliver()
    assert desk.intake().waiting() == desk.queued() > 0
    taken = desk.collect()
    assert (sum(each.records or 0 for each in taken), desk.queued()) == (2, 0)
    assert not any(each.gone for each in taken)
    assert said(desk.recover(kinds=("live",))) == {"recovered"}
    assert desk.totals() == desk.history() == {"red": 3, "blue": 1}
    assert desk.ledger() == {"counted": 4, "duplicate": 1}
    minutes = {item["sk"].partition("#")[0] for item in desk.items("ledger#cube")}
    assert f"{minute:08d}" in minutes
    assert said(desk.recover(kinds=("live",))) == {"before"}


def test_twice_is_once_wherever_a_command_dies(
    desk: RecoveryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the message is deleted, and before the entry is marked."""
    desk.put(stamped([desk.vote(1)], 1))
    give_up(desk)
    with monkeypatch.context() as dying:

        def die(**request: Any) -> None:
            raise ConnectionError("killed")

        dying.setattr(desk.sqs, "delete_message", die)
        with pytest.raises(ConnectionError):
            desk.collect()
    assert said(desk.recover(kinds=("live",))) == {"recovered"}
    desk.clock.advance(DAY_MS + 60_000)  # the message is visible again, its record is gone
    (taken,) = desk.collect()
    assert taken.records is None
    assert said(desk.recover(kinds=("live",))) == {"before"}, "the object is the first one"
    for key in desk.keys("recovered/"):
        desk.s3.delete_object(Bucket=BUCKET, Key=key)
    assert said(desk.recover(kinds=("live",))) == {"recovered"}
    assert desk.totals() == {"red": 1}
    assert desk.ledger() == {"counted": 1}


def test_records_that_left_the_stream_are_named_and_others_come_back(desk: RecoveryDesk) -> None:
    """B35: read them back before they expire; history has them."""
    desk.put(stamped([desk.vote(1)], 1))
    desk.clock.advance(DAY_MS // 2)
    desk.put(stamped([desk.vote(2)], 2))
    give_up(desk)
    desk.clock.advance(DAY_MS // 2 + 60_000)
    (taken,) = desk.collect()
    assert (taken.gone, taken.records) == (True, 1)
    gone, left = desk.recover(kinds=("live",))
    assert (gone.entry.reason, gone.state) == ("gone", "refused")
    assert "had left the stream before they were read back: history has them" in gone.said
    assert left.state == "recovered"
    assert desk.totals() == {"red": 1}
    assert desk.queued() == 0


def test_a_stream_that_is_gone_leaves_a_name(desk: RecoveryDesk) -> None:
    desk.put(stamped([desk.vote(1)], 1))
    give_up(desk)
    desk.kinesis.delete_stream(StreamName=STREAM)
    (taken,) = desk.collect()
    assert (taken.gone, taken.records) == (True, 0)
    (outcome,) = desk.recover(kinds=("live",))
    assert outcome.entry.reason == "gone"


def test_an_event_that_was_given_up_comes_from_a_queue_as_from_a_bucket(
    desk: RecoveryDesk,
) -> None:
    """B52, B53: the message holds the whole event."""
    desk.put(stamped([desk.vote(1)], 1))
    for shard, records in desk.skip_count().items():
        event = AsyncEvent(1, "r", "worker", desk.event(shard, records), 0, 0, failures=2)
        failed = Outcome("function_error", b'{"errorType":"ChunkUnfinished"}', "r")
        body = event_body(event, failed, "RetriesExhausted", invokes=3, now_ms=0)
        desk.sqs.send("failures", body)
    desk.clock.advance(2 * DAY_MS)  # it does not need the stream
    (taken,) = desk.collect()
    assert (taken.gone, taken.records) == (False, None)
    assert taken.key.startswith("aws/lambda/async/queued/failures/")
    assert said(desk.recover(kinds=("live",))) == {"recovered"}
    assert desk.functions.calls == [
        ("arn:aws:lambda:us-east-1:000000000000:function:worker:$LATEST", 1)
    ]
    assert desk.totals() == {"red": 1}


@pytest.mark.parametrize(
    "body",
    [
        "no JSON",
        "{}",
        '{"requestContext":{"functionArn":"f","condition":"c"},"requestPayload":{}}',
        '{"requestContext":{"functionArn":"f"},"KinesisBatchInfo":{"shardId":"s",'
        '"startSequenceNumber":"x","endSequenceNumber":"2","streamArn":"a/votes"}}',
    ],
)
def test_a_message_about_no_record_stays_in_its_queue(desk: RecoveryDesk, body: str) -> None:
    """Such as a schedule's event that failed: others may wait for it."""
    assert read_queued(body) is None
    desk.sqs.send("failures", body.encode())
    assert desk.collect() == []
    (message,) = desk.sqs.receive_message(QueueUrl=desk.queue)["Messages"]
    assert message["Body"] == body


def test_failures_of_a_function_that_counts_nothing_stay_in_their_queue(
    desk: RecoveryDesk,
) -> None:
    """A trend is worth nothing late, and a re-count need not wait for one."""
    desk.put(stamped([desk.vote(1)], 1))
    give_up(desk, replace(TO_QUEUE, function_name="trend"))
    assert (desk.collect(), desk.intake().waiting(), desk.queued()) == ([], 0, 1)


def test_a_message_of_another_stream_stays_in_its_queue(desk: RecoveryDesk) -> None:
    desk.put(stamped([desk.vote(1)], 1))
    give_up(desk)
    intake = desk.intake()
    intake.stream = "another"
    assert (list(intake.run()), intake.waiting()) == ([], 0)
    assert desk.intake().waiting() == 1


def test_a_stream_that_asks_for_a_pause_gets_one(
    desk: RecoveryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A28: five reads a second a shard."""
    desk.put(stamped([desk.vote(1)], 1))
    give_up(desk)
    read, refusals = desk.kinesis.get_records, 3

    def refusing(**request: Any) -> Any:
        nonlocal refusals
        if refusals:
            refusals -= 1
            raise AwsError("ProvisionedThroughputExceededException", "slow down")
        return read(**request)

    monkeypatch.setattr(desk.kinesis, "get_records", refusing)
    assert isinstance(desk.clock, ManualClock)
    before_ms = desk.clock.now_ms()
    (taken,) = desk.collect()
    assert taken.records == 1
    assert desk.clock.now_ms() - before_ms == 750


def test_a_range_with_records_of_other_lanes_brings_them_as_nothing_new(
    desk: RecoveryDesk,
) -> None:
    """B9, B35: with a ParallelizationFactor the range names more than the batch held."""
    desk.put(stamped([desk.vote(1)], 1))
    desk.put(stamped([desk.vote(2)], 2))
    desk.put(stamped([desk.vote(3)], 3))
    ((shard, records),) = desk.skip_count().items()
    middle = json.loads(desk.event(shard, records[1:2]))["Records"]
    assert desk.processor().run(middle).failed_record is None
    discard = Discard(
        spec=TO_QUEUE,
        shard_id=shard,
        records=[records[0], records[2]],
        event=b"",
        condition="RecordAgeExceeded",
        request_id="",
        invokes=0,
        by_response=False,
    )
    desk.sqs.send("failures", failure_body(discard, desk.clock.now_ms(), random.Random(2)))
    (taken,) = desk.collect()
    assert (taken.records, taken.gone) == (3, False)
    assert said(desk.recover(kinds=("live",))) == {"recovered"}
    assert desk.totals() == {"red": 3}
    assert desk.lane().missing() == 0


def test_an_object_larger_than_an_event_is_handed_over_in_parts(
    desk: RecoveryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B48: a range, or a batch, may have grown beyond what one invocation takes."""
    for number in range(1, 6):
        desk.put(stamped([desk.vote(number)], number))
    give_up(desk)
    monkeypatch.setattr(recover, "EVENT_BYTES_MAX", 1_700)
    desk.collect()
    assert said(desk.recover(kinds=("live",))) == {"recovered"}
    assert [records for _, records in desk.functions.calls] == [2, 2, 1]
    assert desk.totals() == {"red": 5}


def test_a_queue_keeps_longer_than_what_is_counted_is_remembered(desk: RecoveryDesk) -> None:
    """Markers live 7 days: what a queue brings later may have been counted."""
    desk.put_votes(desk.vote(1))
    give_up(desk)
    desk.collect()
    desk.clock.advance(limits.MARKER_DAYS * DAY_MS + 1_000)
    (why,) = said(desk.recover(kinds=("live",)))
    assert why.startswith(f"older than {limits.MARKER_DAYS} days")
