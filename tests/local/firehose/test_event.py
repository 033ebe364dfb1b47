"""The event that a transform gets: hand-made bytes that equal the captured shape."""

import base64
import json
import random
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from local.firehose.event import EVENT_FRAME_BYTES, EventFormat, record_bytes, record_id
from local.firehose.source_record import SourceRecord

GOLDEN = json.loads((Path(__file__).parents[2] / "events" / "firehose_event.json").read_text())
SHARD = "shardId-000000000002"
EVENT_FORMAT = EventFormat(delivery_name="votes-to-lake", stream_name="votes")

records = st.builds(
    SourceRecord,
    st.integers(1, 10**56),
    st.integers(0, 10**6),
    st.integers(10**12, 10**13 - 1),
    st.text(min_size=1, max_size=256),
    st.binary(max_size=100),
    st.just(True),
)


def source_record(record: dict[str, Any]) -> SourceRecord:
    meta = record["kinesisRecordMetadata"]
    return SourceRecord(
        int(meta["sequenceNumber"]),
        meta["subsequenceNumber"],
        meta["approximateArrivalTimestamp"],
        meta["partitionKey"],
        base64.b64decode(record["data"]),
        True,
    )


def test_an_event_is_the_golden_one() -> None:
    """C18, C20: every member, in its order; subsequence numbers and times are whole numbers."""
    given_records = [source_record(record) for record in GOLDEN["records"]]
    event = json.loads(EVENT_FORMAT.event(SHARD, given_records, random.Random(1)))
    assert len(event.pop("invocationId")) == len(GOLDEN["invocationId"])
    assert list(event) == list(GOLDEN)[1:]
    assert event == {name: GOLDEN[name] for name in event}
    assert list(event["records"][0]) == list(GOLDEN["records"][0])


def test_each_invocation_has_an_id_of_its_own() -> None:
    """C18."""
    record = source_record(GOLDEN["records"][0])
    rng = random.Random(1)
    ids = {json.loads(EVENT_FORMAT.event(SHARD, [record], rng))["invocationId"] for _ in range(9)}
    assert len(ids) == 9


@given(st.lists(records, min_size=1, max_size=9))
def test_any_record_survives_the_event_and_its_size_is_bounded(given: list[SourceRecord]) -> None:
    """C17, C18."""
    payload = EVENT_FORMAT.event(SHARD, given, random.Random(1))
    found = json.loads(payload)["records"]
    assert [source_record(record) for record in found] == given
    assert len(payload) <= EVENT_FRAME_BYTES + sum(map(record_bytes, given))


@given(records, records)
def test_an_id_names_one_record_of_one_shard(one: SourceRecord, other: SourceRecord) -> None:
    """C19."""
    same = (one.sequence_number, one.subsequence) == (other.sequence_number, other.subsequence)
    assert (record_id(SHARD, one) == record_id(SHARD, other)) == same
    assert record_id(SHARD, one) != record_id("shardId-000000000003", one)
