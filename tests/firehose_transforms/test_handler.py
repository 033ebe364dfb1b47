"""The Lambda function as Firehose calls it: an event in, answers out, one line in the log."""

import json

import pytest

from core.vote import Vote, encode_votes
from firehose_transforms.handler import handle
from tests.firehose_transforms.batch import ARRIVAL_MS, read_rows, source_event, source_record
from tests.firehose_transforms.landing import ROOT


def test_a_batch_is_answered_and_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """C18, C21: the event's shape, and the answer's."""
    good = encode_votes([Vote("cube", "d", 1, "red", ARRIVAL_MS)])
    lost = source_record(good, index=2) | {"data": "?"}
    event = source_event([source_record(good + b"junk"), source_record(b"", index=1), lost])
    answer = json.loads(json.dumps(handle(json.loads(json.dumps(event)), None)))
    assert [each["recordId"] for each in answer["records"]] == [
        each["recordId"] for each in event["records"]
    ]
    rows = [row for each in answer["records"][:2] for row in read_rows(each)]
    assert [row.parked_reason for row in rows] == [None, "not_json", "not_json"]
    (said,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert said["event"] == "transform.batch_refined"
    assert "Error" in said["error"]
    assert (said["records"], said["rows"], said["parked"], said["failed"]) == (3, 3, 2, 1)
    assert (said["RowsRefined"], said["RowsParked"], said["RecordsFailed"]) == (3, 2, 1)
    assert said["invocation_id"] == event["invocationId"]


def test_the_golden_event_is_answered_record_by_record() -> None:
    """C18 to C20: an event as Firehose sends it, garbage and KPL parts among its records."""
    event = json.loads((ROOT / "tests/events/firehose_event.json").read_text())
    answers = handle(event, None)["records"]
    assert [(each["recordId"], each["result"]) for each in answers] == [
        (each["recordId"], "Ok") for each in event["records"]
    ]
    rows = [row for each in answers for row in read_rows(each)]
    assert rows[0].voted_at == 1_790_000_000_000
    places = [each["kinesisRecordMetadata"] for each in event["records"]]
    assert {(row.sequence_number, row.subsequence) for row in rows} == {
        (place["sequenceNumber"], place["subsequenceNumber"]) for place in places
    }
