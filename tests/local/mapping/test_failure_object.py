"""What the failure destination gets of records that were given up."""

import json
import random
import re
import uuid
from dataclasses import replace
from pathlib import Path

from local.mapping.failure import Condition, Discard, failure_body, failure_key
from tests.local.mapping.desk import SHARD, SPEC, Desk, error, ok, report
from tests.local.mapping.fake_stream import FakeRecord

EVENTS = Path(__file__).parents[2] / "events"
NOW_MS = 1_790_000_011_021
RECORDS = (
    FakeRecord(101, 1_790_000_004_835, "key", b"first"),
    FakeRecord(103, 1_790_000_005_007, "key", b"last"),
)


def discard(condition: Condition, *, invokes: int = 2, by_response: bool = False) -> Discard:
    return Discard(
        spec=SPEC,
        shard_id=SHARD,
        records=RECORDS,
        event=b'{"Records":["as invoked, \\"quoted\\""]}',
        condition=condition,
        request_id="c9b8fa9f-5a7f-xmpl-af9c-0c604cde93a5",
        invokes=invokes,
        by_response=by_response,
    )


def test_the_object_is_the_golden_one() -> None:
    """B31, B32, B34, B36: every member; the payload is an escaped string; no :$LATEST."""
    golden = json.loads((EVENTS / "kinesis_failure_object.json").read_text())
    body = failure_body(discard("RetryAttemptsExhausted"), NOW_MS, random.Random(1))
    assert json.loads(body) == golden
    assert isinstance(json.loads(body)["payload"], str)


def test_a_failure_by_response_has_no_function_error() -> None:
    """B33: functionError is null."""
    made = discard("RetryAttemptsExhausted", by_response=True)
    body = json.loads(failure_body(made, NOW_MS, random.Random(1)))
    assert body["responseContext"]["functionError"] is None


def test_an_age_has_no_response_and_counts_one_invocation_at_least() -> None:
    """B33: even where the function never ran."""
    made = discard("RecordAgeExceeded", invokes=0)
    body = json.loads(failure_body(made, NOW_MS, random.Random(1)))
    assert "responseContext" not in body
    assert body["requestContext"]["approximateInvokeCount"] == 1
    assert body["requestContext"]["condition"] == "RecordAgeExceeded"


def test_a_message_is_the_golden_one_without_the_records() -> None:
    """B31, B35: a queue's message holds no payload: the records are read back from the stream."""
    golden = json.loads((EVENTS / "kinesis_failure_message.json").read_text())
    spec = replace(SPEC, failure_queue="failures")
    made = replace(discard("RetryAttemptsExhausted"), spec=spec)
    body = failure_body(made, NOW_MS, random.Random(1))
    assert json.loads(body) == golden
    assert "payload" not in golden


def test_a_machine_sends_what_it_gives_up_to_a_queue() -> None:
    """B18, B30, B35: the mapping moves on."""
    desk = Desk(retries_max=1, batch_size=1, failure_queue="failures")
    desk.handle = lambda records: error() if records[0].data == b"bad" else ok()
    bad, _ = desk.put("bad", "good")
    desk.run()
    assert desk.calls == [["bad"], ["bad"], ["good"]]
    ((queue, message),) = desk.messages
    assert queue == "failures"
    assert message["KinesisBatchInfo"]["startSequenceNumber"] == str(bad.sequence_number)
    assert not desk.objects


def test_the_key_names_mapping_shard_day_and_second() -> None:
    """B36: the key's format."""
    key = failure_key(discard("RecordAgeExceeded"), NOW_MS, random.Random(1))
    pattern = rf"aws/lambda/{SPEC.uuid}/{SHARD}/2026/09/21/2026-09-21T14\.13\.31-(.+)"
    match = re.fullmatch(pattern, key)
    assert match, key
    assert uuid.UUID(match[1]).version == 4


def test_a_machine_sends_the_event_of_the_failed_invocation() -> None:
    """B35, B36: S3 keeps the payload, so the records need not be read back."""
    desk = Desk(retries_max=0, failure_bucket="lake")
    desk.handle = lambda records: error()
    records = desk.put("a", "b")
    desk.run()
    payload = desk.failure()["payload"]
    assert payload.encode() == desk.consumer.payload(records)
    assert desk.failure()["requestContext"]["requestId"] == "request-error"


def test_a_machine_knows_what_failed_last() -> None:
    """B33: the last failure decides, response or error."""
    desk = Desk(retries_max=1, report_item_failures=True, failure_bucket="lake")
    (record,) = desk.put("a")
    answers = [report(record), error()]
    desk.handle = lambda records: answers.pop() if answers else ok()
    desk.run()
    assert desk.failure()["responseContext"]["functionError"] is None
