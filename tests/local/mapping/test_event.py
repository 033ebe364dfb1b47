"""The event that a function gets: hand-made bytes that equal AWS's documented shape."""

import base64
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from local.mapping.event import EVENT_FRAME_BYTES, EventFormat
from tests.local.mapping.fake_stream import FakeRecord

EVENTS = Path(__file__).parents[2] / "events"
SHARD = "shardId-000000000000"
EVENT_FORMAT = EventFormat(stream_name="votes", shard_id=SHARD, function_name="tally")

records = st.builds(
    FakeRecord,
    st.integers(1, 10**56),
    st.integers(10**12, 10**13 - 1),
    st.text(min_size=1, max_size=256),
    st.binary(max_size=100),
)


def test_an_event_is_the_golden_one() -> None:
    """B13, B14: every member, and the arrival in seconds with a millisecond fraction."""
    golden = json.loads((EVENTS / "kinesis_event.json").read_text())
    given_records = [
        FakeRecord(
            int(record["kinesis"]["sequenceNumber"]),
            round(record["kinesis"]["approximateArrivalTimestamp"] * 1_000),
            record["kinesis"]["partitionKey"],
            base64.b64decode(record["kinesis"]["data"]),
        )
        for record in golden["Records"]
    ]
    assert json.loads(EVENT_FORMAT.event(given_records)) == golden


@given(st.lists(records, max_size=5))
def test_any_record_is_written_as_json_would(batch: list[FakeRecord]) -> None:
    """B13: the members in the order of the documentation, whatever the key holds."""
    expected = {
        "Records": [
            {
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": record.partition_key,
                    "sequenceNumber": str(record.sequence_number),
                    "data": base64.b64encode(record.data).decode(),
                    "approximateArrivalTimestamp": record.arrival_ms / 1_000,
                },
                "eventSource": "aws:kinesis",
                "eventVersion": "1.0",
                "eventID": f"{SHARD}:{record.sequence_number}",
                "eventName": "aws:kinesis:record",
                "invokeIdentityArn": "arn:aws:iam::000000000000:role/tally-role",
                "awsRegion": "us-east-1",
                "eventSourceARN": "arn:aws:kinesis:us-east-1:000000000000:stream/votes",
            }
            for record in batch
        ]
    }
    ours = json.loads(EVENT_FORMAT.event(batch))
    assert ours == expected
    assert json.dumps(ours) == json.dumps(expected), "in the same order"


@given(st.lists(records, min_size=1, max_size=5))
def test_sizes_are_exact(batch: list[FakeRecord]) -> None:
    """B6: what counts against 6 MB is the JSON with base64 data."""
    size = sum(map(EVENT_FORMAT.size, batch)) + EVENT_FRAME_BYTES
    assert size == len(EVENT_FORMAT.event(batch)) + 1, "one comma fewer than records"
