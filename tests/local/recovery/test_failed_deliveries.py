"""Batches that the mapping gave up on: handed to the function again, place and arrival kept."""

import io
import json
import random
from typing import Any

import pytest

from core import kpl, limits
from core.vote import encode_votes
from local.drawing import MappingSpec
from local.mapping.failure import Discard, failure_body, failure_key
from local.recovery.failed_delivery import read_failed_deliveries
from local.recovery.recover import Outcome
from tests.local.recovery.desk import BUCKET, RecoveryDesk, stamped

DAY_MS = 86_400_000
SPEC = MappingSpec(
    logical_id="TallyMapping", uuid="u-1", function_name="tally", stream_name="votes"
)
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:tally"


def give_up(desk: RecoveryDesk) -> None:
    """Have the live path give up on everything that arrived; history has it."""
    rng = random.Random(2)
    for shard, records in desk.skip_count().items():
        discard = Discard(
            spec=SPEC,
            shard_id=shard,
            records=records,
            event=desk.event(shard, records),
            condition="RetryAttemptsExhausted",
            request_id="r",
            invokes=3,
            by_response=False,
        )
        now_ms = desk.clock.now_ms()
        key = failure_key(discard, now_ms, rng)
        desk.s3.put_object(Bucket=BUCKET, Key=key, Body=failure_body(discard, now_ms, rng))
    desk.deliver()


def said(outcomes: list[Outcome]) -> set[str]:
    return {outcome.said if outcome.state == "refused" else outcome.state for outcome in outcomes}


def test_what_was_given_up_counts_at_the_minute_it_arrived(desk: RecoveryDesk) -> None:
    """B36: the payload is the whole event."""
    desk.put(stamped([desk.vote(1), desk.vote(2, "blue")], 1))
    desk.put_votes(desk.vote(3), desk.vote(3))
    desk.put(kpl.aggregate([("a", encode_votes([desk.vote(4)]))]))
    minute = desk.clock.now_ms() // 60_000
    give_up(desk)
    desk.clock.advance(3_600_000)
    assert said(desk.recover(kinds=("live",))) == {"recovered"}
    assert {name for name, _ in desk.functions.calls} == {FUNCTION}
    assert sum(records for _, records in desk.functions.calls) == 3
    assert desk.totals() == desk.history() == {"red": 3, "blue": 1}
    assert desk.ledger() == {"counted": 4, "duplicate": 1}
    minutes = {item["sk"].partition("#")[0] for item in desk.items("ledger#cube")}
    assert minutes == {f"{minute:08d}"}
    assert said(desk.recover(kinds=("live",))) == {"before"}
    assert not desk.merged()["redelivered"], "nothing went over the stream"


def test_what_was_half_applied_is_not_applied_twice(desk: RecoveryDesk) -> None:
    desk.put(stamped([desk.vote(1)], 1))
    desk.put_votes(desk.vote(2))
    desk.count()
    desk.rewind_count()
    give_up(desk)
    assert said(desk.recover(kinds=("live",))) == {"recovered"}
    assert desk.totals() == {"red": 2}
    assert desk.ledger() == {"counted": 2}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            {"Payload": io.BytesIO(b'{"errorType":"ValueError"}'), "FunctionError": "Unhandled"},
            'the function failed again: {"errorType":"ValueError"}',
        ),
        (
            {"Payload": io.BytesIO(b'{"batchItemFailures":[{"itemIdentifier":"7"}]}')},
            "the function stopped at 7: it is safe to repeat",
        ),
    ],
)
def test_what_the_function_does_not_take_stays(
    desk: RecoveryDesk, answer: dict[str, Any], why: str
) -> None:
    desk.put(stamped([desk.vote(1)], 1))
    give_up(desk)
    desk.functions.answer = answer
    assert said(desk.recover(kinds=("live",))) == {why}
    assert not desk.keys("recovered/")
    desk.functions.answer = None
    assert said(desk.recover(kinds=("live",))) == {"recovered"}


@pytest.mark.parametrize("with_stamp", [True, False])
def test_what_may_be_forgotten_is_refused(desk: RecoveryDesk, *, with_stamp: bool) -> None:
    """Markers live 7 days, idle lanes 15: what is older may have been counted."""
    votes = [desk.vote(1)]
    desk.put(stamped(votes, 1) if with_stamp else encode_votes(votes))
    give_up(desk)
    days = limits.LANE_IDLE_DAYS if with_stamp else limits.MARKER_DAYS
    desk.clock.advance(days * DAY_MS + 1_000)
    assert said(desk.recover(kinds=("live",))) == {
        f"older than {days} days: what is counted of it may be forgotten"
    }
    assert not desk.functions.calls


def test_a_payload_that_is_an_object_is_read_too() -> None:
    """B36: recordings show an object where the guide says text."""
    record = {"kinesis": {"data": "e30K", "approximateArrivalTimestamp": 1790000000.987}}
    body = {
        "requestContext": {"functionArn": FUNCTION, "condition": "RecordAgeExceeded"},
        "KinesisBatchInfo": {},
        "payload": {"Records": [record]},
    }
    (entry,) = read_failed_deliveries("aws/lambda/x", json.dumps(body).encode())
    assert (entry.data, entry.arrival_ms) == (b"{}\n", 1_790_000_000_987)
    assert entry.reason == "RecordAgeExceeded"


def test_what_an_asynchronous_invocation_left_is_named_and_left(desk: RecoveryDesk) -> None:
    """B52: it has no batch of a stream."""
    body: dict[str, Any] = {
        "requestContext": {"functionArn": FUNCTION, "condition": "RetriesExhausted"}
    }
    others: list[Any] = [body, body | {"requestPayload": {}}, []]
    for each in others:
        with pytest.raises(ValueError, match="no batch of a stream"):
            read_failed_deliveries("aws/lambda/x", json.dumps(each).encode())
    desk.s3.put_object(Bucket=BUCKET, Key="aws/lambda/x", Body=json.dumps(body).encode())
    (outcome,) = desk.recover()
    assert outcome.entry.reason == "unreadable"
